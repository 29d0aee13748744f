//! Passes rows through one data node: from stage to stage, by ports, to error transforms, to aggregators and
//! joiners, to the sinks, or to the connector of a condition after the node.
//!
//! A stage processes a batch and sends its output to every connected stage. Rows are kept in memory only for
//! aggregators and joiners, which need all of them, and for the branch of a condition.

use super::timing::Timing;
use super::{Execution, not_executed};
use crate::event::Failure;
use crate::pipeline::{Node, Stage};
use crate::plugin::{self, Batch, ErrorRecord, Implementation, Sink};
use googlesql::value::Column;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

pub(super) type Properties = BTreeMap<String, String>;

/// The most rows of a batch.
pub(super) const MAX_BATCH_ROWS: usize = 1_000;

/// The state of one data node while it runs.
pub(super) struct Flow<'n> {
    pub node: &'n Node,
    pub properties: BTreeMap<&'n str, Properties>,
    pub sinks: BTreeMap<&'n str, Box<dyn Sink>>,
    /// The rows of each input of the aggregators and joiners, by stage.
    collected: BTreeMap<&'n str, Vec<(String, Batch)>>,
    /// The columns of the first batch of a stage; all other batches must have the same.
    columns: BTreeMap<&'n str, Vec<Column>>,
    /// The processing times by stage.
    pub times: BTreeMap<&'n str, Timing>,
    /// The bytes of rows that the sinks keep until they are committed.
    pub kept: usize,
}

impl<'n> Flow<'n> {
    pub fn new(node: &'n Node, properties: BTreeMap<&'n str, Properties>) -> Self {
        Self {
            node,
            properties,
            sinks: BTreeMap::new(),
            collected: BTreeMap::new(),
            columns: BTreeMap::new(),
            times: BTreeMap::new(),
            kept: 0,
        }
    }

    /// Adds the time since `since` to the processing times of a stage.
    pub fn record_time(&mut self, stage: &'n Stage, rows: usize, since: Instant) {
        let timing = self.times.entry(&stage.name).or_default();
        timing.add(rows, since.elapsed());
    }

    fn collect(&mut self, stage: &'n Stage, from: &str, batch: Batch) -> Result<(), Failure> {
        let inputs = self.collected.entry(&stage.name).or_default();
        match inputs.iter_mut().find(|(name, _)| name == from) {
            None => inputs.push((from.to_owned(), batch)),
            Some((_, all)) if all.columns == batch.columns => all.rows.extend(batch.rows),
            Some((_, all)) if all.rows.is_empty() => *all = batch,
            Some(_) if batch.rows.is_empty() => {}
            Some(_) => return Err(schema_mismatch(stage)),
        }
        Ok(())
    }

    fn check_schema(&mut self, stage: &'n Stage, columns: &[Column]) -> Result<(), Failure> {
        let first = self
            .columns
            .entry(&stage.name)
            .or_insert_with(|| columns.to_vec());
        if first.is_empty() {
            *first = columns.to_vec();
        }
        if first == columns || columns.is_empty() {
            return Ok(());
        }
        Err(schema_mismatch(stage))
    }
}

fn schema_mismatch(stage: &Stage) -> Failure {
    let text = format!("Stage '{}' has inputs with different schemas", stage.name);
    plugin::failure("java.lang.IllegalArgumentException", text)
}

/// The implementation of a stage that moves rows.
///
/// # Errors
/// A plugin that the sandbox does not execute.
pub(super) fn implementation(stage: &Stage) -> Result<Implementation, Failure> {
    match plugin::find(&stage.plugin, &stage.kind).map(|plugin| plugin.implementation) {
        Some(Implementation::Action(_) | Implementation::Condition(_)) | None => Err(not_executed(stage)),
        Some(implementation) => Ok(implementation),
    }
}

pub(super) fn to_i64(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

impl Execution<'_> {
    /// Processes a batch from another stage or from the connector of a condition.
    pub(super) fn process<'n>(
        &mut self,
        flow: &mut Flow<'n>,
        stage: &'n Stage,
        from: &str,
        batch: Batch,
    ) -> Result<(), Failure> {
        // Stages that are connected on many ways can take for ever.
        self.pause(Duration::ZERO)?;
        let name = stage.name.as_str();
        let (rows, began) = (batch.rows.len(), Instant::now());
        // A run without rows has no counts at all (measured), so zero is not counted.
        self.count(name, "records.in", to_i64(rows));
        match implementation(stage)? {
            Implementation::Aggregator(_) => {
                self.take(stage, &batch)?;
                flow.collect(stage, from, batch)
                    .map_err(|failure| self.wrap(stage, failure))
            }
            Implementation::Transform(apply) => {
                flow.check_schema(stage, &batch.columns)
                    .map_err(|failure| self.wrap(stage, failure))?;
                let (output, error_records) = self
                    .run_plugin(stage, &flow.properties[name], |context| apply(context, batch))
                    .map_err(|failure| self.wrap(stage, failure))?;
                flow.record_time(stage, rows, began);
                self.send(flow, stage, None, output)?;
                self.send_error_records(flow, stage, error_records)
            }
            Implementation::Splitter(split) => {
                let (outputs, error_records) = self
                    .run_plugin(stage, &flow.properties[name], |context| Ok(split(context, batch)))
                    .map_err(|failure| self.wrap(stage, failure))?;
                flow.record_time(stage, rows, began);
                for (port, output) in outputs {
                    self.send(flow, stage, Some(&port), output)?;
                }
                self.send_error_records(flow, stage, error_records)
            }
            Implementation::Sink(_) => {
                let before = self.memory.taken();
                flow.check_schema(stage, &batch.columns)
                    .and_then(|()| match flow.sinks.get_mut(name) {
                        Some(sink) => sink.write(&batch, &mut self.memory),
                        None => Ok(()),
                    })
                    .map_err(|failure| self.wrap(stage, failure))?;
                flow.kept += self.memory.taken() - before;
                flow.record_time(stage, rows, began);
                self.count(name, "records.out", to_i64(rows));
                Ok(())
            }
            Implementation::Source(_)
            | Implementation::ErrorTransform(_)
            | Implementation::Action(_)
            | Implementation::Condition(_) => Ok(()),
        }
    }

    /// Sends a batch to every stage that is connected to this stage, or to this port of it.
    pub(super) fn send<'n>(
        &mut self,
        flow: &mut Flow<'n>,
        stage: &'n Stage,
        port: Option<&str>,
        batch: Batch,
    ) -> Result<(), Failure> {
        let metric = match port {
            None => "records.out".to_owned(),
            Some(port) => format!("records.out.{port}"),
        };
        self.count(&stage.name, &metric, to_i64(batch.rows.len()));
        self.take(stage, &batch)?;
        let bytes = batch.bytes();
        let pipeline = self.pipeline;
        let connected = pipeline.connections.iter().filter(|connection| {
            connection.from == stage.name && (port.is_none() || connection.port.as_deref() == port)
        });
        for connection in connected {
            let Some(to) = pipeline.stage(&connection.to) else {
                continue;
            };
            // An error transform gets error records only.
            if to.kind == "errortransform" {
                continue;
            }
            if to.kind == "condition" {
                self.take(stage, &batch)?;
                self.hold_in_connector(&to.name, batch.clone());
                continue;
            }
            let node = flow.node;
            if let Some(to) = node.stages.iter().find(|inside| inside.name == to.name) {
                self.take(stage, &batch)?;
                self.process(flow, to, &stage.name, batch.clone())?;
                self.memory.release(bytes);
            }
        }
        self.memory.release(bytes);
        Ok(())
    }

    /// Takes memory for the rows of a stage.
    pub(super) fn take(&mut self, stage: &Stage, batch: &Batch) -> Result<(), Failure> {
        self.memory
            .take(batch.bytes())
            .map_err(|text| self.wrap(stage, plugin::too_large(&stage.name, &text)))
    }

    /// Sends error records to the error transforms after a stage; without one they are dropped.
    pub(super) fn send_error_records<'n>(
        &mut self,
        flow: &mut Flow<'n>,
        stage: &'n Stage,
        error_records: Vec<ErrorRecord>,
    ) -> Result<(), Failure> {
        if error_records.is_empty() {
            return Ok(());
        }
        let pipeline = self.pipeline;
        let node = flow.node;
        let behind = node.stages.iter().filter(|to| {
            to.kind == "errortransform" && pipeline.outputs(&stage.name).any(|name| name == to.name)
        });
        for to in behind {
            self.count(&to.name, "records.in", to_i64(error_records.len()));
            let Implementation::ErrorTransform(take) = implementation(to)? else {
                continue;
            };
            let (outputs, again) = self
                .run_plugin(to, &flow.properties[to.name.as_str()], |context| {
                    take(context, error_records.clone())
                })
                .map_err(|failure| self.wrap(to, failure))?;
            for output in outputs {
                self.send(flow, to, None, output)?;
            }
            self.send_error_records(flow, to, again)?;
        }
        Ok(())
    }

    /// Runs the aggregators and joiners, now that all rows have been collected.
    pub(super) fn run_aggregators(&mut self, flow: &mut Flow<'_>) -> Result<(), Failure> {
        let node = flow.node;
        for stage in &node.stages {
            let Implementation::Aggregator(aggregate) = implementation(stage)? else {
                continue;
            };
            let inputs = flow.collected.remove(stage.name.as_str()).unwrap_or_default();
            let rows = inputs.iter().map(|(_, batch)| batch.rows.len()).sum();
            let bytes = inputs.iter().map(|(_, batch)| batch.bytes()).sum();
            let began = Instant::now();
            let (output, error_records) = self
                .run_plugin(stage, &flow.properties[stage.name.as_str()], |context| {
                    aggregate(context, inputs)
                })
                .map_err(|failure| self.wrap(stage, failure))?;
            flow.record_time(stage, rows, began);
            self.memory.release(bytes);
            self.take(stage, &output)?;
            let columns = output.columns;
            let mut rows = output.rows.into_iter().peekable();
            loop {
                let part = Batch {
                    columns: columns.clone(),
                    rows: rows.by_ref().take(MAX_BATCH_ROWS).collect(),
                };
                self.memory.release(part.bytes());
                self.send(flow, stage, None, part)?;
                if rows.peek().is_none() {
                    break;
                }
            }
            self.send_error_records(flow, stage, error_records)?;
        }
        Ok(())
    }

    /// Holds rows for the branch that a condition takes.
    fn hold_in_connector(&mut self, condition: &str, batch: Batch) {
        let batches = self.connectors.entry(condition.to_owned()).or_default();
        match batches.last_mut() {
            Some(last) if last.columns == batch.columns => last.rows.extend(batch.rows),
            _ => batches.push(batch),
        }
    }

    /// Takes the rows that a condition and the conditions before it hold.
    pub(super) fn take_from_connectors(&mut self, condition: &str) -> Vec<Batch> {
        let pipeline = self.pipeline;
        let (mut batches, mut seen) = (Vec::new(), BTreeSet::new());
        let mut open = vec![condition];
        while let Some(name) = open.pop() {
            if !seen.insert(name.to_owned()) {
                continue;
            }
            batches.extend(self.connectors.remove(name).unwrap_or_default());
            let before = pipeline.inputs(name).filter(|name| {
                pipeline
                    .stage(name)
                    .is_some_and(|stage| stage.kind == "condition")
            });
            let before: Vec<_> = before.collect();
            open.extend(before.into_iter().rev());
        }
        batches
    }
}
