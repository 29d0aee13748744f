//! The linear mode: what is printed, and that it is nothing but lines.

use crate::sample::{self, BARE, press, send};
use crate::scene;
use domain::event::Fact;
use domain::row::Configuration;
use domain::state::RunState;
use downbeat::tui::action::Action;
use downbeat::tui::action::{TABLE, key};
use downbeat::tui::key::Key;
use downbeat::tui::linear::Linear;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;
use downbeat::tui::terminal::TerminalSession;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A model with its session, and what was printed.
struct Listener {
    model: Model,
    session: Linear<Paper>,
    paper: Paper,
}

impl Listener {
    fn new(make: fn(u16, u16) -> Model) -> Self {
        let paper = Paper::default();
        let mut session = Linear::new(paper.clone());
        let size = session.size().unwrap();
        let mut model = make(size.width, size.height);
        model.is_zoomed = true;
        Self {
            model,
            session,
            paper,
        }
    }

    /// What is printed now that was not before.
    fn listen(&mut self) -> String {
        self.session.show(&self.model, &BARE).unwrap();
        let bytes = std::mem::take(&mut *self.paper.0.lock().unwrap());
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.is_empty() || text.ends_with("\r\n"), "{text:?}");
        let text = text.replace("\r\n", "\n");
        assert!(
            text.chars().all(|letter| letter == '\n' || !letter.is_control()),
            "{text:?}"
        );
        text
    }

    fn press(&mut self, keys: &str) -> String {
        let mut text = String::new();
        for key in keys.split_whitespace() {
            self.session.heard();
            press(&mut self.model, key);
            text.push_str(&self.listen());
        }
        text
    }
}

#[test]
fn it_begins_with_where_one_is_and_what_one_can_do() {
    let mut listener = Listener::new(scene::running);
    let text = listener.listen();
    for words in [
        "Profile SANDBOX.",
        "? lists all keys",
        "Tasks:\n",
        "start_pipeline_hr_recruiter",
        "up_for_retry",
    ] {
        assert!(text.contains(words), "{words} in\n{text}");
    }
    assert_eq!(listener.listen(), "", "nothing is said twice");
}

#[test]
fn a_key_says_what_is_selected_and_a_clock_says_nothing() {
    let mut listener = Listener::new(scene::running);
    listener.listen();
    let text = listener.press("j");
    assert!(text.contains("finance_ledger"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    send(&mut listener.model, 70, Msg::Ticked);
    assert_eq!(listener.listen(), "");
}

#[test]
fn what_happens_is_said_in_words_once() {
    let mut listener = Listener::new(scene::running);
    listener.listen();
    let model = std::mem::replace(&mut listener.model, sample::empty(40, 12));
    let scenario = sample::Scenario { model, now: 66 }
        .fact(Fact::TaskSucceeded {
            task: "start_pipeline_sales_orders".into(),
        })
        .fact(Fact::RunEnded {
            state: RunState::Failed,
        });
    listener.model = scenario.model;
    let text = listener.listen();
    assert!(text.contains("start_pipeline_sales_orders: success\n"), "{text}");
    assert_eq!(text.matches("The run ended: failed").count(), 1, "{text}");
    assert_eq!(listener.listen(), "");
}

#[test]
fn a_question_is_read_whole_and_answered_by_its_letter() {
    let mut listener = Listener::new(scene::running);
    listener.listen();
    let text = listener.press("X");
    for words in ["Stop the whole run?", ">n let it run", "y stop"] {
        assert!(text.contains(words), "{words} in\n{text}");
    }
    let text = listener.press("l");
    assert!(text.contains(">y stop"), "{text}");
    let text = listener.press("n");
    assert!(text.contains("Tasks:"), "one is back: {text}");
}

/// Its plan is longer than a page.
fn with_many_rows(width: u16, height: u16) -> Model {
    let rows: Vec<_> = (0..50)
        .map(|n| sample::row("unit", &format!("source_{n}"), true, n))
        .collect();
    let table = Configuration {
        total_rows: 50,
        rows,
        findings: Vec::new(),
    };
    let mut model = sample::empty(width, height);
    sample::configuration(&mut model, 0, Ok(table));
    model
}

#[test]
fn pages_are_read_on_request() {
    let mut listener = Listener::new(scene::huge);
    listener.listen();
    let page = listener.press("pgdn");
    assert!(page.lines().count() <= 2, "a list says what is selected: {page}");
    let mut effects = listener.press("ctrl-l");
    listener.session.clear().unwrap();
    effects.push_str(&listener.listen());
    assert!(effects.lines().count() > 10, "{effects}");
    let help = listener.press("?");
    assert!(help.contains("All keys") && help.lines().count() > 10, "{help}");
    let mut listener = Listener::new(with_many_rows);
    listener.listen();
    let plan = listener.press("r");
    assert!(
        plan.contains("What this run will do") && plan.lines().count() > 10,
        "{plan}"
    );
    let next = listener.press("pgdn");
    assert!(!next.is_empty(), "the next page of a text is read");
    assert!(next.lines().all(|line| !plan.contains(line)), "{next}");
}

#[test]
fn every_pane_and_every_window_can_be_read() {
    for make in [
        sample::ready as fn(u16, u16) -> Model,
        scene::running,
        scene::failed,
        scene::odd,
    ] {
        for entry in TABLE {
            let mut listener = Listener::new(make);
            listener.listen();
            let keys = key(entry.action).to_owned();
            // One without a key is typed into the palette.
            let has_key = keys.split_whitespace().all(|key| Key::parse(key).is_some());
            if matches!(entry.action, Action::Interrupt | Action::Quit) || !has_key {
                continue;
            }
            // Control characters would fail the listener.
            listener.press(&keys);
        }
    }
    let mut listener = Listener::new(sample::ready);
    listener.listen();
    for (key, title) in [
        ("1", "Variables:"),
        ("2", "Configuration:"),
        ("4", "Logs:"),
        ("3", "Tasks:"),
    ] {
        let text = listener.press(key);
        assert!(text.contains(title), "{title} in\n{text}");
    }
}
