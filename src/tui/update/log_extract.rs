//! Rows of the logs for the clipboard and for files: which ones, under which name, and what became of it.

use super::copy;
use crate::tui::action::{Action, key};
use crate::tui::effect::{Effect, OutsideFile};
use crate::tui::model::Model;
use crate::tui::model::logs::extract::{LogErrand, LogPart, LogPurpose, TakeFailure, TakenLog};
use crate::tui::model::logs::scope::LogScope;
use crate::tui::model::overlay::{Dialog, DialogResult, Overlay};
use crate::tui::model::prompt::{Prompt, PromptPurpose, PromptStep};
use crate::tui::plan::count;
use crate::tui::theme::Meaning;
use std::path::PathBuf;

/// Does what is wanted of a log.
pub(super) fn run(model: &mut Model, errand: LogErrand, effects: &mut Vec<Effect>) {
    match errand {
        LogErrand::Save(part) => {
            let purpose = PromptPurpose::SaveLog(part);
            model.prompt = Some(Prompt::with_text(purpose, &file_name(model, part)));
        }
        LogErrand::Copy(part) => {
            let what = model.logs.words(part);
            take(model, part, LogPurpose::Copy { what, head: None }, effects);
        }
        LogErrand::CopyFailure => {
            let Some(head) = copy::failure_head(model) else {
                return;
            };
            let purpose = LogPurpose::Copy {
                what: "the failure with the whole log as Markdown".into(),
                head: Some(head),
            };
            take(model, LogPart::Whole, purpose, effects);
        }
    }
}

fn take(model: &mut Model, part: LogPart, purpose: LogPurpose, effects: &mut Vec<Effect>) {
    match model.logs.extract(part) {
        Some(extract) => effects.push(Effect::TakeLog(extract, purpose)),
        None => model.reply("The selected rows are being read: once more, please."),
    }
}

/// Copies the row of the log where the reader is, or the selected rows, however many they are.
pub(super) fn copy_rows(model: &mut Model, effects: &mut Vec<Effect>) {
    let rows = model.logs.selection();
    let what = match rows.len() {
        1 => "a row of the log".to_owned(),
        number => format!("{} of the log", count(number, "row")),
    };
    let rows = if model.logs.follows {
        let last = model.logs.here();
        last..last + 1
    } else {
        rows
    };
    let loaded = rows.map(|at| model.logs.window.row(at).map(|row| model.logs.copied(row)));
    match loaded.collect::<Option<Vec<_>>>() {
        Some(texts) => copy::copy(model, what, &texts.join("\n"), effects),
        None => take(
            model,
            LogPart::Selected,
            LogPurpose::Copy { what, head: None },
            effects,
        ),
    }
    model.logs.mark = None;
}

/// Asks which rows are saved, if there is a choice, and then for the name of the file.
pub(super) fn ask_to_save(model: &mut Model, effects: &mut Vec<Effect>) {
    let is_selected = model.logs.mark.is_some();
    if model.logs.filter.is_all() && !is_selected {
        return run(model, LogErrand::Save(LogPart::Whole), effects);
    }
    let save = |part| DialogResult::Log(LogErrand::Save(part));
    let mut dialog = Dialog::new("Save what?", vec![of_what(model)], "nothing");
    if is_selected {
        dialog = dialog.or('v', model.logs.words(LogPart::Selected), save(LogPart::Selected));
    }
    if !model.logs.filter.is_all() {
        dialog = dialog.or('f', model.logs.words(LogPart::Shown), save(LogPart::Shown));
    }
    let dialog = dialog.or('w', model.logs.words(LogPart::Whole), save(LogPart::Whole));
    model.overlays.push(Overlay::Dialog(dialog));
}

/// Whose log it is, in a sentence.
fn of_what(model: &Model) -> String {
    let Some(target) = &model.logs.target else {
        return String::new();
    };
    match model.logs.scope {
        LogScope::Try => format!("{}, try {}, run {}.", target.task, target.number, target.run),
        LogScope::Tries => format!("{}, all tries, run {}.", target.task, target.run),
        LogScope::Run => format!("All tasks of run {}.", target.run),
    }
}

/// The name that is offered: that of the run and the task, without what a file system does not take.
fn file_name(model: &Model, part: LogPart) -> String {
    let Some(target) = &model.logs.target else {
        return String::new();
    };
    let of = match model.logs.scope {
        LogScope::Try => format!("{}_try{}", target.task.short(), target.number),
        LogScope::Tries => format!("{}_all_tries", target.task.short()),
        LogScope::Run => "all_tasks".into(),
    };
    let part = match part {
        LogPart::Whole => "",
        LogPart::Shown => "_filtered",
        LogPart::Selected => "_selected",
    };
    let name = format!("{}_{of}{part}.log", target.run);
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name = name.chars().map(|c| if is_plain(c) { c } else { '_' });
    name.collect()
}

/// The name of the file is typed or accepted.
pub(super) fn name(
    model: &mut Model,
    part: LogPart,
    typed: &str,
    step: PromptStep,
    effects: &mut Vec<Effect>,
) {
    if let Some(prompt) = &mut model.prompt {
        let is_missing = typed.trim().is_empty();
        prompt.editor.fault = is_missing.then(|| "A file needs a name.".into());
    }
    if step == PromptStep::Accepted {
        let name = typed.trim().to_owned();
        take(model, part, LogPurpose::Save { part, name }, effects);
    }
}

/// Shows all of the log in another program.
pub(super) fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    take(model, LogPart::Whole, LogPurpose::Show, effects);
}

/// The other program has ended.
pub(super) fn on_shown(model: &mut Model, outcome: Result<(), String>) {
    if let Err(why) = outcome {
        model.notify(Meaning::Danger, format!("The log was not shown: {why}"));
    }
}

/// Rows were taken, or could not be.
pub(super) fn on_taken(
    model: &mut Model,
    purpose: LogPurpose,
    outcome: Result<TakenLog, TakeFailure>,
    effects: &mut Vec<Effect>,
) {
    match (purpose, outcome) {
        (LogPurpose::Copy { what, head }, Ok(TakenLog::Text(text))) => {
            let text = head.map_or(text.clone(), |head| copy::with_log(head, &text));
            copy::copy(model, what, text.trim_end(), effects);
        }
        (LogPurpose::Copy { what, .. }, Err(failure)) => {
            let why = match failure {
                TakeFailure::TooLarge => {
                    let save = key(Action::SaveLog);
                    format!("it is larger than 16 MiB. {save} in the log saves it in a file.")
                }
                TakeFailure::Exists => "its file exists.".into(),
                TakeFailure::Other(why) => why,
            };
            model.notify(Meaning::Danger, format!("Not copied: {what}: {why}"));
        }
        (LogPurpose::Save { part, .. }, Ok(TakenLog::File { path, rows })) => {
            let of = match part {
                LogPart::Whole => "the whole log",
                LogPart::Shown => "what the filter shows of the log",
                LogPart::Selected => "what was selected of the log",
            };
            let (rows, path) = (count(rows, "row"), path.display());
            model.notify(Meaning::Success, format!("Saved: {rows}, {of}, in {path}."));
        }
        (LogPurpose::Save { part, name }, Err(TakeFailure::Exists)) => exists(model, part, &name),
        (LogPurpose::Save { .. }, Err(failure)) => {
            let why = match failure {
                TakeFailure::Other(why) => why,
                _ => "it is too large.".into(),
            };
            let save = key(Action::SaveLog);
            model.notify(
                Meaning::Danger,
                format!("The log was not saved: {why} The log itself is as it was; {save} in it saves it elsewhere."),
            );
        }
        (LogPurpose::Show, Ok(TakenLog::Log(path))) => show(path, false, effects),
        (LogPurpose::Show, Ok(TakenLog::File { path, .. })) => show(path, true, effects),
        (LogPurpose::Show, Err(TakeFailure::Other(why))) => on_shown(model, Err(why)),
        (LogPurpose::Show, Err(_)) => on_shown(model, Err("no file can be made for it.".into())),
        (LogPurpose::Copy { .. } | LogPurpose::Save { .. } | LogPurpose::Show, Ok(_)) => {}
    }
}

fn show(path: PathBuf, is_temporary: bool, effects: &mut Vec<Effect>) {
    effects.push(Effect::ShowOutside(OutsideFile { path, is_temporary }));
}

/// Nothing is written over: another name is asked for, unless something else is being typed by now.
fn exists(model: &mut Model, part: LogPart, name: &str) {
    if model.prompt.is_none() && model.editor().is_none() {
        let mut prompt = Prompt::with_text(PromptPurpose::SaveLog(part), name);
        prompt.editor.fault = Some("This file exists, and is not written over: another name, please.".into());
        model.prompt = Some(prompt);
    } else {
        let save = key(Action::SaveLog);
        let text = format!(
            "Not saved: the file {name} exists, and is not written over. {save} in the log takes another name."
        );
        model.notify(Meaning::Warning, text);
    }
}
