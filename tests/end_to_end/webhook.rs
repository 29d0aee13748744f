//! The end of a run is told to a webhook: of a good run and of one that could not begin, and what is said if nobody listens.

use crate::home::{Home, Told, finish};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// Takes messages, answers each with this status, and gives their bodies.
fn listen(status: &'static str) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/services/hunter2", listener.local_addr().unwrap());
    let (send, bodies) = channel();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let mut reader = BufReader::new(&socket);
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let line = line.trim().to_ascii_lowercase();
                if let Some(text) = line.strip_prefix("content-length:") {
                    length = text.trim().parse().unwrap();
                } else if line.is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            socket.write_all(answer.as_bytes()).unwrap();
            if send.send(String::from_utf8(body).unwrap()).is_err() {
                return;
            }
        }
    });
    (address, bodies)
}

fn start(home: &Home, webhook: &str, arguments: &[&str]) -> Told {
    let mut command = home.command(arguments);
    command.env("DOWNBEAT_WEBHOOK", webhook);
    finish(command)
}

#[test]
fn the_end_of_a_run_is_told_to_a_webhook() {
    let home = Home::new();
    let (address, bodies) = listen("200 OK");
    let one = ["run", "--only", "hr/engineer", "--output", "json"];
    let told = start(&home, &address, &one);
    assert_eq!(told.code, 0, "{}", told.all());
    let message: Value = serde_json::from_str(&bodies.recv().unwrap()).unwrap();
    assert_eq!(message.as_object().unwrap().len(), 1, "{message}");
    let run = told.summary()["run"].as_str().unwrap().to_owned();
    let text = message["text"].as_str().unwrap();
    assert!(text.starts_with("Downbeat, profile sandbox: "), "{text}");
    assert!(text.contains(&run) && text.contains("success"), "{text}");

    let failing = [
        "run",
        "--set",
        "cdf_pipeline_name=nothing",
        "--set",
        "webhook_format=json",
        "--output",
        "json",
    ];
    let failed = start(&home, &address, &failing);
    assert_eq!(failed.code, 2, "{}", failed.all());
    let line: Value = serde_json::from_str(&bodies.recv().unwrap()).unwrap();
    let text = line["text"].as_str().unwrap();
    assert!(text.contains("nothing"), "the reason is said: {text}");
    let summary = failed.summary();
    for name in ["event", "run", "state", "exit", "tasks"] {
        assert_eq!(line[name], summary[name], "{name}");
    }
    assert_eq!(line["profile"], "sandbox");
    assert!(bodies.try_recv().is_err(), "each end is told once");
}

#[test]
fn a_webhook_that_does_not_take_it_changes_nothing_of_the_run() {
    let home = Home::new();
    let (address, bodies) = listen("410 Gone");
    let told = start(&home, &address, &["run", "--only", "hr/engineer"]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert!(bodies.recv().is_ok());
    let all = told.all();
    assert!(
        all.contains("The webhook at 127.0.0.1 was not told: 410"),
        "{all}"
    );
    assert!(!all.contains("hunter2"), "{all}");
    let files = home.files().into_iter().filter(|path| path.is_file());
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        assert!(
            !String::from_utf8_lossy(&bytes).contains("hunter2"),
            "{}",
            file.display()
        );
    }
}
