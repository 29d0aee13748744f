//! What earlier runs tell: tables by hand, and properties that hold for any past. Here are the runs that they share.

mod compare;
mod left;
mod records;
mod usual;

use super::usual::Quantile;
use super::*;
use crate::event::{Discovery, Fact, RunEvent};
use crate::failure::Failure;
use crate::plan::PlannedPipeline;
use crate::request::{RunRequest, Scope};
use crate::state::RunState;
use crate::variable::Variables;
use proptest::prelude::*;

const HOUR: i64 = 3600;

fn at(seconds: i64, fact: Fact) -> RunEvent {
    RunEvent {
        at: Timestamp::from_seconds(seconds),
        fact,
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The events of a run that begins at a second: its pipelines are planned in this order.
fn begun(id: &str, second: i64, places: u32, tasks: &[&str]) -> Vec<RunEvent> {
    let variables = Variables {
        cdf_pipeline_name: "mysql_to_bq".into(),
        max_active_pipelines: places,
        ..Variables::default()
    };
    let request = RunRequest::new("prod", variables, Scope::Chain);
    let pipelines = tasks.iter().map(|task| PlannedPipeline {
        task: (*task).into(),
        priority: 1,
        timeout: seconds(9_999),
        allowed_tries: 3,
        arguments: [("business_unit", "hr")].into_iter().collect(),
    });
    let run = Fact::RunStarted {
        run: id.into(),
        request: Box::new(request),
    };
    let planned = Fact::PipelinesPlanned {
        pipelines: pipelines.collect(),
    };
    vec![at(second, run), at(second, planned)]
}

fn start(task: &str, number: u32, second: i64) -> Vec<RunEvent> {
    let intended = Fact::StartIntended {
        task: task.into(),
        number,
        token: "t".into(),
    };
    let started = Fact::PipelineStarted {
        task: task.into(),
        run_id: "r".into(),
        found: Discovery::Answered,
    };
    vec![at(second, intended), at(second, started)]
}

fn done(task: &str, second: i64) -> RunEvent {
    at(second, Fact::TaskSucceeded { task: task.into() })
}

fn failed(task: &str, second: i64, again: Option<i64>) -> RunEvent {
    let (task, failure) = (task.into(), Failure::transient("It broke."));
    let fact = match again {
        Some(again) => Fact::TryFailed {
            task,
            failure,
            retry_at: Timestamp::from_seconds(again),
        },
        None => Fact::TaskFailed { task, failure },
    };
    at(second, fact)
}

fn ended(second: i64, state: RunState) -> RunEvent {
    at(second, Fact::RunEnded { state })
}

fn record(events: &[RunEvent]) -> RunRecord {
    let run = Run::replay(events).unwrap();
    RunRecord::new(&run, run.last_event)
}

/// A run of one pipeline that works for so many seconds, and succeeds or not.
fn one(id: &str, second: i64, works: i64, is_green: bool) -> RunRecord {
    let mut events = begun(id, second, 5, &["a"]);
    events.extend(start("a", 1, second));
    events.push(if is_green {
        done("a", second + works)
    } else {
        failed("a", second + works, None)
    });
    let state = if is_green {
        RunState::Success
    } else {
        RunState::Failed
    };
    events.push(ended(second + works, state));
    record(&events)
}

/// Runs of one pipeline, the newest first, one an hour.
fn runs(works: &[(i64, bool)]) -> Vec<RunRecord> {
    let newest = i64::try_from(works.len()).unwrap();
    let runs = (1..).zip(works).map(|(place, (works, is_green))| {
        let second = (newest - place) * HOUR;
        one(&format!("run-{second}"), second, *works, *is_green)
    });
    runs.collect()
}

fn past(records: &[RunRecord]) -> Past {
    Past::new(records, "prod", "mysql_to_bq", None)
}
