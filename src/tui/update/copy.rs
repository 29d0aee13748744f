//! What is copied for the clipboard, and what is said of it.

use super::logs;
use crate::tui::effect::{Effect, Link};
use crate::tui::link;
use crate::tui::model::Model;
use crate::tui::model::logs::extract::{LogErrand, LogPart};
use crate::tui::model::logs::scope::LogScope;
use crate::tui::model::overlay::{Dialog, DialogResult, Overlay};
use crate::tui::remedy;
use crate::tui::theme::Meaning;
use domain::failure::Failure;
use std::path::PathBuf;

/// What is copied, in words.
const RUN_ID: &str = "the id of the run";

/// Copies a text: without secrets, and without what could drive a terminal it is pasted into.
pub(super) fn copy(model: &Model, what: impl Into<String>, text: &str, effects: &mut Vec<Effect>) {
    effects.push(Effect::Copy {
        what: what.into(),
        text: model.secrets.clean(text),
    });
}

/// Copies the id of the selected task's pipeline run, or the task's name.
pub(super) fn line(model: &Model, effects: &mut Vec<Effect>) {
    let Some(task) = model.selected_task() else { return };
    let run = task.current().and_then(|current| current.pipeline_run.as_ref());
    match run {
        Some(run) => copy(model, "the id of the pipeline run", run.as_str(), effects),
        None => copy(model, "the name of the task", task.id.as_str(), effects),
    }
}

/// Copies the id of the run that is selected in a list, or of the one that is shown.
pub(super) fn run(model: &Model, effects: &mut Vec<Effect>) {
    let run = match model.history_window() {
        Some(_) => model.selected_former().map(|run| &run.id),
        None => model.shown_run().map(|run| &run.id),
    };
    if let Some(run) = run {
        copy(model, RUN_ID, run.as_str(), effects);
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

/// Asks what is copied of the selected task and its log.
pub(super) fn ask(model: &mut Model) {
    let (Some(run), Some(task)) = (model.shown_run(), model.selected_task()) else {
        return;
    };
    let copied = |what: &str, text: String| DialogResult::Copy {
        what: what.into(),
        text,
    };
    let mut dialog = Dialog::new(
        "Copy what?",
        vec![format!("{}, run {}.", task.id, run.id)],
        "nothing",
    );
    if model.logs.window.total > 0 {
        let text = logs::visible_text(model);
        let what = "the visible part of the log";
        dialog = dialog.or('v', what, copied(what, text));
        let whole = match model.logs.scope {
            LogScope::Try => "the whole log of this try",
            LogScope::Tries => "the logs of all tries",
            LogScope::Run => "the logs of all tasks",
        };
        dialog = dialog.or('l', whole, DialogResult::Log(LogErrand::Copy(LogPart::Whole)));
    }
    if let Some(head) = failure_head(model) {
        let text = with_log(head, &logs::visible_text(model));
        let what = "the failure as Markdown";
        dialog = dialog.or('m', what, copied(what, text));
        let what = "the same with the whole log";
        dialog = dialog.or('a', what, DialogResult::Log(LogErrand::CopyFailure));
    }
    let dialog = dialog.or('i', RUN_ID, copied(RUN_ID, run.id.to_string()));
    model.overlays.push(Overlay::Dialog(dialog));
}

/// What failed, why and what to do, as Markdown for a ticket or a chat; nothing if the selected task has no failure.
pub(super) fn failure_head(model: &Model) -> Option<String> {
    let (run, task) = (model.shown_run()?, model.selected_task()?);
    let failure = task.reason.as_ref()?;
    let tries = task.tries.len();
    let pipeline = task.current().and_then(|current| current.pipeline_run.as_ref());
    let pipeline = pipeline.map_or(String::new(), |id| format!(", pipeline run `{id}`"));
    Some(format!(
        "**{}**: {}, try {tries} of {}\n\n> {}\n\nRun `{}`{pipeline}\n",
        task.id,
        task.state.as_str(),
        task.allowed_tries,
        failure.text(remedy::text).replace('\n', "\n> "),
        run.id
    ))
}

/// The same with what the log says.
pub(super) fn with_log(head: String, log: &str) -> String {
    if log.is_empty() {
        return head;
    }
    // Longer than any fence in the log.
    let mut fence = "```".to_owned();
    while log.contains(&fence) {
        fence.push('`');
    }
    [&head, "\n", &fence, "text\n", log.trim_end(), "\n", &fence, "\n"].concat()
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
