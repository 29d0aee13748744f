//! The checks: when they are asked for, and what is said of their answers.

use super::copy;
use crate::engine::Command;
use crate::tui::action::{Action, key};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::doctor::Seen;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::variables::VariablesPane;
use crate::tui::remedy;
use crate::tui::theme::Meaning;
use domain::doctor::{Examined, Report, Standing};
use domain::failure::Failure;
use domain::variable::Variables;

/// Asks at the start, if the variables say where.
pub(super) fn begin(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.variables.working.project_id.is_empty() {
        examine(model, effects);
    }
}

/// Shows the checks; those that were never made are made.
pub(super) fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    model.overlays.push(Overlay::Doctor { top: 0 });
    if model.doctor.seen.is_none() {
        examine(model, effects);
    }
}

/// Asks again. One question at a time.
pub(super) fn examine(model: &mut Model, effects: &mut Vec<Effect>) {
    if std::mem::replace(&mut model.doctor.is_asking, true) {
        return;
    }
    effects.push(Effect::Send(Command::Examine {
        profile: model.profile.clone(),
        variables: Box::new(model.variables.working.clone()),
    }));
}

/// Copies the commands of the remedies.
pub(super) fn copy_commands(model: &Model, effects: &mut Vec<Effect>) {
    copy::copy(model, "the commands", &model.doctor.commands(), effects);
}

/// The answers have come. What is not in order is said once, and not again if it is the same.
pub(super) fn on_examined(model: &mut Model, of: &Variables, report: Report) {
    model.doctor.is_asking = false;
    if !VariablesPane::read_alike(of, &model.variables.working) {
        return;
    }
    let is_shown = matches!(model.overlays.top(), Some(Overlay::Doctor { .. }));
    let seen = Seen {
        at: model.now,
        of: of.clone(),
        report,
    };
    let before = model.doctor.seen.replace(seen);
    let Some(Seen { report, .. }) = &model.doctor.seen else {
        return;
    };
    let is_news = before.is_none_or(|before| before.report.summary() != report.summary());
    if report.standing() == Standing::Ok || is_shown || !is_news {
        return;
    }
    let meaning = match report.standing() {
        Standing::Missing => Meaning::Warning,
        _ => Meaning::Waiting,
    };
    let text = format!("{} {} shows what to do.", told(report), key(Action::Doctor));
    model.notify(meaning, text);
}

/// Beside what is missing, so many names are told of what could not be seen.
const NAMES: usize = 3;

/// The gravest first, by their names.
fn told(report: &Report) -> String {
    let parts = [
        (Standing::Missing, "A run would miss"),
        (Standing::Unknown, "It could not be seen"),
    ];
    let parts = parts.into_iter().filter_map(|(standing, words)| {
        let titles: Vec<_> = report.of(standing).map(title).collect();
        match titles.len() {
            0 => None,
            more if standing == Standing::Unknown && more > NAMES => Some(format!("{words}: {more} checks.")),
            _ => Some(format!("{words}: {}.", titles.join(", "))),
        }
    });
    parts.collect::<Vec<_>>().join(" ")
}

fn title(examined: &Examined) -> &'static str {
    examined.check.title()
}

/// The instance or its pipeline could not be looked up.
pub(super) fn on_lookup_failed(model: &mut Model, of: &Variables, failure: Failure) {
    if !VariablesPane::read_alike(of, &model.variables.working) {
        return;
    }
    if model.lookup_failure.as_ref() != Some(&failure) {
        let text = format!(
            "{} {} checks everything.",
            failure.text(remedy::text),
            key(Action::Doctor)
        );
        model.notify(Meaning::Danger, text);
    }
    model.lookup_failure = Some(failure);
}
