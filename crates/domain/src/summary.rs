//! A run in a list of runs.

use crate::handling;
use crate::id::DagRunId;
use crate::run::Run;
use crate::state::{RunState, TaskState};
use crate::time::Timestamp;
use crate::variable::Variables;
use crate::watched::Watched;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a list shows of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    /// Its name.
    pub id: DagRunId,
    /// The profile it ran in.
    pub profile: String,
    /// The pipeline that was run.
    pub pipeline: String,
    /// `project.dataset.table` of the output.
    pub output_table: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; nothing while something is still to come.
    pub ended: Option<Timestamp>,
    /// Its state.
    pub state: RunState,
    /// Pipeline tasks by state. A list of runs that an older Downbeat wrote has two numbers at first: success, and failed
    /// or timed out, which then count as failed.
    pub counts: BTreeMap<TaskState, usize>,
    /// All pipeline tasks.
    pub total: usize,
    /// Tasks that a person has dealt with; 0 before that was looked up.
    pub handled: usize,
    /// Who watches it, if it has no end; nothing before that was looked up.
    pub watched: Option<Watched>,
}

impl RunSummary {
    /// Whether both are of the same pipeline in the same profile.
    pub fn is_alike(&self, other: &Self) -> bool {
        self.profile == other.profile && self.pipeline == other.pipeline
    }

    /// The summary of a run as it is now.
    pub fn new(run: &Run) -> Self {
        let variables = &run.request.variables;
        Self {
            id: run.id.clone(),
            profile: run.request.profile.clone(),
            pipeline: variables.cdf_pipeline_name.clone(),
            output_table: Self::table_of(variables),
            started: run.started,
            ended: run.ended,
            state: run.state,
            counts: run.counts(),
            total: run.pipelines().count(),
            handled: run.handled().count(),
            watched: None,
        }
    }

    /// The output table, as a list of runs names it; the pipeline where none is named.
    pub fn table_of(variables: &Variables) -> String {
        variables.filled()
    }

    /// How a person names a run: by its time, and by its place among the runs of its profile that are known, the newest
    /// the highest. Its id is for programs.
    pub fn name_of(started: Timestamp, profile: &str, known: &[Self], now: Timestamp) -> String {
        let before = known
            .iter()
            .filter(|run| run.profile == profile && run.started <= started);
        format!("{}, no. {}", started.short(now), before.count().max(1))
    }

    /// What is said against an earlier run on the same output table that would go on after this one.
    pub fn overtakes(&self) -> String {
        self.overtakes_as(&format!("{} of {}", self.id, self.started))
    }

    /// The same, where a person reads another name of it.
    pub fn overtakes_as(&self, name: &str) -> String {
        format!(
            "The later run {name} has emptied or filled {} since. If this one goes on, the watermark goes back, and rows \
             are loaded twice.",
            self.output_table
        )
    }

    /// The word for its state; another one if nobody watches what the journal last said.
    pub fn word(&self) -> &'static str {
        match self.unwatched_since() {
            Some(_) => Watched::UNWATCHED,
            None => self.state.as_str(),
        }
    }

    /// When it was seen last, if it has no end and nobody watches it.
    pub fn unwatched_since(&self) -> Option<Timestamp> {
        self.watched.as_ref().and_then(Watched::unwatched_since)
    }

    /// From its start to its end, to when it was seen last, or to `now`.
    pub fn elapsed(&self, now: Timestamp) -> Duration {
        let last = self.ended.or(self.unwatched_since()).unwrap_or(now);
        last.since(self.started)
    }

    /// `2 handled by a person`; nothing if none is.
    pub fn handled_words(&self) -> Option<String> {
        handling::words(self.handled)
    }

    /// How many pipeline tasks succeeded.
    pub fn succeeded(&self) -> usize {
        self.count(TaskState::Success)
    }

    /// How many pipeline tasks failed or timed out.
    pub fn failed(&self) -> usize {
        self.count(TaskState::Failed) + self.count(TaskState::TimedOut)
    }

    fn count(&self, state: TaskState) -> usize {
        self.counts.get(&state).copied().unwrap_or(0)
    }
}
