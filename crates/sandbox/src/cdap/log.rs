//! Log lines as they are stored and shown: JSON with the fields of a real server, or its text pattern.
//!
//! `log_calls.rs` answers the calls.

use super::json::Ordered;
use super::run::Run;
use chrono::DateTime;
use pipelines::event::{LogEntry, LogLevel, NodeProgram};
use pipelines::hash_order;
use serde::{Deserialize, Serialize};

/// Who wrote a line: `.origin` in the `mdc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The pipeline itself.
    Program,
    /// The platform.
    System,
    /// A stage.
    Plugin,
}

/// A line as it is stored, with the names of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    /// In milliseconds since 1970.
    pub timestamp: i64,
    /// `INFO`
    pub log_level: String,
    /// The thread.
    pub thread_name: String,
    /// The class that wrote it.
    pub class_name: String,
    /// Its last part.
    pub simple_class_name: String,
    /// The line in its source.
    pub line_number: u32,
    /// The message.
    pub message: String,
    /// Multi-line text that ends with a newline, or empty.
    pub stack_trace: String,
    /// The logger.
    pub logger_name: String,
    /// Context, in the order of a real server.
    pub mdc: Vec<(String, String)>,
}

/// The context in which a run writes a line.
#[derive(Debug)]
pub struct LogContext<'a> {
    /// The workflow's run.
    pub run: &'a Run,
    /// The active node, with the id of its program's run.
    pub node: Option<(&'a str, Option<&'a str>)>,
    /// What runs the node.
    pub program: NodeProgram,
    /// Who writes.
    pub origin: Origin,
    /// Whether the line is a lifecycle event of the pipeline.
    pub lifecycle: bool,
}

impl LogContext<'_> {
    /// The line as it is stored. Without a number the line in the source is derived from the logger,
    /// so that equal lines have equal numbers.
    pub fn line(&self, line: LogEntry, number: Option<u32>) -> LogLine {
        // Spark's classes log through one trait.
        let class = if line.logger.starts_with("org.apache.spark.") {
            "org.apache.spark.internal.Logging"
        } else {
            line.logger.as_str()
        };
        let simple = class.rsplit('.').next().unwrap_or_default().to_owned();
        LogLine {
            timestamp: 0,
            log_level: level_name(line.level).to_owned(),
            thread_name: line.thread,
            class_name: class.to_owned(),
            simple_class_name: simple,
            line_number: number.unwrap_or_else(|| source_line(&line.logger)),
            message: line.message,
            stack_trace: line.stack_trace,
            mdc: self.mdc(line.stage),
            logger_name: logger_of(&line.logger).to_owned(),
        }
    }

    fn mdc(&self, stage: Option<String>) -> Vec<(String, String)> {
        let mut mdc = Vec::new();
        let mut put = |key: &str, value: &str| mdc.push((key.to_owned(), value.to_owned()));
        if self.lifecycle {
            put("MDC:eventType", "lifecycle");
        }
        put(".runId", &self.run.id);
        if let Some(stage) = &stage {
            put("pipeline.stage", stage);
        }
        put(
            ".origin",
            match self.origin {
                Origin::Program => "program",
                Origin::System => "system",
                Origin::Plugin => "plugin",
            },
        );
        put(".workflowId", &self.run.program.name);
        put(".namespaceId", &self.run.program.namespace);
        if let Some((node, Some(inner))) = self.node {
            put(".workflowProgramRunId", inner);
            put(
                match self.program {
                    NodeProgram::MapReduce => ".workflowMapReduceId",
                    _ => ".workflowSparkId",
                },
                node,
            );
        }
        put(".applicationId", &self.run.program.app);
        hash_order::sorted(mdc, |(key, _)| key.as_str())
    }
}

/// The logger of a class: those of some inner classes are their outer classes' (measured).
fn logger_of(class: &str) -> &str {
    ["$1", "$ETLMapper"]
        .iter()
        .find_map(|inner| class.strip_suffix(inner))
        .unwrap_or(class)
}

fn source_line(logger: &str) -> u32 {
    // It logs which stage failed in a MapReduce job.
    if logger.ends_with("$ETLMapper") {
        return 250;
    }
    let sum = logger.bytes().fold(17_u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    40 + sum % 360
}

/// A level by its name.
pub const fn level_name(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Trace => "TRACE",
        LogLevel::Debug => "DEBUG",
        LogLevel::Info => "INFO",
        LogLevel::Warn => "WARN",
        LogLevel::Error => "ERROR",
    }
}

/// The severity of a level; unknown names count as the lowest (measured).
pub fn severity(name: &str) -> u8 {
    match name.to_ascii_uppercase().as_str() {
        "ERROR" => 4,
        "WARN" => 3,
        "INFO" => 2,
        "DEBUG" => 1,
        _ => 0,
    }
}

/// The fields that `suppress` may name, in the order of the answer.
pub const FIELDS: [&str; 10] = [
    "timestamp",
    "logLevel",
    "threadName",
    "className",
    "simpleClassName",
    "lineNumber",
    "message",
    "stackTrace",
    "loggerName",
    "mdc",
];

impl LogLine {
    /// `-10000.<ms>`, as on servers that keep logs in files.
    pub fn offset(&self) -> String {
        format!("-10000.{}", self.timestamp)
    }

    /// The fields of the JSON form, without the suppressed ones.
    pub fn fields(&self, suppressed: &[String]) -> Fields {
        let text = |text: &str| Field::Text(text.to_owned());
        let values = [
            Field::Number(self.timestamp),
            text(&self.log_level),
            text(&self.thread_name),
            text(&self.class_name),
            text(&self.simple_class_name),
            Field::Number(i64::from(self.line_number)),
            text(&self.message),
            text(&self.stack_trace),
            text(&self.logger_name),
            Field::Map(Ordered::Map(
                self.mdc
                    .iter()
                    .map(|(key, value)| (key.clone(), Ordered::Text(value.clone())))
                    .collect(),
            )),
        ];
        let mut fields: Vec<_> = FIELDS
            .into_iter()
            .zip(values)
            .filter(|(name, _)| !suppressed.iter().any(|field| field == name))
            .collect();
        if !suppressed.iter().any(|field| field == "isNativeMethod") {
            fields.push(("isNativeMethod", Field::Flag(false)));
        }
        Fields(fields)
    }

    /// The text form: the line, a newline, and the stack trace.
    pub fn text(&self, escape: bool) -> String {
        let time = DateTime::from_timestamp_millis(self.timestamp).unwrap_or_default();
        let time = time.format("%Y-%m-%d %H:%M:%S,%3f");
        let (level, thread, number) = (&self.log_level, &self.thread_name, self.line_number);
        let logger = abbreviated(&self.logger_name);
        let text = format!(
            "{time} - {level:<5} [{thread}:{logger}@{number}] - {}\n{}",
            self.message, self.stack_trace
        );
        if escape { escaped(&text) } else { text }
    }
}

/// One field of the JSON form.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Field {
    /// A whole number.
    Number(i64),
    /// Text.
    Text(String),
    /// A flag.
    Flag(bool),
    /// A map.
    Map(Ordered),
}

/// The fields in order.
#[derive(Clone, Debug)]
pub struct Fields(Vec<(&'static str, Field)>);

impl Serialize for Fields {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, field)| (name, field)))
    }
}

/// `io.cdap.cdap.datapipeline.SmartWorkflow` as `i.c.c.d.SmartWorkflow`; inner classes are cut.
fn abbreviated(logger: &str) -> String {
    let (packages, class) = logger.rsplit_once('.').unwrap_or(("", logger));
    let class = class.split_once('$').map_or(class, |(outer, _)| outer);
    let initials = packages.split('.').filter_map(|part| part.chars().next());
    let mut short: String = initials.flat_map(|initial| [initial, '.']).collect();
    short.push_str(class);
    short
}

/// The names of the characters from U+00A0 on.
const LATIN_1: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn \
    sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde \
    Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde \
    Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil \
    egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave \
    uacute ucirc uuml yacute thorn yuml";

/// HTML entities where a name exists, other characters as they are (measured).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{a0}'..='\u{ff}' => {
                let nth = usize::try_from(u32::from(c) - 0xa0).unwrap_or_default();
                let name = LATIN_1.split_ascii_whitespace().nth(nth).unwrap_or("nbsp");
                out.push('&');
                out.push_str(name);
                out.push(';');
            }
            plain => out.push(plain),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> LogLine {
        LogLine {
            timestamp: 1_795_412_478_021,
            log_level: "WARN".to_owned(),
            thread_name: "WorkflowDriver".to_owned(),
            class_name: "io.cdap.cdap.datapipeline.SmartWorkflow".to_owned(),
            simple_class_name: "SmartWorkflow".to_owned(),
            line_number: 444,
            message: "worked on <line 1> & \"quoted\" é中".to_owned(),
            stack_trace: String::new(),
            logger_name: "io.cdap.cdap.datapipeline.SmartWorkflow".to_owned(),
            mdc: vec![(".runId".to_owned(), "x".to_owned())],
        }
    }

    #[test]
    fn text_follows_the_measured_pattern() {
        assert_eq!(
            line().text(false),
            "2026-11-23 05:41:18,021 - WARN  [WorkflowDriver:i.c.c.d.SmartWorkflow@444] - worked on <line 1> & \"quoted\" é中\n"
        );
        assert!(
            line()
                .text(true)
                .ends_with("worked on &lt;line 1&gt; &amp; &quot;quoted&quot; &eacute;中\n")
        );
        assert_eq!(abbreviated("lab.LabPlugins$LabWork"), "l.LabPlugins");
    }

    #[test]
    fn every_latin_letter_has_a_name() {
        assert_eq!(LATIN_1.split_ascii_whitespace().count(), 96);
        assert_eq!(escaped("ÿ"), "&yuml;");
    }
}
