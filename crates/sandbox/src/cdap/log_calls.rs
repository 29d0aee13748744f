//! The log calls: all lines, pages forward and pages backward, of a run or of a program.
//!
//! Measured rules: a forward page may be longer than `max`, a backward page may not; an empty offset means the start of
//! a run, but the newest lines of a program; a call for all lines and a backward page end with the cluster's end, a
//! forward page does not; after an error while reading, the lines so far are answered with 200.

use super::answer::{Answer, Outcome};
use super::call::Call;
use super::json::gson;
use super::log::{FIELDS, Fields, LogLine};
use super::store::LogSource;
use serde::Serialize;
use std::collections::VecDeque;

mod filter;

use filter::Filter;

/// Which lines are read. Times are in milliseconds.
struct Range {
    source: LogSource,
    /// If set, only the lines of this run of a node's program.
    inner: Option<String>,
    run_level: bool,
    from: i64,
    /// Exclusive; where `logs` and `logs/prev` end.
    until: i64,
    /// Exclusive; later lines are not readable yet.
    readable: i64,
}

struct LogFormat {
    json: bool,
    escape: bool,
    suppressed: Vec<String>,
    filter: Filter,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Rendered {
    Fields(Fields),
    Text(String),
}

#[derive(Serialize)]
struct Entry {
    log: Rendered,
    offset: String,
}

impl LogFormat {
    /// Reads the parameters. Wrong ones are answered with an empty 500 if `whole`, else with 400.
    fn from_call(call: &Call, whole: bool) -> Result<Self, Answer> {
        let refuse = |text: String| {
            if whole {
                Answer::status_only(500)
            } else {
                Answer::refuse(400, text)
            }
        };
        let format = call.query_param("format").unwrap_or("text").to_ascii_uppercase();
        if !matches!(format.as_str(), "TEXT" | "JSON") {
            let class = "io.cdap.cdap.logging.gateway.handlers.AbstractLogHttpHandler.LogFormatType";
            return Err(refuse(format!("No enum constant {class}.{format}")));
        }
        let suppressed: Vec<_> = call.query_params("suppress").map(str::to_owned).collect();
        let known = |field: &&String| FIELDS.contains(&field.as_str()) || *field == "isNativeMethod";
        if let Some(unknown) = suppressed.iter().find(|field| !known(field)) {
            return Err(refuse(format!(
                "Field {unknown} is not supported as suppress field"
            )));
        }
        Ok(Self {
            json: format == "JSON",
            escape: call.query_param("escape") != Some("false"),
            suppressed,
            filter: Filter::parse(call.query_param("filter").unwrap_or_default())?,
        })
    }

    fn entry(&self, line: &LogLine) -> Entry {
        let log = if self.json {
            Rendered::Fields(line.fields(&self.suppressed))
        } else {
            Rendered::Text(line.text(self.escape))
        };
        Entry {
            log,
            offset: line.offset(),
        }
    }
}

impl Range {
    /// Whether a line belongs to the program of the path.
    fn includes(&self, line: &LogLine) -> bool {
        let Some(inner) = &self.inner else {
            return true;
        };
        line.mdc
            .iter()
            .any(|(key, value)| key == ".workflowProgramRunId" && value == inner)
    }

    fn from_call(call: &Call) -> Result<Self, Answer> {
        // The sandbox has no logs of system services.
        if !call.path_param("service").is_empty() {
            return Ok(Self {
                source: LogSource::Program(format!("system.{}", call.path_param("service"))),
                inner: None,
                run_level: false,
                from: 0,
                until: 0,
                readable: 0,
            });
        }
        let program = call.program(500)?;
        // See `Clock::log_delay`.
        let readable = call.cdap.clock.now() - call.cdap.clock.log_delay();
        let id = call.path_param("run");
        if id.is_empty() {
            let source = LogSource::Program(program.reference());
            return Ok(Self {
                source,
                inner: None,
                run_level: false,
                from: 0,
                until: readable,
                readable,
            });
        }
        let state = call.cdap.state();
        let inner = state.node_runs(&program).find(|run| run.id == id);
        let owner = inner
            .as_ref()
            .and_then(|inner| state.runs.get(inner.parent_id.as_ref()?));
        let run = match owner {
            Some(owner) => owner,
            None => state.find_run(&program, id)?,
        };
        let readable = readable.saturating_sub_unsigned(run.fault.logs_late);
        let end = run
            .cluster_end
            .map_or(i64::MAX, |ms| (ms.div_euclid(1000) + 1) * 1000);
        Ok(Self {
            source: LogSource::Run(run.id.clone()),
            inner: inner.map(|inner| inner.id),
            run_level: true,
            from: run.starting_second() * 1000,
            until: readable.min(end),
            readable,
        })
    }
}

/// `GET …/logs`
pub fn all(call: &Call) -> Outcome {
    let start = call.query_integer("start", -1)?;
    let stop = call.query_integer("stop", -1)?;
    let range = Range::from_call(call)?;
    let now = call.cdap.clock.now().div_euclid(1000);
    // A real server checks the default start even if it uses the run's.
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
    let form = LogFormat::from_call(call, true)?;
    let from = if range.run_level && start < 0 {
        range.from
    } else {
        from.saturating_mul(1000).max(range.from)
    };
    let until = if stop < 0 {
        range.until
    } else {
        until.saturating_mul(1000).min(range.until)
    };
    let mut entries = Vec::new();
    let mut text = String::new();
    call.cdap
        .store
        .lines(&range.source, from, until, false, &mut |line| {
            if form.filter.admits(&line) && range.includes(&line) {
                if form.json {
                    entries.push(form.entry(&line));
                } else {
                    text.push_str(&line.text(form.escape));
                }
            }
            true
        });
    Ok(if form.json {
        Answer::raw_json(gson(&entries)).chunked()
    } else {
        Answer::text(text).chunked()
    })
}

/// `GET …/logs/next`
pub fn next(call: &Call) -> Outcome {
    let max = call.query_integer("max", 50)?;
    let offset = offset(call)?;
    let range = Range::from_call(call)?;
    let form = LogFormat::from_call(call, false)?;
    if offset.is_none() && !range.run_level {
        return Ok(newest(call, &range, &form, range.until, max));
    }
    let readable = range.readable;
    // The first millisecond of the start second is skipped, as on a real server.
    let from = offset
        .map_or(range.from, |ms| ms.max(range.from))
        .saturating_add(1);
    let max = usize::try_from(max).unwrap_or(0);
    let mut entries: Vec<Entry> = Vec::new();
    let mut last = None;
    if max > 0 {
        call.cdap
            .store
            .lines(&range.source, from, readable, false, &mut |line| {
                // All lines of one millisecond are on the same page.
                if entries.len() >= max && last != Some(line.timestamp) {
                    return false;
                }
                if form.filter.admits(&line) && range.includes(&line) {
                    last = Some(line.timestamp);
                    entries.push(form.entry(&line));
                }
                true
            });
    }
    Ok(Answer::raw_json(gson(&entries)).chunked())
}

/// `GET …/logs/prev`
pub fn previous(call: &Call) -> Outcome {
    let max = call.query_integer("max", 50)?;
    let offset = offset(call)?;
    let range = Range::from_call(call)?;
    let form = LogFormat::from_call(call, false)?;
    let until = offset.map_or(range.until, |ms| ms.min(range.until));
    Ok(newest(call, &range, &form, until, max))
}

/// The newest `max` lines before `until`, oldest first.
fn newest(call: &Call, range: &Range, form: &LogFormat, until: i64, max: i64) -> Answer {
    let max = usize::try_from(max).unwrap_or(0);
    let mut entries = VecDeque::new();
    if max > 0 {
        call.cdap
            .store
            .lines(&range.source, range.from, until, true, &mut |line| {
                if form.filter.admits(&line) && range.includes(&line) {
                    entries.push_front(form.entry(&line));
                }
                entries.len() < max
            });
    }
    Answer::raw_json(gson(&entries)).chunked()
}

/// The milliseconds of `fromOffset`; `None` when it is empty.
fn offset(call: &Call) -> Result<Option<i64>, Answer> {
    let text = call.query_param("fromOffset").unwrap_or_default();
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
