//! Rows on their way through one data node: from stage to stage, by ports, to error transforms, into what
//! waits for all rows, to the sinks, or to the condition behind the node.
//!
//! A row enters a stage with its batch and leaves it to every stage that is connected. Nothing is kept but
//! what an aggregator or a joiner has to see whole, and what a condition holds for the branch it takes.

use super::timing::Timing;
use super::{Execution, data};
use crate::event::Failure;
use crate::pipeline::{Node, Stage};
use crate::plugin::{self, Batch, Rejected, Sink, Work};
use googlesql::value::Column;
use std::collections::BTreeMap;
use std::time::Instant;

pub(super) type Properties = BTreeMap<String, String>;

/// One data node under way.
pub(super) struct Flow<'n> {
    pub node: &'n Node,
    pub properties: BTreeMap<&'n str, Properties>,
    pub sinks: BTreeMap<&'n str, Box<dyn Sink>>,
    /// What waits for all rows, by its stage: the rows of each input.
    gathered: BTreeMap<&'n str, Vec<(String, Batch)>>,
    /// The columns of a stage's first batch; all others must have the same.
    columns: BTreeMap<&'n str, Vec<Column>>,
    /// How long each stage has worked.
    pub times: BTreeMap<&'n str, Timing>,
}

impl<'n> Flow<'n> {
    pub fn new(node: &'n Node, properties: BTreeMap<&'n str, Properties>) -> Self {
        Self {
            node,
            properties,
            sinks: BTreeMap::new(),
            gathered: BTreeMap::new(),
            columns: BTreeMap::new(),
            times: BTreeMap::new(),
        }
    }

    /// So many rows took a stage since then.
    pub fn took(&mut self, stage: &'n Stage, rows: usize, since: Instant) {
        let timing = self.times.entry(&stage.name).or_default();
        timing.add(rows, since.elapsed());
    }

    fn gather(&mut self, stage: &'n Stage, from: &str, batch: Batch) -> Result<(), Failure> {
        let inputs = self.gathered.entry(&stage.name).or_default();
        match inputs.iter_mut().find(|(name, _)| name == from) {
            None => inputs.push((from.to_owned(), batch)),
            Some((_, all)) if all.columns == batch.columns => all.rows.extend(batch.rows),
            Some((_, all)) if all.rows.is_empty() => *all = batch,
            Some(_) if batch.rows.is_empty() => {}
            Some(_) => return Err(different(stage)),
        }
        Ok(())
    }

    fn agree(&mut self, stage: &'n Stage, columns: &[Column]) -> Result<(), Failure> {
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
        Err(different(stage))
    }
}

fn different(stage: &Stage) -> Failure {
    let text = format!("Stage '{}' has inputs with different schemas", stage.name);
    plugin::failure("java.lang.IllegalArgumentException", text)
}

pub(super) fn number(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

impl Execution<'_> {
    /// A batch comes in from another stage, or from what a condition holds.
    pub(super) fn enter<'n>(
        &mut self,
        flow: &mut Flow<'n>,
        stage: &'n Stage,
        from: &str,
        batch: Batch,
    ) -> Result<(), Failure> {
        let name = stage.name.as_str();
        let (rows, began) = (batch.rows.len(), Instant::now());
        // An empty window leaves no counts at all (measured), so nothing is counted as 0.
        self.count(name, "records.in", number(rows));
        match data::work(stage)? {
            Work::Gatherer(_) => flow
                .gather(stage, from, batch)
                .map_err(|failure| self.wrap(stage, failure)),
            Work::Transform(apply) => {
                flow.agree(stage, &batch.columns)
                    .map_err(|failure| self.wrap(stage, failure))?;
                let (output, rejected) = self
                    .at_work(stage, &flow.properties[name], |task| apply(task, batch))
                    .map_err(|failure| self.wrap(stage, failure))?;
                flow.took(stage, rows, began);
                self.leave(flow, stage, None, output)?;
                self.put_aside(flow, stage, rejected)
            }
            Work::Splitter(split) => {
                let (outputs, rejected) = self
                    .at_work(stage, &flow.properties[name], |task| Ok(split(task, batch)))
                    .map_err(|failure| self.wrap(stage, failure))?;
                flow.took(stage, rows, began);
                for (port, output) in outputs {
                    self.leave(flow, stage, Some(&port), output)?;
                }
                self.put_aside(flow, stage, rejected)
            }
            Work::Sink(_) => {
                flow.agree(stage, &batch.columns)
                    .and_then(|()| match flow.sinks.get_mut(name) {
                        Some(sink) => sink.write(&batch),
                        None => Ok(()),
                    })
                    .map_err(|failure| self.wrap(stage, failure))?;
                flow.took(stage, rows, began);
                self.count(name, "records.out", number(rows));
                Ok(())
            }
            Work::Source(_) | Work::Errors(_) | Work::Action(_) | Work::Condition(_) => Ok(()),
        }
    }

    /// A batch goes to every stage that is connected to this one, or to this port of it.
    pub(super) fn leave<'n>(
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
        self.count(&stage.name, &metric, number(batch.rows.len()));
        let pipeline = self.pipeline;
        let connected = pipeline.connections.iter().filter(|connection| {
            connection.from == stage.name && (port.is_none() || connection.port.as_deref() == port)
        });
        for connection in connected {
            let Some(to) = pipeline.stage(&connection.to) else {
                continue;
            };
            // Only what was put aside goes to an error transform.
            if to.kind == "errortransform" {
                continue;
            }
            if to.kind == "condition" {
                self.hold(&to.name, batch.clone());
                continue;
            }
            let node = flow.node;
            if let Some(to) = node.stages.iter().find(|inside| inside.name == to.name) {
                self.enter(flow, to, &stage.name, batch.clone())?;
            }
        }
        Ok(())
    }

    /// Records that a stage put aside go to the error transforms behind it, and nowhere without one.
    pub(super) fn put_aside<'n>(
        &mut self,
        flow: &mut Flow<'n>,
        stage: &'n Stage,
        rejected: Vec<Rejected>,
    ) -> Result<(), Failure> {
        if rejected.is_empty() {
            return Ok(());
        }
        let pipeline = self.pipeline;
        let node = flow.node;
        let behind = node.stages.iter().filter(|to| {
            to.kind == "errortransform" && pipeline.outputs(&stage.name).any(|name| name == to.name)
        });
        for to in behind {
            self.count(&to.name, "records.in", number(rejected.len()));
            let Work::Errors(take) = data::work(to)? else {
                continue;
            };
            let (outputs, again) = self
                .at_work(to, &flow.properties[to.name.as_str()], |task| {
                    take(task, rejected.clone())
                })
                .map_err(|failure| self.wrap(to, failure))?;
            for output in outputs {
                self.leave(flow, to, None, output)?;
            }
            self.put_aside(flow, to, again)?;
        }
        Ok(())
    }

    /// All rows have come: what waited for them works, one after the other.
    pub(super) fn finish(&mut self, flow: &mut Flow<'_>) -> Result<(), Failure> {
        let node = flow.node;
        for stage in &node.stages {
            let Work::Gatherer(work) = data::work(stage)? else {
                continue;
            };
            let inputs = flow.gathered.remove(stage.name.as_str()).unwrap_or_default();
            let rows = inputs.iter().map(|(_, batch)| batch.rows.len()).sum();
            let began = Instant::now();
            let (output, rejected) = self
                .at_work(stage, &flow.properties[stage.name.as_str()], |task| {
                    work(task, inputs)
                })
                .map_err(|failure| self.wrap(stage, failure))?;
            flow.took(stage, rows, began);
            let columns = output.columns;
            let mut rows = output.rows.into_iter().peekable();
            loop {
                let part = Batch {
                    columns: columns.clone(),
                    rows: rows.by_ref().take(data::LARGEST).collect(),
                };
                self.leave(flow, stage, None, part)?;
                if rows.peek().is_none() {
                    break;
                }
            }
            self.put_aside(flow, stage, rejected)?;
        }
        Ok(())
    }

    /// Keeps rows for the branch that a condition takes.
    fn hold(&mut self, condition: &str, batch: Batch) {
        let held = self.held.entry(condition.to_owned()).or_default();
        match held.last_mut() {
            Some(last) if last.columns == batch.columns => last.rows.extend(batch.rows),
            _ => held.push(batch),
        }
    }

    /// What a condition, and those that it hangs on, hold.
    pub(super) fn held_for(&mut self, condition: &str) -> Vec<Batch> {
        let mut batches = self.held.remove(condition).unwrap_or_default();
        let pipeline = self.pipeline;
        let before = pipeline.inputs(condition).filter(|name| {
            pipeline
                .stage(name)
                .is_some_and(|stage| stage.kind == "condition")
        });
        for name in before {
            batches.extend(self.held_for(name));
        }
        batches
    }
}
