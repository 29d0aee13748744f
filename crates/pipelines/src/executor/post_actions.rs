//! Runs post actions: after everything else, in the order of the configuration, without an effect on how the
//! run ended.
//!
//! The failure of a post action is a line in the log and does not change the run's status (measured).

use super::{Execution, not_executed};
use crate::event::{ExecutionEvent, Failure, LogEntry, LogLevel};
use crate::execution::ExecutionEnd;
use crate::pipeline::Stage;
use crate::plugin::{self, Implementation};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

const LOGGER: &str = "io.cdap.cdap.datapipeline.SmartWorkflow";

/// A post action with its macros expanded.
pub(super) struct PostAction {
    stage: Stage,
    properties: BTreeMap<String, String>,
}

impl Execution<'_> {
    pub(super) fn post_actions(&self) -> Result<Vec<PostAction>, Failure> {
        let ready = |stage: &Stage| {
            Ok(PostAction {
                stage: stage.clone(),
                properties: self.properties(stage)?,
            })
        };
        self.pipeline.post_actions.iter().map(ready).collect()
    }

    /// Runs the post actions whose `runCondition` is met.
    pub(super) fn run_post_actions(&mut self, post_actions: &[PostAction], end: &ExecutionEnd) {
        static NEVER_STOP: AtomicBool = AtomicBool::new(false);
        // The post actions of a stopped run are executed too.
        self.stop = &NEVER_STOP;
        self.node = String::new();
        self.program = crate::event::NodeProgram::Action;
        for PostAction { stage, properties } in post_actions {
            let plugin = plugin::find(&stage.plugin, &stage.kind).map(|plugin| plugin.implementation);
            if !should_run(stage, properties, end) {
                continue;
            }
            let done = match plugin {
                Some(Implementation::Action(run)) => self.run_plugin(stage, properties, run).map(drop),
                _ => Err(not_executed(stage)),
            };
            if let Err(failure) = done {
                self.log_failure(stage, &failure);
            }
        }
    }

    fn log_failure(&self, stage: &Stage, failure: &Failure) {
        let message = failure.message.clone().unwrap_or_default();
        (self.emit)(ExecutionEvent::Log(LogEntry {
            level: LogLevel::Error,
            logger: LOGGER.to_owned(),
            thread: "WorkflowDriver".to_owned(),
            message: format!("Error while running post action {}.", stage.name),
            stack_trace: format!("{}: {message}\n", failure.class_name),
            stage: None,
        }));
    }
}

/// Whether a post action runs, as `ConditionConfig.shouldRun` decides.
fn should_run(stage: &Stage, properties: &BTreeMap<String, String>, end: &ExecutionEnd) -> bool {
    // By default the database plugins run on success, the others always.
    let default = match stage.plugin.as_str() {
        "DatabaseQuery" | "Mysql" => "success",
        _ => "completion",
    };
    let given = properties.get("runCondition").map(String::as_str);
    match given
        .filter(|word| !word.is_empty())
        .unwrap_or(default)
        .to_lowercase()
        .as_str()
    {
        "success" => *end == ExecutionEnd::Completed,
        "failure" => *end != ExecutionEnd::Completed,
        _ => true,
    }
}
