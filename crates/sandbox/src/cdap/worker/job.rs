//! The lines of a node's program: of a MapReduce job, and of Spark around its driver.

use super::{MAP_REDUCE, Work};
use crate::Personality;
use pipelines::event::{LogLevel, NodeProgram};

const COMMITTER: &str = "io.cdap.cdap.internal.app.runtime.batch.MainOutputCommitter";

impl Work {
    /// The thread of a Spark program, which has the id of its run in its name.
    fn submitter(&self, node: &str) -> String {
        let inner = self
            .node
            .as_ref()
            .and_then(|(_, run)| run.as_deref())
            .unwrap_or_default();
        format!("spark-submitter-{node}-{inner}")
    }

    pub(super) fn say_spark_begins(&self, node: &str) {
        if self.program == NodeProgram::Spark {
            let text = format!("Starting HTTP Service {node}-http-service at address localhost/localhost:0");
            let (starting, service) = ("SparkDriverHttpService STARTING", "io.cdap.http.NettyHttpService");
            self.say(LogLevel::Info, starting, service, 181, text);
            let thread = self.submitter(node);
            let main = "io.cdap.cdap.app.runtime.spark.SparkMainWrapper$";
            let text =
                "Launching user spark class class io.cdap.cdap.etl.spark.batch.BatchSparkPipelineDriver";
            self.say(LogLevel::Info, &thread, main, 78, text.to_owned());
            let text = "Note that spark.local.dir will be overridden by the value set by the cluster manager (via \
                        SPARK_LOCAL_DIRS in mesos/standalone/kubernetes and LOCAL_DIRS in YARN).";
            self.say(
                LogLevel::Warn,
                &thread,
                "org.apache.spark.SparkConf",
                73,
                text.to_owned(),
            );
        }
    }

    pub(super) fn say_spark_ends(&self, node: &str) {
        if self.program == NodeProgram::Spark {
            let text = "Spark main returned class io.cdap.cdap.etl.spark.batch.BatchSparkPipelineDriver";
            let thread = self.submitter(node);
            let main = "io.cdap.cdap.app.runtime.spark.SparkMainWrapper$";
            self.say(LogLevel::Info, &thread, main, 95, text.to_owned());
            let text = format!("Stopping HTTP Service {node}-http-service");
            self.say(
                LogLevel::Info,
                "SparkDriverHttpService STOPPING",
                "io.cdap.http.NettyHttpService",
                258,
                text,
            );
        }
    }

    /// The line of the workflow driver's source, told as of 6.11; 6.10's lies two lines higher (measured).
    pub(super) fn driver_line(&self, number: u32) -> u32 {
        match self.cdap.personality {
            Personality::V6_10 => number - 2,
            Personality::V6_11 => number,
        }
    }

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
        // As of the second job of a server; whether the first one's line is another is not known.
        let metrics = "org.apache.hadoop.metrics2.impl.MetricsSystemImpl";
        let text = "JobTracker metrics system already initialized!".to_owned();
        self.say(LogLevel::Warn, &runner, metrics, 151, text);
        let text = format!("Submitted MapReduce ExecutionRequest: name={node}, jobId={job}, {details}.");
        self.say(LogLevel::Info, &runner, MAP_REDUCE, 361, text);
        let text = format!("Setting up for MapReduce job: {details}");
        self.say(LogLevel::Info, "Thread-1773", COMMITTER, 96, text);
        self.job = Some(job.to_owned());
    }
}
