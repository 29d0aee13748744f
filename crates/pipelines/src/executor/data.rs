//! Runs a data node, Spark or MapReduce: reads the sources, passes rows through the stages in batches, and
//! commits all sinks at the end.
//!
//! As in a real job, every sink commits even if another one fails, so its files look complete.

use super::flow::{Flow, MAX_BATCH_ROWS, Properties, implementation, to_i64};
use super::{Execution, map_reduce};
use crate::Personality;
use crate::event::{Failure, LogLevel, NodeProgram};
use crate::pipeline::{Node, Stage};
use crate::plugin::{self, Batch, Implementation};
use googlesql::value::{Column, Value};
use std::collections::BTreeMap;
use std::time::Instant;

/// The least number of batches, if a source has as many rows.
const MIN_BATCHES: usize = 10;

/// Rows that enter the node batch by batch.
struct Input<'n> {
    stage: &'n Stage,
    /// The condition whose connector held the rows; `None` for a source.
    connector: Option<String>,
    columns: Vec<Column>,
    rows: std::vec::IntoIter<Vec<Value>>,
    started: bool,
}

impl Input<'_> {
    /// The next batch; the first one is returned even if it is empty.
    fn next(&mut self, size: usize) -> Option<Batch> {
        let rows: Vec<_> = self.rows.by_ref().take(size).collect();
        if rows.is_empty() && self.started {
            return None;
        }
        self.started = true;
        Some(Batch {
            columns: self.columns.clone(),
            rows,
        })
    }
}

impl Execution<'_> {
    pub(super) fn run_data_node(&mut self, node: &Node) -> Result<(), Failure> {
        for stage in &node.stages {
            implementation(stage).map_err(|failure| self.wrap(stage, failure))?;
        }
        let mut properties: BTreeMap<&str, Properties> = BTreeMap::new();
        for stage in &node.stages {
            properties.insert(&stage.name, self.properties(stage)?);
        }
        let mut flow = Flow::new(node, properties);
        let mut inputs = self.open_stages(&mut flow)?;
        self.check_relational_schemas(node)?;
        let job = map_reduce::JobName::from_program(node.program);
        if let Some(job) = &job {
            self.emit_job_submitted(job);
        }
        let most = inputs.iter().map(|input| input.rows.len()).max().unwrap_or(0);
        let size = batch_size(node, most);
        let batches = most.div_ceil(size).max(1);
        for _ in 0..batches {
            for input in &mut inputs {
                self.process_batch(&mut flow, input, size)
                    .map_err(|failure| self.mapreduce_failure(node, job.as_ref(), failure))?;
            }
            self.pause(self.min_node_time / u32::try_from(batches).unwrap_or(u32::MAX))?;
        }
        self.run_aggregators(&mut flow)
            .map_err(|failure| self.mapreduce_failure(node, job.as_ref(), failure))?;
        self.emit_process_times(std::mem::take(&mut flow.times));
        self.commit_sinks(flow)
    }

    /// Opens the sinks, reads the sources and initialises all other stages.
    fn open_stages<'n>(&mut self, flow: &mut Flow<'n>) -> Result<Vec<Input<'n>>, Failure> {
        let mut inputs = Vec::new();
        let node = flow.node;
        for stage in &node.stages {
            let began = Instant::now();
            let properties = &flow.properties[stage.name.as_str()];
            // An empty batch initialises a stage: an error in its settings shows now.
            let opened = match implementation(stage)? {
                Implementation::Sink(open) => self.run_plugin(stage, properties, open).map(|(sink, _)| {
                    flow.sinks.insert(&stage.name, sink);
                }),
                Implementation::Source(read) => {
                    self.run_plugin(stage, properties, read).and_then(|(batch, _)| {
                        self.memory
                            .take(batch.bytes())
                            .map_err(|text| plugin::too_large(&stage.name, &text))?;
                        flow.record_time(stage, batch.rows.len(), began);
                        inputs.push(Input {
                            stage,
                            connector: None,
                            columns: batch.columns,
                            rows: batch.rows.into_iter(),
                            started: false,
                        });
                        Ok(())
                    })
                }
                Implementation::Transform(apply) => self
                    .run_plugin(stage, properties, |context| apply(context, Batch::default()))
                    .map(drop),
                Implementation::Splitter(split) => self
                    .run_plugin(stage, properties, |context| Ok(split(context, Batch::default())))
                    .map(drop),
                Implementation::Aggregator(collect) => self
                    .run_plugin(stage, properties, |context| collect(context, Vec::new()))
                    .map(drop),
                Implementation::ErrorTransform(take) => self
                    .run_plugin(stage, properties, |context| take(context, Vec::new()))
                    .map(drop),
                Implementation::Action(_) | Implementation::Condition(_) => Ok(()),
            };
            opened.map_err(|failure| self.wrap(stage, failure))?;
            inputs.extend(self.connector_inputs(stage));
        }
        Ok(inputs)
    }

    /// The rows in the connectors of the conditions before a stage.
    fn connector_inputs<'n>(&mut self, stage: &'n Stage) -> Vec<Input<'n>> {
        let pipeline = self.pipeline;
        let conditions = pipeline.inputs(&stage.name).filter(|name| {
            pipeline
                .stage(name)
                .is_some_and(|stage| stage.kind == "condition")
        });
        let mut inputs = Vec::new();
        for condition in conditions {
            inputs.extend(
                self.take_from_connectors(condition)
                    .into_iter()
                    .map(|batch| Input {
                        stage,
                        connector: Some(condition.to_owned()),
                        columns: batch.columns,
                        rows: batch.rows.into_iter(),
                        started: false,
                    }),
            );
        }
        inputs
    }

    /// Wraps a failure as the server does: 6.11 names the stage on Spark, MapReduce does not (measured).
    pub(super) fn wrap(&self, stage: &Stage, cause: Failure) -> Failure {
        match (self.program, self.request.personality) {
            (NodeProgram::MapReduce, _) => cause,
            (_, Personality::V6_11) => wrapped(stage, cause),
            // 6.10 does not wrap the exception of an action.
            (NodeProgram::Action, Personality::V6_10) => cause,
            // A source is prepared inside a transaction, anything else fails inside the Spark job.
            (NodeProgram::Spark, Personality::V6_10) if stage.kind == "batchsource" => Failure {
                class_name: "org.apache.tephra.TransactionFailureException".into(),
                message: Some(
                    "Exception raised from TxRunnable.run() \
                     io.cdap.cdap.internal.app.runtime.AbstractContext$$Lambda$538/0x00007ff62c716000@167da50"
                        .into(),
                ),
                cause: Some(Box::new(cause)),
            },
            (NodeProgram::Spark, Personality::V6_10) => in_job(cause),
        }
    }

    /// 6.10 needs the input schema of a relational transform and fails if it was not known at deploy time. This
    /// was measured with `Wrangler`; the aggregators use the same engine.
    fn check_relational_schemas(&self, node: &Node) -> Result<(), Failure> {
        if self.request.personality != Personality::V6_10 || node.program != NodeProgram::Spark {
            return Ok(());
        }
        let relational = |stage: &&Stage| {
            matches!(
                stage.plugin.as_str(),
                "Wrangler" | "GroupByAggregate" | "Deduplicate"
            )
        };
        let mut stages = node.stages.iter().filter(relational);
        if stages.all(|stage| self.pipeline.input_schema_known(stage)) {
            return Ok(());
        }
        let text = "Cannot invoke \"io.cdap.cdap.api.data.schema.Schema.getFields()\" because the return value of \
                    \"io.cdap.cdap.etl.api.engine.sql.request.SQLRelationDefinition.getSchema()\" is null";
        Err(in_job(plugin::failure("java.lang.NullPointerException", text)))
    }

    /// Passes the next batch of an input to the sinks.
    fn process_batch<'n>(
        &mut self,
        flow: &mut Flow<'n>,
        input: &mut Input<'n>,
        size: usize,
    ) -> Result<(), Failure> {
        let Some(batch) = input.next(size) else {
            return Ok(());
        };
        self.memory.release(batch.bytes());
        if let Some(condition) = &input.connector {
            return self.process(flow, input.stage, condition, batch);
        }
        self.count(&input.stage.name, "records.in", to_i64(batch.rows.len()));
        self.send(flow, input.stage, None, batch)
    }

    fn commit_sinks(&mut self, mut flow: Flow<'_>) -> Result<(), Failure> {
        let mut first_failure = None;
        for stage in &flow.node.stages {
            let Some(sink) = flow.sinks.remove(stage.name.as_str()) else {
                continue;
            };
            match self
                .request
                .check_stage_fault(&stage.name)
                .and_then(|()| sink.commit())
            {
                Ok(Some(updated)) => {
                    self.count(&stage.name, "records.updated", updated);
                    let text = format!("Stage '{}' loaded {updated} rows", stage.name);
                    self.log(
                        LogLevel::Info,
                        "io.cdap.plugin.gcp.bigquery.sink.BigQueryOutputFormat",
                        text,
                    );
                }
                Ok(None) => {}
                Err(failure) => first_failure = first_failure.or(Some(self.wrap(stage, failure))),
            }
        }
        self.memory.release(flow.kept);
        first_failure.map_or(Ok(()), Err)
    }
}

/// How many rows a batch has. A stage that may sleep for every row gets them one by one, so that its counts
/// grow as on a server.
fn batch_size(node: &Node, rows: usize) -> usize {
    let slow = |stage: &Stage| plugin::find(&stage.plugin, &stage.kind).is_some_and(plugin::Plugin::is_lab);
    if node.stages.iter().any(slow) {
        return 1;
    }
    rows.div_ceil(MIN_BATCHES).clamp(1, MAX_BATCH_ROWS)
}

/// Wraps a failure as a Spark job does.
fn in_job(cause: Failure) -> Failure {
    let text = cause.message.as_deref().map(|text| format!(": {text}"));
    Failure {
        class_name: "java.util.concurrent.ExecutionException".into(),
        message: Some(format!("{}{}", cause.class_name, text.unwrap_or_default())),
        cause: Some(Box::new(cause)),
    }
}

/// Wraps a failure with the name of its stage, as 6.11 does.
pub(super) fn wrapped(stage: &Stage, cause: Failure) -> Failure {
    let text = cause.message.clone().unwrap_or_default();
    Failure {
        class_name: "io.cdap.cdap.api.exception.WrappedStageException".into(),
        message: Some(format!(
            "Stage '{}' encountered : {}: {text}",
            stage.name, cause.class_name
        )),
        cause: Some(Box::new(cause)),
    }
}
