//! Going to another profile: this screen and its engine end, and the same program opens the other one.

use super::leaving;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Dialog, DialogResult, Overlay};
use crate::tui::preferences::ProfileChoice;

/// The letters of the answers. `n` stays, and h, j, k and l move, as in every question.
const LETTERS: &str = "123456789abcdefgimopqrstuvwxyz";

/// Asks which profile to go to.
pub(super) fn ask(model: &mut Model) {
    ask_among(model, |_| true);
}

/// Asks whether to go to this profile.
pub(super) fn ask_for(model: &mut Model, name: &str) {
    ask_among(model, |profile| profile.name == name);
}

fn ask_among(model: &mut Model, is_wanted: impl Fn(&ProfileChoice) -> bool) {
    let unsaved = leaving::unsaved(model);
    if !unsaved.is_empty() {
        let reason = unsaved.join(" ");
        return model.reply(format!(
            "Save or undo first, then go to another profile. {reason}"
        ));
    }
    let others: Vec<_> = model
        .profiles
        .iter()
        .filter(|profile| profile.name != model.profile && is_wanted(profile))
        .cloned()
        .collect();
    let body = format!(
        "This is {}. The screen begins anew; runs and their logs stay.",
        model.profile
    );
    let dialog = dialog("Go to another profile?", vec![body], "stay", &others);
    model.overlays.push(Overlay::Dialog(dialog));
}

/// The question of a start for which no profile was chosen, although there are some.
pub(in crate::tui) fn question(current: &str, profiles: &[ProfileChoice]) -> Dialog {
    let others: Vec<_> = profiles
        .iter()
        .filter(|profile| profile.name != current)
        .cloned()
        .collect();
    let body = vec![
        "config.toml has profiles, and none is chosen.".to_owned(),
        "`downbeat profile use NAME` chooses one for every start.".to_owned(),
    ];
    dialog("Which profile?", body, &format!("stay on the {current}"), &others)
}

/// A letter for each profile, as far as there are letters.
fn dialog(title: &str, mut body: Vec<String>, stay: &str, others: &[ProfileChoice]) -> Dialog {
    let left_out = others.len().saturating_sub(LETTERS.len());
    if left_out > 0 {
        body.push(format!(
            "{left_out} more are opened with `downbeat --profile NAME`."
        ));
    }
    let mut dialog = Dialog::new(title, body, stay);
    for (letter, profile) in LETTERS.chars().zip(others) {
        let result = DialogResult::SwitchProfile(profile.name.clone());
        dialog = dialog.or(letter, describe(profile), result);
    }
    dialog
}

/// Ends this screen for another profile, unless a run has begun meanwhile.
pub(super) fn switch(model: &mut Model, name: String, effects: &mut Vec<Effect>) {
    if model.live_run().is_some() {
        return model.reply("A run has begun meanwhile: it needs this profile.");
    }
    effects.push(Effect::SwitchProfile(name));
}

/// Its name, where it leads and what it allows.
fn describe(profile: &ProfileChoice) -> String {
    let place: Vec<_> = [&profile.project, &profile.instance]
        .into_iter()
        .filter(|text| !text.is_empty())
        .map(String::as_str)
        .collect();
    let place = if place.is_empty() {
        "nothing set".to_owned()
    } else {
        place.join(" / ")
    };
    let marks = [
        profile.colour.clone(),
        profile.guard.is_protected.then(|| "protected".to_owned()),
        profile.guard.is_read_only.then(|| "read-only".to_owned()),
    ];
    let parts: Vec<_> = std::iter::once(place)
        .chain(marks.into_iter().flatten())
        .collect();
    format!("{}: {}", profile.name, parts.join(", "))
}
