//! Making a row of the configuration table active or inactive: it is judged first, the statement is shown in a question,
//! and only then it runs.

use super::read_configuration;
use crate::engine::Command;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Dialog, DialogResult, Overlay};
use crate::tui::plan::count;
use crate::tui::remedy;
use crate::tui::theme::Meaning;
use domain::activation::Activation;
use domain::failure::Failure;

/// Asks the engine what the change of the selected row would be.
pub(super) fn inspect(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(row) = model.configuration.row() else {
        return;
    };
    let (name, active) = (row.name.clone(), !row.active);
    effects.push(Effect::Send(Command::JudgeActivation {
        variables: Box::new(model.variables.working.clone()),
        row: name.clone(),
        active,
    }));
    model.reply(format!("Looking at {name} in the table ..."));
}

/// The engine has looked: the statement is shown, or why there is none.
pub(super) fn on_judged(model: &mut Model, judged: Result<Box<Activation>, Failure>) {
    match judged {
        Ok(activation) => {
            let question = question(model, activation);
            model.overlays.push(Overlay::Dialog(question));
        }
        Err(failure) => {
            let why = failure.text(remedy::text);
            model.notify(Meaning::Warning, format!("The row cannot be changed: {why}"));
        }
    }
}

/// The statement with its parameters, and how many rows it changes.
fn question(model: &Model, activation: Box<Activation>) -> Dialog {
    let (row, word) = (&activation.row, activation.word());
    let rows = usize::try_from(activation.rows).unwrap_or(usize::MAX);
    let mut body = vec![format!(
        "It changes {} of {}:",
        count(rows, "row"),
        activation.place.table
    )];
    body.push(activation.statement());
    let parameters = activation.parameters();
    let values: Vec<_> = parameters
        .iter()
        .map(|one| format!("@{} = {} ({})", one.name, one.value, one.kind))
        .collect();
    body.push(values.join(", "));
    if rows > 1 {
        body.push(format!(
            "All {rows} rows have these keys, and all of them are changed."
        ));
    }
    if model.live_run().is_some() {
        body.push(
            "A run is live: it has read its rows already, or reads them before its pipelines start.".into(),
        );
    }
    let title = format!("Make {row} {word}?");
    let yes = format!("make it {word}");
    let variables = Box::new(model.variables.working.clone());
    let result = DialogResult::Send(Command::Activate(variables, activation));
    Dialog::new(title, body, "leave it").or('y', yes, result)
}

/// It was done, or not; the table is read again.
pub(super) fn on_done(model: &mut Model, done: Result<String, Failure>, effects: &mut Vec<Effect>) {
    match done {
        Ok(text) => model.notify(Meaning::Success, text),
        Err(failure) => {
            let why = failure.text(remedy::text);
            model.notify(
                Meaning::Danger,
                format!("The row was not changed as asked: {why}"),
            );
        }
    }
    read_configuration(model, effects);
}
