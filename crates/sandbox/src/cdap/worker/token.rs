//! What a run leaves in its workflow's token, besides what its actions set.

use super::Work;
use crate::cdap::json::{Ordered, gson_text};
use crate::cdap::node::resolved_properties;
use crate::cdap::program::WORKFLOW;
use pipelines::event::LogLevel;
use pipelines::execution::ExecutionRequest;
use pipelines::pipeline;

impl Work {
    /// The lineage of fields that a phase leaves in the token. Plugins tell it; none of the sandbox's does.
    pub(super) fn leave_operations(&self, node: &str) {
        let stages = pipeline::stages_of_node(&self.config, node).into_iter();
        let empty = stages.map(|stage| (stage, Ordered::List(Vec::new()))).collect();
        let value = gson_text(&Ordered::Map(empty));
        self.with_run(|run, _| {
            run.token
                .push(("field.operations".to_owned(), node.to_owned(), value));
        });
    }

    /// What the pipeline itself leaves in the workflow's token; whether it could.
    pub(super) fn leave_token(&self, job: &ExecutionRequest) -> bool {
        let set = {
            let world = self.cdap.world();
            world
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

    /// A macro that means nothing breaks the pipeline once more when it cleans up (measured).
    pub(super) fn say_not_left(&self) {
        let entity = self.run.program.run_entity(&self.run.version, &self.run.id);
        let text = format!(
            "Exception raised on destroy lifecycle method in class io.cdap.cdap.datapipeline.SmartWorkflow of the \
             Workflow program of run {entity}"
        );
        let logger = "io.cdap.cdap.internal.app.runtime.AbstractContext";
        self.say(LogLevel::Error, "WorkflowDriver", logger, 691, text);
    }
}
