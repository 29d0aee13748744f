//! Log lines, page by page. A page is read while it arrives and ends early when it is large; the next one goes on
//! behind it. Never is more than a part of a page in memory.
//!
//! Texts are returned as they came, control characters included: clean them before they are shown or
//! stored. The first line of every run holds all its arguments in clear text (measured).

mod elements;

use super::{Cdap, get};
use crate::client::error::{ClientError, first_line};
use crate::client::http::{Body, Request};
use domain::id::{PipelineName, PipelineRunId};
use domain::time::Timestamp;
use elements::{Element, Elements, Fault};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

/// A page ends where its events have more bytes than this.
const PAGE_BYTES: usize = 4 << 20;

/// Events of one millisecond stay on one page, because the next one begins with a later millisecond. This is the
/// most that is kept of them.
const MILLISECOND_BYTES: usize = 32 << 20;

/// What an event takes in addition to its texts, roughly.
const EVENT_BYTES: usize = 200;

/// How long a page may take to arrive: a long line over a slow network takes more than other answers.
const PAGE_TIME: Duration = Duration::from_secs(60);

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
    /// How many bytes of its texts were left out because there were too many.
    pub left_out: u64,
}

impl LogEvent {
    fn bytes(&self) -> usize {
        EVENT_BYTES + self.message.len() + self.stack_trace.len()
    }
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
    /// Whether there was more in the answer than a page holds.
    pub is_cut: bool,
    /// How many events were left out: more of one millisecond than can be held.
    pub left_out: u64,
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
            left_out: 0,
        }
    }
}

/// A page while it arrives.
#[derive(Default)]
struct PageBody {
    elements: Elements,
    events: Vec<LogEvent>,
    offset: String,
    bytes: usize,
    is_cut: bool,
    left_out: u64,
}

impl Body for PageBody {
    fn add(&mut self, request: &Request, piece: &[u8]) -> Result<ControlFlow<()>, ClientError> {
        let mut whole = Vec::new();
        let split = self.elements.split(piece, |element| whole.push(element));
        for element in whole {
            if self.push(request, element)?.is_break() {
                self.is_cut = true;
                return Ok(ControlFlow::Break(()));
            }
        }
        match split {
            Ok(()) => Ok(ControlFlow::Continue(())),
            Err(Fault::NotAnArray) => {
                Err(request.lost(&format!("the answer is not a list: {}", first_line(piece))))
            }
            Err(Fault::NotAnObject) => Err(request.unusable("the answer has an unknown shape")),
            Err(Fault::TooLarge) => Err(request.unusable("an entry of the log is too large to be read")),
        }
    }

    fn end(self, request: &Request) -> Result<Self, ClientError> {
        if self.elements.is_whole() {
            Ok(self)
        } else {
            Err(request.broken_off())
        }
    }
}

impl PageBody {
    /// Takes an event, or ends the page before it.
    fn push(&mut self, request: &Request, element: Element) -> Result<ControlFlow<()>, ClientError> {
        let entry: Entry = request.decode(&element.json)?;
        let event = LogEvent {
            left_out: element.left_out,
            ..entry.log.into()
        };
        let last = self.events.last();
        let is_later = last.is_some_and(|last| last.timestamp != event.timestamp);
        if is_later && self.bytes >= PAGE_BYTES {
            return Ok(ControlFlow::Break(()));
        }
        self.offset = entry.offset;
        if self.bytes >= MILLISECOND_BYTES {
            self.left_out += 1;
        } else {
            self.bytes += event.bytes();
            self.events.push(event);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn page(self, asked: Option<&str>) -> LogPage {
        let told = Some(self.offset).filter(|place| !place.is_empty());
        let last = || self.events.last().map(|event| offset_at(event.timestamp));
        LogPage {
            offset: told.or_else(last).or_else(|| asked.map(str::to_owned)),
            events: self.events,
            is_cut: self.is_cut,
            left_out: self.left_out,
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
        let request = get(format!("reading the log of the run {run}"), url).timeout(PAGE_TIME);
        self.http
            .read(&request, |body: PageBody| Ok(body.page(offset)))
            .await
    }
}
