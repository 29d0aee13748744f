//! The real loop on a terminal in memory: first frame before the first request, no frame without a
//! change, and every way out.

use crate::sample;
use domain::command::RunCommand;
use domain::event::{Fact, RunEvent};
use domain::request::{RunRequest, Scope};
use domain::state::RunState;
use downbeat::engine::{Command, Engine, Update};
use downbeat::signals::Signal;
use downbeat::tui::key::Key;
use downbeat::tui::look::Look;
use downbeat::tui::model::Model;
use downbeat::tui::mouse::Targets;
use downbeat::tui::preferences::Desktop;
use downbeat::tui::preferences::{Guard, Preferences, ProfileChoice, Ways};
use downbeat::tui::shell::Shell;
use downbeat::tui::telling::{self, Progress, Signs};
use downbeat::tui::terminal::{self, TerminalSession};
use downbeat::tui::view::view;
use downbeat::tui::{Outcome, Setup, TuiError};
use futures_util::{Stream, stream};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Size};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// What was drawn, frame by frame.
type Frames = watch::Receiver<(usize, String)>;

/// A terminal in memory that publishes each frame, and can be made to fail.
struct Memory {
    terminal: Terminal<Fallible>,
    frames: watch::Sender<(usize, String)>,
    sequences: Arc<Mutex<String>>,
}

/// `TestBackend` cannot fail; a real terminal can.
struct Fallible {
    inner: TestBackend,
    is_gone: Arc<Mutex<bool>>,
}

impl TerminalSession for Memory {
    fn size(&mut self) -> io::Result<Size> {
        self.terminal.size()
    }

    fn show(&mut self, model: &Model, look: &Look) -> io::Result<Targets> {
        let mut targets = Targets::default();
        self.terminal
            .draw(|frame| targets = view(model, look, frame.buffer_mut()))?;
        let text = sample::text(self.terminal.backend().inner.buffer());
        self.frames.send_modify(|(number, shown)| {
            *number += 1;
            *shown = text;
        });
        Ok(targets)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.terminal.clear()
    }

    fn control(&mut self, sequence: &str) -> io::Result<()> {
        self.sequences.lock().unwrap().push_str(sequence);
        Ok(())
    }

    fn signs(&mut self, signs: &Signs) -> io::Result<()> {
        let title = signs.title.as_deref().map(telling::title);
        let progress = signs.progress.map(Progress::sequence);
        self.control(&format!(
            "{}{}",
            title.unwrap_or_default(),
            progress.unwrap_or_default()
        ))
    }

    fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Backend for Fallible {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        if *self.is_gone.lock().unwrap() {
            return Err(io::Error::from(io::ErrorKind::BrokenPipe));
        }
        self.inner.draw(content).map_err(io::Error::other)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.inner.hide_cursor().map_err(io::Error::other)
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.inner.show_cursor().map_err(io::Error::other)
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.inner.get_cursor_position().map_err(io::Error::other)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.inner.set_cursor_position(position).map_err(io::Error::other)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.inner.clear().map_err(io::Error::other)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.inner.clear_region(region).map_err(io::Error::other)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size().map_err(io::Error::other)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size().map_err(io::Error::other)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush().map_err(io::Error::other)
    }
}

/// The other ends of a running loop.
struct Harness {
    keys: Keys,
    signals: mpsc::UnboundedSender<Signal>,
    updates: mpsc::Sender<Update>,
    commands: mpsc::Receiver<Command>,
    frames: Frames,
    is_gone: Arc<Mutex<bool>>,
    sequences: Arc<Mutex<String>>,
    task: JoinHandle<Result<Outcome, TuiError>>,
}

fn into_stream<T: Send + 'static>(receiver: mpsc::UnboundedReceiver<T>) -> impl Stream<Item = T> + Unpin {
    Box::pin(stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|item| (item, receiver))
    }))
}

/// Keys as a stream like crossterm's: it wakes only the first waker since the last event.
#[derive(Clone, Default)]
struct Keys(Arc<Mutex<(VecDeque<Event>, Option<Waker>)>>);

impl Keys {
    fn send(&self, event: Event) {
        let mut keys = self.0.lock().unwrap();
        keys.0.push_back(event);
        if let Some(waker) = keys.1.take() {
            waker.wake();
        }
    }
}

impl Stream for Keys {
    type Item = io::Result<Event>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut keys = self.0.lock().unwrap();
        let event = keys.0.pop_front();
        if event.is_none() {
            keys.1.get_or_insert_with(|| context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(event.map(Ok))
    }
}

fn start() -> Harness {
    start_with(Preferences::default())
}

fn start_with(preferences: Preferences) -> Harness {
    start_on(Setup {
        preferences,
        ..sample::setup()
    })
}

fn start_on(setup: Setup) -> Harness {
    let sequences = Arc::new(Mutex::new(String::new()));
    let keys = Keys::default();
    let (signals, signal_stream) = mpsc::unbounded_channel();
    let (command_sender, commands) = mpsc::channel(1);
    let (updates, update_receiver) = mpsc::channel(8);
    let (frame_sender, frames) = watch::channel((0, String::new()));
    let is_gone = Arc::new(Mutex::new(false));
    let backend = Fallible {
        inner: TestBackend::new(100, 30),
        is_gone: Arc::clone(&is_gone),
    };
    let stage = Memory {
        terminal: Terminal::new(backend).unwrap(),
        frames: frame_sender,
        sequences: Arc::clone(&sequences),
    };
    let engine = Engine {
        commands: command_sender,
        updates: update_receiver,
    };
    let shell = Shell::new(stage, setup, engine);
    let task = tokio::spawn(shell.run(keys.clone(), into_stream(signal_stream)));
    Harness {
        keys,
        signals,
        updates,
        commands,
        frames,
        is_gone,
        sequences,
        task,
    }
}

impl Harness {
    fn press(&self, names: &str) {
        for name in names.split_whitespace() {
            let key = Key::parse(name).unwrap();
            self.keys.send(Event::Key(key.event()));
        }
    }

    /// The next command that is a decision.
    async fn command(&mut self) -> Command {
        loop {
            match self.commands.recv().await.unwrap() {
                Command::Focus(_) => {}
                command => return command,
            }
        }
    }

    async fn shows(&mut self, words: &str) {
        let seen = self.frames.wait_for(|(_, text)| text.contains(words));
        let seen = tokio::time::timeout(Duration::from_secs(30), seen).await;
        assert!(seen.is_ok(), "never drawn: {words}");
    }
}

fn begin_run() -> Update {
    Update::Events(vec![RunEvent {
        at: sample::START,
        fact: Fact::RunStarted {
            run: "run-1".into(),
            request: Box::new(RunRequest {
                profile: "sandbox".into(),
                variables: sample::variables(),
                scope: Scope::Chain,
                edits: BTreeMap::new(),
                allow_unresolved_sink: false,
                only: [].into(),
                beside: false,
            }),
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
