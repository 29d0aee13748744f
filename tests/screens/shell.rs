//! The real loop on a terminal in memory: first frame before the first request, no frame without a
//! change, and every way out.

use crate::memory::{Frames, start, start_on, start_with};
use crate::sample;
use domain::command::RunCommand;
use domain::event::{Fact, RunEvent};
use domain::release::Release;
use domain::request::{RunRequest, Scope};
use domain::state::RunState;
use downbeat::engine::{Command, Update};
use downbeat::signals::Signal;
use downbeat::tui::preferences::{Desktop, Guard, Preferences, ProfileChoice, Ways};
use downbeat::tui::terminal;
use downbeat::tui::{Outcome, Setup, TuiError};
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub fn begin_run() -> Update {
    Update::Events(vec![RunEvent {
        at: sample::START,
        fact: Fact::RunStarted {
            run: "run-1".into(),
            request: Box::new(RunRequest::new("sandbox", sample::variables(), Scope::Chain)),
        },
    }])
}

#[tokio::test(start_paused = true)]
async fn the_first_frame_comes_before_the_first_request() {
    let mut harness = start();
    let command = harness.command().await;
    assert!(matches!(command, Command::ReadConfiguration(_)));
    assert!(
        harness.frames.borrow().0 >= 1,
        "a frame was drawn before the request was sent"
    );
    assert!(harness.frames.borrow().1.contains("SANDBOX"));
}

#[tokio::test(start_paused = true)]
async fn a_newer_version_is_asked_for_after_the_first_frame_and_its_answer_is_waited_for_without_a_wake_up() {
    let drawn = Arc::new(Mutex::new(None::<Frames>));
    let (asked, mut questions) = tokio::sync::mpsc::unbounded_channel();
    let mut harness = start_on({
        let drawn = Arc::clone(&drawn);
        Setup {
            ask_for_release: Some(Box::new(move || {
                let frames = drawn.lock().unwrap().as_ref().unwrap().borrow().0;
                let (sender, answer) = tokio::sync::oneshot::channel();
                asked.send((frames, sender)).unwrap();
                answer
            })),
            ..sample::setup()
        }
    });
    *drawn.lock().unwrap() = Some(harness.frames.clone());
    let (frames, sender) = questions.recv().await.unwrap();
    assert!(frames >= 1, "a frame was drawn before the question");
    harness.command().await;
    harness.press("3");
    harness.shows("─ 3 Tasks").await;
    let before = harness.frames.borrow().0;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(harness.frames.borrow().0, before);
    let release = Release {
        version: "0.2.0".parse().unwrap(),
        page: "https://example.org/0.2.0".into(),
    };
    sender.send((release, "0.1.0".parse().unwrap())).unwrap();
    harness.shows("https://example.org/0.2.0").await;
    harness.press("q");
    assert_eq!(harness.task.await.unwrap().unwrap(), Outcome::Left);
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_about_versions_the_loop_goes_on() {
    let mut harness = start_on(Setup {
        ask_for_release: Some(Box::new(|| tokio::sync::oneshot::channel().1)),
        ..sample::setup()
    });
    harness.command().await;
    harness.press("3");
    harness.shows("─ 3 Tasks").await;
    assert!(!harness.frames.borrow().1.contains("is out"));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_drawn_while_nothing_changes() {
    let mut harness = start();
    harness.command().await;
    harness.press("3");
    harness.shows("─ 3 Tasks").await;
    let before = harness.frames.borrow().0;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(harness.frames.borrow().0, before);
}

#[tokio::test(start_paused = true)]
async fn no_key_is_lost_between_others() {
    let mut harness = start();
    harness.command().await;
    for (key, words) in [
        ("3", "─ 3 Tasks"),
        ("1", "─ 1 Variables"),
        ("4", "─ 4 Logs"),
        ("2", "─ 2 Configuration"),
    ] {
        harness.press(key);
        harness.shows(words).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_running_clock_draws_about_once_a_second() {
    let mut harness = start();
    harness.command().await;
    harness.updates.send(begin_run()).await.unwrap();
    harness.shows("running").await;
    let before = harness.frames.borrow().0;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let drawn = harness.frames.borrow().0 - before;
    assert!((50..=62).contains(&drawn), "{drawn} frames in a minute");
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_drawn_in_few_frames() {
    let mut harness = start();
    harness.command().await;
    harness.updates.send(begin_run()).await.unwrap();
    harness.shows("running").await;
    let before = harness.frames.borrow().0;
    for n in 0..1000 {
        let failure = domain::failure::Failure::permanent(format!("no {n}"));
        harness.updates.send(Update::Refused(failure)).await.unwrap();
    }
    harness.shows("no 999").await;
    let drawn = harness.frames.borrow().0 - before;
    assert!(drawn < 50, "{drawn} frames for 1000 updates");
}

#[tokio::test(start_paused = true)]
async fn leaving_closes_the_engine() {
    let mut harness = start();
    harness.command().await;
    harness.press("q");
    assert_eq!(harness.command().await, Command::Close);
    assert_eq!(harness.task.await.unwrap().unwrap(), Outcome::Left);
}

#[tokio::test(start_paused = true)]
async fn a_run_can_be_stopped_or_left() {
    let mut harness = start();
    harness.command().await;
    harness.updates.send(begin_run()).await.unwrap();
    harness.shows("running").await;
    harness.press("X y");
    assert_eq!(harness.command().await, Command::Run(RunCommand::Stop));
    harness.press("q y");
    assert_eq!(harness.command().await, Command::Close);
    let outcome = harness.task.await.unwrap().unwrap();
    assert!(
        matches!(&outcome, Outcome::LeftRunning(run) if run.id.as_str() == "run-1"),
        "{outcome:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_at_once_and_an_interrupt_asks() {
    let mut harness = start();
    harness.command().await;
    harness.signals.send(Signal::Interrupt).unwrap();
    harness.shows("Leave Downbeat?").await;
    harness.signals.send(Signal::Terminate).unwrap();
    assert_eq!(harness.command().await, Command::Close);
    assert_eq!(harness.task.await.unwrap().unwrap(), Outcome::Ended);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_lost_rows_is_told_to_the_shell() {
    for by_signal in [false, true] {
        let mut harness = start();
        harness.command().await;
        harness.updates.send(begin_run()).await.unwrap();
        let emptied = Fact::OutputEmptied {
            task: "truncate_table".into(),
            started: Some(sample::START),
            rows: Some(7),
        };
        let state = RunState::Failed;
        let events = [emptied, Fact::RunEnded { state }].map(|fact| RunEvent {
            at: sample::START,
            fact,
        });
        harness.updates.send(Update::Events(events.into())).await.unwrap();
        harness.shows("its rows come back").await;
        if by_signal {
            harness.signals.send(Signal::Terminate).unwrap();
        } else {
            harness.press("q");
        }
        match harness.task.await.unwrap().unwrap() {
            Outcome::LostRows { run, by_signal: was } => {
                assert_eq!((run.id.as_str(), was), ("run-1", by_signal));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_terminal_ends_the_loop() {
    let mut harness = start();
    harness.command().await;
    *harness.is_gone.lock().unwrap() = true;
    harness.press("1");
    assert!(matches!(harness.task.await.unwrap(), Err(TuiError::Terminal(_))));
}

#[tokio::test(start_paused = true)]
async fn a_dead_terminal_leaves_its_run_by_name() {
    let mut harness = start();
    harness.command().await;
    harness.updates.send(begin_run()).await.unwrap();
    harness.shows("running").await;
    *harness.is_gone.lock().unwrap() = true;
    harness.press("1");
    let outcome = harness.task.await.unwrap().unwrap();
    assert!(matches!(outcome, Outcome::LeftRunning(_)), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn a_dead_engine_is_reported() {
    let mut harness = start();
    harness.command().await;
    drop(harness.updates);
    let seen = harness
        .frames
        .wait_for(|(_, text)| text.contains("The engine has ended"));
    seen.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stuck_engine_does_not_keep_the_terminal() {
    let harness = start();
    let mut frames = harness.frames.clone();
    frames.wait_for(|(number, _)| *number > 0).await.unwrap();
    harness.press("q");
    assert_eq!(harness.task.await.unwrap().unwrap(), Outcome::Left);
}

/// The keys that a terminal's answer is taken for.
fn answer(colour: &str) -> Vec<Event> {
    let plain = |letter| Event::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
    let alt = |letter| Event::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::ALT));
    let colour = format!("11;{colour}");
    let middle = colour.chars().map(plain);
    [alt(']')].into_iter().chain(middle).chain([alt('\\')]).collect()
}

#[tokio::test(start_paused = true)]
async fn the_background_is_asked_after_the_first_frame_and_its_answer_is_no_key() {
    let mut harness = start_with(Preferences {
        asks_ground: true,
        ..Preferences::default()
    });
    harness.command().await;
    let asked = format!("{}\u{1b}]11;?\u{1b}\\", terminal::mouse(true));
    assert_eq!(*harness.sequences.lock().unwrap(), asked);
    let before = harness.frames.borrow().0;
    assert!(before >= 1);
    for event in answer("rgb:ffff/ffff/ffff") {
        harness.keys.send(event);
    }
    harness
        .frames
        .wait_for(|(number, _)| *number > before)
        .await
        .unwrap();
    assert!(!harness.frames.borrow().1.contains("does nothing here"));
    // When the window comes back its colours may have changed.
    harness.keys.send(Event::FocusGained);
    harness.press("3");
    harness.shows("─ 3 Tasks").await;
    assert_eq!(harness.sequences.lock().unwrap().matches("]11;?").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_run_is_told_to_who_looks_elsewhere_only() {
    for has_focus in [false, true] {
        let ways = Ways {
            title: true,
            progress: true,
            bell: true,
            desktop: Some(Desktop {
                has_title: false,
                in_tmux: false,
            }),
        };
        let mut harness = start_with(Preferences {
            ways,
            ..Preferences::default()
        });
        harness.command().await;
        if has_focus {
            harness.keys.send(Event::FocusGained);
        }
        harness.updates.send(begin_run()).await.unwrap();
        harness.shows("running").await;
        assert!(harness.sequences.lock().unwrap().contains("]2;running"));
        assert!(harness.sequences.lock().unwrap().contains("]9;4;1;0"));
        let state = RunState::Success;
        let ended = RunEvent {
            at: sample::at(65),
            fact: Fact::RunEnded { state },
        };
        harness.updates.send(Update::Events(vec![ended])).await.unwrap();
        harness.shows("success").await;
        let told = harness.sequences.lock().unwrap().clone();
        assert!(told.contains("]2;success - SANDBOX - downbeat"), "{told:?}");
        assert!(
            told.ends_with("]9;4;0;0\u{1b}\\"),
            "the progress is cleared: {told:?}"
        );
        let is_told = told.contains('\u{7}') && told.contains("]9;Downbeat: SANDBOX: the run ended, success");
        assert_eq!(is_told, !has_focus, "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ended_well_is_told_to_the_shell_and_its_notice_is_written_down() {
    let written = Arc::new(Mutex::new(Vec::new()));
    let mut harness = start_on({
        let written = Arc::clone(&written);
        Setup {
            keep_notices: Box::new(move |notices| written.lock().unwrap().extend(notices.to_vec())),
            ..sample::setup()
        }
    });
    harness.command().await;
    harness.updates.send(begin_run()).await.unwrap();
    let state = RunState::Success;
    let ended = RunEvent {
        at: sample::at(65),
        fact: Fact::RunEnded { state },
    };
    harness.updates.send(Update::Events(vec![ended])).await.unwrap();
    harness.shows("The run ended: success in 1m 05s.").await;
    harness.press("q");
    let outcome = harness.task.await.unwrap().unwrap();
    assert!(
        matches!(&outcome, Outcome::RunEnded { run, by_signal: false } if run.id.as_str() == "run-1"),
        "{outcome:?}"
    );
    let written = written.lock().unwrap();
    let texts: Vec<_> = written.iter().map(|notice| notice.text.as_str()).collect();
    assert!(
        matches!(texts[..], [text] if text.starts_with("The run ended: success")),
        "{texts:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn another_profile_closes_the_engine_and_is_the_outcome() {
    let other = ProfileChoice {
        name: "test".into(),
        colour: None,
        project: String::new(),
        instance: String::new(),
        guard: Guard::default(),
    };
    let mut harness = start_on(Setup {
        profiles: vec![other],
        ..sample::setup()
    });
    harness.command().await;
    harness.press("ctrl-p 1");
    assert_eq!(harness.command().await, Command::Close);
    let outcome = harness.task.await.unwrap().unwrap();
    assert_eq!(outcome, Outcome::SwitchTo("test".into()));
}
