//! What happens in one simulated run, as data: the table, what the services do with each request, and what goes wrong
//! when. Times are seconds of true time from the beginning.

use super::chance::Chance;
use super::{ROW_PASSWORD, task_of};
use domain::arguments::RuntimeArguments;
use domain::command::RunCommand;
use domain::handling::Handling;
use domain::id::TaskId;
use domain::run::Run;
use domain::service::Service;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One fault schedule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Schedule {
    pub seed: u64,
    /// Nothing in it may change how the run ends: every row is loaded at its first try.
    pub is_gentle: bool,
    pub settings: Settings,
    /// The rows that are active at the beginning.
    pub rows: Vec<Row>,
    pub truncate: JobPlan,
    pub troubles: Vec<Trouble>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    pub max_active: u64,
    pub retries: u64,
    pub retry_pause: u32,
    pub timeout: u64,
    pub dag_minutes: u64,
    pub truncates: bool,
    /// One pipeline by hand instead of the chain.
    pub by_hand: bool,
}

/// A row of the configuration table, and what becomes of the start requests for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// One after the other; ordinary ones follow.
    pub starts: Vec<StartPlan>,
}

/// What becomes of one start request, and of its pipeline run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StartPlan {
    pub request: RequestPlan,
    pub life: Life,
}

/// What becomes of one request with an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestPlan {
    /// The effect happens, and the answer comes.
    Answered,
    /// It never arrives, and nobody says so.
    LostBefore,
    /// The effect happens, and the answer is lost.
    LostAfter,
    /// The answer is given up after 30 s, and the request arrives at this second after it was sent.
    Late(u64),
    /// It certainly did not leave.
    Unsent,
    /// The effect happens, and a proxy answers with an older answer, which names another run.
    Foreign,
    /// 429.
    Busy,
    /// It is accepted; its record then says REJECTED.
    Rejected,
    /// It is refused for good.
    Refused,
}

/// The life of one pipeline run. Seconds count from its acceptance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Life {
    /// When it is RUNNING.
    pub pending: u64,
    /// When it begins to load.
    pub loads: u64,
    /// When it ends, unless it is stopped.
    pub ends: u64,
    /// Whether it ends FAILED, and if so, whether another try would fail too.
    pub fails: Option<bool>,
    /// How long there is no record of it, and how long that hides its arguments.
    pub unseen: u64,
    pub hidden: u64,
    /// Whether a stop has no effect.
    pub deaf: bool,
}

/// What becomes of the job that empties the table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JobPlan {
    /// Of its requests, one after the other; ordinary ones follow.
    pub requests: Vec<RequestPlan>,
    pub pending: u64,
    pub running: u64,
    pub fails: bool,
    /// Whether cancelling it has no effect.
    pub deaf: bool,
}

/// Something that goes wrong, or that a person does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Trouble {
    /// The program is killed, and started again after a pause.
    Kill { when: Moment, pause: u64 },
    /// A service does not work.
    Outage {
        of: Service,
        from: u64,
        length: u64,
        how: Fault,
    },
    /// This machine's clock is set, by seconds.
    ClockStep { at: u64, by: i64 },
    /// This machine sleeps.
    Suspended { from: u64, length: u64 },
    /// The journal cannot be written.
    JournalBlocked { from: u64, length: u64 },
    /// A person asks for something.
    Wish { at: u64, wish: Wish },
    /// Somebody else starts a run of the same pipeline, whose record hides its arguments for a while.
    Stranger { at: u64, hidden: u64 },
    /// Somebody changes the configuration table: from here on these rows are active.
    Table { at: u64, active: Vec<usize> },
}

/// When a program is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Moment {
    Second(u64),
    /// At the nth write of the journal: before it, after it and before any effect, or after so many of its effects.
    BeforeAppend(u64),
    AfterAppend(u64),
    AfterEffects(u64, usize),
}

/// How a service does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// The connection is refused.
    Refused,
    /// 503 before the effect.
    Broken,
    /// The effect happens, and the answer is lost.
    Mute,
    /// 429.
    Busy,
    /// The login does not hold any more.
    Expired,
}

/// What a person asks for; rows by their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wish {
    Stop,
    StopRow(usize),
    StopTruncate,
    Retry(usize),
    RetryTruncate,
    RetryAll,
    /// With one argument more.
    RetryWithArguments(usize),
    /// The secret that no table has any more.
    GiveSecret(usize),
    /// A row was loaded by other means.
    Handle(usize),
    /// It was not, after all.
    TakeBack(usize),
}

impl Trouble {
    /// When it is over.
    pub fn end(&self) -> u64 {
        match self {
            Self::Kill {
                when: Moment::Second(at),
                pause,
            } => at + pause,
            // Counted from the kill, which the simulation knows.
            Self::Kill { .. } => 0,
            Self::Outage { from, length, .. }
            | Self::Suspended { from, length }
            | Self::JournalBlocked { from, length } => from + length,
            Self::Stranger { at, hidden } => at + hidden,
            Self::ClockStep { at, .. } | Self::Wish { at, .. } | Self::Table { at, .. } => *at,
        }
    }
}

impl Wish {
    /// As the engine gets it.
    pub fn command(self, run: &Run) -> RunCommand {
        let truncate = TaskId::new("truncate_table");
        let retry = |task, arguments| RunCommand::Retry { task, arguments };
        match self {
            Self::Stop => RunCommand::Stop,
            Self::StopRow(place) => RunCommand::StopTask(task_of(place)),
            Self::StopTruncate => RunCommand::StopTask(truncate),
            Self::Retry(place) => retry(task_of(place), None),
            Self::RetryTruncate => retry(truncate, None),
            Self::RetryAll => RunCommand::RetryAll,
            Self::RetryWithArguments(place) => {
                let known = run.task(&task_of(place)).map(|task| task.arguments.clone());
                let mut arguments = known.unwrap_or_default();
                arguments.insert("note", "by hand");
                retry(task_of(place), Some(arguments))
            }
            Self::Handle(place) => RunCommand::Mark {
                tasks: vec![task_of(place)],
                handling: Handling::done("loaded by hand"),
            },
            Self::TakeBack(place) => RunCommand::Mark {
                tasks: vec![task_of(place)],
                handling: Handling::TakenBack,
            },
            Self::GiveSecret(place) => RunCommand::GiveArguments {
                task: task_of(place),
                arguments: RuntimeArguments::from_iter([("db_password", ROW_PASSWORD)]),
            },
        }
    }
}

impl Schedule {
    /// Spans of one sort of trouble, in milliseconds.
    fn spans(&self, of: impl Fn(&Trouble) -> Option<(u64, u64)>) -> Vec<(u64, u64)> {
        let spans = self.troubles.iter().filter_map(of);
        let spans = spans.map(|(from, length)| (from * 1000, (from + length) * 1000));
        let mut spans: Vec<_> = spans.collect();
        spans.sort_unstable();
        spans
    }

    /// When the machine sleeps.
    pub fn suspended(&self) -> Vec<(u64, u64)> {
        self.spans(|trouble| match trouble {
            Trouble::Suspended { from, length } => Some((*from, *length)),
            _ => None,
        })
    }

    /// When the journal cannot be written.
    pub fn blocked(&self) -> Vec<(u64, u64)> {
        self.spans(|trouble| match trouble {
            Trouble::JournalBlocked { from, length } => Some((*from, *length)),
            _ => None,
        })
    }

    /// When pipeline runs cannot be seen.
    pub fn outages(&self) -> Vec<(u64, u64)> {
        self.spans(|trouble| match trouble {
            Trouble::Outage {
                of: Service::Cdap | Service::Credentials,
                from,
                length,
                ..
            } => Some((*from, *length)),
            _ => None,
        })
    }

    /// The moment itself, or the one at which the machine wakes.
    pub fn awake_from(&self, at: u64) -> u64 {
        let later = |at, (from, to): (u64, u64)| if (from..to).contains(&at) { to } else { at };
        self.suspended().into_iter().fold(at, later)
    }
}

impl StartPlan {
    /// A start without trouble.
    pub fn ordinary(chance: &mut Chance) -> Self {
        let loads = chance.between(60, 110);
        Self {
            request: RequestPlan::Answered,
            life: Life {
                pending: chance.between(0, 35),
                loads,
                ends: loads + chance.between(5, 120),
                fails: None,
                unseen: chance.below(3),
                hidden: chance.below(5),
                deaf: false,
            },
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gentle = if self.is_gentle { ", gentle" } else { "" };
        writeln!(f, "seed {}{gentle}", self.seed)?;
        writeln!(f, "  {:?}", self.settings)?;
        writeln!(f, "  truncate: {:?}", self.truncate)?;
        for (place, row) in self.rows.iter().enumerate() {
            writeln!(f, "  row s{place}")?;
            for start in &row.starts {
                writeln!(f, "    {:?}, {:?}", start.request, start.life)?;
            }
        }
        for trouble in &self.troubles {
            writeln!(f, "  {trouble:?}")?;
        }
        Ok(())
    }
}
