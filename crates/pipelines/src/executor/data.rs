//! A data node, Spark or MapReduce: sources are read, rows pass the stages in batches, all sinks commit at
//! the end.
//!
//! The sinks commit side by side, as in a real job: when one of them fails, the files of another one
//! are there all the same, and look complete. How rows find their way is in `flow.rs`.

use super::flow::{Flow, Properties, number};
use super::{Execution, map_reduce, not_executed};
use crate::Personality;
use crate::event::{Failure, LogLevel, NodeProgram};
use crate::pipeline::{Node, Stage};
use crate::plugin::{self, Batch, Work};
use googlesql::value::{Column, Value};
use std::collections::BTreeMap;
use std::time::Instant;

/// Into how many batches a source's rows are cut at least, if there are so many.
const BATCHES: usize = 10;

/// How many rows a batch has at most.
pub(super) const LARGEST: usize = 1_000;

/// Rows that have been read and go their way batch by batch.
struct Supply<'n> {
    stage: &'n Stage,
    /// The condition that held them; a source's own rows have none.
    held_by: Option<String>,
    columns: Vec<Column>,
    rows: std::vec::IntoIter<Vec<Value>>,
    begun: bool,
}

impl Supply<'_> {
    /// The next rows; once at least, even if there are none.
    fn next(&mut self, size: usize) -> Option<Batch> {
        let rows: Vec<_> = self.rows.by_ref().take(size).collect();
        if rows.is_empty() && self.begun {
            return None;
        }
        self.begun = true;
        Some(Batch {
            columns: self.columns.clone(),
            rows,
        })
    }
}

impl Execution<'_> {
    pub(super) fn data(&mut self, node: &Node) -> Result<(), Failure> {
        for stage in &node.stages {
            work(stage).map_err(|failure| self.wrap(stage, failure))?;
        }
        let mut properties: BTreeMap<&str, Properties> = BTreeMap::new();
        for stage in &node.stages {
            properties.insert(&stage.name, self.properties(stage)?);
        }
        let mut flow = Flow::new(node, properties);
        let mut supplies = self.open(&mut flow)?;
        self.check_relations(node)?;
        let job = map_reduce::JobName::of(node.program);
        if let Some(job) = &job {
            self.submitted(job);
        }
        let most = supplies.iter().map(|supply| supply.rows.len()).max().unwrap_or(0);
        let size = batch_size(node, most);
        let batches = most.div_ceil(size).max(1);
        for _ in 0..batches {
            for supply in &mut supplies {
                self.pass(&mut flow, supply, size)
                    .map_err(|failure| self.broken(node, job.as_ref(), failure))?;
            }
            self.pause(self.share / u32::try_from(batches).unwrap_or(u32::MAX))?;
        }
        self.finish(&mut flow)
            .map_err(|failure| self.broken(node, job.as_ref(), failure))?;
        self.tell_times(&mut flow);
        self.commit(flow)
    }

    /// Opens the sinks, reads the sources, initialises everything else.
    fn open<'n>(&mut self, flow: &mut Flow<'n>) -> Result<Vec<Supply<'n>>, Failure> {
        let mut supplies = Vec::new();
        let node = flow.node;
        for stage in &node.stages {
            let began = Instant::now();
            let properties = &flow.properties[stage.name.as_str()];
            // An empty batch is how a stage is initialised: what its settings break on, breaks now.
            let opened = match work(stage)? {
                Work::Sink(open) => self.at_work(stage, properties, open).map(|(sink, _)| {
                    flow.sinks.insert(&stage.name, sink);
                }),
                Work::Source(read) => self.at_work(stage, properties, read).map(|(batch, _)| {
                    flow.took(stage, batch.rows.len(), began);
                    supplies.push(Supply {
                        stage,
                        held_by: None,
                        columns: batch.columns,
                        rows: batch.rows.into_iter(),
                        begun: false,
                    });
                }),
                Work::Transform(apply) => self
                    .at_work(stage, properties, |task| apply(task, Batch::default()))
                    .map(drop),
                Work::Splitter(split) => self
                    .at_work(stage, properties, |task| Ok(split(task, Batch::default())))
                    .map(drop),
                Work::Gatherer(gather) => self
                    .at_work(stage, properties, |task| gather(task, Vec::new()))
                    .map(drop),
                Work::Errors(take) => self
                    .at_work(stage, properties, |task| take(task, Vec::new()))
                    .map(drop),
                Work::Action(_) | Work::Condition(_) => Ok(()),
            };
            opened.map_err(|failure| self.wrap(stage, failure))?;
            supplies.extend(self.held_before(stage));
        }
        Ok(supplies)
    }

    /// The rows that conditions in front of a stage hold for it.
    fn held_before<'n>(&mut self, stage: &'n Stage) -> Vec<Supply<'n>> {
        let pipeline = self.pipeline;
        let conditions = pipeline.inputs(&stage.name).filter(|name| {
            pipeline
                .stage(name)
                .is_some_and(|stage| stage.kind == "condition")
        });
        let mut supplies = Vec::new();
        for condition in conditions {
            supplies.extend(self.held_for(condition).into_iter().map(|batch| Supply {
                stage,
                held_by: Some(condition.to_owned()),
                columns: batch.columns,
                rows: batch.rows.into_iter(),
                begun: false,
            }));
        }
        supplies
    }

    /// The outside of a failure: 6.11 says on Spark which stage it was; MapReduce says nothing (measured).
    pub(super) fn wrap(&self, stage: &Stage, cause: Failure) -> Failure {
        match (self.program, self.request.personality) {
            (NodeProgram::MapReduce, _) => cause,
            (_, Personality::V6_11) => wrapped(stage, cause),
            // On 6.10 an action's exception stands alone.
            (NodeProgram::Action, Personality::V6_10) => cause,
            // What a source is prepared with breaks inside a transaction, anything else inside the job.
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

    /// 6.10 asks for the schema of what comes into a relational transform, and breaks where it was not known
    /// at deploy time: `Wrangler` was measured, the aggregators are offered to the same engine.
    fn check_relations(&self, node: &Node) -> Result<(), Failure> {
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
        if stages.all(|stage| self.pipeline.input_known(stage)) {
            return Ok(());
        }
        let text = "Cannot invoke \"io.cdap.cdap.api.data.schema.Schema.getFields()\" because the return value of \
                    \"io.cdap.cdap.etl.api.engine.sql.request.SQLRelationDefinition.getSchema()\" is null";
        Err(in_job(plugin::failure("java.lang.NullPointerException", text)))
    }

    /// One batch of a source on its way to the sinks.
    fn pass<'n>(&mut self, flow: &mut Flow<'n>, supply: &mut Supply<'n>, size: usize) -> Result<(), Failure> {
        let Some(batch) = supply.next(size) else {
            return Ok(());
        };
        if let Some(condition) = &supply.held_by {
            return self.enter(flow, supply.stage, condition, batch);
        }
        self.count(&supply.stage.name, "records.in", number(batch.rows.len()));
        self.leave(flow, supply.stage, None, batch)
    }

    fn commit(&mut self, mut flow: Flow<'_>) -> Result<(), Failure> {
        let mut first_failure = None;
        for stage in &flow.node.stages {
            let Some(sink) = flow.sinks.remove(stage.name.as_str()) else {
                continue;
            };
            match self.request.check(&stage.name).and_then(|()| sink.commit()) {
                Ok(Some(updated)) => {
                    self.count(&stage.name, "records.updated", updated);
                    let text = format!("Stage '{}' loaded {updated} rows", stage.name);
                    self.say(
                        LogLevel::Info,
                        "io.cdap.plugin.gcp.bigquery.sink.BigQueryOutputFormat",
                        text,
                    );
                }
                Ok(None) => {}
                Err(failure) => first_failure = first_failure.or(Some(self.wrap(stage, failure))),
            }
        }
        first_failure.map_or(Ok(()), Err)
    }
}

pub(super) fn work(stage: &Stage) -> Result<Work, Failure> {
    match plugin::find(&stage.plugin, &stage.kind).map(|plugin| plugin.work) {
        Some(Work::Action(_) | Work::Condition(_)) | None => Err(not_executed(stage)),
        Some(work) => Ok(work),
    }
}

/// How many rows a batch has. A stage that takes its time for every row gets them one by one, so that
/// counts grow as they do on a server.
fn batch_size(node: &Node, rows: usize) -> usize {
    let slow = |stage: &Stage| plugin::find(&stage.plugin, &stage.kind).is_some_and(plugin::Plugin::is_lab);
    if node.stages.iter().any(slow) {
        return 1;
    }
    rows.div_ceil(BATCHES).clamp(1, LARGEST)
}

/// How a job of Spark hands on what broke it.
fn in_job(cause: Failure) -> Failure {
    let text = cause.message.as_deref().map(|text| format!(": {text}"));
    Failure {
        class_name: "java.util.concurrent.ExecutionException".into(),
        message: Some(format!("{}{}", cause.class_name, text.unwrap_or_default())),
        cause: Some(Box::new(cause)),
    }
}

/// 6.11 says which stage it was; the exception itself stays inside.
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
