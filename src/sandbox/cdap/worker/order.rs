//! What the executor is asked to do for a run, put together from what the server knows when it begins.

use crate::sandbox::artifact::Shelf;
use crate::sandbox::cdap::Cdap;
use crate::sandbox::cdap::run::Run;
use crate::sandbox::execution::Job;
use crate::sandbox::pipeline;

impl Cdap {
    /// Nothing, if the app or this version of it is gone.
    pub(super) fn job(&self, run: &Run) -> Option<Job> {
        let world = self.world();
        let key = (run.program.namespace.clone(), run.program.app.clone());
        let version = world
            .apps
            .get(&key)?
            .iter()
            .find(|version| version.id == run.version)?;
        let keys = world
            .keys
            .iter()
            .filter(|((namespace, _), _)| *namespace == key.0);
        let stock = Shelf {
            installed: &world.installed,
            namespace: &key.0,
        };
        Some(Job {
            personality: self.personality,
            macros: pipeline::macro_exceptions(&version.config, &stock),
            namespace: key.0.clone(),
            pipeline: key.1.clone(),
            config: version.config.clone(),
            arguments: run.arguments.clone(),
            secure_keys: keys
                .map(|((_, name), key)| (name.clone(), key.value.clone()))
                .collect(),
            pace: self.clock.work(),
            breakage: run.fate.fail.clone(),
            speed: self.clock.speed(),
        })
    }
}
