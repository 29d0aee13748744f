//! What is different when a data node is a MapReduce program: its job's name, and how it says that it broke.
//!
//! The exception of a broken record never reaches the node; it has a line of its own in the log, and the
//! node only says which job failed (measured on 6.11.0).

use super::Execution;
use crate::event::{ExecutionEvent, Failure, LogEntry, LogLevel, NodeProgram};
use crate::pipeline::Node;
use crate::plugin;
use std::sync::atomic::{AtomicU32, Ordering};

/// The job's name: `job_local726807272_0034`.
pub(super) struct JobName(String);

impl JobName {
    /// A fresh one for a MapReduce node, none for a Spark one.
    pub fn of(program: NodeProgram) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        (program == NodeProgram::MapReduce).then(|| {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
            Self(format!("job_local{}_{number:04}", random % 2_000_000_000))
        })
    }
}

impl Execution<'_> {
    pub(super) fn submitted(&self, job: &JobName) {
        (self.tell)(ExecutionEvent::JobSubmitted {
            node: self.node.clone(),
            job: job.0.clone(),
        });
    }

    /// What the node says when a record broke its program.
    pub(super) fn broken(&self, node: &Node, job: Option<&JobName>, failure: Failure) -> Failure {
        let Some(JobName(job)) = job else {
            return failure;
        };
        let source = node.stages.iter().find(|stage| stage.kind == "batchsource");
        let message = failure.message.clone().unwrap_or_default();
        // The line names the source, whichever stage broke (measured).
        let text = format!(
            "Failed to execute pipeline stage '{}' with the error: {message}. Please review your pipeline configuration and check the system logs for more details.",
            source.map_or("", |stage| stage.name.as_str())
        );
        (self.tell)(ExecutionEvent::Log(LogEntry {
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
