//! The loop: wait, update, execute the effects, draw. All I/O of the screen is here.
//!
//! It waits for signals, keys, the engine and the next deadline, in this order; handles all that is
//! ready; and draws only when something changed, at most once in [`FRAME`]. Nothing wakes it while idle. Its end is in
//! `shell/leaving.rs`.

mod leaving;
mod logs;
mod looking;
mod mouse;
mod outside;

use super::effect::{Effect, OutsideFile};
use super::ground::{self, GroundQuestion};
use super::log_reader::LogReader;
use super::model::Model;
use super::model::logs::view::{LogRequest, LogTarget};
use super::mouse::Targets;
use super::msg::Msg;
use super::setup::Setup;
use super::telling::Signs;
use super::terminal::{self, TerminalSession};
use super::update::{init, update};
use super::{Outcome, TuiError};
use crate::engine::{Command, Engine, Update};
use crate::signals::Signal;
use domain::history::RunRecord;
use domain::id::DagRunId;
use futures_util::{Stream, StreamExt};
use logs::LogWork;
use mouse::Hand;
use ratatui::crossterm::event::{Event, KeyEventKind};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;
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
                place = self.engine.commands.clone().reserve_owned(), if !self.outbox.is_empty() => {
                    match (place, self.outbox.pop_front()) {
                        (Ok(place), Some(command)) => drop(place.send(command)),
                        _ => self.outbox.clear(),
                    }
                }
                news = self.engine.updates.recv(), if self.is_engine_alive => self.on_update(news)?,
                done = self.log_work.done.recv() => self.on_log_work(done)?,
                records = next(&mut self.records), if self.records.is_some() => self.on_records(records)?,
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

    /// Takes the mouse, if it is not the terminal's, as it is after a start and a pause.
    fn take_mouse(&mut self) -> Result<(), TuiError> {
        if self.model.has_mouse {
            self.session.control(terminal::mouse(true))?;
        }
        Ok(())
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

    /// Handles an event, unless it belongs to an answer of the terminal.
    fn on_event(&mut self, event: Event) -> Result<(), TuiError> {
        for msg in self.messages(event) {
            self.dispatch(msg)?;
        }
        Ok(())
    }

    /// What an event means, unless it belongs to an answer of the terminal.
    fn messages(&mut self, event: Event) -> Vec<Msg> {
        let taken = self.ground.take(event, Instant::now());
        let events = taken.events.into_iter();
        let mut messages: Vec<_> = events.filter_map(|event| self.message(event)).collect();
        messages.extend(taken.ground.map(Msg::Ground));
        messages
    }

    fn on_input(&mut self, event: Event) -> Result<(), TuiError> {
        self.message(event).map_or(Ok(()), |msg| self.dispatch(msg))
    }

    /// What an event of the terminal means on the frame that is shown.
    fn message(&mut self, event: Event) -> Option<Msg> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => Some(Msg::Key(key.into())),
            Event::Paste(text) => Some(Msg::Pasted(text)),
            Event::Resize(width, height) => Some(Msg::Resized(width, height)),
            Event::FocusGained => Some(Msg::FocusChanged(true)),
            Event::FocusLost => Some(Msg::FocusChanged(false)),
            Event::Mouse(event) if self.model.has_mouse => self.hand.message(event, &self.targets),
            _ => None,
        }
    }

    fn on_update(&mut self, news: Option<Update>) -> Result<(), TuiError> {
        if let Some(news) = news {
            return self.dispatch(Msg::Engine(Box::new(news)));
        }
        self.is_engine_alive = false;
        self.dispatch(Msg::EngineEnded)
    }

    fn on_records(&mut self, records: Option<Vec<RunRecord>>) -> Result<(), TuiError> {
        if let Some(records) = records {
            return self.dispatch(Msg::RecordsRead(records));
        }
        self.records = None;
        self.dispatch(Msg::RecordsDone)
    }

    /// When to wake up without an input; nothing while idle.
    fn deadline(&self) -> Option<Instant> {
        let drawn = self.last_frame.unwrap_or_else(Instant::now);
        let own = if !self.reads.is_empty() {
            Some(Instant::now())
        } else if self.model.is_dirty {
            Some(drawn + FRAME)
        } else {
            let clock = self.model.has_clock().then_some(TICK);
            let wait = clock.into_iter().chain(self.popup_wait()).min();
            wait.map(|wait| drawn + wait)
        };
        own.into_iter().chain(self.ground.deadline()).min()
    }

    /// How long after the last frame it is shown what can follow the first of two keys.
    fn popup_wait(&self) -> Option<Duration> {
        self.model.pending?.wait(self.model.now)
    }

    fn on_deadline(&mut self) -> Result<(), TuiError> {
        for event in self.ground.overdue(Instant::now()) {
            self.on_input(event)?;
        }
        let elapsed = self.last_frame.map_or(TICK, |drawn| drawn.elapsed());
        let is_tick = elapsed >= TICK && self.model.has_clock();
        if is_tick || self.popup_wait().is_some_and(|wait| elapsed >= wait) {
            self.dispatch(Msg::Ticked)?;
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

    fn execute(&mut self, effects: Vec<Effect>) -> Result<(), TuiError> {
        for effect in effects {
            match effect {
                Effect::Send(command) => self.outbox.push_back(command),
                Effect::ShowOutside(file) => self.outside = Some(file),
                Effect::TakeLog(extract, purpose) => self.take_log(extract, purpose),
                Effect::ReadLog(request) => self.reads.push_back(request),
                Effect::SaveVariables(changes) => {
                    let outcome = (self.setup.save)(&changes);
                    self.dispatch(Msg::Saved(outcome))?;
                }
                Effect::KeepEdits(change) => {
                    let outcome = (self.setup.keep_edits)(&change);
                    self.dispatch(Msg::EditsKept(change, outcome))?;
                }
                Effect::ReadRun(run, purpose) => {
                    let outcome = (self.setup.read_run)(&run).map(Box::new);
                    self.dispatch(Msg::RunRead(run, purpose, outcome))?;
                }
                Effect::ReadHistory => {
                    let outcome = (self.setup.read_history)();
                    self.dispatch(Msg::HistoryRead(outcome))?;
                }
                Effect::ReadRecords(runs) => self.records = Some((self.setup.read_records)(runs)),
                Effect::CaptureMouse(is_ours) => self.session.control(terminal::mouse(is_ours))?,
                Effect::Redraw => self.session.clear()?,
                Effect::OpenPage(link) => {
                    let is_open = (self.setup.open_page)(&link.url);
                    self.dispatch(Msg::PageOpened(link, is_open))?;
                }
                Effect::Copy { what, text } => self.copy(what, &text)?,
                Effect::AskGround => {
                    self.session.control(ground::QUESTION)?;
                    self.ground.ask(Instant::now());
                }
                Effect::Tell(text) => {
                    let ways = self.model.preferences.ways;
                    let bell = if ways.bell { "\u{7}" } else { "" };
                    let desktop = ways.desktop.map(|desktop| desktop.notification(&text));
                    self.session
                        .control(&format!("{bell}{}", desktop.unwrap_or_default()))?;
                }
                Effect::Suspend => {
                    self.session.suspend()?;
                    self.take_mouse()?;
                    // They were taken back with the rest of the terminal.
                    self.signs = Signs::default();
                    self.is_heard = Some(true);
                    self.model.is_dirty = true;
                }
                Effect::Leave => self.is_done = true,
                Effect::SwitchProfile(name) => {
                    self.next_profile = Some(name);
                    self.is_done = true;
                }
            }
        }
        Ok(())
    }

    /// Sends a text to the clipboard, or writes it into a file if the clipboard cannot take it.
    fn copy(&mut self, what: String, text: &str) -> Result<(), TuiError> {
        let outcome = match self.setup.clipboard.sequence(text) {
            Some(sequence) => {
                self.session.control(&sequence)?;
                Ok(None)
            }
            None => (self.setup.keep_text)(text).map(Some),
        };
        self.dispatch(Msg::Copied { what, outcome })
    }

    /// Reads lines of the logs. What is known of them is kept for the next time.
    fn read_log(&mut self, request: LogRequest) -> Result<(), TuiError> {
        let setup = &self.setup;
        let path = |target: &LogTarget| (setup.log_path)(&target.run, &target.task, target.number);
        let (window, has_more) = match self.log.read(&request, &path) {
            Ok((window, has_more)) => (Ok(window), has_more),
            Err(error) => (Err(error.to_string()), false),
        };
        self.dispatch(Msg::LogRead {
            request: Box::new(request),
            window,
            has_more,
        })
    }

    fn draw_if_due(&mut self) -> Result<(), TuiError> {
        let is_due = self.last_frame.is_none_or(|drawn| drawn.elapsed() >= FRAME);
        if self.model.is_dirty && is_due {
            self.draw()
        } else {
            Ok(())
        }
    }

    /// Draws a frame. An error ends the program: the terminal is gone.
    fn draw(&mut self) -> Result<(), TuiError> {
        let size = self.session.size()?;
        if (size.width, size.height) != (self.model.area.width, self.model.area.height) {
            self.dispatch(Msg::Resized(size.width, size.height))?;
        }
        self.model.now = (self.setup.clock)();
        let preferences = self.model.preferences;
        let (choice, ground) = (preferences.theme, self.model.terminal.ground);
        let look = self.setup.look.themed(choice, preferences.capable, ground);
        self.targets = self.session.show(&self.model, &look)?;
        self.show_signs()?;
        self.model.is_dirty = false;
        self.last_frame = Some(Instant::now());
        Ok(())
    }

    /// Shows what has changed outside of the screen.
    fn show_signs(&mut self) -> Result<(), TuiError> {
        let signs = Signs::new(&self.model);
        let news = signs.news(&self.signs);
        if !news.is_empty() {
            self.session.signs(&news)?;
            self.signs = signs;
        }
        Ok(())
    }
}

/// The next part of what is read beside the loop; its end if nothing is.
async fn next(records: &mut Option<mpsc::Receiver<Vec<RunRecord>>>) -> Option<Vec<RunRecord>> {
    records.as_mut()?.recv().await
}

/// The events that are ready. The stream is polled with the loop's own waker: crossterm keeps the first
/// waker until an event comes, so another one's would be lost.
async fn ready(keys: &mut (impl Stream<Item = io::Result<Event>> + Unpin)) -> Vec<io::Result<Event>> {
    poll_fn(|context| {
        let mut events = Vec::new();
        while events.len() < BUDGET {
            match keys.poll_next_unpin(context) {
                Poll::Ready(Some(event)) => events.push(event),
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        Poll::Ready(events)
    })
    .await
}
