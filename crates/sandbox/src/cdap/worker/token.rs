//! What the platform writes into a workflow's token, besides what actions set.

use super::Worker;
use super::lines::{log_line, trace};
use crate::cdap::json::{Ordered, gson_text};
use crate::cdap::log::Origin;
use crate::cdap::node::resolved_properties;
use crate::cdap::program::WORKFLOW;
use pipelines::event::{Failure, LogEntry, LogLevel};
use pipelines::execution::ExecutionRequest;
use pipelines::pipeline;

impl Worker {
    /// Stores the field lineage of a phase. It is empty: the sandbox's plugins record none.
    pub(super) fn store_operations(&self, node: &str) {
        let stages = pipeline::stages_of_node(&self.config, node).into_iter();
        let empty = stages.map(|stage| (stage, Ordered::List(Vec::new()))).collect();
        let value = gson_text(&Ordered::Map(empty));
        self.with_run(|run, _| {
            run.token
                .push(("field.operations".to_owned(), node.to_owned(), value));
        });
    }

    /// Stores the resolved properties of the pipeline. False if a macro could not be resolved.
    pub(super) fn store_token(&self, job: &ExecutionRequest) -> bool {
        let set = {
            let state = self.cdap.state();
            state
                .runs
                .get(&self.run.id)
                .map(|run| run.token.clone())
                .unwrap_or_default()
        };
        let Some(properties) = resolved_properties(job, &set) else {
            return false;
        };
        self.with_run(|run, _| {
            let key = "resolved.plugin.properties.map".to_owned();
            run.token.push((key, WORKFLOW.to_owned(), properties));
        });
        true
    }

    /// An unresolved macro fails the pipeline once more when it is destroyed (measured).
    pub(super) fn log_destroy_error(&self, cause: Option<&Failure>) {
        let entity = self.run.program.run_entity(&self.run.version, &self.run.id);
        let text = format!(
            "Exception raised on destroy lifecycle method in class io.cdap.cdap.datapipeline.SmartWorkflow of the \
             Workflow program of run {entity}"
        );
        let logger = "io.cdap.cdap.internal.app.runtime.AbstractContext";
        // Of the failure only the macro's own exception is printed here (measured).
        let root = cause.map(Failure::innermost);
        let line = LogEntry {
            stack_trace: root.map(trace).unwrap_or_default(),
            ..log_line(LogLevel::Error, "WorkflowDriver", logger, text)
        };
        self.log(line, Origin::System, false, Some(691));
    }
}
