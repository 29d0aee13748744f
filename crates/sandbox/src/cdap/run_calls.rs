//! The calls that show runs: the record, the list, counts, the status of a program.

use super::answer::{Answer, Outcome};
use super::call::Call;
use super::node::with_run;
use super::program::{ProgramKind, ProgramRef};
use super::run::Run;
use super::state::{CdapState, has_program};
use crate::run_status::RunStatus;
use serde_json::json;
use std::cmp::Reverse;

/// `GET …/runs/{run}`
pub fn record(call: &Call) -> Outcome {
    let version = call.path_param("version");
    if !version.is_empty() && version != "-SNAPSHOT" {
        let program = call.program(400)?;
        let state = call.cdap.state();
        let known = state
            .visible_run(&program, call.path_param("run"))
            .is_some_and(|run| run.version == version);
        if !known {
            return Err(Answer::not_found(
                &program.run_entity(version, call.path_param("run")),
            ));
        }
    }
    let program = call.program(400)?;
    if program.kind != ProgramKind::Workflow {
        let state = call.cdap.state();
        let inner = state
            .node_runs(&program)
            .find(|run| run.id == call.path_param("run"));
        if let Some(inner) = inner {
            return Ok(Answer::json(&inner.record()));
        }
    }
    with_run(call, |run| Ok(Answer::json(&run.record())))
}

/// The parameters of a list call. Times are in seconds.
struct RunQuery {
    status: Option<RunStatus>,
    start: i64,
    end: i64,
    limit: usize,
}

impl RunQuery {
    fn from_call(call: &Call) -> Result<Self, Answer> {
        let Ok(limit) = call.query_param("limit").unwrap_or("100").parse::<i32>() else {
            return Err(call.bad_parameter());
        };
        let second = |name: &'static str, default: i64| match call.query_param(name).unwrap_or_default() {
            "" => Ok(default),
            text => text
                .parse()
                .map_err(|_| Answer::refuse(400, format!("Invalid vaule {text} for {name}"))),
        };
        let (start, end) = (second("start", 0)?, second("end", i64::MAX)?);
        if end < start {
            let text = format!("Invalid end time {end}. It must be greater than the start time {start}");
            return Err(Answer::refuse(400, text));
        }
        let name = call.query_param("status").unwrap_or("ALL").to_ascii_uppercase();
        let status = match name.as_str() {
            "ALL" => None,
            name => Some(name.parse().map_err(|_| {
                Answer::refuse(
                    500,
                    format!("No enum constant io.cdap.cdap.proto.ProgramRunStatus.{name}"),
                )
            })?),
        };
        Ok(Self {
            status,
            start,
            end,
            limit: usize::try_from(limit).unwrap_or(0),
        })
    }

    /// Unfinished runs first, then finished ones, each newest first by second. With a status only the table of that
    /// status is read, and the limit is applied before the filter (measured).
    fn select<'a>(&self, mut runs: Vec<&'a Run>) -> Vec<&'a Run> {
        runs.retain(|run| (self.start..self.end).contains(&run.starting_second()));
        if let Some(status) = self.status {
            runs.retain(|run| run.status.is_end() == status.is_end());
        }
        // Within a second the order of a real server is arbitrary; by id it is at least stable.
        runs.sort_by(|a, b| {
            let key = |run: &'a Run| (run.status.is_end(), Reverse(run.starting_second()), &run.id);
            key(a).cmp(&key(b))
        });
        if let Some(status) = self.status {
            runs.truncate(self.limit.saturating_mul(status.statuses_in_table()));
            runs.retain(|run| run.status == status);
        }
        runs.truncate(self.limit);
        runs
    }
}

/// `GET …/runs`
pub fn list(call: &Call) -> Outcome {
    let query = RunQuery::from_call(call)?;
    let program = call.program(400)?;
    let state = call.cdap.state();
    check_program(&state, &program)?;
    let version =
        Some(call.path_param("version")).filter(|version| !version.is_empty() && *version != "-SNAPSHOT");
    let inner: Vec<_> = if program.kind == ProgramKind::Workflow {
        Vec::new()
    } else {
        state.node_runs(&program).collect()
    };
    let now = call.cdap.clock.now();
    let listed = state.runs_of(&program, version).filter(|run| run.is_listed(now));
    let chosen = query.select(listed.chain(&inner).collect());
    let records: Vec<_> = chosen.into_iter().map(Run::record).collect();
    Ok(Answer::json(&records))
}

/// 404 if the newest version of the app does not have the program.
pub fn check_program(state: &CdapState, program: &ProgramRef) -> Result<(), Answer> {
    match state.newest_with_program(program) {
        Some(_) => Ok(()),
        None => Err(Answer::not_found(&program.reference())),
    }
}

/// `GET …/runcount`
pub fn count(call: &Call) -> Outcome {
    let program = call.program(400)?;
    let state = call.cdap.state();
    check_program(&state, &program)?;
    Ok(Answer::json(&state.runs_of(&program, None).count()))
}

/// The latest run of the newest version, as batch `runs` shows it.
pub fn latest<'a>(state: &'a CdapState, program: &'a ProgramRef) -> Option<&'a Run> {
    let newest = state.newest(&program.namespace, &program.app)?;
    let query = RunQuery {
        status: None,
        start: 0,
        end: i64::MAX,
        limit: 1,
    };
    query
        .select(state.runs_of(program, Some(&newest.id)).collect())
        .pop()
}

/// `GET …/status`: of the newest version alone, unless one is named.
pub fn status(call: &Call) -> Outcome {
    let program = call.program(400)?;
    let state = call.cdap.state();
    let newest = state
        .newest(&program.namespace, &program.app)
        .ok_or_else(|| Answer::not_found(&program.app_reference()))?;
    let version =
        Some(call.path_param("version")).filter(|version| !version.is_empty() && *version != "-SNAPSHOT");
    let version = version.unwrap_or(&newest.id);
    if !has_program(newest, &program) {
        return Err(Answer::not_found(&program.entity(version)));
    }
    Ok(Answer::json(
        &json!({ "status": program_status(&state, &program, version) }),
    ))
}

/// RUNNING if any run is running or stopping, else STARTING if any is launching, else STOPPED.
pub fn program_status(state: &CdapState, program: &ProgramRef, version: &str) -> &'static str {
    let mut status = "STOPPED";
    for run in state.runs_of(program, Some(version)) {
        match run.status {
            RunStatus::Running | RunStatus::Stopping | RunStatus::Suspended => return "RUNNING",
            launching if launching.is_launching() => status = "STARTING",
            _ => {}
        }
    }
    status
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "handlers share one signature, also those that never refuse"
)]
/// `GET …/statistics`: a real server never had any (measured).
pub fn statistics(call: &Call) -> Outcome {
    let name = call.path_param("program");
    let text = format!(
        "There are no statistics associated with this workflow : {name} in the specified time range."
    );
    Ok(Answer::text(text))
}

/// `GET …/runs/{run}/statistics`: a server that has no statistics compares a run with nothing (measured).
pub fn statistics_of_run(call: &Call) -> Outcome {
    call.query_integer("limit", 10)?;
    let interval = call.query_param("interval").unwrap_or("10s");
    let number = interval.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = interval.strip_prefix(number).unwrap_or_default();
    if !matches!(unit, "ms" | "s" | "m" | "h" | "d") || number.parse::<u64>().is_ok_and(|number| number == 0)
    {
        let text = format!(
            "Interval should be greater than 0 and should be specified with one of the 'ms', 's', 'm', 'h', 'd' \
             units. Entered value was : {interval}"
        );
        return Err(Answer::refuse(400, text));
    }
    with_run(call, |_| {
        Ok(Answer::raw_json(
            br#"{"startTimes":{},"programNodesList":[]}"#.to_vec(),
        ))
    })
}

/// `GET …/runs/{run}/compare`: no run was ever found in the statistics (measured).
pub fn compare(call: &Call) -> Outcome {
    with_run(call, |_| {
        if call.query_param("other-run-id").is_none() {
            let text = "Cannot invoke \"String.length()\" because \"name\" is null";
            return Err(Answer::refuse(500, text));
        }
        let text = format!("The run-id provided was not found : {}", call.path_param("run"));
        Err(Answer::refuse(404, text))
    })
}
