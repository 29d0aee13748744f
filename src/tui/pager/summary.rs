//! How the shown run went: state and time, what was loaded, what failed for which reason, what to do next.

use super::Line;
use crate::tui::action::{self, Action, key};
use crate::tui::model::Model;
use crate::tui::remedy;
use crate::tui::summary;
use crate::tui::symbol::Mark;
use crate::tui::theme::Meaning;
use domain::run::Run;
use domain::summary::RunSummary;

/// How many tasks are named for a reason.
const NAMED: usize = 5;

/// The lines of the summary.
pub(super) fn lines(model: &Model) -> Vec<Line> {
    let Some(run) = model.shown_run() else {
        return vec![line("", Meaning::Muted, "No run yet.")];
    };
    let mark = Mark::from_run(run.state);
    let ended = run
        .ended
        .map_or("goes on".into(), |ended| format!("ended {ended}"));
    let table = RunSummary::table_of(&run.request.variables);
    let mut lines = vec![
        line(
            "run",
            Meaning::Text,
            format!("{}, began {}, {ended}", run.id, run.started),
        ),
        line("state", mark.meaning, summary::ending(run)),
        line("profile", Meaning::Text, run.request.profile.clone()),
        line("table", Meaning::Text, table),
    ];
    lines.extend(run.lost_rows().map(|lost| line("rows", Meaning::Warning, lost)));
    for (reason, tasks) in summary::reasons(run) {
        lines.push(line("", Meaning::Text, ""));
        let number = tasks.len();
        lines.push(line(
            &format!("{number} x"),
            Meaning::Danger,
            reason.reason.clone(),
        ));
        let advice = remedy::text(&reason.remedies);
        lines.extend(
            Some(advice)
                .filter(|text| !text.is_empty())
                .map(|text| line("", Meaning::Text, text)),
        );
        let first = tasks.iter().take(NAMED).map(|task| task.id.as_str());
        let mut names = first.collect::<Vec<_>>().join(", ");
        if number > NAMED {
            names = format!("{names} and {} more", number - NAMED);
        }
        lines.push(line("", Meaning::Muted, names));
    }
    lines.push(line("", Meaning::Text, ""));
    lines.extend(
        next(model, run)
            .into_iter()
            .map(|text| line("next", Meaning::Text, text)),
    );
    lines
}

/// What can be done now, by the conditions of the actions themselves.
fn next(model: &Model, run: &Run) -> Vec<String> {
    let can = |wanted: Action| action::entry(wanted).is_some_and(|entry| entry.why_not(model).is_none());
    let mut next = Vec::new();
    if !run.state.is_end() {
        next.push("The run goes on.".to_owned());
    }
    if can(Action::RetryAll) {
        next.push(format!(
            "{} tries again what did not succeed.",
            key(Action::RetryAll)
        ));
    }
    if can(Action::Run) {
        next.push(format!("{} shows what a new run would do.", key(Action::Run)));
    }
    next.push(format!("{} lists earlier runs.", key(Action::History)));
    next
}

fn line(lead: &str, meaning: Meaning, text: impl Into<String>) -> Line {
    Line {
        lead: lead.into(),
        indent: 0,
        meaning,
        text: text.into(),
    }
}
