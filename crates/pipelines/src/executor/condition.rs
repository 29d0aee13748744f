//! Evaluates a condition, and provides the record counts of earlier stages for it.

use super::{Execution, not_executed};
use crate::event::{ExecutionEvent, Failure};
use crate::pipeline::{Node, Stage};
use crate::plugin::{self, ConditionContext, Implementation};

impl Execution<'_> {
    pub(super) fn evaluate_condition(&mut self, id: &str, stage: &Stage) -> Result<bool, Failure> {
        // A server keeps no state of a condition's node, so no event is emitted.
        id.clone_into(&mut self.node);
        self.program = crate::event::NodeProgram::Action;
        self.pause(std::time::Duration::ZERO)?;
        let properties = self.properties(stage)?;
        let Some(Implementation::Condition(decide)) =
            plugin::find(&stage.plugin, &stage.kind).map(|p| p.implementation)
        else {
            return Err(self.wrap(stage, not_executed(stage)));
        };
        let (arguments, counts) = (self.scope.arguments.clone(), self.counts.clone());
        let condition = ConditionContext {
            arguments: &arguments,
            namespace: &self.request.namespace,
            pipeline: &self.request.pipeline,
            counts: &counts,
        };
        let evaluated = self.run_plugin(stage, &properties, |context| decide(context, &condition));
        evaluated
            .map(|(value, _)| value)
            .map_err(|cause| self.wrap(stage, cause))
    }

    /// Puts the record counts of a data node into the workflow token, if the pipeline has a condition
    /// (`BatchPhaseSpec.pipelineContainsCondition`).
    pub(super) fn emit_statistics(&self, node: &Node) {
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
                (self.emit)(ExecutionEvent::ArgumentSet {
                    node: node.id.clone(),
                    name: format!("stage.statistics.{}.{metric}", stage.name),
                    value: count.copied().unwrap_or_default().to_string(),
                });
            }
        }
    }
}
