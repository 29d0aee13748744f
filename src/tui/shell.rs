//! The loop: wait, update, execute the effects, draw. All I/O of the screen is here.
//!
//! It waits for signals, keys, the engine and the next deadline, in this order; handles all that is
//! ready; and draws only when something changed, at most once in [`FRAME`]. Nothing wakes it while idle. What it does
//! with each of them is in `shell/input.rs`, `hearing.rs`, `effects.rs` and `frame.rs`; its end is in `leaving.rs`.

mod effects;
mod frame;
mod hearing;
mod input;
mod leaving;
mod logs;
mod looking;
mod mouse;
mod outside;

use super::effect::OutsideFile;
use super::ground::GroundQuestion;
use super::log_reader::LogReader;
use super::model::Model;
use super::model::logs::view::LogRequest;
use super::mouse::Targets;
use super::msg::Msg;
use super::setup::Setup;
use super::telling::Signs;
use super::terminal::{self, TerminalSession};
use super::update::{init, update};
use super::{Outcome, TuiError};
use crate::engine::{Command, Engine};
use crate::signals::Signal;
use domain::history::RunRecord;
use domain::id::DagRunId;
use domain::release::Release;
use futures_util::{Stream, StreamExt};
use input::ready;
use logs::LogWork;
use mouse::Hand;
use ratatui::crossterm::event::Event;
use semver::Version;
use std::collections::VecDeque;
use std::io;
use std::time::Duration;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

/// The shortest time between two frames.
pub const FRAME: Duration = Duration::from_millis(16);
/// How often a running clock is drawn.
const TICK: Duration = Duration::from_secs(1);
/// How many inputs are handled before a frame, so that a flood cannot keep the screen from being drawn.
const BUDGET: usize = 256;

/// The loop and its state.
pub struct Shell<S> {
    session: S,
    setup: Setup,
    engine: Engine,
    model: Model,
    outbox: VecDeque<Command>,
    reads: VecDeque<LogRequest>,
    log: LogReader,
    log_work: LogWork,
    /// What another program is to show.
    outside: Option<OutsideFile>,
    /// What became of the tasks of former runs, as it is read.
    records: Option<mpsc::Receiver<Vec<RunRecord>>>,
    /// A newer version of this program, once it is known.
    release: Option<oneshot::Receiver<(Release, Version)>>,
    /// What the last frame shows where.
    targets: Targets,
    hand: Hand,
    is_engine_alive: bool,
    is_done: bool,
    next_profile: Option<String>,
    ground: GroundQuestion,
    signs: Signs,
    /// Whether a person was here since it was looked for runs of other processes, and has just come back.
    is_heard: Option<bool>,
    /// When that was last.
    looked: Option<Instant>,
    last_frame: Option<Instant>,
    /// The run that was over when the screen opened: its end was told before.
    over_before: Option<DagRunId>,
}

impl<S> std::fmt::Debug for Shell<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shell")
            .field("setup", &self.setup)
            .finish_non_exhaustive()
    }
}

impl<S: TerminalSession> Shell<S> {
    /// A loop on this terminal.
    pub fn new(session: S, setup: Setup, engine: Engine) -> Self {
        let model = setup.model();
        let over = model.run.as_ref().filter(|run| run.state.is_end());
        Self {
            session,
            over_before: over.map(|run| run.id.clone()),
            model,
            setup,
            engine,
            outbox: VecDeque::new(),
            reads: VecDeque::new(),
            log: LogReader::default(),
            log_work: LogWork::default(),
            outside: None,
            records: None,
            release: None,
            targets: Targets::default(),
            hand: Hand::default(),
            is_engine_alive: true,
            is_done: false,
            next_profile: None,
            ground: GroundQuestion::default(),
            signs: Signs::default(),
            is_heard: None,
            looked: None,
            last_frame: None,
        }
    }

    /// Runs until the user leaves. The first frame comes before the first request.
    ///
    /// # Errors
    /// The terminal is gone, and no run was live; with one, the run is what matters.
    pub async fn run(
        mut self,
        keys: impl Stream<Item = io::Result<Event>> + Unpin,
        signals: impl Stream<Item = Signal> + Unpin,
    ) -> Result<Outcome, TuiError> {
        match self.work(keys, signals).await {
            Ok(without_run) => Ok(self.leave(without_run).await),
            Err(_) if self.model.live_run().is_some() => Ok(self.leave(Outcome::Ended).await),
            Err(error) => Err(error),
        }
    }

    /// Works until the end, and says how it came if no run is live by then.
    async fn work(
        &mut self,
        mut keys: impl Stream<Item = io::Result<Event>> + Unpin,
        mut signals: impl Stream<Item = Signal> + Unpin,
    ) -> Result<Outcome, TuiError> {
        self.draw()?;
        self.take_mouse()?;
        let effects = init(&mut self.model);
        self.execute(effects)?;
        self.release = self.setup.ask_for_release.take().map(|ask| ask());
        while !self.is_done {
            let deadline = self.deadline();
            tokio::select! {
                biased;
                signal = signals.next() => match signal {
                    Some(Signal::Interrupt) => self.dispatch(Msg::Interrupted)?,
                    Some(Signal::Terminate) | None => return Ok(Outcome::Ended),
                },
                event = keys.next() => match event {
                    Some(event) => self.on_event(event?)?,
                    None => return Ok(Outcome::Ended),
                },
                done = self.hear() => done?,
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => self.on_deadline()?,
            }
            self.drain(&mut keys).await?;
            if let Some(file) = self.outside.take()
                && !self.show_outside(file, &mut signals).await?
            {
                return Ok(Outcome::Ended);
            }
            self.look_for_runs()?;
            self.draw_if_due()?;
        }
        Ok(self.next_profile.take().map_or(Outcome::Left, Outcome::SwitchTo))
    }

    /// Handles what else is ready, up to a budget.
    async fn drain(
        &mut self,
        keys: &mut (impl Stream<Item = io::Result<Event>> + Unpin),
    ) -> Result<(), TuiError> {
        let mut messages = Vec::new();
        for event in ready(keys).await {
            for msg in self.messages(event?) {
                mouse::coalesce(&mut messages, msg);
            }
        }
        for msg in messages {
            self.dispatch(msg)?;
        }
        for _ in 0..BUDGET {
            if !self.is_engine_alive {
                break;
            }
            match self.engine.updates.try_recv() {
                Ok(news) => self.on_update(Some(news))?,
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        if let Some(request) = self.reads.pop_front() {
            self.read_log(request)?;
        }
        Ok(())
    }

    /// Takes the mouse, if it is not the terminal's, as it is after a start and a pause.
    fn take_mouse(&mut self) -> Result<(), TuiError> {
        if self.model.has_mouse {
            self.session.control(terminal::mouse(true))?;
        }
        Ok(())
    }

    fn dispatch(&mut self, msg: Msg) -> Result<(), TuiError> {
        match msg {
            Msg::Key(_) | Msg::Pasted(_) => {
                self.session.heard();
                self.is_heard.get_or_insert(false);
            }
            Msg::FocusChanged(true) => self.is_heard = Some(true),
            _ => {}
        }
        let was_dirty = self.model.is_dirty;
        let effects = update(&mut self.model, (self.setup.clock)(), msg);
        self.model.is_dirty |= was_dirty;
        let notices = self.model.notices.take_new();
        if !notices.is_empty() {
            (self.setup.keep_notices)(&notices);
        }
        self.execute(effects)
    }
}
