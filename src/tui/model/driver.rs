//! Who works on the run that is shown, and what the list of former runs says of it.

use super::Model;
use crate::tui::context::Pane;
use domain::command::RunCommand;
use domain::id::DagRunId;
use domain::run::Run;
use domain::summary::RunSummary;
use domain::task::Task;
use domain::time::Timestamp;
use domain::watched::Watched;

/// Who works on the run that the engine has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Driver {
    /// The engine of this process; also for a run that it has driven to its end.
    Here,
    /// This process, in words; its journal is followed here.
    Elsewhere(String),
    /// It is what the journal held at the start.
    Nobody,
}

/// What was asked for a run that the engine does not have yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Awaited {
    /// The run.
    pub run: DagRunId,
    /// What is asked of it once it is there.
    pub then: Then,
}

/// What follows once the engine has taken up a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Then {
    /// It is only watched: this process drives it.
    Watch(String),
    /// These commands are sent, in this order and in one step.
    Send(Vec<RunCommand>),
}

impl Model {
    /// The run that the engine drives now.
    pub fn live_run(&self) -> Option<&Run> {
        self.run
            .as_ref()
            .filter(|run| self.driver == Driver::Here && !run.state.is_end())
    }

    /// The run that is followed here while another process drives it, with that process.
    pub fn watched_run(&self) -> Option<(&Run, &str)> {
        let Driver::Elsewhere(process) = &self.driver else {
            return None;
        };
        let run = self.run.as_ref().filter(|run| !run.state.is_end())?;
        Some((run, process))
    }

    /// Whether time passes on the screen: a run goes on here or elsewhere.
    pub fn has_clock(&self) -> bool {
        self.live_run().is_some() || self.watched_run().is_some()
    }

    /// Whether the shown run is the one that the engine has.
    pub fn shows_driven_run(&self) -> bool {
        self.former_run.is_none() && self.driver == Driver::Here
    }

    /// Who watches the shown run, if it has no end and this process does not drive it.
    pub fn watched(&self) -> Option<Watched> {
        let run = self.shown_run().filter(|run| !run.state.is_end())?;
        if self.former_run.is_none() {
            match &self.driver {
                Driver::Here => return None,
                Driver::Elsewhere(process) => return Some(Watched::By(process.clone())),
                Driver::Nobody => {}
            }
        }
        let known = self.history.iter().find(|known| known.id == run.id)?;
        known.watched.clone()
    }

    /// How a run is named on the screen: `29 Nov 10:02 UTC, no. 17`.
    pub fn run_name(&self, run: &Run) -> String {
        RunSummary::name_of(run.started, &run.request.profile, &self.history, self.now)
    }

    /// The same for a run of the list.
    pub fn summary_name(&self, run: &RunSummary) -> String {
        RunSummary::name_of(run.started, &run.profile, &self.history, self.now)
    }

    /// The same for a run that may be known by its id alone.
    pub fn name_of_id(&self, id: &DagRunId) -> String {
        let known = self.history.iter().find(|run| run.id == *id);
        known.map_or_else(|| id.to_string(), |run| self.summary_name(run))
    }

    /// The task that the keys act on: that of the selected row in the configuration, else the selected one.
    pub fn aimed_task(&self) -> Option<&Task> {
        match self.focus {
            Pane::Variables => None,
            Pane::Configuration => self.shown_run()?.task(&self.configuration.row()?.task),
            Pane::Grid | Pane::Logs => self.selected_task(),
        }
    }

    /// The run that is selected in the list of former runs.
    pub fn selected_former(&self) -> Option<&RunSummary> {
        let window = self.history_window()?;
        let place = self.history.iter().position(|run| run.id == window.run)?;
        // What the filter hides is not selected.
        let shown = self.history_filter.shown(self.history.len());
        self.history.get(place).filter(|_| shown.contains(place))
    }

    /// The time of the shown run: it stands still where nobody watched any more.
    pub fn shown_now(&self) -> Timestamp {
        let watched = self.watched();
        watched
            .and_then(|watched| watched.unwatched_since())
            .unwrap_or(self.now)
    }

    /// The task that the keys act on, if the engine can act on it.
    pub fn driven_task(&self) -> Option<&Task> {
        self.shows_driven_run().then(|| self.aimed_task()).flatten()
    }

    /// Brings the list up to date by the run that the engine has.
    pub fn remember_run(&mut self) {
        let Some(run) = &self.run else { return };
        let mut summary = RunSummary::new(run);
        summary.watched = match &self.driver {
            Driver::Elsewhere(process) if !run.state.is_end() => Some(Watched::By(process.clone())),
            _ => None,
        };
        if !self.replace_former(&summary) {
            self.history.insert(0, summary);
        }
    }

    /// Replaces a run of the list; false if the list does not have it.
    pub fn replace_former(&mut self, summary: &RunSummary) -> bool {
        let known = self.history.iter_mut().find(|known| known.id == summary.id);
        let is_known = known.is_some();
        if let Some(known) = known {
            known.clone_from(summary);
        }
        is_known
    }
}
