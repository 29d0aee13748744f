//! What a plugin has at hand while it works: its stage, the world around it, and a voice.

use super::{Properties, Tables};
use crate::sandbox::bucket::Bucket;
use crate::sandbox::observation::{Failure, Level, Line, Observation};
use crate::sandbox::source::Source;
use chrono::{DateTime, Utc};
use std::fmt;
use std::sync::Arc;

/// What tells the time.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What pipelines read and write.
#[derive(Clone)]
pub struct World {
    /// The warehouse.
    pub tables: Arc<dyn Tables>,
    /// The source database.
    pub source: Arc<Source>,
    /// Cloud Storage.
    pub bucket: Bucket,
    /// The server's clock, which may run fast.
    pub clock: Clock,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("source", &self.source)
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}

/// A stage with its macros expanded. It has no `Debug`, for passwords are among its properties.
#[expect(missing_debug_implementations, reason = "it holds passwords")]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// The plugin's name.
    pub plugin: &'static str,
    /// The properties.
    pub properties: Properties,
    /// `logical.start.time`, in milliseconds since 1970.
    pub logical_start: i64,
}

impl Stage {
    /// A property that is neither absent nor empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.properties
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// A property that must be there.
    pub fn required(&self, name: &str) -> Result<&str, Failure> {
        let missing = || {
            let text = format!(
                "Errors were encountered during validation. Required property '{name}' has no value."
            );
            failure("io.cdap.cdap.etl.api.validation.ValidationException", text)
        };
        self.text(name).ok_or_else(missing)
    }

    /// A property that is `true`.
    pub fn flag(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// What the sandbox cannot do; `what` ends the sentence: `format 'avro'`.
    pub fn unsupported(&self, what: &str) -> Failure {
        let (plugin, stage) = (self.plugin, &self.name);
        let text = format!("Plugin '{plugin}' of stage '{stage}': {what} is not supported by the sandbox.");
        failure("java.lang.UnsupportedOperationException", text)
    }
}

/// A failure without a cause.
pub fn failure(class_name: &str, message: impl Into<String>) -> Failure {
    Failure {
        class_name: class_name.into(),
        message: Some(message.into()),
        cause: None,
    }
}

/// Where a plugin works.
#[expect(missing_debug_implementations, reason = "it is a voice")]
pub struct Desk<'a> {
    /// What pipelines read and write.
    pub world: &'a World,
    /// The thread that log lines name.
    pub thread: String,
    /// Hears what happens.
    pub observe: &'a mut dyn FnMut(Observation),
}

impl Desk<'_> {
    /// Writes a log line; `logger` is the full name of a Java class.
    pub fn say(&mut self, level: Level, logger: &str, stage: Option<&str>, message: impl Into<String>) {
        (self.observe)(Observation::Line(Line {
            level,
            logger: logger.into(),
            thread: self.thread.clone(),
            message: message.into(),
            stack_trace: String::new(),
            stage: stage.map(str::to_owned),
        }));
    }

    /// Lets a metric of a stage grow.
    pub fn count(&mut self, stage: &str, metric: &str, by: usize) {
        (self.observe)(Observation::Counted {
            stage: stage.into(),
            metric: metric.into(),
            by: i64::try_from(by).unwrap_or(i64::MAX),
        });
    }
}
