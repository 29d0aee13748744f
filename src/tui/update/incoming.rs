//! Messages of the engine and results of the shell: events, the configuration, lines of a log.

use super::{
    activation, arguments, doctor, edits, former, log_scope, navigation, resume, telling, variables,
};
use crate::engine::{self, Update};
use crate::tui::action::{Action, key};
use crate::tui::context::Pane;
use crate::tui::effect::Effect;
use crate::tui::finding;
use crate::tui::model::Model;
use crate::tui::model::action_log::Deed;
use crate::tui::model::driver::Driver;
use crate::tui::model::variables::VariablesPane;
use crate::tui::remedy;
use crate::tui::summary;
use crate::tui::theme::Meaning;
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::finding::Severity;
use domain::row::Configuration;
use domain::run::Run;
use domain::state::RunState;
use domain::variable::Variables;

/// Handles an update of the engine.
pub(super) fn on_update(model: &mut Model, update: Update, effects: &mut Vec<Effect>) {
    if matches!(
        update,
        Update::Events(_) | Update::Marked { .. } | Update::Configuration { .. }
    ) {
        model.lists_version += 1;
    }
    match update {
        Update::Events(events) => on_events(model, &events, effects),
        Update::Marked { run, events } => former::on_marked(model, &run, &events),
        Update::SecretNames(names) => model.secrets.add_names(names.known().map(str::to_owned)),
        Update::Configuration { of, outcome } => on_configuration(model, &of, outcome),
        Update::Deployed { of, pipeline } => {
            if VariablesPane::read_alike(&of, &model.variables.working) {
                if let Some(pipeline) = &pipeline {
                    model.secrets.learn(&pipeline.preferences);
                }
                model.deployed = pipeline;
                arguments::refresh(model);
            }
        }
        Update::ArgumentsSaved { profile, text } => variables::on_written_back(model, &profile, &text),
        Update::ActivationJudged(judged) => activation::on_judged(model, judged),
        Update::Activated(done) => activation::on_done(model, done, effects),
        Update::Called(call) => {
            let at = model.now;
            model.action_log.add(at, Deed::Called(call));
        }
        Update::Connected(connected) => {
            // The account is known now.
            model.credentials.clone_from(&connected.caller);
            model.connected = Some(connected);
            model.lookup_failure = None;
        }
        Update::LookupFailed { of, failure } => doctor::on_lookup_failed(model, &of, failure),
        Update::Examined { of, report } => doctor::on_examined(model, &of, report),
        Update::LogGrew { task, number } => log_scope::on_grew(model, &task, number),
        Update::LogNotice { task, number, text } => {
            model.notify(Meaning::Warning, engine::of_log(&task, number, &text));
        }
        Update::Unwatched { run, since } => resume::on_unwatched(model, &run, since),
        Update::Refused(failure) => {
            model.awaited = None;
            edits::come_back(model);
            model.notify(
                Meaning::Warning,
                format!("Refused: {}", failure.text(remedy::text)),
            );
        }
        Update::Broken(failure) => {
            let text = format!(
                "The run is halted because nothing can be written: {}",
                failure.text(remedy::text)
            );
            telling::tell(model, &text, effects);
            model.notify(Meaning::Danger, text);
        }
        Update::Trouble(trouble) => on_trouble(model, trouble, effects),
        Update::Undone(text) => model.notify(Meaning::Warning, text),
    }
}

fn on_events(model: &mut Model, events: &[RunEvent], effects: &mut Vec<Effect>) {
    model.failures.is_stale = true;
    for event in events {
        on_event(model, event);
    }
    // What a run that is taken up repeats is not news.
    match events.first().map(|event| &event.fact) {
        Some(Fact::RunStarted { run, .. }) if model.awaited.is_none() => edits::on_run_started(model, run),
        Some(Fact::RunStarted { .. }) => {}
        _ => {
            events.iter().for_each(|event| edits::on_fact(model, &event.fact));
            tell_news(model, events);
            telling::on_events(model, events, effects);
        }
    }
    resume::send_awaited(model, events, effects);
    tell_refusal(model, events);
    if telling::has_ended(events) {
        model.record_run();
    }
    let is_taken_up = matches!(
        events.first().map(|event| &event.fact),
        Some(Fact::RunStarted { .. })
    );
    if telling::has_ended(events) && !is_taken_up {
        tell_ending(model);
    }
    let ended = model.run.as_ref().filter(|_| telling::has_ended(events));
    if let Some(lost) = ended.and_then(Run::lost_rows) {
        model.notify(Meaning::Warning, lost);
    }
    if model.is_leaving && model.live_run().is_none() {
        effects.push(Effect::Leave);
    }
}

/// How the run ended, in a line that stays until it is hidden.
fn tell_ending(model: &mut Model) {
    let Some(run) = &model.run else { return };
    let meaning = match run.state {
        RunState::Success => Meaning::Success,
        RunState::Failed | RunState::TimedOut => Meaning::Danger,
        _ => Meaning::Warning,
    };
    let text = format!(
        "The run ended: {} {} sums it up.",
        summary::ending(run),
        key(Action::Summary)
    );
    model.notify(meaning, text);
}

/// The disk is in the way, or is no longer.
fn on_trouble(model: &mut Model, trouble: Option<Failure>, effects: &mut Vec<Effect>) {
    match &trouble {
        Some(failure) => {
            let text = failure.text(remedy::text);
            telling::tell(model, &text, effects);
            model.notify(Meaning::Danger, text);
        }
        None => model.notify(Meaning::Success, engine::WRITTEN_AGAIN),
    }
    model.trouble = trouble;
}

/// The configuration table was read, or could not be. An answer for variables that have been edited since says
/// nothing about the next run; another one is on its way.
fn on_configuration(model: &mut Model, of: &Variables, outcome: Result<Configuration, Failure>) {
    if !VariablesPane::read_alike(of, &model.variables.working) {
        return;
    }
    model.configuration.is_reading = false;
    match outcome {
        Ok(table) => {
            model.replace_rows(table);
            arguments::refresh(model);
            arguments::type_name_again(model);
        }
        Err(failure) => model.configuration.failure = Some(failure),
    }
}

/// What needs a sentence beside its place on the screen.
fn tell_news(model: &mut Model, events: &[RunEvent]) {
    for event in events {
        match &event.fact {
            Fact::Noticed { finding } => {
                model.notify(finding::meaning(finding.severity), finding::text(finding));
            }
            Fact::WatchResumed { since } => {
                let text = format!(
                    "Nobody watched this run from {since} until now: that time does not count for its limits."
                );
                model.notify(Meaning::Waiting, text);
            }
            _ => {}
        }
    }
}

/// Several errors of a start are notices of their own; the one that stays in sight counts them.
fn tell_refusal(model: &mut Model, events: &[RunEvent]) {
    let is_error = |event: &&RunEvent| matches!(&event.fact, Fact::Noticed { finding } if finding.severity == Severity::Error);
    let refused = events.iter().find_map(|event| match &event.fact {
        Fact::TaskFailed { failure, .. } => Some(failure),
        _ => None,
    });
    if let Some(failure) = refused.filter(|_| events.iter().filter(is_error).count() > 1) {
        let all = format!("{} shows them.", key(Action::Notices));
        model.notify(Meaning::Danger, format!("{} {all}", failure.text(remedy::text)));
    }
}

fn on_event(model: &mut Model, event: &RunEvent) {
    match &event.fact {
        Fact::RunStarted { run, .. } => {
            model.run = Run::begin(event);
            resume::on_run_taken_up(model, run);
            model.former_run = None;
            model.logs.pinned = None;
            // A field keeps the letters that are being typed into it.
            if model.editor().is_none() {
                navigation::focus(model, Pane::Grid);
            }
        }
        fact => {
            if let Some(run) = &mut model.run {
                run.apply(event);
            }
            let alike =
                |run: &Run| VariablesPane::read_alike(&run.request.variables, &model.variables.working);
            if let Fact::ConfigurationRead { configuration } = fact
                && model.run.as_ref().is_some_and(alike)
            {
                model.replace_rows(configuration.clone());
                arguments::refresh(model);
            }
        }
    }
    model.remember_run();
}

/// The engine has ended unexpectedly.
pub(super) fn on_engine_ended(model: &mut Model, effects: &mut Vec<Effect>) {
    model.driver = Driver::Nobody;
    effects.push(Effect::ReadHistory);
    let text = "The engine has ended; live pipeline runs go on. Start Downbeat again to resume the run.";
    telling::tell(model, text, effects);
    model.notify(Meaning::Danger, text);
}
