//! The form of the variables, one a line, with what is wrong with the typed text below its line.

use super::field;
use crate::tui::action::{Action, key};
use crate::tui::context::Pane;
use crate::tui::model::Model;
use crate::tui::model::list_filter::List;
use crate::tui::model::variables::VariablesPane;
use crate::tui::mouse::Target;
use crate::tui::plan::count;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use domain::variable::VariableName;
use ratatui::layout::Rect;

/// The summary in the title.
pub(super) fn summary(model: &Model) -> String {
    let filtered = super::filtered(model, List::Variables, model.variables.filter.text());
    match model.variables.changes().len() {
        0 => filtered.trim_end_matches(", ").to_owned(),
        changes => format!("{filtered}{} not saved", count(changes, "change")),
    }
}

/// Draws the form.
pub(super) fn draw(model: &Model, area: Rect, canvas: &mut Canvas) {
    let pane = &model.variables;
    let about = about(pane, usize::from(area.width.saturating_sub(2)));
    let below = u16::try_from(about.len()).unwrap_or(0) + 1;
    // A short pane shows only the variables.
    let below = if area.height < below + 6 { 0 } else { below };
    let fault = u16::from(fault(pane).is_some());
    let rows = area.height.saturating_sub(below + fault);
    let shown = pane.filter.shown(VariableName::ALL.len());
    if shown.is_empty() {
        return super::nothing_fits(area, canvas);
    }
    let visible = shown.around(pane.index(), usize::from(rows));
    let mut row = 0;
    let list = Rect {
        height: rows + fault,
        ..area
    };
    canvas.scroll_bar(list, visible.clone(), shown.len());
    for place in visible.filter_map(|position| shown.place(position)) {
        let name = &VariableName::ALL[place];
        canvas.target(area, row, Target::Line(Pane::Variables, place));
        line(model, *name, area, row, canvas);
        row += 1;
        if let Some(fault) = fault_of(pane, *name) {
            let words = format!("^ {fault}");
            canvas.text(area, 3, row, &words, canvas.look.style(Meaning::Danger));
            row += 1;
        }
    }
    if below > 0 {
        let top = area.height - below;
        canvas.rule(area, top, canvas.look.style(Meaning::Border));
        for (row, line) in (top + 1..area.height).zip(about) {
            canvas.text(area, 1, row, &line, canvas.look.style(Meaning::Muted));
        }
    }
}

fn fault(pane: &VariablesPane) -> Option<&str> {
    pane.editor.as_ref()?.fault.as_deref()
}

fn fault_of(pane: &VariablesPane, name: VariableName) -> Option<&str> {
    fault(pane).filter(|_| name == pane.selected)
}

/// What the selected variable means, and where its value comes from.
fn about(pane: &VariablesPane, room: usize) -> Vec<String> {
    let name = pane.selected;
    let unit = match name.unit() {
        "" => String::new(),
        unit => format!(" In {unit}."),
    };
    let words = format!("{}{unit} From: {}.", name.description(), pane.origin(name));
    text::wrap(&words, room)
}

/// How many columns the names take.
fn names(area: Rect) -> u16 {
    let longest = VariableName::ALL.iter().map(|name| name.as_str().len()).max();
    let longest = u16::try_from(longest.unwrap_or(0)).unwrap_or(0);
    longest.min(area.width / 2 + 4)
}

fn line(model: &Model, name: VariableName, area: Rect, row: u16, canvas: &mut Canvas) {
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
        return field::draw(editor, area, column, row, canvas);
    }
    let value = shown(pane, name);
    let origin = pane.origin(name);
    let room = usize::from(area.width.saturating_sub(column + 1));
    let (shown, value_meaning) = if value.is_empty() {
        ("(empty)", Meaning::Muted)
    } else {
        (value.as_str(), meaning)
    };
    let end = canvas.field(area, column, row, room, shown, canvas.look.style(value_meaning));
    let free = usize::from(area.width).saturating_sub(usize::from(end) + 2);
    if !is_dirty && free > text::width(origin) {
        let within = Rect {
            width: area.width - 1,
            ..area
        };
        canvas.right(within, row, origin, canvas.look.style(Meaning::Muted));
    }
    if is_selected {
        canvas.selected(area, row, has_focus);
    }
}

/// A value on one line. The list that runs write back is only counted: its field shows it laid out.
fn shown(pane: &VariablesPane, name: VariableName) -> String {
    let lists = pane.working.cdf_pipeline_run_arguments.0.len();
    if name != VariableName::CdfPipelineRunArguments || lists == 0 {
        return pane.working.text(name);
    }
    let read = key(Action::EditVariable);
    format!("{}, {read} reads them", count(lists, "list"))
}
