//! Triggers of schedules: the clock, the end of another program's run, and combinations. How each is read from
//! a client's JSON, shown, and met.
//!
//! A PARTITION trigger is accepted and shown but never met: nothing in a pipeline makes partitions of a
//! `PartitionedFileSet`, on a real server either, and the sandbox has no other programs.

use crate::sandbox::cdap::answer::Answer;
use crate::sandbox::cdap::cron::Cron;
use crate::sandbox::cdap::json::Ordered;
use crate::sandbox::cdap::program::{ProgramKind, ProgramRef};
use crate::sandbox::cdap::run::Status;
use serde::{Deserialize, Serialize};

/// When a schedule starts runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trigger {
    /// By the clock.
    Time {
        /// `0 1 * * *`
        cron: String,
    },
    /// When a run of a program ends so.
    ProgramStatus {
        /// Whose run.
        program: ProgramRef,
        /// As it was sent. It is only shown: programs are told apart without it.
        version: String,
        /// How it has to end.
        statuses: Vec<Status>,
    },
    /// When partitions come to a dataset, which never happens here.
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

/// What triggers hear of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notice {
    /// A moment of the clock has come.
    Time {
        /// Whose moment.
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
        status: Status,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Form<'a> {
    #[serde(rename_all = "camelCase")]
    Time {
        cron_expression: &'a str,
        r#type: &'static str,
    },
    #[serde(rename_all = "camelCase")]
    ProgramStatus {
        program_id: ProgramId<'a>,
        program_statuses: &'a [Status],
        r#type: &'static str,
    },
    #[serde(rename_all = "camelCase")]
    Partition {
        dataset: Dataset<'a>,
        num_partitions: i64,
        r#type: &'static str,
    },
    Several {
        triggers: Vec<Form<'a>>,
        r#type: &'static str,
    },
}

#[derive(Serialize)]
struct ProgramId<'a> {
    application: &'a str,
    version: &'a str,
    r#type: &'static str,
    program: &'a str,
    namespace: &'a str,
    entity: &'static str,
}

#[derive(Serialize)]
struct Dataset<'a> {
    dataset: &'a str,
    namespace: &'a str,
    entity: &'static str,
}

fn refuse(text: impl Into<String>) -> Answer {
    Answer::refuse(500, text)
}

impl Trigger {
    /// Reads one; the refusals are a real server's as far as they were recorded, and else follow
    /// `ProtoTrigger.validate`.
    pub fn read(json: &Ordered) -> Result<Self, Answer> {
        if !matches!(json, Ordered::Map(_)) {
            let class = match json {
                Ordered::List(_) => "JsonArray",
                Ordered::Null => "JsonNull",
                _ => "JsonPrimitive",
            };
            let text = format!("Expected a JsonObject but found a com.google.gson.{class}");
            return Err(refuse(text));
        }
        let kind = json.text_of("type").unwrap_or_default().to_ascii_uppercase();
        match kind.as_str() {
            "TIME" => match json.text_of("cronExpression") {
                Some(cron) => Ok(Self::Time { cron }),
                None => Err(refuse("cron expression must not be null")),
            },
            "PROGRAM_STATUS" => program_status(json),
            "PARTITION" => partition(json),
            "AND" => several(json, "AND").map(Self::And),
            "OR" => several(json, "OR").map(Self::Or),
            _ => Err(refuse("Unable to map trigger type null to a trigger class")),
        }
    }

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
    pub fn shown(&self) -> impl Serialize {
        self.form()
    }

    fn form(&self) -> Form<'_> {
        let r#type = self.kind();
        match self {
            Self::Time { cron } => Form::Time {
                cron_expression: cron,
                r#type,
            },
            Self::ProgramStatus {
                program,
                version,
                statuses,
            } => Form::ProgramStatus {
                program_id: ProgramId {
                    application: &program.app,
                    version,
                    r#type: program.kind.pretty(),
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
            } => Form::Partition {
                dataset: Dataset {
                    dataset,
                    namespace,
                    entity: "DATASET",
                },
                num_partitions: *count,
                r#type,
            },
            Self::And(parts) | Self::Or(parts) => Form::Several {
                triggers: parts.iter().map(Self::form).collect(),
                r#type,
            },
        }
    }

    /// The triggers that this one is made of; itself if it is a simple one.
    pub fn units(&self) -> Vec<&Self> {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::units).collect(),
            unit => vec![unit],
        }
    }

    /// The expressions in it.
    pub fn crons(&self) -> Vec<&str> {
        let units = self.units().into_iter();
        let crons = units.filter_map(|unit| match unit {
            Self::Time { cron } => Some(cron.as_str()),
            _ => None,
        });
        crons.collect()
    }

    /// The next moment after `ms` of each of its expressions.
    pub fn moments(&self, ms: i64) -> Vec<(i64, &str)> {
        let crons = self.crons().into_iter();
        crons
            .filter_map(|cron| Some((Cron::parse(cron).ok()?.next(ms)?, cron)))
            .collect()
    }

    /// What of it met itself by one of these notices, as far as it is no combination.
    pub fn heard<'a>(&self, notices: &'a [Notice]) -> Option<&'a Notice> {
        notices.iter().find(|notice| match (self, notice) {
            (Self::Time { cron }, Notice::Time { cron: told, .. }) => cron == told,
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
            unit => unit.heard(notices).is_some(),
        }
    }

    /// What is left when an app is deleted: nothing, when it could never be met again.
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

/// `programId` must name a program wholly; what a real server says of one that is incomplete is not known.
fn program_status(json: &Ordered) -> Result<Trigger, Answer> {
    let statuses = match json.get("programStatuses") {
        Some(Ordered::List(items)) => items,
        _ => {
            return Err(refuse(
                "Cannot invoke \"java.util.Set.contains(Object)\" because the return value of \
                 \"io.cdap.cdap.proto.ProtoTrigger$ProgramStatusTrigger.getProgramStatuses()\" is null",
            ));
        }
    };
    let part = |id: &Ordered, name: &str| id.text_of(name).filter(|text| !text.is_empty());
    let Some(id) = json.get("programId").filter(|id| **id != Ordered::Null) else {
        return Err(refuse("program id must not be null"));
    };
    let program = || {
        Some(ProgramRef {
            namespace: part(id, "namespace")?,
            app: part(id, "application")?,
            kind: ProgramKind::from_json(&part(id, "type")?)?,
            name: part(id, "program")?,
        })
    };
    let program = program().ok_or_else(|| refuse("program id must not be null"))?;
    let mut read: Vec<Status> = Vec::new();
    for status in statuses {
        let name = status.text().unwrap_or_default().to_ascii_uppercase();
        if matches!(name.as_str(), "INITIALIZING" | "RUNNING") {
            return Err(refuse(format!(
                "Cannot allow triggering program {} with statuses [{name}]: [COMPLETED, FAILED, KILLED] statuses are \
                 supported",
                program.name
            )));
        }
        let status = ending(&name).ok_or_else(|| {
            refuse(
                "Cannot invoke \"io.cdap.cdap.api.ProgramStatus.toString()\" because \"programStatus\" is null",
            )
        })?;
        if !read.contains(&status) {
            read.push(status);
        }
    }
    Ok(Trigger::ProgramStatus {
        program,
        version: part(id, "version").unwrap_or_else(|| "-SNAPSHOT".to_owned()),
        statuses: read,
    })
}

/// An end that a run can have, by its name. A refused run is none (`ProgramRunStatus.toProgramStatus`).
pub fn ending(name: &str) -> Option<Status> {
    match name {
        "COMPLETED" => Some(Status::Completed),
        "FAILED" => Some(Status::Failed),
        "KILLED" => Some(Status::Killed),
        _ => None,
    }
}

fn partition(json: &Ordered) -> Result<Trigger, Answer> {
    let Some(dataset) = json.get("dataset").filter(|dataset| **dataset != Ordered::Null) else {
        return Err(refuse("dataset must not be null"));
    };
    let part = |name: &str, what: &str| {
        dataset
            .text_of(name)
            .ok_or_else(|| refuse(format!("{what} must not be null")))
    };
    let (namespace, name) = (
        part("namespace", "dataset namespace")?,
        part("dataset", "dataset name")?,
    );
    let count = whole(json, "numPartitions").unwrap_or_default();
    at_least_one(count, "number of partitions")?;
    Ok(Trigger::Partition {
        namespace,
        dataset: name,
        count,
    })
}

fn several(json: &Ordered, kind: &str) -> Result<Vec<Trigger>, Answer> {
    let items = match json.get("triggers") {
        Some(Ordered::List(items)) => items.as_slice(),
        _ => &[],
    };
    let wrong = |what: &str| {
        refuse(format!(
            "Triggers passed in to construct a trigger of type {kind} cannot {what}."
        ))
    };
    if items.is_empty() {
        return Err(wrong("be empty"));
    }
    if items.contains(&Ordered::Null) {
        return Err(wrong("contain null"));
    }
    items.iter().map(Trigger::read).collect()
}

/// A whole number under `key`.
pub fn whole(json: &Ordered, key: &str) -> Option<i64> {
    json.text_of(key)?.parse().ok()
}

/// The check of a number in `ProtoTrigger` and `ProtoConstraint`; the missing space is theirs.
pub fn at_least_one(number: i64, name: &str) -> Result<(), Answer> {
    if number < 1 {
        let text = format!("{name} must be greater than or equal to1 but is {number}");
        return Err(refuse(text));
    }
    Ok(())
}
