//! How the shown run went: state and time, what was loaded, what failed for which reason, what to do next.

use super::Line;
use crate::tui::action::{self, Action, key};
use crate::tui::model::Model;
use crate::tui::remedy;
use crate::tui::summary;
use crate::tui::symbol::Mark;
use crate::tui::theme::Meaning;
use domain::id::TaskId;
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
    for group in &model.failures.groups {
        lines.push(line("", Meaning::Text, ""));
        let times = format!("{} x", group.tasks.len());
        lines.push(line(&times, Meaning::Danger, group.reason.clone()));
        let first = group.tasks.first().and_then(|id| run.task(id)?.reason.as_ref());
        let advice = first.map(|failure| remedy::text(&failure.remedies));
        let advice = advice.filter(|text| !text.is_empty());
        lines.extend(advice.map(|text| line("", Meaning::Text, text)));
        lines.push(line("", Meaning::Muted, group.names(NAMED, TaskId::as_str)));
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
