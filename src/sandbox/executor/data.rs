//! A data node, Spark or MapReduce: sources are read, rows pass the transforms in batches, all sinks
//! commit at the end.
//!
//! The sinks commit side by side, as in a real job: when one of them fails, the files of another one
//! are there all the same, and look complete.

use super::{Execution, map_reduce, not_an};
use crate::sandbox::observation::{Failure, Level, NodeProgram};
use crate::sandbox::pipeline::{Node, Stage};
use crate::sandbox::plugin::{self, Batch, Sink, Work};
use std::collections::BTreeMap;
use std::ops::Range;

/// Into how many batches a source's rows are cut at least, if there are so many.
const BATCHES: usize = 10;

/// How many rows a batch has at most.
const LARGEST: usize = 1_000;

type Properties = BTreeMap<String, String>;

impl Execution<'_> {
    pub(super) fn data(&mut self, node: &Node) -> Result<(), Failure> {
        let mut properties: BTreeMap<&str, Properties> = BTreeMap::new();
        for stage in &node.stages {
            properties.insert(&stage.name, self.properties(stage)?);
        }
        let mut sinks: BTreeMap<&str, Box<dyn Sink>> = BTreeMap::new();
        let mut read: BTreeMap<&str, Batch> = BTreeMap::new();
        for stage in &node.stages {
            let properties = &properties[stage.name.as_str()];
            match work(stage)? {
                Work::Sink(open) => {
                    let sink = self
                        .at_work(stage, properties, open)
                        .map_err(|failure| self.wrap(stage, failure))?;
                    sinks.insert(&stage.name, sink);
                }
                Work::Source(open) => {
                    let batch = self
                        .at_work(stage, properties, open)
                        .map_err(|failure| self.wrap(stage, failure))?;
                    read.insert(&stage.name, batch);
                }
                // An empty batch is how a transform is initialised: what its settings break on, breaks now.
                Work::Transform(apply) => {
                    self.at_work(stage, properties, |task| apply(task, Batch::default()))
                        .map_err(|failure| self.wrap(stage, failure))?;
                }
                _ => {}
            }
        }
        let job = map_reduce::JobName::of(node.program);
        if let Some(job) = &job {
            self.submitted(job);
        }
        let most = read.values().map(|batch| batch.rows.len()).max().unwrap_or(0);
        let size = batch_size(node, most);
        let batches = most.div_ceil(size).max(1);
        for batch in 0..batches {
            let rows = batch * size..(batch + 1) * size;
            self.pass(node, &properties, &read, &mut sinks, rows)
                .map_err(|failure| self.broken(node, job.as_ref(), failure))?;
            self.pause(self.share / u32::try_from(batches).unwrap_or(u32::MAX))?;
        }
        self.commit(node, sinks)
    }

    /// The outside of a failure: 6.11 says on Spark which stage it was; MapReduce says nothing (measured).
    fn wrap(&self, stage: &Stage, cause: Failure) -> Failure {
        if self.program == NodeProgram::MapReduce {
            cause
        } else {
            wrap(stage, cause)
        }
    }

    /// One batch of every source on its way to the sinks.
    fn pass(
        &mut self,
        node: &Node,
        properties: &BTreeMap<&str, Properties>,
        read: &BTreeMap<&str, Batch>,
        sinks: &mut BTreeMap<&str, Box<dyn Sink>>,
        rows: Range<usize>,
    ) -> Result<(), Failure> {
        let mut passed: BTreeMap<&str, Batch> = BTreeMap::new();
        for stage in &node.stages {
            let name = stage.name.as_str();
            let input = match read.get(name) {
                Some(whole) => slice(whole, rows.clone()),
                None => self.gather(stage, &passed)?,
            };
            let rows = i64::try_from(input.rows.len()).unwrap_or(i64::MAX);
            let output = match work(stage)? {
                Work::Transform(apply) => self
                    .at_work(stage, &properties[name], |task| apply(task, input))
                    .map_err(|failure| self.wrap(stage, failure))?,
                Work::Sink(_) => {
                    if let Some(sink) = sinks.get_mut(name) {
                        sink.write(&input).map_err(|failure| self.wrap(stage, failure))?;
                    }
                    input
                }
                _ => input,
            };
            // An empty window leaves no counts at all (measured), so nothing is counted as 0.
            if rows > 0 {
                self.count(name, "records.in", rows);
                self.count(
                    name,
                    "records.out",
                    i64::try_from(output.rows.len()).unwrap_or(i64::MAX),
                );
            }
            passed.insert(name, output);
        }
        Ok(())
    }

    /// What the stages before this one pass on; they must agree on their columns.
    fn gather(&self, stage: &Stage, passed: &BTreeMap<&str, Batch>) -> Result<Batch, Failure> {
        let mut gathered: Option<Batch> = None;
        for from in self
            .pipeline
            .inputs(&stage.name)
            .filter_map(|from| passed.get(from))
        {
            match &mut gathered {
                None => gathered = Some(from.clone()),
                Some(all) if all.columns == from.columns => all.rows.extend(from.rows.iter().cloned()),
                Some(_) => {
                    let text = format!("Stage '{}' has inputs with different schemas", stage.name);
                    return Err(self.wrap(stage, plugin::failure("java.lang.IllegalArgumentException", text)));
                }
            }
        }
        Ok(gathered.unwrap_or_default())
    }

    fn commit(&mut self, node: &Node, mut sinks: BTreeMap<&str, Box<dyn Sink>>) -> Result<(), Failure> {
        let mut first_failure = None;
        for stage in &node.stages {
            let Some(sink) = sinks.remove(stage.name.as_str()) else {
                continue;
            };
            match self.job.check(&stage.name).and_then(|()| sink.commit()) {
                Ok(Some(updated)) => {
                    self.count(&stage.name, "records.updated", updated);
                    let text = format!("Stage '{}' loaded {updated} rows", stage.name);
                    self.say(
                        Level::Info,
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

fn work(stage: &Stage) -> Result<Work, Failure> {
    match plugin::find(&stage.plugin, &stage.kind).map(|plugin| plugin.work) {
        Some(Work::Action(_)) | None => Err(not_an(stage, "data stage")),
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

fn slice(whole: &Batch, rows: Range<usize>) -> Batch {
    let rows = whole
        .rows
        .iter()
        .skip(rows.start)
        .take(rows.len())
        .cloned()
        .collect();
    Batch {
        columns: whole.columns.clone(),
        rows,
    }
}

/// 6.11 says which stage it was; the exception itself stays inside.
pub(super) fn wrap(stage: &Stage, cause: Failure) -> Failure {
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
