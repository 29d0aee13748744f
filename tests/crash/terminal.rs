//! The terminal: a run is begun by keys, killed behind a journal write or at a request, and taken up again by the
//! offer that the next start makes.

use super::case::{Start, profile};
use super::home::{Home, patience, signal};
use super::journal::Journal;
use super::lab::{Lab, journal};
use super::point::Place;
use super::screen::Session;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Opens the terminal, does what a person would do until a run is green, and leaves; or is killed on the way.
pub fn start(lab: &Lab, home: &Home, place: Option<&Place>) -> Start {
    let mut session = Session::start(home, &profile(), 120, 40);
    let pid = session.pid();
    let trap = Arc::new(Mutex::new(Trap::Set));
    match place {
        Some(place @ Place::Request { .. }) => lab.proxy.trap(place, move || signal(pid, "KILL")),
        Some(Place::Event(number)) => kill_at(*number, pid, journal(home), Arc::clone(&trap)),
        None => (),
    }
    let told = until_green(&mut session, &mut journal(home));
    let is_sprung = std::mem::replace(&mut *trap.lock().unwrap(), Trap::Gone) == Trap::Sprung;
    let is_killed = lab.proxy.disarm() || is_sprung;
    let (code, told) = match told {
        Told::Green(screen) if !is_killed => {
            session.keys(&["q"]);
            (i32::try_from(session.end()).ok(), screen)
        }
        Told::Green(screen) => {
            // The last requests come behind the end of the run; the kill may still be on its way.
            while session.read_for(Duration::from_millis(100)) {}
            (None, screen)
        }
        Told::Ended(screen) if is_killed => (None, screen),
        Told::Ended(screen) => (Some(-1), format!("{screen}\nIt ended by itself.")),
        Told::Stuck(screen) => (Some(-1), format!("{screen}\nNothing more happened.")),
    };
    Start { code, told }
}

/// What came of it, with the last screen.
enum Told {
    Green(String),
    Ended(String),
    Stuck(String),
}

/// The kill at a journal write. A terminal that is about to leave is not killed any more.
#[derive(PartialEq)]
enum Trap {
    Set,
    Sprung,
    Gone,
}

/// Kills when the journal has so many facts.
fn kill_at(number: usize, pid: u32, mut journal: Journal, trap: Arc<Mutex<Trap>>) {
    thread::spawn(move || {
        loop {
            let is_due = journal.events() >= number;
            let mut trap = trap.lock().unwrap();
            if *trap == Trap::Gone {
                break;
            }
            if is_due {
                *trap = Trap::Sprung;
                signal(pid, "KILL");
                break;
            }
            drop(trap);
            thread::sleep(Duration::from_millis(1));
        }
    });
}

fn until_green(session: &mut Session, journal: &mut Journal) -> Told {
    // Long enough for what a key has led to.
    const PAUSE: Duration = Duration::from_millis(100);
    const PATIENCE: Duration = Duration::from_secs(2);
    let deadline = Instant::now() + patience();
    let is_resumed = journal.is_unfinished();
    let mut pressed = None;
    loop {
        let is_there = session.read_for(PAUSE);
        let screen = session.text();
        if !is_there {
            return Told::Ended(screen);
        }
        if Instant::now() > deadline {
            return Told::Stuck(screen);
        }
        let runs = journal.runs();
        // The journal knows it before the header says it.
        let is_said = screen.contains("\n ✔ success");
        if is_said && !runs.is_empty() && runs.iter().all(|run| run.state == "success") {
            return Told::Green(screen);
        }
        let key = next_key(&screen, is_resumed, runs.is_empty());
        // A person waits for what comes of a key, and presses it again if nothing does.
        let is_new = |key: &&str| {
            pressed.is_none_or(|(last, at): (&str, Instant)| last != *key || at.elapsed() > PATIENCE)
        };
        if let Some(key) = key.filter(is_new) {
            session.keys(&[key]);
            pressed = Some((key, Instant::now()));
        }
    }
}

/// What a person presses at this screen.
fn next_key(screen: &str, is_resumed: bool, is_first: bool) -> Option<&'static str> {
    if screen.contains("What this run will do") {
        return screen.contains("is EMPTIED first").then_some("<enter>");
    }
    if screen.contains("Resume the unfinished run?") {
        return Some("y");
    }
    let is_ready = is_first && !is_resumed && screen.contains("rows active") && screen.contains("ACTIVE");
    is_ready.then_some("r")
}
