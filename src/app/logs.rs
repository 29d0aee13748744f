//! `downbeat logs`: the log of a task as it was written down, and what is added to it until the task ends. It reads the
//! journal and the files of the logs; it asks no service and changes no run.

mod print;

use super::former::{self, words};
use super::{found_home, journal, terminal};
use crate::cli::{Choice, Exit, LogsOptions};
use crate::config::Home;
use crate::engine::{self, Engine, SharedSecrets, Update, now};
use crate::headless::{Console, out};
use crate::store::{Journal, LogFolder, LogTail};
use anyhow::{anyhow, bail};
use domain::event::RunEvent;
use domain::id::TaskId;
use domain::run::Run;
use domain::settle::Unfinished;
use domain::task::{Task, Try};
use domain::time::Timestamp;
use print::Printed;
use std::io;
use std::time::Duration;

/// How often a log that is followed is looked at.
const PAUSE: Duration = Duration::from_millis(300);

/// A log goes on a little after its task: it has ended after this time without a new line.
const QUIET: Duration = Duration::from_secs(3);

/// The longest that late lines are waited for after the end of the task.
const PATIENCE: Duration = Duration::from_secs(40);

pub(super) async fn logs(choice: &Choice, options: &LogsOptions) -> anyhow::Result<Exit> {
    let home = found_home(choice)?;
    let console = Console::of_no_run(options.output, choice.profile.as_deref().unwrap_or_default());
    let find = async |journal: &Journal| former::find(journal, home.data_dir(), &options.run).await;
    let (journal, one) = journal::open_to_read(&home, console, find).await?;
    let task = one
        .run
        .named_task(&options.task)
        .map_err(|failure| anyhow!(failure.text(words)))?;
    if let Some(number) = options.number.filter(|number| try_of(task, *number).is_none()) {
        let (id, tries) = (&task.id, task.tries.len());
        bail!(
            "The task {id} of run {} has {tries} tries: there is no try {number}.",
            one.run.id
        );
    }
    complete(&home, &journal, &one).await?;
    let mut shown = Shown {
        logs: LogFolder::new(home.data_dir()),
        task: task.id.clone(),
        only: options.number,
        printed: Printed::new(options.output, &one.run.id, &task.id),
        tail: None,
        number: options.number.unwrap_or_else(|| newest(task)),
        run: one.run,
    };
    let shown = if options.follow {
        let data = home.data_dir().to_owned();
        let engine = engine::attach(journal, data, shown.run.id.clone(), SharedSecrets::default());
        shown.follow(engine, one.driver.is_some()).await
    } else {
        shown.all().map(|()| Exit::Success)
    };
    match shown {
        // `downbeat logs … | head` has what it wants.
        Err(error) if is_broken_pipe(&error) => Ok(Exit::Success),
        shown => shown,
    }
}

/// What the process that drove the run has not written of its control tasks.
async fn complete(home: &Home, journal: &Journal, one: &Unfinished) -> anyhow::Result<()> {
    if one.driver.is_none() {
        let events = journal.events(&one.run.id).await?;
        terminal::complete_logs(home.data_dir(), &one.run.id, events).await;
    }
    Ok(())
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn try_of(task: &Task, number: u32) -> Option<&Try> {
    task.tries.iter().find(|one| one.number == number)
}

fn newest(task: &Task) -> u32 {
    task.current().map_or(1, |last| last.number)
}

/// The log that is shown, and how far.
struct Shown {
    logs: LogFolder,
    run: Run,
    task: TaskId,
    /// The one try that is wanted; all from the newest on if none is.
    only: Option<u32>,
    number: u32,
    tail: Option<LogTail>,
    printed: Printed,
}

impl Shown {
    /// Prints what is there.
    fn all(&mut self) -> anyhow::Result<()> {
        self.more()?;
        self.end_try()?;
        if self.printed.lines() == 0 {
            let what = match self.task() {
                Some(task) if task.tries.is_empty() => "has not begun: it has no log".to_owned(),
                _ => format!("has written nothing in try {}", self.number),
            };
            out::line(io::stderr(), &format!("downbeat: The task {} {what}.", self.task));
        }
        Ok(())
    }

    /// Prints what is there and what comes, until the end of the task; `is_driven` is whether a process drives the run.
    async fn follow(&mut self, mut engine: Engine, is_driven: bool) -> anyhow::Result<Exit> {
        let (mut is_heard, mut last_sign, mut over_since) = (true, now(), None);
        loop {
            if self.more()? {
                last_sign = now();
            }
            if self.go_to_next_try()? {
                continue;
            }
            if self.is_over() {
                let since = *over_since.get_or_insert_with(now);
                let quiet = last_sign.max(since);
                let is_quiet = now().since(quiet) >= QUIET || now().since(since) >= PATIENCE;
                if !is_driven || is_quiet {
                    self.end_try()?;
                    return Ok(Exit::Success);
                }
            } else {
                over_since = None;
            }
            tokio::select! {
                update = engine.updates.recv(), if is_heard => match update {
                    Some(Update::Events(events)) => self.take(&events),
                    Some(Update::Unwatched { since, .. }) => return self.unwatched(since),
                    Some(Update::Refused(failure) | Update::Broken(failure)) => bail!(failure.text(words)),
                    Some(_) => {}
                    // The run is over, and so is every task.
                    None => is_heard = false,
                },
                () = tokio::time::sleep(PAUSE) => if !is_heard && !self.is_over() {
                    self.end_try()?;
                    return Ok(Exit::Success);
                },
            }
        }
    }

    /// The events of the run come from the first one on.
    fn take(&mut self, events: &[RunEvent]) {
        for event in events {
            match Run::begin(event) {
                Some(run) => self.run = run,
                None => self.run.apply(event),
            }
        }
    }

    fn unwatched(&mut self, since: Timestamp) -> anyhow::Result<Exit> {
        self.more()?;
        self.end_try()?;
        let id = &self.run.id;
        let text = format!(
            "downbeat: Nobody drives run {id} since {}: the log does not go on. `downbeat resume {id}` carries the run on.",
            since.stamp()
        );
        out::line(io::stderr(), &text);
        Ok(Exit::TaskFailed)
    }

    fn task(&self) -> Option<&Task> {
        self.run.task(&self.task)
    }

    fn is_over(&self) -> bool {
        let Some(task) = self.task() else {
            return true;
        };
        match self.only {
            Some(number) => try_of(task, number).is_some_and(|one| one.ended.is_some()),
            None => task.is_over(),
        }
    }

    /// Once the task has a later try, the one that is shown is complete.
    fn go_to_next_try(&mut self) -> anyhow::Result<bool> {
        let newest = self.task().map_or(0, newest);
        if self.only.is_some() || newest <= self.number {
            return Ok(false);
        }
        self.end_try()?;
        self.number += 1;
        self.tail = None;
        let text = format!("downbeat: Try {} of {} has begun.", self.number, self.task);
        out::line(io::stderr(), &text);
        Ok(true)
    }

    /// Prints what was added; whether there was anything.
    fn more(&mut self) -> anyhow::Result<bool> {
        let (run, task, number) = (&self.run.id, &self.task, self.number);
        let tail = self
            .tail
            .get_or_insert_with(|| LogTail::new(&self.logs, run, task, number));
        let mut is_new = false;
        loop {
            let rows = tail.more()?;
            if rows.is_empty() {
                self.printed.flush(number)?;
                return Ok(is_new);
            }
            is_new = true;
            self.printed.rows(number, &rows)?;
        }
    }

    fn end_try(&mut self) -> anyhow::Result<()> {
        if let Some(half) = self.tail.as_mut().and_then(LogTail::half_row) {
            self.printed.rows(self.number, &half)?;
            self.printed.flush(self.number)?;
        }
        Ok(())
    }
}
