//! What is printed last, played with an engine that answers by a list.

use super::*;
use crate::cli::Output;
use crate::headless::{Opening, Printer};
use domain::finding::Finding;
use domain::request::Scope;
use domain::state::RunState;
use domain::target::Target;
use domain::variable::Variables;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// Writes down what it is asked to print.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>);

impl Recorder {
    fn put(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Printer for Recorder {
    fn target(&mut self, _: &Target, _: &Opening) {}
    fn loaded(&mut self, _: &Run, _: &[RunEvent]) {
        self.put("loaded");
    }
    fn finding(&mut self, _: &Finding, text: &str) {
        self.put(text);
    }
    fn event(&mut self, run: &Run, event: &RunEvent) {
        if let Some(line) = words::line(run, &event.fact) {
            self.put(line);
        }
    }
    fn failure(&mut self, _: Option<&Run>, failure: &Failure, _: &str) {
        self.put(failure.reason.as_str());
    }
    fn waiting(&mut self, _: Option<&Run>, failure: &Failure, _: &str) {
        self.put(failure.reason.as_str());
    }
    fn goes_on(&mut self, _: Option<&Run>) {}
    fn ended(&mut self, run: &Run) {
        self.put(words::summary(run));
    }
    fn note(&mut self, _: Option<&Run>, text: &str) {
        self.put(text);
    }
    fn end(&mut self, _: Option<&Run>, _: Exit, _: Option<&str>) {}
}

fn request() -> Box<RunRequest> {
    Box::new(RunRequest::new("p", Variables::default(), Scope::Chain))
}

fn happens(fact: Fact) -> Update {
    let at = Timestamp::from_seconds(10);
    Update::Events(vec![RunEvent { at, fact }])
}

fn begins(run: &str) -> Update {
    happens(Fact::RunStarted {
        run: run.into(),
        request: request(),
    })
}

fn ends() -> Update {
    happens(Fact::RunEnded {
        state: RunState::Success,
    })
}

/// An engine that answers each command with these updates, and its end with a notice about a log.
fn engine(answers: impl Fn(&Command) -> Vec<Update> + Send + 'static) -> Engine {
    let (commands, mut received) = mpsc::channel(8);
    let (published, updates) = mpsc::channel(8);
    tokio::spawn(async move {
        while let Some(command) = received.recv().await {
            let is_end = matches!(command, Command::Close | Command::CloseWithLogs);
            let late = Update::LogNotice {
                task: "a".into(),
                number: 1,
                text: "the last lines are missing".into(),
            };
            let answers = if is_end { vec![late] } else { answers(&command) };
            for update in answers {
                published.send(update).await.unwrap();
            }
            if is_end {
                return;
            }
        }
    });
    Engine { commands, updates }
}

fn options() -> Options {
    Options {
        on_interrupt: OnInterrupt::Leave,
        allow_empty: false,
        is_sandbox: false,
        program: "downbeat".into(),
        supplied: RuntimeArguments::default(),
    }
}

fn console(recorder: &Recorder) -> Console {
    let mut console = Console::of_no_run(Output::Text, "p");
    console.printer = Box::new(recorder.clone());
    console
}

const LATE: &str = "The log of a, try 1: the last lines are missing";

#[tokio::test]
async fn the_summary_of_a_run_is_the_last_thing_that_is_printed() {
    let recorder = Recorder::default();
    let engine = engine(|command| match command {
        Command::CloseRun(_) => vec![begins("former"), ends()],
        _ => vec![begins("new"), ends()],
    });
    let turns = vec![Turn::Close("former".into()), Turn::Start(request())];
    let exit = run(console(&recorder), engine, turns, options()).await.unwrap();
    assert_eq!(exit, Exit::Success);
    let lines = recorder.lines();
    let place = |words: &str| lines.iter().position(|line| line.contains(words)).unwrap();
    let last = lines.len() - 1;
    assert_eq!(
        (place(LATE), place("run new: success")),
        (last - 1, last),
        "{lines:#?}"
    );
    // The one that was closed before is summed up before the other one begins.
    assert!(place("run new of") > 0, "{lines:#?}");
}

#[tokio::test]
async fn a_run_that_is_left_is_said_to_be_so_after_all_else() {
    let recorder = Recorder::default();
    let mut session = Session {
        console: console(&recorder),
        engine: engine(|_| vec![begins("r")]),
        turn: None,
        run: None,
        is_reopened: false,
        last_word: None,
        options: options(),
        interrupts: 0,
    };
    session.begin(Turn::Start(request())).await;
    while session.run.is_none() {
        let update = session.engine.updates.recv().await.unwrap();
        assert_eq!(session.on_update(update).await, None);
    }
    assert_eq!(session.interrupt().await, Some(Exit::Interrupted));
    session.close(&mut Signals::listen().unwrap()).await;
    session.say_last_word();
    let lines = recorder.lines();
    let [.., late, left] = &lines[..] else {
        panic!("{lines:?}")
    };
    assert_eq!(late, LATE);
    assert!(left.contains("Run r is left before its end"), "{left}");
}
