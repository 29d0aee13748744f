//! Something between the program and the sandbox: it passes requests on, or answers in the sandbox's place.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A request that came by.
pub struct Asked {
    /// `POST /api/v3/... HTTP/1.1`
    pub line: String,
    pub body: String,
}

/// What is done with a request.
pub enum Act {
    Pass,
    /// Passed on with this path and query.
    PassAs(String),
    /// Passed on, and the body of the answer is changed.
    Change(fn(&str) -> String),
    /// Answered with this text from the status line on; the sandbox never sees it.
    Say(String),
    /// Passed on, and answered with this text.
    PassAndSay(String),
    /// The connection is closed; the sandbox never sees it.
    Reset,
    /// Passed on, and the connection is closed.
    PassAndReset,
    /// Never answered; the sandbox never sees it.
    Silence,
}

/// An answer as text.
pub fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// The running proxy; it ends when this is dropped.
pub struct Proxy {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
}

/// The second: while it is true, connections are refused.
type Rule = dyn Fn(&Asked, &Arc<AtomicBool>) -> Act + Send + Sync;

struct Route {
    sandbox: String,
    own: SocketAddr,
    /// A header line for every answer that is passed on.
    header: String,
    rule: Box<Rule>,
    shut: Arc<AtomicBool>,
}

impl Proxy {
    pub fn start(sandbox: &str, rule: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Self {
        Self::with_header(sandbox, String::new(), rule)
    }

    pub fn with_header(
        sandbox: &str,
        header: String,
        rule: impl Fn(&Asked) -> Act + Send + Sync + 'static,
    ) -> Self {
        Self::with_rule(sandbox, header, Box::new(move |asked, _| rule(asked)))
    }

    /// One whose rule can have connections refused.
    pub fn start_shuttable(
        sandbox: &str,
        rule: impl Fn(&Asked, &Arc<AtomicBool>) -> Act + Send + Sync + 'static,
    ) -> Self {
        Self::with_rule(sandbox, String::new(), Box::new(rule))
    }

    fn with_rule(sandbox: &str, header: String, rule: Box<Rule>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ended = Arc::<AtomicBool>::default();
        let route = Arc::new(Route {
            sandbox: sandbox.to_owned(),
            own: address,
            header,
            rule,
            shut: Arc::default(),
        });
        let has_ended = ended.clone();
        std::thread::spawn(move || listen(listener, &route, &has_ended));
        Self { address, ended }
    }

    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
    }
}

fn listen(listener: TcpListener, route: &Arc<Route>, ended: &AtomicBool) {
    let mut listener = Some(listener);
    while !ended.load(Ordering::SeqCst) {
        if route.shut.load(Ordering::SeqCst) {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(route.own).ok();
        }
        let accepted = listener.as_ref().map(|listener| {
            listener.set_nonblocking(true).unwrap();
            listener.accept()
        });
        match accepted {
            Some(Ok((stream, _))) => {
                let route = route.clone();
                std::thread::spawn(move || converse(stream, &route));
            }
            Some(Err(error)) if error.kind() != ErrorKind::WouldBlock => {}
            _ => std::thread::sleep(Duration::from_millis(2)),
        }
    }
}

/// One request, one answer. A client that has gone is no trouble.
fn converse(mut stream: TcpStream, route: &Route) {
    stream.set_nonblocking(false).unwrap();
    let Some(asked) = read(&mut stream) else { return };
    let said = match (route.rule)(&asked, &route.shut) {
        Act::Pass => route.pass(&asked, None, str::to_owned),
        Act::PassAs(path) => route.pass(&asked, Some(&path), str::to_owned),
        Act::Change(change) => route.pass(&asked, None, change),
        Act::Say(text) => text,
        Act::PassAndSay(text) => {
            route.pass(&asked, None, str::to_owned);
            text
        }
        Act::Reset => return,
        Act::Silence => {
            // Until the client has had enough.
            let _ = stream.read(&mut [0]);
            return;
        }
        Act::PassAndReset => {
            route.pass(&asked, None, str::to_owned);
            return;
        }
    };
    let _ = stream.write_all(said.as_bytes());
}

fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lower = head.to_ascii_lowercase();
            let mut lines = lower.lines();
            let length = lines.find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                let line = head.lines().next().unwrap().to_owned();
                return Some(Asked {
                    line,
                    body: body.to_owned(),
                });
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(length) => bytes.extend_from_slice(&piece[..length]),
        }
    }
}

impl Route {
    /// The sandbox's answer, with this place where it names its own.
    fn pass(&self, asked: &Asked, path: Option<&str>, change: fn(&str) -> String) -> String {
        let mut words = asked.line.split(' ');
        let (method, own_path) = (words.next().unwrap(), words.next().unwrap());
        let (path, host, body) = (path.unwrap_or(own_path), &self.sandbox, &asked.body);
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.0\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: \
             {length}\r\n\r\n{body}"
        );
        let mut stream = TcpStream::connect(host).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        let (head, body) = said.split_once("\r\n\r\n").unwrap();
        let (status, headers) = head.split_once("\r\n").unwrap_or((head, ""));
        let status = status.split_once(' ').unwrap().1;
        let is_kept = |line: &&str| {
            let line = line.to_ascii_lowercase();
            let replaced = self
                .header
                .split(':')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase();
            !line.starts_with("content-length:")
                && !line.starts_with("connection:")
                && (replaced.is_empty() || !line.starts_with(&format!("{replaced}:")))
        };
        let kept = headers.lines().filter(is_kept);
        let headers = kept
            .map(|line| [line, "\r\n"].concat())
            .collect::<Vec<_>>()
            .concat();
        let body = change(&body.replace(host.as_str(), &self.own.to_string()));
        answer(status, &format!("{headers}{}", self.header), &body)
    }
}
