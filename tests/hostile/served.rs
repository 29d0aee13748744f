//! A served sandbox whose memory is looked at from outside.

use super::home::{Home, patience, wait_for};
use super::input::{Input, query};
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

pub struct Served {
    child: Child,
    address: String,
    home: Home,
}

/// What an input was answered, and what that took.
pub struct Took {
    name: &'static str,
    pub status: u16,
    pub body: String,
    /// The most memory of the process meanwhile, in MiB.
    pub peak: u64,
    time: Duration,
    /// Whether the next client is served.
    pub alive: bool,
}

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            status,
            peak,
            time,
            ..
        } = self;
        let end = if self.alive { "" } else { ", and it is dead" };
        let text: String = self
            .body
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(160)
            .collect();
        write!(
            f,
            "| {name} | {peak} MiB, {:.1} s, {status}{end} | {text} |",
            time.as_secs_f64()
        )
    }
}

impl Served {
    pub fn start() -> Self {
        let home = Home::new();
        let mut command = home.command(&["sandbox", "--ephemeral", "--lab", "--speed", "50"]);
        if let Some(program) = std::env::var_os("HOSTILE_PROGRAM") {
            let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
            command = std::process::Command::new(program);
            command.args(arguments);
        }
        // What is said is in a file, so that a full pipe stops nothing.
        let errors = std::fs::File::create(home.path().join("errors")).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(errors).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        let address = ready["bigquery"].as_str().unwrap();
        let address = address.trim_start_matches("http://").to_owned();
        Self { child, address, home }
    }

    pub fn errors(&self) -> String {
        std::fs::read_to_string(self.home.path().join("errors")).unwrap_or_default()
    }

    /// Sends an input.
    pub fn take(&self, input: &Input) -> Took {
        let process = format!("/proc/{}", self.child.id());
        let began = Instant::now();
        let (last, before) = input.requests.split_last().unwrap();
        for request in before {
            self.ask(request);
        }
        let silent: Vec<_> = (0..input.silent).map_while(|_| self.send(last)).collect();
        assert_eq!(silent.len(), input.silent, "{}", input.name);
        let answer = std::thread::scope(|scope| {
            for _ in 1..input.clients {
                scope.spawn(|| self.ask(last));
            }
            wait_for(input.name, || {
                let answer = self.ask(last).unwrap_or_default();
                (answer.0 == 0 || answer.1.contains(input.until)).then_some(answer)
            })
        });
        let time = began.elapsed();
        let status = std::fs::read_to_string(format!("{process}/status")).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.split_whitespace().next()?.parse::<u64>().ok());
        // Only Linux says it, and a process that is gone says nothing.
        assert!(
            peak.is_some() || !cfg!(target_os = "linux") || !self.is_alive(),
            "{}: no peak in {process}/status",
            input.name
        );
        Took {
            name: input.name,
            status: answer.0,
            body: answer.1,
            peak: peak.unwrap_or_default() >> 10,
            time,
            alive: self.is_alive(),
        }
    }

    /// Whether the next client is served.
    pub fn is_alive(&self) -> bool {
        self.ask(&query("SELECT 1"))
            .is_some_and(|(status, body)| status == 200 && body.contains(r#""v":"1""#))
    }

    /// Status and body of an answer; `None` if there is none.
    pub fn ask(&self, request: &[u8]) -> Option<(u16, String)> {
        let mut stream = self.send(request)?;
        let mut answer = Vec::new();
        let mut buffer = vec![0; 64 << 10];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => break,
                // The beginning is all that is looked at.
                Ok(read) if answer.len() < 1 << 20 => answer.extend(&buffer[..read]),
                Ok(_) => {}
            }
        }
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// A connection on which a request was sent.
    fn send(&self, request: &[u8]) -> Option<TcpStream> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(patience())).ok()?;
        let head = request.windows(4).position(|four| four == b"\r\n\r\n")?;
        let text = String::from_utf8_lossy(&request[..head]).replace("HOST", &self.address);
        // An answer may come before all was sent.
        let _ = stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.write_all(&request[head..]));
        Some(stream)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
