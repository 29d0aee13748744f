//! The stages of the selected task's pipeline with their counts, as text: in one line, and as a graph.
//!
//! Connections come from the deployed pipeline, if it is the one of the run. Without it the stages are listed in the order
//! in which they are counted, and it is said that their connections are not known.

mod graph;

use super::model::Model;
use super::theme::Meaning;
use super::widget::text;
use domain::pipeline::StageCounts;
use domain::task::{Task, TaskKind, Try};
use std::collections::BTreeSet;

/// The longest name of a stage that is shown whole.
const NAME: usize = 30;
/// Columns of a count, and of one where there is less room.
const COUNTS: [usize; 2] = [12, 9];
/// The widest graph beside which there is room for all counts; columns that the window takes.
const BESIDE: usize = 16;

/// A row of the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Boxes and lines.
    pub graph: String,
    /// How its text is coloured.
    pub meaning: Meaning,
    /// What is said beside them.
    pub text: String,
}

/// The stages of a try.
struct Stages<'a> {
    names: Vec<&'a str>,
    /// By their places among the names; nothing if they are not known.
    edges: Option<BTreeSet<(usize, usize)>>,
    counts: &'a [StageCounts],
}

impl<'a> Stages<'a> {
    fn new(model: &'a Model, task: &'a Task) -> Self {
        let counts = shown_try(model, task).map_or(&[][..], |one| one.counts.as_slice());
        let counted: Vec<_> = counts.iter().map(|count| count.stage.as_str()).collect();
        let asked = model
            .shown_run()
            .map(|run| &run.request.variables.cdf_pipeline_name);
        let is_of_run = asked == Some(&model.variables.working.cdf_pipeline_name);
        let deployed = model.deployed.as_ref().filter(|_| is_of_run);
        let Some(deployed) = deployed else {
            return Self {
                names: counted,
                edges: None,
                counts,
            };
        };
        let stages = deployed.stages.iter().filter(|stage| !stage.is_outside);
        let names: Vec<_> = stages.map(|stage| stage.name.as_str()).collect();
        // It may have been deployed anew since.
        if counted.iter().any(|name| !names.contains(name)) {
            return Self {
                names: counted,
                edges: None,
                counts,
            };
        }
        let place = |name: &str| names.iter().position(|known| *known == name);
        let edges = deployed.connections.iter();
        let edges = edges
            .filter_map(|(from, to)| Some((place(from)?, place(to)?)))
            .collect();
        Self {
            names,
            edges: Some(edges),
            counts,
        }
    }

    fn count(&self, place: usize) -> Option<&StageCounts> {
        let name = self.names.get(place)?;
        self.counts.iter().find(|count| count.stage == *name)
    }

    /// What a stage has done, in one number: what the warehouse confirmed, else what it gave on, else what it took.
    fn number(&self, place: usize) -> String {
        let Some(count) = self.count(place) else {
            return "-".into();
        };
        let passed = if count.written == 0 {
            count.read
        } else {
            count.written
        };
        let rows = count.loaded.unwrap_or(passed);
        let errors = match count.errors {
            0 => String::new(),
            errors => format!(" ({} errors)", text::thousands(errors)),
        };
        format!("{}{errors}", text::thousands(rows))
    }
}

/// The try whose stages are shown: the one whose log is shown.
fn shown_try<'a>(model: &Model, task: &'a Task) -> Option<&'a Try> {
    let target = model.logs.target.as_ref().filter(|target| target.task == task.id);
    let number = target.map(|target| target.number);
    let shown = task.tries.iter().find(|one| Some(one.number) == number);
    shown.or(task.current())
}

/// `Read MySQL 283,110 -> Add Processed 283,110 -> …`, if the stages are one line; nothing before anything is counted.
pub fn line(model: &Model, task: &Task) -> Option<String> {
    let stages = Stages::new(model, task);
    if stages.counts.is_empty() {
        return None;
    }
    let (order, arrow) = match &stages.edges {
        Some(edges) if graph::is_chain(stages.names.len(), edges) => {
            (graph::order(stages.names.len(), edges), " -> ")
        }
        // A line cannot show branches: it says no more than it knows.
        _ => ((0..stages.names.len()).collect(), ", "),
    };
    let parts = order
        .iter()
        .map(|place| format!("{} {}", stages.names[*place], stages.number(*place)));
    Some(parts.collect::<Vec<_>>().join(arrow))
}

/// The graph of the selected task, with what each stage has read, given on, refused and loaded.
pub fn lines(model: &Model) -> Vec<Row> {
    let Some(task) = model
        .selected_task()
        .filter(|task| task.kind == TaskKind::Pipeline)
    else {
        return vec![said("Only pipelines have stages.", Meaning::Muted)];
    };
    let stages = Stages::new(model, task);
    let number = shown_try(model, task).map_or(0, |one| one.number);
    let mut lines = vec![said(&format!("{}, try {number}", task.id), Meaning::Accent)];
    if stages.names.is_empty() {
        lines.push(said(
            "Nothing is counted yet, and the deployed pipeline is not known.",
            Meaning::Muted,
        ));
        return lines;
    }
    if stages.edges.is_none() {
        let why = "How these stages are connected is not known: the pipeline was not read, or is not that of this run.";
        lines.push(said(why, Meaning::Muted));
    }
    let wide = stages
        .names
        .iter()
        .map(|name| text::width(name))
        .max()
        .unwrap_or(0)
        .min(NAME);
    let room = usize::from(model.area.width).saturating_sub(BESIDE);
    let count = COUNTS.into_iter().find(|count| wide + 4 * count <= room);
    let headings: &[&str] = match count {
        Some(_) => &["in", "out", "errors", "loaded"],
        None => &["rows"],
    };
    let headings = headings.iter().map(|heading| (*heading).to_owned());
    let heading = columns("stage", wide, headings, count.unwrap_or(COUNTS[0]));
    lines.push(said(&heading, Meaning::Muted));
    match &stages.edges {
        Some(edges) => lines.extend(graph::rows(stages.names.len(), edges).iter().map(|row| Row {
            graph: row.text(),
            ..row.stage.map_or_else(
                || said("", Meaning::Text),
                |place| stage(&stages, place, wide, count),
            )
        })),
        None => lines.extend((0..stages.names.len()).map(|place| stage(&stages, place, wide, count))),
    }
    lines
}

/// The line of a stage: all of its counts in so many columns each, or what it has done in one number.
fn stage(stages: &Stages<'_>, place: usize, wide: usize, columns_of_count: Option<usize>) -> Row {
    let count = stages.count(place);
    let shown = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), text::thousands);
    let numbers = [
        shown(count.map(|count| count.read)),
        shown(count.map(|count| count.written)),
        shown(count.map(|count| count.errors)),
        shown(count.and_then(|count| count.loaded)),
    ];
    let has_errors = count.is_some_and(|count| count.errors > 0);
    let meaning = if has_errors {
        Meaning::Warning
    } else {
        Meaning::Text
    };
    let name = stages.names[place];
    let words = match columns_of_count {
        Some(count) => columns(name, wide, numbers, count),
        None => columns(name, wide, [stages.number(place)], COUNTS[0]),
    };
    said(&words, meaning)
}

fn columns(name: &str, wide: usize, numbers: impl IntoIterator<Item = String>, count: usize) -> String {
    let name = text::truncate(name, wide, "~").into_owned();
    let pad = " ".repeat(wide.saturating_sub(text::width(&name)));
    let numbers = numbers.into_iter().map(|number| format!("{number:>count$}"));
    format!("{name}{pad}{}", numbers.collect::<String>())
}

fn said(words: &str, meaning: Meaning) -> Row {
    Row {
        graph: String::new(),
        meaning,
        text: words.to_owned(),
    }
}
