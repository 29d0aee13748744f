//! Messages of the engine and results of the shell: events, the configuration, lines of a log.

use crate::engine::Update;
use crate::tui::effect::Effect;
use crate::tui::finding;
use crate::tui::model::Model;
use crate::tui::model::logs::{LogTarget, LogWindow};
use crate::tui::remedy;
use crate::tui::theme::Meaning;
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::id::DagRunId;
use domain::run::Run;
use domain::summary::RunSummary;

/// Handles an update of the engine.
pub(super) fn on_update(model: &mut Model, update: Update, effects: &mut Vec<Effect>) {
    match update {
        Update::Events(events) => {
            for event in &events {
                on_event(model, event);
            }
            if model.is_leaving && model.live_run().is_none() {
                effects.push(Effect::Leave);
            }
        }
        Update::Configuration(Ok(table)) => {
            model.configuration.is_reading = false;
            model.configuration.replace(table);
        }
        Update::Configuration(Err(failure)) => {
            model.configuration.is_reading = false;
            model.configuration.failure = Some(failure);
        }
        Update::Connected(connected) => model.connected = Some(connected),
        Update::LogGrew { task, number } => on_log_grew(model, &task, number),
        Update::Refused(failure) => {
            model.notify(
                Meaning::Warning,
                format!("Refused: {}", failure.text(remedy::text)),
            );
        }
        Update::Broken(failure) => model.notify(
            Meaning::Danger,
            format!(
                "The run is halted because nothing can be written: {}",
                failure.text(remedy::text)
            ),
        ),
    }
}

fn on_event(model: &mut Model, event: &RunEvent) {
    match &event.fact {
        Fact::RunStarted { .. } => {
            model.run = Run::begin(event);
            model.is_driven_here = true;
            model.former_run = None;
            model.logs.pinned = None;
        }
        fact => {
            if let Some(run) = &mut model.run {
                run.apply(event);
            }
            if let Fact::ConfigurationRead { configuration } = fact {
                model.configuration.replace(configuration.clone());
            }
            if let Fact::Noticed { finding } = fact {
                model.notify(finding::meaning(finding.severity), finding::text(finding));
            }
        }
    }
    update_history(model);
}

/// Updates the run in the history.
fn update_history(model: &mut Model) {
    let Some(run) = &model.run else { return };
    let summary = RunSummary::new(run);
    match model.history.iter_mut().find(|known| known.id == summary.id) {
        Some(known) => *known = summary,
        None => model.history.insert(0, summary),
    }
}

fn on_log_grew(model: &mut Model, task: &domain::id::TaskId, number: u32) {
    let is_shown = model.former_run.is_none()
        && model
            .logs
            .target
            .as_ref()
            .is_some_and(|target| target.task == *task && target.number == number);
    if is_shown {
        model.logs.is_stale = true;
    }
    // The next frame is drawn when the lines have been read.
    model.is_dirty = false;
}

/// The engine has ended unexpectedly.
pub(super) fn on_engine_ended(model: &mut Model) {
    model.is_driven_here = false;
    model.notify(
        Meaning::Danger,
        "The engine has ended; live pipeline runs go on. Start Downbeat again to resume the run.",
    );
}

/// Lines were read. Lines of another file come too late and are dropped.
pub(super) fn on_log_read(
    model: &mut Model,
    target: &LogTarget,
    window: Result<LogWindow, String>,
    has_more: bool,
) {
    if model.logs.target.as_ref() != Some(target) {
        model.is_dirty = false;
        return;
    }
    model.logs.is_reading = false;
    model.logs.is_stale |= has_more;
    match window {
        Ok(window) => {
            model.logs.window = window;
            model.logs.failure = None;
        }
        Err(failure) => model.logs.failure = Some(failure),
    }
}

/// A former run was read, or could not be.
pub(super) fn on_run_opened(model: &mut Model, run: &DagRunId, outcome: Result<Box<Run>, Failure>) {
    match outcome {
        Ok(run) => {
            model.former_run = Some(*run);
            model.logs.pinned = None;
        }
        Err(failure) => {
            let why = failure.text(remedy::text);
            model.notify(Meaning::Warning, format!("Run {run} cannot be shown: {why}"));
        }
    }
}
