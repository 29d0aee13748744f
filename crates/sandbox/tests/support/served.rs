//! A sandbox on a port of its own, started as a library, and plain HTTP to it.

use sandbox::{Sandbox, Settings, State};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// A running sandbox; it ends when it is dropped.
pub struct Served {
    sandbox: Sandbox,
    _runtime: Runtime,
}

impl Served {
    /// Starts an ephemeral sandbox at twenty times the measured speed.
    pub fn start() -> Self {
        Self::start_with(Settings::default())
    }

    /// Starts one with these settings.
    pub fn start_with(settings: Settings) -> Self {
        let runtime = Runtime::new().unwrap();
        let settings = Settings {
            state: State::Ephemeral,
            speed: 20.0,
            ..settings
        };
        let sandbox = runtime.block_on(Sandbox::start(settings)).unwrap();
        Self {
            sandbox,
            _runtime: runtime,
        }
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        let base = &self.sandbox.ready().datafusion;
        base.strip_prefix("http://").unwrap()
    }

    /// A connection on which a request was sent. One write sends all of it, so that the server cannot answer or
    /// reset before the rest is sent.
    pub fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    /// The status and the body of an answer.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let (host, length) = (self.address(), body.len());
        let mut stream = self.send(&format!(
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}"
        ));
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    /// The JSON of a path.
    pub fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, "");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}

/// Tries again until there is an answer; `DOWNBEAT_TEST_SECONDS` gives a slow machine more than 90 s.
pub fn wait_for<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let given = std::env::var("DOWNBEAT_TEST_SECONDS").ok();
    let seconds = given.and_then(|text| text.parse().ok()).unwrap_or(90);
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(answer) = attempt() {
            return answer;
        }
        assert!(Instant::now() < deadline, "timed out waiting for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
