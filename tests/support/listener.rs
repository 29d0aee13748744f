//! A server that hears what it is sent, and gives each time the same answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// A request: its lines up to the empty one, in small letters, and its body.
pub struct Heard {
    pub head: String,
    pub body: String,
}

/// The address of a new server (`http://127.0.0.1:PORT`), and what it hears.
pub fn listen(status: &'static str, answer: &'static str) -> (String, Receiver<Heard>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = channel();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let mut reader = BufReader::new(&socket);
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let line = line.trim().to_ascii_lowercase();
                if let Some(text) = line.strip_prefix("content-length:") {
                    length = text.trim().parse().unwrap();
                } else if line.is_empty() {
                    break;
                }
                head.push_str(&line);
                head.push('\n');
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let text = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
                answer.len()
            );
            socket.write_all(text.as_bytes()).unwrap();
            let body = String::from_utf8(body).unwrap();
            if sender.send(Heard { head, body }).is_err() {
                return;
            }
        }
    });
    (address, requests)
}
