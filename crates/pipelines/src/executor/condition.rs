//! A condition: says which way the run takes, and what it can ask of the stages before it.

use super::{Execution, not_executed};
use crate::event::{ExecutionEvent, Failure};
use crate::pipeline::{Node, Stage};
use crate::plugin::{self, Circumstances, Work};

impl Execution<'_> {
    pub(super) fn condition(&mut self, id: &str, stage: &Stage) -> Result<bool, Failure> {
        // A server keeps no state of a condition's node, so none is told.
        id.clone_into(&mut self.node);
        self.program = crate::event::NodeProgram::Action;
        self.pause(std::time::Duration::ZERO)?;
        let properties = self.properties(stage)?;
        let Some(Work::Condition(decide)) = plugin::find(&stage.plugin, &stage.kind).map(|p| p.work) else {
            return Err(self.wrap(stage, not_executed(stage)));
        };
        let (arguments, counts) = (self.scope.arguments.clone(), self.counts.clone());
        let circumstances = Circumstances {
            arguments: &arguments,
            namespace: &self.request.namespace,
            pipeline: &self.request.pipeline,
            counts: &counts,
        };
        let decided = self.at_work(stage, &properties, |task| decide(task, &circumstances));
        decided
            .map(|(way, _)| way)
            .map_err(|cause| self.wrap(stage, cause))
    }

    /// What a data node leaves in the workflow's token for conditions: only where there is one
    /// (`BatchPhaseSpec.pipelineContainsCondition`).
    pub(super) fn leave_statistics(&self, node: &Node) {
        if !self.pipeline.has_conditions() {
            return;
        }
        for stage in &node.stages {
            for (kind, metric) in [
                ("input", "input.records"),
                ("output", "output.records"),
                ("error", "error.records"),
            ] {
                let count = self.counts.get(&stage.name).and_then(|counts| counts.get(kind));
                (self.tell)(ExecutionEvent::ArgumentSet {
                    node: node.id.clone(),
                    name: format!("stage.statistics.{}.{metric}", stage.name),
                    value: count.copied().unwrap_or_default().to_string(),
                });
            }
        }
    }
}
