//! The log lines of a node's program: of a MapReduce job, and of a Spark driver.

use super::{MAP_REDUCE, Worker};
use crate::Personality;
use pipelines::event::{LogLevel, NodeProgram};

const COMMITTER: &str = "io.cdap.cdap.internal.app.runtime.batch.MainOutputCommitter";

impl Worker {
    /// The name of a Spark program's thread, which contains the id of its run.
    fn submitter_thread(&self, node: &str) -> String {
        let inner = self
            .node
            .as_ref()
            .and_then(|(_, run)| run.as_deref())
            .unwrap_or_default();
        format!("spark-submitter-{node}-{inner}")
    }

    pub(super) fn log_spark_start(&self, node: &str) {
        if self.program == NodeProgram::Spark {
            let text = format!("Starting HTTP Service {node}-http-service at address localhost/localhost:0");
            let (starting, service) = ("SparkDriverHttpService STARTING", "io.cdap.http.NettyHttpService");
            self.log_system(LogLevel::Info, starting, service, 181, text);
            let thread = self.submitter_thread(node);
            let main = "io.cdap.cdap.app.runtime.spark.SparkMainWrapper$";
            let text =
                "Launching user spark class class io.cdap.cdap.etl.spark.batch.BatchSparkPipelineDriver";
            self.log_system(LogLevel::Info, &thread, main, 78, text.to_owned());
            let text = "Note that spark.local.dir will be overridden by the value set by the cluster manager (via \
                        SPARK_LOCAL_DIRS in mesos/standalone/kubernetes and LOCAL_DIRS in YARN).";
            self.log_system(
                LogLevel::Warn,
                &thread,
                "org.apache.spark.SparkConf",
                73,
                text.to_owned(),
            );
        }
    }

    pub(super) fn log_spark_end(&self, node: &str) {
        if self.program == NodeProgram::Spark {
            let text = "Spark main returned class io.cdap.cdap.etl.spark.batch.BatchSparkPipelineDriver";
            let thread = self.submitter_thread(node);
            let main = "io.cdap.cdap.app.runtime.spark.SparkMainWrapper$";
            self.log_system(LogLevel::Info, &thread, main, 95, text.to_owned());
            let text = format!("Stopping HTTP Service {node}-http-service");
            self.log_system(
                LogLevel::Info,
                "SparkDriverHttpService STOPPING",
                "io.cdap.http.NettyHttpService",
                258,
                text,
            );
        }
    }

    /// A line number in the workflow driver's source. `number` is that of 6.11; in 6.10 it is lower by two (measured).
    pub(super) fn driver_line(&self, number: u32) -> u32 {
        match self.cdap.personality {
            Personality::V6_10 => number - 2,
            Personality::V6_11 => number,
        }
    }

    /// The description of a job in its lines.
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
        // As for the second job of a server; the line of the first one is not known.
        let metrics = "org.apache.hadoop.metrics2.impl.MetricsSystemImpl";
        let text = "JobTracker metrics system already initialized!".to_owned();
        self.log_system(LogLevel::Warn, &runner, metrics, 151, text);
        let text = format!("Submitted MapReduce Job: name={node}, jobId={job}, {details}.");
        self.log_system(LogLevel::Info, &runner, MAP_REDUCE, 361, text);
        let text = format!("Setting up for MapReduce job: {details}");
        self.log_system(LogLevel::Info, "Thread-1773", COMMITTER, 96, text);
        self.job = Some(job.to_owned());
    }
}
