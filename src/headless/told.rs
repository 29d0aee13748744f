//! How a run ended, for those who are told outside of the terminal: in words for a chat, and as the summary line for a program.

use super::{Exit, json, words};
use domain::run::Run;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A chat is not a log: of more reasons only the number is said.
const MOST_REASONS: usize = 5;

/// `Downbeat, profile prod: run … failed …`, and the reasons, one to a line.
pub fn text(run: &Run) -> String {
    let mut text = format!(
        "Downbeat, profile {}: {}",
        run.request.profile,
        words::summary(run)
    );
    let reasons = words::failures(run);
    for reason in reasons.iter().take(MOST_REASONS) {
        // Writing to a text cannot fail.
        let _ = write!(text, "\n- {reason}");
    }
    if let Some(others) = reasons
        .len()
        .checked_sub(MOST_REASONS)
        .filter(|others| *others > 0)
    {
        let _ = write!(text, "\n- and {others} other reasons");
    }
    text
}

/// The `summary` line of the run with its profile, and with the words as `text`.
pub fn summary(run: &Run) -> Value {
    let mut line = json::summary_line(run, Exit::from(run.outcome()));
    if let Value::Object(fields) = &mut line {
        fields.insert("profile".into(), json!(run.request.profile));
        fields.insert("text".into(), text(run).into());
    }
    line
}
