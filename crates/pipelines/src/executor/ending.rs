//! Post actions: they run when everything has run, in the order of the configuration, and change nothing
//! about how the run ended.
//!
//! What one of them breaks on is a line in the log, and the run stays what it was (measured).

use super::{Execution, not_executed};
use crate::event::{ExecutionEvent, Failure, LogEntry, LogLevel};
use crate::execution::ExecutionEnd;
use crate::pipeline::Stage;
use crate::plugin::{self, Work};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

const LOGGER: &str = "io.cdap.cdap.datapipeline.SmartWorkflow";

/// A post action with its macros expanded.
pub(super) struct Ending {
    stage: Stage,
    properties: BTreeMap<String, String>,
}

impl Execution<'_> {
    pub(super) fn ending(&self) -> Result<Vec<Ending>, Failure> {
        let ready = |stage: &Stage| {
            Ok(Ending {
                stage: stage.clone(),
                properties: self.properties(stage)?,
            })
        };
        self.pipeline.ending.iter().map(ready).collect()
    }

    /// Runs those whose `runCondition` holds.
    pub(super) fn end(&mut self, ending: &[Ending], end: &ExecutionEnd) {
        static GOES_ON: AtomicBool = AtomicBool::new(false);
        // A run that was stopped has its post actions all the same.
        self.stop = &GOES_ON;
        self.node = String::new();
        self.program = crate::event::NodeProgram::Action;
        for Ending { stage, properties } in ending {
            let plugin = plugin::find(&stage.plugin, &stage.kind).map(|plugin| plugin.work);
            if !runs(stage, properties, end) {
                continue;
            }
            let done = match plugin {
                Some(Work::Action(run)) => self.at_work(stage, properties, run).map(drop),
                _ => Err(not_executed(stage)),
            };
            if let Err(failure) = done {
                self.say_broken(stage, &failure);
            }
        }
    }

    fn say_broken(&self, stage: &Stage, failure: &Failure) {
        let message = failure.message.clone().unwrap_or_default();
        (self.tell)(ExecutionEvent::Log(LogEntry {
            level: LogLevel::Error,
            logger: LOGGER.to_owned(),
            thread: "WorkflowDriver".to_owned(),
            message: format!("Error while running post action {}.", stage.name),
            stack_trace: format!("{}: {message}\n", failure.class_name),
            stage: None,
        }));
    }
}

/// `ConditionConfig.shouldRun`.
fn runs(stage: &Stage, properties: &BTreeMap<String, String>, end: &ExecutionEnd) -> bool {
    // The plugins that query a database run on success unless they are told otherwise, others always.
    let usual = match stage.plugin.as_str() {
        "DatabaseQuery" | "Mysql" => "success",
        _ => "completion",
    };
    let given = properties.get("runCondition").map(String::as_str);
    match given
        .filter(|word| !word.is_empty())
        .unwrap_or(usual)
        .to_lowercase()
        .as_str()
    {
        "success" => *end == ExecutionEnd::Completed,
        "failure" => *end != ExecutionEnd::Completed,
        _ => true,
    }
}
