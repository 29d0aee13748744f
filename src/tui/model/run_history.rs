//! What earlier runs tell, as far as it is read by now. It is gathered anew when a record comes or another run is
//! shown, never for a frame.

use super::Model;
use super::history_window::HistoryWindow;
use super::overlay::Overlay;
use domain::history::{Eta, Past, RunRecord, TaskRecord};
use domain::id::DagRunId;
use domain::run::Run;
use domain::summary::RunSummary;
use domain::time::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// How often it is judged what is left of a live run.
const JUDGED_EACH: Duration = Duration::from_secs(1);

/// The records of earlier runs, and what follows from them.
#[derive(Clone, Debug, Default)]
pub struct RunHistory {
    /// What became of the tasks of a run.
    records: BTreeMap<DagRunId, RunRecord>,
    /// What all runs of this profile's pipeline tell about the next one.
    pub next: Past,
    /// What the runs before the shown one tell about it.
    pub shown: Past,
    /// What is left of the shown run, if it is live.
    pub eta: Option<Eta>,
    /// How much of the live run is done, in percent, once its pipelines are known.
    pub percent: Option<u8>,
    /// When that was judged.
    judged: Timestamp,
    /// Whether records are still being read.
    pub is_reading: bool,
    /// Counts the changes of the records.
    revision: u64,
    /// What `next` and `shown` were made of.
    made_of: Option<MadeOf>,
}

/// What the gathered past depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct MadeOf {
    revision: u64,
    pipeline: String,
    shown: Option<(DagRunId, Timestamp)>,
}

impl RunHistory {
    /// The record of a run.
    pub fn record(&self, run: &DagRunId) -> Option<&RunRecord> {
        self.records.get(run)
    }

    /// Counts the changes of the records: who keeps something that was made of them compares it.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Takes records, also newer ones of known runs.
    pub fn take(&mut self, records: impl IntoIterator<Item = RunRecord>) {
        for record in records {
            self.records.insert(record.summary.id.clone(), record);
        }
    }

    /// What was taken is gathered with the next message.
    pub const fn gather(&mut self) {
        self.revision += 1;
    }

    /// The runs of a list whose records are not known, or may have changed.
    pub fn missing(&self, runs: &[RunSummary], driven: Option<&Run>) -> Vec<RunSummary> {
        let is_known = |run: &&RunSummary| {
            let record = self.records.get(&run.id);
            // What this process drives is newer on the screen than on the disk.
            driven.is_some_and(|driven| driven.id == run.id)
                || record.is_some_and(|record| run.ended.is_some() && record.summary.ended == run.ended)
        };
        runs.iter().filter(|run| !is_known(run)).cloned().collect()
    }
}

impl Model {
    /// Gathers the past anew if a record has come, or if it is another run's that is shown. What is left of a live run is
    /// judged once a second: it takes as long as the run has tasks.
    pub fn sync_history(&mut self) {
        let is_new = self.gather_past();
        let is_due = self.now.since(self.run_history.judged) >= JUDGED_EACH;
        if !is_new && !is_due {
            return;
        }
        let going = self.run.as_ref().filter(|_| self.has_clock());
        let live = going.filter(|_| self.former_run.is_none());
        self.run_history.eta = live.and_then(|run| self.run_history.shown.eta(run, self.now));
        // The taskbar shows it beside a former run too.
        self.run_history.percent = going.and_then(|run| self.run_history.shown.percent(run, self.now));
        self.run_history.judged = self.now;
    }

    /// Whether it had to be gathered anew.
    fn gather_past(&mut self) -> bool {
        let pipeline = &self.variables.working.cdf_pipeline_name;
        let shown = self.former_run.as_ref().or(self.run.as_ref());
        let made_of = MadeOf {
            revision: self.run_history.revision,
            pipeline: pipeline.clone(),
            shown: shown.map(|run| (run.id.clone(), run.started)),
        };
        if self.run_history.made_of.as_ref() == Some(&made_of) {
            return false;
        }
        let records = &self.run_history.records;
        let newest_first = || self.history.iter().filter_map(|run| records.get(&run.id));
        let next = Past::new(newest_first(), &self.profile, pipeline, None);
        let shown = shown.map(|run| Past::of(newest_first(), run));
        self.run_history.next = next;
        self.run_history.shown = shown.unwrap_or_default();
        self.run_history.made_of = Some(made_of);
        true
    }

    /// Keeps what became of the run that the engine has, as it is now.
    pub fn record_run(&mut self) {
        if let Some(run) = &self.run {
            let now = if self.has_clock() {
                self.now
            } else {
                run.last_event
            };
            self.run_history.take([RunRecord::new(run, now)]);
            self.run_history.gather();
        }
    }

    /// The list says all counts of the runs whose records are known.
    pub fn count_former(&mut self) {
        for run in &mut self.history {
            let record = self.run_history.records.get(&run.id);
            if let Some(record) = record.filter(|record| record.summary.ended == run.ended) {
                run.counts.clone_from(&record.summary.counts);
                run.handled = record.summary.handled;
            }
        }
    }
}

impl Model {
    /// The window of former runs, if it gets the keys.
    pub fn history_window(&self) -> Option<&HistoryWindow> {
        match self.overlays.top() {
            Some(Overlay::History(window)) => Some(window),
            _ => None,
        }
    }

    /// The same, to change it.
    pub fn history_window_mut(&mut self) -> Option<&mut HistoryWindow> {
        match self.overlays.top_mut() {
            Some(Overlay::History(window)) => Some(window),
            _ => None,
        }
    }

    /// The run and what became of the task in a cell of the grid, counted from the newest run and the first task.
    pub fn history_cell(&self, window: &HistoryWindow, column: usize, row: usize) -> Option<&TaskRecord> {
        let run = self.history.get(*window.columns().get(column)?)?;
        let place = window.place(column, row)?;
        self.run_history.record(&run.id)?.tasks.get(place)
    }

    /// Makes the grid anew if something of it has changed, never for a frame.
    pub(in crate::tui) fn sync_history_window(&mut self) {
        // Taken out for a moment, because it reads the rest of the model.
        let Some(mut window) = self.history_window_mut().map(std::mem::take) else {
            return;
        };
        let record = |run: &DagRunId| self.run_history.record(run);
        let shown = self.history_filter.shown(self.history.len());
        window.sync(&self.history, shown, self.run_history.revision(), record);
        if let Some(place) = self.history_window_mut() {
            *place = window;
        }
    }
}
