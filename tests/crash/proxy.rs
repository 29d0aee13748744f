//! A proxy between the program and its sandbox: it counts requests by kind, loses one answer of a start, and kills
//! the program at one request, before it reaches the server or after its effect.
//!
//! It carries one request for each connection, so that what it does to one touches no other.

use super::point::{Place, Side};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// The body of the start whose answer is lost, once.
const LOST: &str = r#""data_source":"invoice""#;

/// What ends the program at a point.
type Kill = Box<dyn Fn() + Send + Sync>;

pub struct Proxy {
    shared: Arc<Shared>,
}

struct Shared {
    port: u16,
    host: String,
    state: Mutex<State>,
    is_over: AtomicBool,
}

#[derive(Default)]
struct State {
    /// How many requests of each kind have come.
    counts: BTreeMap<String, usize>,
    /// All requests in their order, with what became of them.
    told: Vec<String>,
    has_lost: bool,
    trap: Option<(Place, Kill)>,
    has_sprung: bool,
}

/// What becomes of one request.
enum Fate {
    Carried,
    /// It has its effect, and the answer is never sent.
    Lost,
    Killed(Side, Kill),
}

impl Proxy {
    /// In front of `host`.
    pub fn new(host: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            port,
            host: host.to_owned(),
            state: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let mine = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if mine.is_over.load(Ordering::SeqCst) {
                    break;
                }
                let shared = Arc::clone(&mine);
                // A connection that breaks is the program's end or the sandbox's.
                thread::spawn(move || carry(client, &shared).unwrap_or_default());
            }
        });
        Self { shared }
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.shared.port)
    }

    /// Kills at this request, once.
    pub fn trap(&self, place: &Place, kill: impl Fn() + Send + Sync + 'static) {
        self.shared.state.lock().unwrap().trap = Some((place.clone(), Box::new(kill)));
    }

    /// Kills no more; whether it has killed since it was asked last.
    pub fn disarm(&self) -> bool {
        let mut state = self.shared.state.lock().unwrap();
        state.trap = None;
        std::mem::take(&mut state.has_sprung)
    }

    /// How many requests of each kind have come.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        self.shared.state.lock().unwrap().counts.clone()
    }

    /// All requests, a line each.
    pub fn told(&self) -> String {
        self.shared.state.lock().unwrap().told.join("\n")
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Its thread waits for a connection.
        let _ = TcpStream::connect(("127.0.0.1", self.shared.port));
    }
}

impl State {
    fn fate(&mut self, kind: &str, body: &str) -> Fate {
        let count = self.counts.entry(kind.to_owned()).or_default();
        *count += 1;
        let is_it = |place: &Place| matches!(place, Place::Request { kind: of, number, .. } if of == kind && number == count);
        let fate = match self.trap.take_if(|(place, _)| is_it(place)) {
            Some((Place::Request { side, .. }, kill)) => {
                self.has_sprung = true;
                Fate::Killed(side, kill)
            }
            _ if !self.has_lost && kind.ends_with("/start") && body.contains(LOST) => {
                self.has_lost = true;
                Fate::Lost
            }
            _ => Fate::Carried,
        };
        let word = match &fate {
            Fate::Carried => "",
            Fate::Lost => " (its answer is lost)",
            Fate::Killed(side, _) => side.word(),
        };
        self.told.push(format!("{kind} {}{word}", *count));
        fate
    }
}

fn carry(mut client: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let (head, body) = request(&mut client)?;
    let kind = kind(head.lines().next().unwrap_or_default());
    let fate = shared
        .state
        .lock()
        .unwrap()
        .fate(&kind, &String::from_utf8_lossy(&body));
    if let Fate::Killed(Side::Before, kill) = fate {
        kill();
        return Ok(());
    }
    let mut server = TcpStream::connect(&shared.host)?;
    server.write_all(&[head.as_bytes(), &body].concat())?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    match fate {
        Fate::Carried => client.write_all(&through_here(answer, shared)),
        Fate::Killed(_, kill) => {
            kill();
            Ok(())
        }
        Fate::Lost => Ok(()),
    }
}

/// An instance tells where its CDAP is: here, so that nothing goes past the proxy. The end of the connection is
/// then the end of the body.
fn through_here(answer: Vec<u8>, shared: &Shared) -> Vec<u8> {
    let here = format!("127.0.0.1:{}", shared.port);
    match std::str::from_utf8(&answer) {
        Ok(text) if text.contains(&shared.host) => {
            let text = text.replace(&shared.host, &here);
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            let kept = head
                .split("\r\n")
                .filter(|line| header(line, "content-length").is_none());
            let head: Vec<_> = kept.collect();
            format!("{}\r\n\r\n{body}", head.join("\r\n")).into_bytes()
        }
        _ => answer,
    }
}

/// The head of a request, which asks for the connection's end behind it, and its body.
fn request(client: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let end = bytes.windows(4).position(|part| part == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            if bytes.len() >= end + 4 + length(&head) {
                return Ok((closing(&head), bytes.split_off(end + 4)));
            }
        }
        let count = client.read(&mut buffer)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
}

fn header<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (of, value) = line.split_once(':')?;
    of.eq_ignore_ascii_case(name).then_some(value.trim())
}

fn length(head: &str) -> usize {
    let length = head.lines().find_map(|line| header(line, "content-length"));
    length.map_or(0, |text| text.parse().unwrap())
}

fn closing(head: &str) -> String {
    // An answer that is not packed can be read here.
    let ours = ["connection", "accept-encoding"];
    let is_ours = |line: &&str| ours.iter().any(|name| header(line, name).is_some());
    let kept = head.split("\r\n").filter(|line| !is_ours(line));
    let lines: Vec<_> = kept.chain(["connection: close", "", ""]).collect();
    lines.join("\r\n")
}

/// What a request asks for, without what differs from run to run: `POST/start`, `GET/runs`, `GET/runs.ID`.
fn kind(line: &str) -> String {
    let mut words = line.split(' ');
    let method = words.next().unwrap_or_default();
    let path = words.next().unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let mut last = path.rsplit('/');
    let (name, above) = (last.next().unwrap_or_default(), last.next().unwrap_or_default());
    let is_id = name.len() > 24 && name.contains(|c: char| c.is_ascii_digit());
    if is_id {
        format!("{method}/{above}.ID")
    } else {
        format!("{method}/{name}")
    }
}

#[test]
fn requests_are_told_apart_by_what_they_ask_for() {
    let api = "/api/v3/namespaces/default";
    for (line, expected) in [
        (format!("POST {api}/start HTTP/1.1"), "POST/start"),
        (format!("GET {api}/a/runs?limit=9 HTTP/1.1"), "GET/runs"),
        (
            format!("GET {api}/a/runs/059e4d20-ec2d-11f1-8f46-8da759f6f948 HTTP/1.1"),
            "GET/runs.ID",
        ),
    ] {
        assert_eq!(kind(&line), expected);
    }
}
