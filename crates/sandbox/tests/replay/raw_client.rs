//! A minimal HTTP/1.1 client that shows every header in its order.
//!
//! Client libraries add, sort and hide headers; the replay compares each of them.

use super::recording::{Request, Response};
use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How long a connection must be idle to count as open.
const IDLE: Duration = Duration::from_millis(300);

/// Sends requests to one server.
#[derive(Clone, Debug)]
pub struct RawClient {
    /// `127.0.0.1:41231`
    pub address: String,
    /// A prefix of every path.
    pub prefix: String,
    /// The token for requests that are not in the recording.
    pub token: Option<String>,
}

impl RawClient {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// Sends a request on its own connection, as the recorder did.
    pub fn send(&self, request: &Request) -> Response {
        let mut stream = self.connect();
        let Request { method, path, .. } = request;
        let mut head = format!(
            "{method} {}{path} HTTP/1.1\r\nHost: {}\r\n",
            self.prefix, self.address
        );
        let has = |name: &str| {
            request
                .headers
                .iter()
                .any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        if !has("accept-encoding") {
            head.push_str("Accept-Encoding: identity\r\n");
        }
        let body = request.body.as_deref();
        if body.is_some() || matches!(method.as_str(), "POST" | "PUT" | "PATCH") {
            let _ = write!(head, "Content-Length: {}\r\n", body.unwrap_or_default().len());
        }
        for (name, value) in &request.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        head.push_str(body.unwrap_or_default());
        // One write, so that no answer comes in between. A server that refuses early may close before it has read
        // everything, and has still sent its answer.
        let _ = stream.write_all(head.as_bytes());
        read(&mut stream, method == "HEAD")
    }

    /// Sends bytes. Returns what comes until the server is idle or closes.
    pub fn bytes(&self, sent: &str) -> String {
        let mut stream = self.connect();
        stream.set_read_timeout(Some(IDLE)).unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        let mut all = Vec::new();
        let mut piece = [0; 4096];
        let end = loop {
            match stream.read(&mut piece) {
                Ok(0) => break "[closed by the server]",
                Ok(count) => all.extend_from_slice(&piece[..count]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    break "[still open]";
                }
                Err(_) => break "[closed by the server]",
            }
        };
        String::from_utf8_lossy(&all).into_owned() + end
    }
}

fn read(stream: &mut TcpStream, headless: bool) -> Response {
    let mut all = Vec::new();
    let head = loop {
        if let Some(at) = find(&all, b"\r\n\r\n") {
            break at;
        }
        assert!(
            more(stream, &mut all),
            "the connection ended within the head: {}",
            String::from_utf8_lossy(&all)
        );
    };
    let text = String::from_utf8_lossy(&all[..head]).into_owned();
    let mut lines = text.split("\r\n");
    let status = lines.next().unwrap_or_default();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let response = Response {
        status: status
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .unwrap(),
        headers,
        body: None,
    };
    let rest = all.split_off(head + 4);
    let body = if headless {
        Vec::new()
    } else if response.header("transfer-encoding").is_some() {
        chunked(stream, rest)
    } else {
        let length: usize = response.header("content-length").unwrap_or("0").parse().unwrap();
        exactly(stream, rest, length)
    };
    // A compressed body is compared by its headers alone.
    let body = String::from_utf8(body)
        .ok()
        .filter(|_| response.header("content-encoding").is_none());
    Response { body, ..response }
}

fn more(stream: &mut TcpStream, all: &mut Vec<u8>) -> bool {
    let mut piece = [0; 16384];
    let count = stream.read(&mut piece).unwrap_or(0);
    all.extend_from_slice(&piece[..count]);
    count > 0
}

fn exactly(stream: &mut TcpStream, mut all: Vec<u8>, length: usize) -> Vec<u8> {
    while all.len() < length {
        assert!(more(stream, &mut all), "the connection ended within the body");
    }
    all.truncate(length);
    all
}

fn chunked(stream: &mut TcpStream, mut all: Vec<u8>) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = loop {
            if let Some(at) = find(&all, b"\r\n") {
                break at;
            }
            assert!(more(stream, &mut all), "the connection ended within a chunk");
        };
        let size = usize::from_str_radix(String::from_utf8_lossy(&all[..line]).trim(), 16).unwrap();
        all = exactly_more(stream, all.split_off(line + 2), size + 2);
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&all[..size]);
        all = all.split_off(size + 2);
    }
}

fn exactly_more(stream: &mut TcpStream, mut all: Vec<u8>, least: usize) -> Vec<u8> {
    while all.len() < least {
        assert!(more(stream, &mut all), "the connection ended within a chunk");
    }
    all
}

fn find(all: &[u8], part: &[u8]) -> Option<usize> {
    all.windows(part.len()).position(|window| window == part)
}
