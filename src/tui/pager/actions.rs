//! The page of what was done for the person at this screen.

use super::Line;
use crate::tui::model::Model;
use crate::tui::model::action_log::Deed;
use crate::tui::theme::Meaning;

/// What was done, with the command that does the same, and the requests that changed something.
pub(super) fn lines(model: &Model) -> Vec<Line> {
    let line = |lead: String, indent, meaning, text: String| Line {
        lead,
        indent,
        meaning,
        text,
    };
    let mut lines = Vec::new();
    for logged in model.action_log.iter() {
        let at = logged.at.clock();
        match &logged.what {
            Deed::Asked { words, command } => {
                lines.push(line(at, 0, Meaning::Text, words.clone()));
                let command = command.iter().cloned();
                lines.extend(command.map(|command| line(String::new(), 2, Meaning::Accent, command)));
            }
            Deed::Called(call) => {
                let (meaning, outcome) = match &call.failure {
                    None => (Meaning::Muted, String::new()),
                    Some(failure) => (Meaning::Warning, format!(" failed: {failure}")),
                };
                let request = format!(
                    "{} {} ({}, {})",
                    call.method, call.path, call.service, call.operation
                );
                lines.push(line(at, 2, meaning, format!("{request}{outcome}")));
            }
        }
    }
    if lines.is_empty() {
        lines.push(line(
            String::new(),
            0,
            Meaning::Muted,
            "Nothing was done here yet.".into(),
        ));
    }
    lines
}
