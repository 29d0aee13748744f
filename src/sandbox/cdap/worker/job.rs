//! The lines of a MapReduce job.

use super::{MAP_REDUCE, Work};
use crate::sandbox::observation::Level;

const COMMITTER: &str = "io.cdap.cdap.internal.app.runtime.batch.MainOutputCommitter";

impl Work {
    /// What a job's lines say of it.
    pub(super) fn job_details(&self, node: &str) -> String {
        let program = &self.run.program;
        let inner = self
            .node
            .as_ref()
            .and_then(|(_, run)| run.as_deref())
            .unwrap_or_default();
        format!(
            "namespaceId={}, applicationId={}, program={node}, runid={inner}",
            program.namespace, program.app
        )
    }

    pub(super) fn job_submitted(&mut self, node: &str, job: &str) {
        let (runner, details) = (format!("MapReduceRunner-{node}"), self.job_details(node));
        let text = format!("Submitted MapReduce Job: name={node}, jobId={job}, {details}.");
        self.say(Level::Info, &runner, MAP_REDUCE, 361, text);
        let text = format!("Setting up for MapReduce job: {details}");
        self.say(Level::Info, "Thread-1773", COMMITTER, 96, text);
        self.job = Some(job.to_owned());
    }
}
