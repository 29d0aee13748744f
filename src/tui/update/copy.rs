//! What is copied for the clipboard, and what is said of it.

use super::logs;
use crate::tui::context::Pane;
use crate::tui::effect::Effect;
use crate::tui::link::{self, Link};
use crate::tui::model::Model;
use crate::tui::remedy;
use crate::tui::theme::Meaning;
use domain::failure::Failure;
use std::path::PathBuf;

/// Copies a text: without secrets, and without what could drive a terminal it is pasted into.
pub(super) fn copy(model: &Model, what: impl Into<String>, text: &str, effects: &mut Vec<Effect>) {
    effects.push(Effect::Copy {
        what: what.into(),
        text: model.secrets.clean(text),
    });
}

/// Copies rows of the log, or the id of the selected task's pipeline run, or the task's name.
pub(super) fn line(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.focus == Pane::Logs {
        return rows(model, effects);
    }
    let Some(task) = model.selected_task() else { return };
    let run = task.current().and_then(|current| current.pipeline_run.as_ref());
    match run {
        Some(run) => copy(model, "the id of the pipeline run", run.as_str(), effects),
        None => copy(model, "the name of the task", task.id.as_str(), effects),
    }
}

/// Opens the page of what is selected in a browser.
pub(super) fn open_page(model: &Model, effects: &mut Vec<Effect>) {
    // Why there is none has been said.
    effects.extend(link::of_selection(model).ok().map(Effect::OpenPage));
}

/// The page is open; where no browser is at hand, its address is copied.
pub(super) fn on_page_opened(model: &mut Model, link: &Link, is_open: bool, effects: &mut Vec<Effect>) {
    let Link { what, url } = link;
    if is_open {
        model.reply(format!("Opened in the browser: {what}."));
    } else {
        copy(model, format!("the address of {what}: {url}"), url, effects);
    }
}

/// Copies the row of the log where the reader is, or the selected rows.
fn rows(model: &mut Model, effects: &mut Vec<Effect>) {
    match logs::selected_text(model) {
        (what, Some(text)) => copy(model, what, &text, effects),
        (_, None) => model.reply(logs::too_far()),
    }
    model.logs.mark = None;
}

/// A text went to the clipboard, or into a file.
pub(super) fn on_copied(model: &mut Model, what: &str, outcome: Result<Option<PathBuf>, Failure>) {
    match outcome {
        Ok(None) => model.reply(format!("Sent to the clipboard: {what}.")),
        Ok(Some(path)) => model.notify(
            Meaning::Waiting,
            format!(
                "The clipboard of this terminal cannot take {what}. It is in the file {}.",
                path.display()
            ),
        ),
        Err(failure) => model.notify(
            Meaning::Danger,
            format!(
                "The clipboard of this terminal cannot take {what}, nor can a file: {}",
                failure.text(remedy::text)
            ),
        ),
    }
}
