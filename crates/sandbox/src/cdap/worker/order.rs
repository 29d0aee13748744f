//! What the executor is asked to do for a run, put together from what the server knows when it begins.

use crate::cdap::Cdap;
use crate::cdap::run::Run;
use pipelines::artifact::PluginFinder;
use pipelines::execution::ExecutionRequest;
use pipelines::pipeline;

impl Cdap {
    /// Nothing, if this version of the app is gone.
    pub(super) fn job(&self, run: &Run) -> Option<ExecutionRequest> {
        let world = self.world();
        let version = world.version_of(run)?;
        let namespace = &run.program.namespace;
        let keys = world.keys.iter().filter(|((owner, _), _)| owner == namespace);
        let plugin_finder = PluginFinder {
            artifacts: &world.installed,
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
            stage_fault: run.fate.fail.clone(),
            speed: self.clock.speed(),
        })
    }
}
