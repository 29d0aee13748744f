//! The form of the variables, one a line, with what is wrong with a value beside it, and what it was
//! before it was edited.

use super::field;
use crate::tui::action::{Action, key};
use crate::tui::context::Pane;
use crate::tui::finding;
use crate::tui::model::Model;
use crate::tui::model::editor::Editor;
use crate::tui::model::list_filter::List;
use crate::tui::model::variables::VariablesPane;
use crate::tui::mouse::Target;
use crate::tui::plan::count;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use domain::finding::{Finding, Severity};
use domain::variable::{VariableName, Variables};
use ratatui::layout::Rect;

/// The least columns of an open field.
const LEAST_FIELD: usize = 6;
/// The least columns of a part of what stands behind a value.
const LEAST_PART: usize = 10;

/// The summary in the title.
pub(super) fn summary(model: &Model) -> String {
    let filtered = super::filtered(model, List::Variables);
    match model.variables.changes().len() {
        0 => filtered.trim_end_matches(", ").to_owned(),
        changes => format!("{filtered}{} not saved", count(changes, "change")),
    }
}

/// Draws the form.
pub(super) fn draw(model: &Model, area: Rect, canvas: &mut Canvas) {
    let pane = &model.variables;
    let found = pane.working.check();
    let about = about(pane, &found, usize::from(area.width.saturating_sub(2)));
    let below = u16::try_from(about.len()).unwrap_or(0) + 1;
    // A short pane shows only the variables.
    let below = if area.height < below + 6 { 0 } else { below };
    let fault = fault_below(pane, area);
    let high = u16::try_from(fault.len()).unwrap_or(0);
    let rows = area.height.saturating_sub(below + high);
    let shown = pane.filter.shown(VariableName::ALL.len());
    if shown.is_empty() {
        return super::nothing_fits(area, canvas);
    }
    let visible = shown.around(pane.index(), usize::from(rows));
    let mut row = 0;
    let list = Rect {
        height: rows + high,
        ..area
    };
    canvas.scroll_bar(list, visible.clone(), shown.len(), |position| {
        Some(Target::Bar(Pane::Variables, shown.place(position)?))
    });
    for place in visible.filter_map(|position| shown.place(position)) {
        let name = VariableName::ALL[place];
        canvas.target(area, row, Target::Line(Pane::Variables, place));
        line(model, (name, finding(&found, name)), area, row, canvas);
        row += 1;
        for words in fault.iter().filter(|_| name == pane.selected) {
            canvas.text(area, 3, row, words, canvas.look.style(Meaning::Danger));
            row += 1;
        }
    }
    if below > 0 {
        let top = area.height - below;
        canvas.rule(area, top, canvas.look.style(Meaning::Border));
        for (row, (meaning, line)) in (top + 1..area.height).zip(about) {
            canvas.text(area, 1, row, &line, canvas.look.style(meaning));
        }
    }
}

/// What is wrong with the typed text, and the column where it stands beside it, if it does not fit there: behind the text
/// and the cursor.
fn fault_beside(editor: &Editor, area: Rect) -> Option<(u16, String)> {
    let words = format!("! {}", editor.fault.as_ref()?);
    let typed = editor.area().lines().first().map_or(0, |line| text::width(line));
    let from = usize::from(names(area)) + 3 + typed.max(LEAST_FIELD) + 2;
    let fits = editor.lines() == 1 && from + text::width(&words) < usize::from(area.width);
    fits.then(|| (u16::try_from(from).unwrap_or(u16::MAX), words))
}

/// What is wrong with the typed text, in rows below it, if there is no room for it beside.
fn fault_below(pane: &VariablesPane, area: Rect) -> Vec<String> {
    let Some(editor) = pane
        .editor
        .as_ref()
        .filter(|editor| fault_beside(editor, area).is_none())
    else {
        return Vec::new();
    };
    let words = editor.fault.as_ref().map(|fault| format!("^ {fault}"));
    let room = usize::from(area.width.saturating_sub(4));
    words.map_or_else(Vec::new, |words| text::wrap(&words, room))
}

/// What is wrong with a variable; an error comes first.
fn finding(found: &[Finding], name: VariableName) -> Option<&Finding> {
    let about = found.iter().filter(|finding| finding.about == name.as_str());
    about.max_by_key(|finding| finding.severity)
}

/// What the selected variable means, where its value comes from, and what is wrong with it.
fn about(pane: &VariablesPane, found: &[Finding], room: usize) -> Vec<(Meaning, String)> {
    let name = pane.selected;
    let unit = match name.unit() {
        "" => String::new(),
        unit => format!(" In {unit}."),
    };
    let before = match was(pane, name) {
        Some(was) => format!("; it {was} ({})", pane.saved_origin(name)),
        None => String::new(),
    };
    let words = format!(
        "{}{unit} From: {}{before}.",
        name.description(),
        pane.origin(name)
    );
    let wrong = finding(found, name).map(|found| (finding::meaning(found.severity), finding::text(found)));
    let said = wrong.into_iter().chain([(Meaning::Muted, words)]);
    let rows = said.flat_map(|(meaning, words)| {
        let rows = text::wrap(&words, room);
        rows.into_iter().map(move |row| (meaning, row))
    });
    rows.collect()
}

/// `was 5`: the value that an edited one differs from.
fn was(pane: &VariablesPane, name: VariableName) -> Option<String> {
    let before = one_line(&pane.saved, name);
    let before = if before.is_empty() { "empty" } else { &before };
    pane.is_dirty(name).then(|| format!("was {before}"))
}

/// How many columns the names take.
fn names(area: Rect) -> u16 {
    let longest = VariableName::ALL.iter().map(|name| name.as_str().len()).max();
    let longest = u16::try_from(longest.unwrap_or(0)).unwrap_or(0);
    longest.min(area.width / 2 + 4)
}

fn line(
    model: &Model,
    (name, found): (VariableName, Option<&Finding>),
    area: Rect,
    row: u16,
    canvas: &mut Canvas,
) {
    let pane = &model.variables;
    let (is_dirty, is_selected) = (pane.is_dirty(name), pane.selected == name);
    let has_focus = is_selected && model.focus == Pane::Variables && model.overlays.is_empty();
    let names = names(area);
    if is_dirty {
        let dirty = canvas.look.symbols.dirty;
        canvas.text(area, 1, row, dirty, canvas.look.style(Meaning::Warning));
    }
    let meaning = if is_dirty { Meaning::Warning } else { Meaning::Text };
    canvas.field(
        area,
        2,
        row,
        usize::from(names),
        name.as_str(),
        canvas.look.style(Meaning::Text),
    );
    let column = names + 3;
    if let Some(editor) = pane.editor.as_ref().filter(|_| is_selected) {
        canvas.text(
            area,
            0,
            row,
            canvas.look.symbols.bar,
            canvas.look.style(Meaning::Accent),
        );
        let beside = fault_beside(editor, area);
        let right = beside.as_ref().map_or(area.width, |(from, _)| *from - 1);
        let within = Rect { width: right, ..area };
        field::draw(editor, within, column, row, canvas);
        if let Some((from, words)) = beside {
            canvas.text(area, from, row, &words, canvas.look.style(Meaning::Danger));
        }
        return;
    }
    let value = shown(pane, name);
    let room = usize::from(area.width.saturating_sub(column + 1));
    let (shown, value_meaning) = if value.is_empty() {
        ("(empty)", Meaning::Muted)
    } else {
        (value.as_str(), meaning)
    };
    let end = canvas.field(area, column, row, room, shown, canvas.look.style(value_meaning));
    remark(pane, (name, found), area, (row, end), canvas);
    if is_selected {
        canvas.selected(area, row, has_focus);
    }
}

/// Draws behind a value what is wrong with it, what it was before it was edited, or where it comes from.
fn remark(
    pane: &VariablesPane,
    (name, found): (VariableName, Option<&Finding>),
    area: Rect,
    (row, end): (u16, u16),
    canvas: &mut Canvas,
) {
    let free = usize::from(area.width).saturating_sub(usize::from(end) + 2);
    let wrong = found.filter(|found| found.severity == Severity::Error);
    // The name is in front already.
    let reason = |message: &str| message.trim_start_matches(name.as_str()).trim_start().to_owned();
    let wrong = wrong.map(|found| (Meaning::Danger, format!("! {}", reason(&found.message))));
    let wrong = wrong.filter(|(_, words)| text::width(words) < free);
    let was = was(pane, name).map(|words| (Meaning::Muted, words));
    let fits = |words: &str| text::width(words) < free;
    let (meaning, words) = match wrong.or(was) {
        // A part of what it was tells something, too; the whole is below the list.
        Some((meaning, words)) if fits(&words) || free > LEAST_PART => {
            let room = free.saturating_sub(1);
            (
                meaning,
                text::truncate(&words, room, canvas.look.symbols.cut).into_owned(),
            )
        }
        None if fits(pane.origin(name)) => (Meaning::Muted, pane.origin(name).to_owned()),
        _ => return,
    };
    let within = Rect {
        width: area.width - 1,
        ..area
    };
    canvas.right(within, row, &words, canvas.look.style(meaning));
}

/// A value on one line. The list that runs write back is only counted: its field shows it laid out.
fn shown(pane: &VariablesPane, name: VariableName) -> String {
    let words = one_line(&pane.working, name);
    if name != VariableName::CdfPipelineRunArguments || pane.working.cdf_pipeline_run_arguments.0.is_empty() {
        return words;
    }
    format!("{words}, {} reads them", key(Action::EditVariable))
}

fn one_line(variables: &Variables, name: VariableName) -> String {
    match variables.cdf_pipeline_run_arguments.0.len() {
        lists if name == VariableName::CdfPipelineRunArguments && lists > 0 => count(lists, "list"),
        _ => variables.text(name),
    }
}
