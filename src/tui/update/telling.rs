//! What the terminal says of itself, and what is told to somebody who looks elsewhere.

use crate::tui::effect::Effect;
use crate::tui::look::ThemeChoice;
use crate::tui::model::notices::Notice;
use crate::tui::model::{Model, Telling};
use crate::tui::summary;
use crate::tui::theme::{Ground, Meaning};
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::id::TaskId;
use domain::release::Release;
use semver::Version;
use std::time::Duration;

/// The shortest time between two failures that are told. The end of a run is always told.
const PAUSE: Duration = Duration::from_secs(30);

/// Asks the terminal for its background, if the colours depend on it.
pub(super) fn ask_ground(model: &Model, effects: &mut Vec<Effect>) {
    if model.preferences.asks_ground && model.preferences.theme == ThemeChoice::Auto {
        effects.push(Effect::AskGround);
    }
}

/// The terminal has answered.
pub(super) fn on_ground(model: &mut Model, ground: Ground) {
    model.is_dirty = model.terminal.ground != Some(ground);
    model.terminal.ground = Some(ground);
}

/// The terminal has got the keyboard or has lost it. While it was away, its colours may have changed.
pub(super) fn on_focus(model: &mut Model, has_focus: bool, effects: &mut Vec<Effect>) {
    model.terminal.has_focus = Some(has_focus);
    model.is_dirty = false;
    if has_focus {
        ask_ground(model, effects);
    }
}

/// Takes the next choice of colours.
pub(super) fn next_theme(model: &mut Model, effects: &mut Vec<Effect>) {
    choose_theme(model, model.preferences.theme.next(), effects);
}

/// Takes this choice of colours.
pub(super) fn choose_theme(model: &mut Model, choice: ThemeChoice, effects: &mut Vec<Effect>) {
    model.preferences.theme = choice;
    ask_ground(model, effects);
    model.reply(format!(
        "Colours: {}. To keep them, write theme = \"{}\" into config.toml.",
        choice.word(),
        choice.word()
    ));
}

/// There is a newer version. Nothing that was said before is covered by that.
pub(super) fn on_release(model: &mut Model, release: &Release, own: &Version) {
    model.notices.push_behind(Notice {
        at: model.now,
        meaning: Meaning::Waiting,
        text: release.text(own),
        is_transient: false,
    });
}

/// Tells it to somebody who looks elsewhere; who looks here sees it.
pub(super) fn tell(model: &Model, text: &str, effects: &mut Vec<Effect>) {
    let ways = model.preferences.ways;
    let is_wanted = ways.bell || ways.desktop.is_some();
    if is_wanted && model.terminal.has_focus != Some(true) {
        effects.push(Effect::Tell(format!("{}: {text}", model.band())));
    }
}

/// Tells that a run has ended, or that a task needs a person.
pub(super) fn on_events(model: &mut Model, events: &[RunEvent], effects: &mut Vec<Effect>) {
    if let Some(run) = model.run.as_ref().filter(|_| has_ended(events)) {
        let text = format!("the run ended, {}", summary::ending(run));
        model.telling = Telling::default();
        return tell(model, &text, effects);
    }
    let failed: Vec<_> = events.iter().filter_map(failure).collect();
    let Some((task, failure)) = failed.last() else {
        return;
    };
    let is_recent = |at| model.now.since(at) < PAUSE;
    if model.telling.last_failure.is_some_and(is_recent) {
        model.telling.untold += failed.len();
        return;
    }
    let others = model.telling.untold + failed.len() - 1;
    let others = match others {
        0 => String::new(),
        1 => "1 more task needs you; ".to_owned(),
        others => format!("{others} more tasks need you; "),
    };
    let text = format!("{others}{task}: {}", failure.reason);
    model.telling.last_failure = Some(model.now);
    model.telling.untold = 0;
    tell(model, &text, effects);
}

/// Whether these events end the run.
pub(super) fn has_ended(events: &[RunEvent]) -> bool {
    let last = events.last().map(|event| &event.fact);
    matches!(last, Some(Fact::RunEnded { .. }))
}

/// The task that has failed for good, or cannot be seen any more.
fn failure(event: &RunEvent) -> Option<(&TaskId, &Failure)> {
    match &event.fact {
        Fact::TaskFailed { task, failure } | Fact::TaskTimedOut { task, failure } => Some((task, failure)),
        Fact::TaskLostSight { task, reason } => Some((task, reason)),
        _ => None,
    }
}
