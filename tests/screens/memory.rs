//! A terminal in memory, the loop that runs on it, and the other ends of its channels.

use crate::sample;
use domain::event::{Fact, RunEvent};
use downbeat::engine::{Command, Engine, Update};
use downbeat::signals::Signal;
use downbeat::tui::key::Key;
use downbeat::tui::look::Look;
use downbeat::tui::model::Model;
use downbeat::tui::mouse::Targets;
use downbeat::tui::preferences::Preferences;
use downbeat::tui::shell::Shell;
use downbeat::tui::telling::{self, Progress, Signs};
use downbeat::tui::terminal::TerminalSession;
use downbeat::tui::view::view;
use downbeat::tui::{Outcome, Setup, TuiError};
use futures_util::{Stream, stream};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::crossterm::event::Event;
use ratatui::layout::{Position, Size};
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// What was drawn, frame by frame.
pub type Frames = watch::Receiver<(usize, String)>;

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

    fn lend(&mut self) -> io::Result<()> {
        self.control("[lent]")
    }

    fn take_back(&mut self) -> io::Result<()> {
        self.control("[back]")?;
        self.terminal.clear()
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
pub struct Harness {
    pub keys: Keys,
    pub signals: mpsc::UnboundedSender<Signal>,
    pub updates: mpsc::Sender<Update>,
    pub commands: mpsc::Receiver<Command>,
    pub frames: Frames,
    pub is_gone: Arc<Mutex<bool>>,
    pub sequences: Arc<Mutex<String>>,
    pub task: JoinHandle<Result<Outcome, TuiError>>,
}

fn into_stream<T: Send + 'static>(receiver: mpsc::UnboundedReceiver<T>) -> impl Stream<Item = T> + Unpin {
    Box::pin(stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|item| (item, receiver))
    }))
}

/// Keys as a stream like crossterm's: it wakes only the first waker since the last event.
#[derive(Clone, Default)]
pub struct Keys(Arc<Mutex<(VecDeque<Event>, Option<Waker>)>>);

impl Keys {
    pub fn send(&self, event: Event) {
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

pub fn start() -> Harness {
    start_with(Preferences::default())
}

pub fn start_with(preferences: Preferences) -> Harness {
    start_on(Setup {
        preferences,
        ..sample::setup()
    })
}

pub fn start_on(setup: Setup) -> Harness {
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
    pub fn press(&self, names: &str) {
        for name in names.split_whitespace() {
            let key = Key::parse(name).unwrap();
            self.keys.send(Event::Key(key.event()));
        }
    }

    /// The next command that is a decision.
    pub async fn command(&mut self) -> Command {
        loop {
            match self.commands.recv().await.unwrap() {
                // What is asked beside everything else.
                Command::Focus(_) | Command::Examine { .. } => {}
                command => return command,
            }
        }
    }

    pub async fn shows(&mut self, words: &str) {
        let seen = self.frames.wait_for(|(_, text)| text.contains(words));
        let seen = tokio::time::timeout(Duration::from_secs(30), seen).await;
        assert!(seen.is_ok(), "never drawn: {words}");
    }
}

/// A loop with a run whose first task is at work; the logs of its tasks' first tries have these texts.
pub async fn start_with_logs(
    logs: &[(&str, &str)],
    change: impl FnOnce(&Path, &mut Setup),
) -> (TempDir, Harness) {
    let folder = tempfile::tempdir().unwrap();
    for (task, text) in logs {
        std::fs::write(folder.path().join(format!("{task}.1")), text).unwrap();
    }
    let mut setup = sample::setup();
    let place = folder.path().to_owned();
    setup.log_path = Box::new(move |_, task, number| place.join(format!("{task}.{number}")));
    change(folder.path(), &mut setup);
    let mut harness = start_on(setup);
    harness.command().await;
    let task = "start".into();
    let tried = RunEvent {
        at: sample::START,
        fact: Fact::TryStarted { task },
    };
    harness.updates.send(crate::shell::begin_run()).await.unwrap();
    harness.updates.send(Update::Events(vec![tried])).await.unwrap();
    let last = logs[0].1.lines().last().unwrap();
    let (_, shown) = last.rsplit_once("| ").unwrap();
    // A run that begins takes the focus.
    harness.shows(shown).await;
    harness.press("4");
    (folder, harness)
}
