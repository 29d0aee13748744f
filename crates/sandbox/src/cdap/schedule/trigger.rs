//! Triggers of schedules: the clock, the end of another program's run, and combinations. How each is shown and met;
//! `trigger/parse.rs` parses them.
//!
//! A PARTITION trigger is accepted and shown but never met: a pipeline never creates partitions of a
//! `PartitionedFileSet`, not on a real server either, and the sandbox has no other programs.

use crate::cdap::cron::Cron;
use crate::cdap::program::ProgramRef;
use crate::run_status::RunStatus;
use serde::{Deserialize, Serialize};

pub mod parse;

/// When a schedule starts runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trigger {
    /// At times.
    Time {
        /// `0 1 * * *`
        cron: String,
    },
    /// When a run of a program ends with one of these statuses.
    ProgramStatus {
        /// The program.
        program: ProgramRef,
        /// As it was sent. It is shown, and not compared.
        version: String,
        /// The statuses.
        statuses: Vec<RunStatus>,
    },
    /// When a dataset gets partitions, which never happens here.
    Partition {
        /// The dataset's namespace.
        namespace: String,
        /// The dataset's name.
        dataset: String,
        /// How many.
        count: i64,
    },
    /// When all are met.
    And(Vec<Trigger>),
    /// When one is met.
    Or(Vec<Trigger>),
}

/// What can meet a trigger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notice {
    /// A time of a cron expression has come.
    Time {
        /// The expression.
        cron: String,
        /// When, in milliseconds since 1970.
        at: i64,
    },
    /// A run has ended.
    Ended {
        /// Of which program.
        program: ProgramRef,
        /// Its id.
        run: String,
        /// How.
        status: RunStatus,
    },
}

/// A trigger as clients see it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum TriggerView<'a> {
    #[serde(rename_all = "camelCase")]
    Time {
        cron_expression: &'a str,
        r#type: &'static str,
    },
    #[serde(rename_all = "camelCase")]
    ProgramStatus {
        program_id: ProgramId<'a>,
        program_statuses: &'a [RunStatus],
        r#type: &'static str,
    },
    #[serde(rename_all = "camelCase")]
    Partition {
        dataset: Dataset<'a>,
        num_partitions: i64,
        r#type: &'static str,
    },
    Combined {
        triggers: Vec<TriggerView<'a>>,
        r#type: &'static str,
    },
}

#[derive(Debug, Serialize)]
pub struct ProgramId<'a> {
    application: &'a str,
    version: &'a str,
    r#type: &'static str,
    program: &'a str,
    namespace: &'a str,
    entity: &'static str,
}

#[derive(Debug, Serialize)]
pub struct Dataset<'a> {
    #[serde(rename = "dataset")]
    name: &'a str,
    namespace: &'a str,
    entity: &'static str,
}

impl Trigger {
    /// `TIME`
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Time { .. } => "TIME",
            Self::ProgramStatus { .. } => "PROGRAM_STATUS",
            Self::Partition { .. } => "PARTITION",
            Self::And(_) => "AND",
            Self::Or(_) => "OR",
        }
    }

    /// As clients see it.
    pub fn view(&self) -> TriggerView<'_> {
        let r#type = self.kind();
        match self {
            Self::Time { cron } => TriggerView::Time {
                cron_expression: cron,
                r#type,
            },
            Self::ProgramStatus {
                program,
                version,
                statuses,
            } => TriggerView::ProgramStatus {
                program_id: ProgramId {
                    application: &program.app,
                    version,
                    r#type: program.kind.json_name(),
                    program: &program.name,
                    namespace: &program.namespace,
                    entity: "PROGRAM",
                },
                program_statuses: statuses,
                r#type,
            },
            Self::Partition {
                namespace,
                dataset,
                count,
            } => TriggerView::Partition {
                dataset: Dataset {
                    name: dataset,
                    namespace,
                    entity: "DATASET",
                },
                num_partitions: *count,
                r#type,
            },
            Self::And(parts) | Self::Or(parts) => TriggerView::Combined {
                triggers: parts.iter().map(Self::view).collect(),
                r#type,
            },
        }
    }

    /// The triggers that this one combines; itself if it is not a combination.
    pub fn simple_triggers(&self) -> Vec<&Self> {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::simple_triggers).collect(),
            unit => vec![unit],
        }
    }

    /// Its cron expressions.
    pub fn crons(&self) -> Vec<&str> {
        let units = self.simple_triggers().into_iter();
        let crons = units.filter_map(|unit| match unit {
            Self::Time { cron } => Some(cron.as_str()),
            _ => None,
        });
        crons.collect()
    }

    /// The next time after `ms` of each of its cron expressions.
    pub fn fire_times(&self, ms: i64) -> Vec<(i64, &str)> {
        let crons = self.crons().into_iter();
        crons
            .filter_map(|cron| Some((Cron::parse(cron).ok()?.next(ms)?, cron)))
            .collect()
    }

    /// The first of these notices that meets it, if it is not a combination.
    pub fn matching_notice<'a>(&self, notices: &'a [Notice]) -> Option<&'a Notice> {
        notices.iter().find(|notice| match (self, notice) {
            (Self::Time { cron }, Notice::Time { cron: other, .. }) => cron == other,
            (
                Self::ProgramStatus {
                    program, statuses, ..
                },
                Notice::Ended {
                    program: ended,
                    status,
                    ..
                },
            ) => program == ended && statuses.contains(status),
            _ => false,
        })
    }

    /// Whether these notices meet it.
    pub fn is_met(&self, notices: &[Notice]) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.is_met(notices)),
            Self::Or(parts) => parts.iter().any(|part| part.is_met(notices)),
            unit => unit.matching_notice(notices).is_some(),
        }
    }

    /// What remains when an app is deleted; `None` if it could never be met again.
    pub fn without(&self, namespace: &str, app: &str) -> Option<Self> {
        match self {
            Self::ProgramStatus { program, .. } if program.namespace == namespace && program.app == app => {
                None
            }
            Self::And(parts) => {
                let left: Option<Vec<_>> = parts.iter().map(|part| part.without(namespace, app)).collect();
                left.map(Self::And)
            }
            Self::Or(parts) => {
                let left: Vec<_> = parts
                    .iter()
                    .filter_map(|part| part.without(namespace, app))
                    .collect();
                (!left.is_empty()).then_some(Self::Or(left))
            }
            unit => Some(unit.clone()),
        }
    }
}
