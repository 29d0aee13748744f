//! Builds the executor's job for a run.

use crate::cdap::Cdap;
use crate::cdap::run::Run;
use pipelines::artifact::PluginFinder;
use pipelines::execution::ExecutionRequest;
use pipelines::pipeline;

impl Cdap {
    /// `None` if this version of the app is deleted.
    pub(super) fn job(&self, run: &Run) -> Option<ExecutionRequest> {
        let state = self.state();
        let version = state.version_of(run)?;
        let namespace = &run.program.namespace;
        let keys = state.keys.iter().filter(|((owner, _), _)| owner == namespace);
        let plugin_finder = PluginFinder {
            artifacts: &state.installed,
            namespace,
        };
        Some(ExecutionRequest {
            personality: self.personality,
            macros: pipeline::macro_options(&version.config, &plugin_finder),
            namespace: namespace.clone(),
            pipeline: run.program.app.clone(),
            config: version.config.clone(),
            arguments: run.arguments.clone(),
            secure_keys: keys
                .map(|((_, name), key)| (name.clone(), key.value.clone()))
                .collect(),
            pace: self.clock.work(),
            stage_fault: run.fault.fail.clone(),
            speed: self.clock.speed(),
        })
    }
}
