//! All keys by where they work, and what the states mean: made from the action table and the marks. A filter keeps what
//! fits a name, some words, or a key.

use super::Line;
use crate::tui::action::{self, Action, Entry};
use crate::tui::fuzzy::Fuzzy;
use crate::tui::gantt;
use crate::tui::key::KeySequence;
use crate::tui::symbol::Mark;
use crate::tui::theme::Meaning;
use domain::state::{RunState, TaskState};

/// A line of the help.
#[derive(Clone, Debug)]
pub struct HelpLine {
    /// How it is drawn.
    pub line: Line,
    /// Whether it can be selected: headings cannot.
    pub is_item: bool,
    /// What enter does on it.
    pub entry: Option<&'static Entry>,
}

/// The lines of the help that fit a filter.
pub fn lines(filter: &str) -> Vec<HelpLine> {
    let filter = filter.trim();
    let mut lines = Vec::new();
    // Whoever types a key wants to know what it does, wherever that is.
    let pressed = KeySequence::parse(filter);
    let has_key = |entry: &&Entry| {
        let own = entry.keys().iter().filter_map(|key| KeySequence::parse(key));
        let mut own = own.filter(|own| pressed.is_some_and(|pressed| own.clashes(pressed)));
        own.next().is_some()
    };
    let with_key: Vec<_> = action::groups()
        .flat_map(|(title, entries)| entries.into_iter().map(move |entry| (title, entry)))
        .filter(|(_, entry)| has_key(entry))
        .collect();
    if !with_key.is_empty() {
        lines.push(heading(&format!("The key {filter}")));
        lines.extend(with_key.iter().map(|(title, entry)| key(entry, Some(title))));
        lines.push(heading(""));
    }
    let mut fuzzy = Fuzzy::new(filter);
    for (title, entries) in action::groups() {
        let fits = |entry: &&Entry| {
            fuzzy.name(&entry.words()).is_some() || fuzzy.sentence(entry.description).is_some()
        };
        push_group(
            &mut lines,
            title,
            entries.into_iter().filter(fits).map(|entry| key(entry, None)),
        );
    }
    for (title, marks) in [
        ("Time axis", gantt::legend().collect::<Vec<_>>()),
        ("States", marks().collect()),
    ] {
        let fits =
            |mark: &Mark| fuzzy.name(mark.word).is_some() || fuzzy.sentence(mark.explanation).is_some();
        let fitting: Vec<_> = marks.into_iter().filter(fits).map(state).collect();
        push_group(&mut lines, title, fitting);
    }
    if lines.is_empty() {
        let words = format!(
            "Nothing fits '{filter}'. {} with an empty text shows all keys.",
            action::key(Action::FilterHelp)
        );
        lines.push(heading(&words));
    }
    lines
}

fn push_group(lines: &mut Vec<HelpLine>, title: &str, items: impl IntoIterator<Item = HelpLine>) {
    let mut items = items.into_iter().peekable();
    if items.peek().is_none() {
        return;
    }
    lines.push(heading(title));
    lines.extend(items);
    lines.push(heading(""));
}

fn marks() -> impl Iterator<Item = Mark> {
    let shared = |state: &RunState| TaskState::ALL.iter().any(|task| task.as_str() == state.as_str());
    let of_runs = RunState::ALL.iter().copied().filter(move |state| !shared(state));
    let of_tasks = TaskState::ALL.iter().copied().map(Mark::from_task);
    of_tasks
        .chain(of_runs.map(Mark::from_run))
        .chain([Mark::UNWATCHED, Mark::HANDLED])
}

fn line(lead: String, meaning: Meaning, text: String) -> Line {
    Line {
        lead,
        indent: 0,
        meaning,
        text,
    }
}

fn heading(text: &str) -> HelpLine {
    HelpLine {
        line: line(String::new(), Meaning::Accent, text.into()),
        is_item: false,
        entry: None,
    }
}

fn key(entry: &'static Entry, place: Option<&str>) -> HelpLine {
    let keys = match entry.keys() {
        [] => entry.key().to_owned(),
        keys => keys.join("  "),
    };
    let place = place.map_or_else(String::new, |place| format!(" ({place})"));
    HelpLine {
        line: line(
            format!("  {keys}"),
            Meaning::Text,
            format!("{}{place}", entry.description),
        ),
        is_item: true,
        entry: Some(entry),
    }
}

fn state(mark: Mark) -> HelpLine {
    let lead = format!("  {} {} {}", mark.glyph, mark.ascii, mark.word);
    HelpLine {
        line: line(lead, Meaning::Text, mark.explanation.into()),
        is_item: true,
        entry: None,
    }
}
