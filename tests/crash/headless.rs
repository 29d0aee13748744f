//! `downbeat run --output json`, killed behind a fact or at a request, and started again by the same command.

use super::case::{Start, profile};
use super::home::{Home, patience, signal, wait_for};
use super::lab::Lab;
use super::point::Place;
use std::io::{BufRead, BufReader, Read};
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

/// Lines that are no facts of a run.
const OTHERS: [&str; 4] = ["target", "note", "trouble", "summary"];

/// One start to its end, or to the kill at this place.
pub fn start(lab: &Lab, home: &Home, place: Option<&Place>) -> Start {
    let words = [&["run", "--output", "json"][..], &profile()].concat();
    let mut child = home.spawn(&words);
    let lines = lines(&mut child);
    let pid = child.id();
    if let Some(place @ Place::Request { .. }) = place {
        lab.proxy.trap(place, move || signal(pid, "KILL"));
    }
    let wanted = match place {
        Some(Place::Event(number)) => Some(*number),
        _ => None,
    };
    read_to_end(child, &lines, wanted)
}

/// Reads all that it prints, to its end or to the kill behind the fact with this number.
pub fn read_to_end(mut child: Child, lines: &Receiver<String>, wanted: Option<usize>) -> Start {
    let told = until(&mut child, lines, wanted);
    // It may be at its end when the proxy meets the request.
    let ended = wait_for("the end of the program", || child.try_wait().unwrap());
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    Start {
        code: ended.code(),
        told: format!("{told}{errors}"),
    }
}

/// Reads to the end; kills behind the fact with this number.
fn until(child: &mut Child, lines: &Receiver<String>, wanted: Option<usize>) -> String {
    let deadline = Instant::now() + patience();
    let (mut told, mut facts) = (String::new(), 0);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match lines.recv_timeout(left) {
            Ok(line) => {
                facts += usize::from(is_fact(&line));
                told.push_str(&line);
                if Some(facts) == wanted {
                    child.kill().unwrap();
                }
            }
            Err(RecvTimeoutError::Disconnected) => return told,
            Err(RecvTimeoutError::Timeout) => {
                child.kill().unwrap();
                return told + "it did not end, and was killed\n";
            }
        }
    }
}

/// What it prints on standard output, line by line.
pub fn lines(child: &mut Child) -> Receiver<String> {
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let (send, lines) = channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        while out.read_line(&mut line).is_ok_and(|count| count > 0) {
            if send.send(std::mem::take(&mut line)).is_err() {
                break;
            }
        }
    });
    lines
}

fn is_fact(line: &str) -> bool {
    let line: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
    let is_other = |name: &str| OTHERS.contains(&name);
    line["event"].as_str().is_some_and(|name| !is_other(name)) && !line["run"].is_null()
}
