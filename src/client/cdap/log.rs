//! Log lines, page by page.
//!
//! Texts are returned as they came, control characters included: clean them before they are shown or
//! stored. The first line of every run holds all its arguments in clear text (measured).

use super::{Cdap, get};
use crate::client::error::ClientError;
use domain::id::{PipelineName, PipelineRunId};
use domain::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt;

/// Most bytes of a page.
const LARGEST_PAGE: usize = 64 << 20;

/// One event of a log.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LogEvent {
    /// When it was written, by the server's clock.
    pub timestamp: Timestamp,
    /// `INFO`, `WARN`, `ERROR` ...
    pub level: String,
    /// The logger's full name.
    pub logger: String,
    /// The thread's name.
    pub thread: String,
    /// The line of the source that wrote it; helps to tell equal messages apart.
    pub line: i64,
    /// What it says; may have several lines.
    pub message: String,
    /// The stack trace, lines with newlines; empty if there is none.
    pub stack_trace: String,
    /// The stage that it is about, if the plugin said so.
    pub stage: Option<String>,
}

impl fmt::Debug for LogEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No message: arguments may be in it.
        f.debug_struct("LogEvent")
            .field("timestamp", &self.timestamp)
            .field("level", &self.level)
            .field("logger", &self.logger)
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

/// A page of a log, oldest event first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPage {
    /// The events; may be more than were asked for, and fewer only at the end.
    pub events: Vec<LogEvent>,
    /// Where to read on: the offset of the last event, or the one that was asked for.
    pub offset: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    log: Wire,
    #[serde(default)]
    offset: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Wire {
    timestamp: i64,
    log_level: Option<String>,
    thread_name: Option<String>,
    line_number: i64,
    message: Option<String>,
    stack_trace: Option<String>,
    logger_name: Option<String>,
    mdc: Map<String, Value>,
}

impl From<Wire> for LogEvent {
    fn from(wire: Wire) -> Self {
        let tag = |name: &str| wire.mdc.get(name).and_then(Value::as_str).map(str::to_owned);
        Self {
            stage: tag("pipeline.stage").or_else(|| tag("MDC:pipeline.stage")),
            timestamp: Timestamp::from_millis(wire.timestamp),
            level: wire.log_level.unwrap_or_default(),
            logger: wire.logger_name.unwrap_or_default(),
            thread: wire.thread_name.unwrap_or_default(),
            line: wire.line_number,
            message: wire.message.unwrap_or_default(),
            stack_trace: wire.stack_trace.unwrap_or_default(),
        }
    }
}

/// The offset after which only events later than this moment come.
pub fn offset_at(moment: Timestamp) -> String {
    // -10000 is the server's "no message offset": only the time counts (measured).
    format!("-10000.{}", moment.millis().max(0))
}

impl Cdap {
    /// The next events after `offset`, about `max` of them; `None`: from the beginning of the run.
    /// An empty page proves nothing: the server hides its own read errors.
    ///
    /// # Errors
    /// As every call; status 404 while the run is not visible yet.
    pub async fn logs_next(
        &self,
        app: &PipelineName,
        run: &PipelineRunId,
        offset: Option<&str>,
        max: u32,
    ) -> Result<LogPage, ClientError> {
        let mut url = self.at_run(app, run, &["logs", "next"])?;
        url.query_pairs_mut()
            .append_pair("format", "json")
            .append_pair("max", &max.to_string())
            .append_pair("fromOffset", offset.unwrap_or_default());
        let request = get(format!("reading the log of the run {run}"), url).max_bytes(LARGEST_PAGE);
        let entries: Vec<Entry> = self.http.json(request).await?;
        let last = entries.last().map(|entry| entry.offset.clone());
        Ok(LogPage {
            offset: last
                .filter(|place| !place.is_empty())
                .or(offset.map(str::to_owned)),
            events: entries.into_iter().map(|entry| entry.log.into()).collect(),
        })
    }
}
