//! What a run leaves in its workflow's token, besides what its actions set.

use super::Work;
use crate::sandbox::cdap::json::{Ordered, gson_text};
use crate::sandbox::cdap::node::resolved_properties;
use crate::sandbox::cdap::program::WORKFLOW;
use crate::sandbox::execution::Job;
use crate::sandbox::pipeline;

impl Work {
    /// The lineage of fields that a phase leaves in the token. Plugins tell it; none of the sandbox's does.
    pub(super) fn leave_operations(&self, node: &str) {
        let stages = pipeline::stages_of(&self.config, node).into_iter();
        let empty = stages.map(|stage| (stage, Ordered::List(Vec::new()))).collect();
        let value = gson_text(&Ordered::Map(empty));
        self.with_run(|run, _| {
            run.token
                .push(("field.operations".to_owned(), node.to_owned(), value));
        });
    }

    /// What the pipeline itself leaves in the workflow's token.
    pub(super) fn leave_token(&self, job: &Job) {
        let set = {
            let world = self.cdap.world();
            world
                .runs
                .get(&self.run.id)
                .map(|run| run.token.clone())
                .unwrap_or_default()
        };
        if let Some(properties) = resolved_properties(job, &set) {
            self.with_run(|run, _| {
                let key = "resolved.plugin.properties.map".to_owned();
                run.token.push((key, WORKFLOW.to_owned(), properties));
            });
        }
    }
}
