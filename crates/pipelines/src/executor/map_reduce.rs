//! What differs if a data node is a MapReduce program: it has a job, and it reports failures in another way.
//!
//! The exception of a failed record is written to the log only; the node reports just which job failed
//! (measured on 6.11.0).

use super::Execution;
use crate::event::{ExecutionEvent, Failure, LogEntry, LogLevel, NodeProgram};
use crate::pipeline::Node;
use crate::plugin;
use std::sync::atomic::{AtomicU32, Ordering};

/// The id of a job: `job_local726807272_0034`.
pub(super) struct JobName(String);

impl JobName {
    /// A new id for a MapReduce node; `None` for a Spark node.
    pub fn from_program(program: NodeProgram) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        (program == NodeProgram::MapReduce).then(|| {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
            Self(format!("job_local{}_{number:04}", random % 2_000_000_000))
        })
    }
}

impl Execution<'_> {
    pub(super) fn emit_job_submitted(&self, job: &JobName) {
        (self.emit)(ExecutionEvent::JobSubmitted {
            node: self.node.clone(),
            job: job.0.clone(),
        });
    }

    /// The failure of a node after a failure in one of its stages; logs the original one on MapReduce.
    pub(super) fn mapreduce_failure(&self, node: &Node, job: Option<&JobName>, failure: Failure) -> Failure {
        let Some(JobName(job)) = job else {
            return failure;
        };
        let source = node.stages.iter().find(|stage| stage.kind == "batchsource");
        let message = failure.message.clone().unwrap_or_default();
        // The line names the source, whichever stage failed (measured).
        let text = format!(
            "Failed to execute pipeline stage '{}' with the error: {message}. Please review your pipeline configuration and check the system logs for more details.",
            source.map_or("", |stage| stage.name.as_str())
        );
        (self.emit)(ExecutionEvent::Log(LogEntry {
            level: LogLevel::Error,
            logger: "io.cdap.cdap.etl.batch.mapreduce.ETLMapReduce$ETLMapper".into(),
            thread: "LocalJobRunner Map Task Executor #0".into(),
            message: text,
            stack_trace: format!("{}: {message}\n", failure.class_name),
            stage: None,
        }));
        plugin::failure(
            "java.lang.IllegalStateException",
            format!("MapReduce JobId {job} failed"),
        )
    }
}
