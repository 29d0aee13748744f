//! The lines of the next run's plan with their colours. The plan itself is the domain's.

use super::action::{Action, key};
use super::finding;
use super::model::Model;
use super::remedy;
use super::theme::Meaning;
use super::widget::text;
use domain::failure::Failure;
use domain::plan::{Detail, LineKind};
use domain::{plural, sanitize};

/// A line of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanLine {
    /// How it is coloured.
    pub meaning: Meaning,
    /// How deep it is indented, in steps.
    pub indent: usize,
    /// Its text.
    pub text: String,
}

fn line(meaning: Meaning, indent: usize, text: impl Into<String>) -> PlanLine {
    PlanLine {
        meaning,
        indent,
        text: text.into(),
    }
}

/// The plan of the next run.
pub fn lines(model: &Model) -> Vec<PlanLine> {
    let plan = model.planned().into_owned().redacted(&model.secrets);
    let found = plan.findings.iter();
    let found = found.map(|found| line(finding::meaning(found.severity), 0, finding::text(found)));
    if let Some(failure) = model.configuration.trouble() {
        return found.chain(unreadable(failure)).collect();
    }
    let mut lines: Vec<_> = found.collect();
    if !plan.findings.is_empty() {
        lines.push(line(Meaning::Text, 0, ""));
    }
    let hidden = model.row_marks.len().saturating_sub(model.marked_rows().count());
    if hidden > 0 {
        let text = format!("{} hidden by the filter: left out.", count(hidden, "marked row"));
        lines.push(line(Meaning::Warning, 0, text));
    }
    let steps = plan.lines(Detail::Changes).into_iter();
    lines.extend(steps.map(|step| line(meaning(step.kind), step.indent, step.text)));
    lines
}

/// What stays in sight above the plan: where the run takes place and as whom, what is emptied, and what it takes although
/// it is not saved.
pub fn top(model: &Model) -> Vec<PlanLine> {
    if model.configuration.trouble().is_some() {
        return Vec::new();
    }
    let (plan, target) = (model.planned(), model.target());
    let credentials = format!("credentials: {}", target.credentials.text);
    let output = plan.output_table();
    // A small screen has room for the first of them only.
    let mut lines = vec![
        if plan.empties_output() {
            line(Meaning::Danger, 0, format!("{output} is EMPTIED first"))
        } else if plan.request.variables.has_output_table() {
            line(Meaning::Text, 0, format!("{output} keeps its rows"))
        } else {
            line(Meaning::Text, 0, "No output table is named, and none is emptied.")
        },
        line(Meaning::Text, 0, target.place()),
        line(Meaning::Text, 0, credentials),
    ];
    let unsaved = unsaved(model);
    if !unsaved.is_empty() {
        let text = format!("The run takes what is for it alone: {unsaved}");
        lines.push(line(Meaning::Warning, 0, text));
    }
    lines
}

/// The head of the plan: what a run would do, and what of it is not as it is saved and read.
pub fn head(model: &Model) -> Vec<PlanLine> {
    let run = key(Action::Run);
    if let Some(failure) = model.configuration.trouble() {
        let text = format!(
            "No run can start: the configuration table cannot be read: {}",
            failure.reason
        );
        let columns = usize::from(model.area.width).saturating_sub(2);
        let mut rows = text::wrap(&text, columns);
        // There are two rows: what is left of the sentence is cut in the second one.
        let rest = rows.split_off(rows.len().min(1)).join(" ");
        let rows = rows.into_iter().chain([rest]);
        return rows.map(|row| line(Meaning::Danger, 0, row)).collect();
    }
    let Some(plan) = &model.next_plan.plan else {
        return Vec::new();
    };
    let columns = usize::from(model.area.width).saturating_sub(2);
    let long = format!("{run} would {}", plan.head(false));
    let text = if text::width(&long) <= columns {
        long
    } else {
        format!("{run} would {}", plan.head(true))
    };
    let first = match plan.error() {
        Some(error) => line(
            Meaning::Danger,
            0,
            format!("{run} would not start: {}", finding::text(error)),
        ),
        None if plan.empties_output() => line(Meaning::Warning, 0, text),
        None => line(Meaning::Text, 0, text),
    };
    let rows = text::wrap(&first.text, columns).into_iter();
    let rows = rows.map(|row| line(first.meaning, 0, row));
    rows.chain([line(Meaning::Warning, 0, unsaved(model))]).collect()
}

/// What the next run takes although it is not saved: `not saved: bq_output_table; arguments of 1 row edited`.
fn unsaved(model: &Model) -> String {
    let changes = model.variables.changes();
    let names: Vec<_> = changes.iter().map(|(name, _)| name.as_str()).collect();
    let saved = (!names.is_empty()).then(|| format!("not saved: {}", names.join(", ")));
    let edits = model.configuration.edits.len();
    let edited = (edits > 0).then(|| format!("arguments of {} edited", count(edits, "row")));
    saved.into_iter().chain(edited).collect::<Vec<_>>().join("; ")
}

/// Why there is no plan, whole, and what to do.
fn unreadable(failure: &Failure) -> [PlanLine; 3] {
    let (back, reload) = (key(Action::Back), key(Action::Reload));
    [
        line(
            Meaning::Danger,
            0,
            "There is no plan: the configuration table cannot be read.",
        ),
        line(Meaning::Text, 1, sanitize::text(&failure.text(remedy::text))),
        line(
            Meaning::Accent,
            0,
            format!("{back} goes back, {reload} reads the table again."),
        ),
    ]
}

fn meaning(kind: LineKind) -> Meaning {
    match kind {
        LineKind::Heading => Meaning::Accent,
        LineKind::Step => Meaning::Text,
        LineKind::Danger => Meaning::Danger,
        LineKind::Warning => Meaning::Warning,
        LineKind::Pending => Meaning::Waiting,
        LineKind::LeftOut | LineKind::Argument => Meaning::Muted,
    }
}

/// `1 row`, `3,000 rows`.
pub fn count(number: usize, noun: &str) -> String {
    let number = number as u64;
    format!("{} {}", text::thousands(number), plural::of(number, noun))
}
