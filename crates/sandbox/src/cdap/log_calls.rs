//! The log calls: whole ranges, pages forward and pages backward, of a run or of a program.
//!
//! Measured rules: `max` is soft forward and hard backward; an empty offset means the start of a
//! run but the newest lines of a program; whole and backward reading ends with the cluster's end,
//! forward reading does not; reading errors end in 200 with what there was.

use super::answer::{Answer, Outcome};
use super::call::Call;
use super::json::gson;
use super::log::{FIELDS, Fields, LogLine};
use super::store::Whose;
use serde::Serialize;
use std::collections::VecDeque;

mod filter;

use filter::Filter;

/// Whose lines are read, and between which milliseconds a run has any.
struct Range {
    whose: Whose,
    /// The run of a phase's program, of which alone lines are wanted.
    inner: Option<String>,
    run_level: bool,
    from: i64,
    /// Exclusive; where whole and backward reading end.
    until: i64,
    /// Exclusive; lines from here on cannot be read yet.
    readable: i64,
}

struct Form {
    json: bool,
    escape: bool,
    suppressed: Vec<String>,
    filter: Filter,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Shown {
    Fields(Fields),
    Text(String),
}

#[derive(Serialize)]
struct Shipped {
    log: Shown,
    offset: String,
}

impl Form {
    /// Reads the parameters. What is wrong with them is told by `whole`: 500 and silence, else 400.
    fn of(call: &Call, whole: bool) -> Result<Self, Answer> {
        let refuse = |text: String| {
            if whole {
                Answer::hollow(500)
            } else {
                Answer::refuse(400, text)
            }
        };
        let format = call.parameter("format").unwrap_or("text").to_ascii_uppercase();
        if !matches!(format.as_str(), "TEXT" | "JSON") {
            let class = "io.cdap.cdap.logging.gateway.handlers.AbstractLogHttpHandler.LogFormatType";
            return Err(refuse(format!("No enum constant {class}.{format}")));
        }
        let suppressed: Vec<_> = call.parameters("suppress").map(str::to_owned).collect();
        let known = |field: &&String| FIELDS.contains(&field.as_str()) || *field == "isNativeMethod";
        if let Some(unknown) = suppressed.iter().find(|field| !known(field)) {
            return Err(refuse(format!(
                "Field {unknown} is not supported as suppress field"
            )));
        }
        Ok(Self {
            json: format == "JSON",
            escape: call.parameter("escape") != Some("false"),
            suppressed,
            filter: Filter::parse(call.parameter("filter").unwrap_or_default())?,
        })
    }

    fn ship(&self, line: &LogLine) -> Shipped {
        let log = if self.json {
            Shown::Fields(line.fields(&self.suppressed))
        } else {
            Shown::Text(line.text(self.escape))
        };
        Shipped {
            log,
            offset: line.offset(),
        }
    }
}

impl Range {
    /// Whether a line belongs to the program that is asked for.
    fn has(&self, line: &LogLine) -> bool {
        let Some(inner) = &self.inner else {
            return true;
        };
        line.mdc
            .iter()
            .any(|(key, value)| key == ".workflowProgramRunId" && value == inner)
    }

    fn of(call: &Call) -> Result<Self, Answer> {
        // The sandbox's own services write nothing that a client could read.
        if !call.part("service").is_empty() {
            return Ok(Self {
                whose: Whose::Program(format!("system.{}", call.part("service"))),
                inner: None,
                run_level: false,
                from: 0,
                until: 0,
                readable: 0,
            });
        }
        let program = call.program(500)?;
        // A line is readable a little after it was written; see `Clock::log_delay`.
        let readable = call.cdap.clock.now() - call.cdap.clock.log_delay();
        let id = call.part("run");
        if id.is_empty() {
            let whose = Whose::Program(program.reference());
            return Ok(Self {
                whose,
                inner: None,
                run_level: false,
                from: 0,
                until: readable,
                readable,
            });
        }
        let world = call.cdap.world();
        let inner = world.inner_runs(&program).find(|run| run.id == id);
        let owner = inner
            .as_ref()
            .and_then(|inner| world.runs.get(inner.workflow_run.as_ref()?));
        let run = match owner {
            Some(owner) => owner,
            None => world.found_run(&program, id)?,
        };
        let readable = readable.saturating_sub_unsigned(run.fate.logs_late);
        let end = run
            .cluster_end
            .map_or(i64::MAX, |ms| (ms.div_euclid(1000) + 1) * 1000);
        Ok(Self {
            whose: Whose::Run(run.id.clone()),
            inner: inner.map(|inner| inner.id),
            run_level: true,
            from: run.second() * 1000,
            until: readable.min(end),
            readable,
        })
    }
}

/// `GET …/logs`
pub fn whole(call: &Call) -> Outcome {
    let start = call.number("start", -1)?;
    let stop = call.number("stop", -1)?;
    let range = Range::of(call)?;
    let now = call.cdap.clock.now().div_euclid(1000);
    // The default start is checked even where the run's own is used.
    let (from, until) = (
        if start < 0 { now - 3600 } else { start },
        if stop < 0 { now + 1 } else { stop },
    );
    if from >= until {
        return Err(Answer::refuse(
            400,
            "Invalid time range. 'stop' should be greater than 'start'.",
        ));
    }
    let form = Form::of(call, true)?;
    let from = if range.run_level && start < 0 {
        range.from
    } else {
        (from * 1000).max(range.from)
    };
    let until = if stop < 0 {
        range.until
    } else {
        (until * 1000).min(range.until)
    };
    let mut shipped = Vec::new();
    let mut text = String::new();
    call.cdap
        .store
        .lines(&range.whose, from, until, false, &mut |line| {
            if form.filter.admits(&line) && range.has(&line) {
                if form.json {
                    shipped.push(form.ship(&line));
                } else {
                    text.push_str(&line.text(form.escape));
                }
            }
            true
        });
    Ok(if form.json {
        Answer::raw_json(gson(&shipped)).streamed()
    } else {
        Answer::text(text).streamed()
    })
}

/// `GET …/logs/next`
pub fn next(call: &Call) -> Outcome {
    let max = call.number("max", 50)?;
    let offset = offset(call)?;
    let range = Range::of(call)?;
    let form = Form::of(call, false)?;
    if offset.is_none() && !range.run_level {
        return Ok(newest(call, &range, &form, range.until, max));
    }
    let readable = range.readable;
    // The first millisecond of the start second is skipped, as on a real server.
    let from = offset.map_or(range.from, |ms| ms.max(range.from)) + 1;
    let max = usize::try_from(max).unwrap_or(0);
    let mut shipped: Vec<Shipped> = Vec::new();
    let mut last = None;
    if max > 0 {
        call.cdap
            .store
            .lines(&range.whose, from, readable, false, &mut |line| {
                // Siblings of one millisecond are never torn apart.
                if shipped.len() >= max && last != Some(line.timestamp) {
                    return false;
                }
                if form.filter.admits(&line) && range.has(&line) {
                    last = Some(line.timestamp);
                    shipped.push(form.ship(&line));
                }
                true
            });
    }
    Ok(Answer::raw_json(gson(&shipped)).streamed())
}

/// `GET …/logs/prev`
pub fn previous(call: &Call) -> Outcome {
    let max = call.number("max", 50)?;
    let offset = offset(call)?;
    let range = Range::of(call)?;
    let form = Form::of(call, false)?;
    let until = offset.map_or(range.until, |ms| ms.min(range.until));
    Ok(newest(call, &range, &form, until, max))
}

/// The newest `max` lines before `until`, oldest first; cut hard.
fn newest(call: &Call, range: &Range, form: &Form, until: i64, max: i64) -> Answer {
    let max = usize::try_from(max).unwrap_or(0);
    let mut shipped = VecDeque::new();
    if max > 0 {
        call.cdap
            .store
            .lines(&range.whose, range.from, until, true, &mut |line| {
                if form.filter.admits(&line) && range.has(&line) {
                    shipped.push_front(form.ship(&line));
                }
                shipped.len() < max
            });
    }
    Answer::raw_json(gson(&shipped)).streamed()
}

/// The milliseconds of `fromOffset`; `None` when it is empty.
fn offset(call: &Call) -> Result<Option<i64>, Answer> {
    let text = call.parameter("fromOffset").unwrap_or_default();
    if text.is_empty() {
        return Ok(None);
    }
    let parts: Vec<_> = text.split('.').collect();
    let [place, ms] = parts[..] else {
        return Err(Answer::refuse(400, format!("Invalid offset provided: {text}")));
    };
    let number = |part: &str| {
        part.parse::<i64>()
            .map_err(|_| Answer::refuse(400, format!("For input string: \"{part}\"")))
    };
    number(place)?;
    number(ms).map(Some)
}
