//! The texts over the panes that are only read: help, notices, the plan of a run. Their lines and rows are
//! made here, for scrolling (`tui/update`) and for drawing (`tui/view/pager.rs`).

mod actions;
mod doctor;
pub mod help;
mod notices;
mod summary;

use super::details;
use super::filter::{Field, Filtered, Query};
use super::model::Model;
use super::model::list_filter::List;
use super::model::overlay::{HelpPane, Overlay};
use super::plan;
use super::stages;
use super::theme::Meaning;
use super::widget::{list, text};
use std::borrow::Cow;
use std::ops::Range;

/// A line, or one row of a folded line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The key or the time in front; all lines keep the same room for it.
    pub lead: String,
    /// Columns before the text.
    pub indent: usize,
    /// How the text is coloured.
    pub meaning: Meaning,
    /// The text.
    pub text: String,
}

/// A text, folded to the size of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its heading.
    pub title: &'static str,
    /// The rows above it that do not scroll.
    pub head: Vec<Line>,
    /// The text in rows that fit.
    pub rows: Vec<Line>,
    /// Columns in front of all rows.
    pub lead: usize,
    /// Columns of the window.
    pub columns: usize,
    /// Rows of the window, at most.
    pub height: usize,
    /// How many lines a filter leaves in, and of how many.
    pub found: Option<(usize, usize)>,
    top: usize,
    /// The line of each row.
    lines: Vec<usize>,
    /// What can be selected in each row, by its place among all that can.
    items: Vec<Option<usize>>,
    /// The first row of what is selected.
    selected: Option<usize>,
}

/// Columns in front of a text whose key or time stands above it.
const LEAD: usize = 4;
/// The widest a text gets; longer lines are hard to read.
const COLUMNS: usize = 96;

impl Page {
    /// The text that gets the keys, if there is one.
    pub fn new(model: &Model) -> Option<Self> {
        Self::of(model, model.overlays.top()?)
    }

    /// The text of this overlay, if it is one.
    pub fn of(model: &Model, overlay: &Overlay) -> Option<Self> {
        let (top, lines) = match overlay {
            Overlay::Help(help) => return Some(Self::of_help(model, help)),
            Overlay::Notices { top } => (*top, notices::lines(model)),
            Overlay::Doctor { top } => (*top, doctor::lines(model)),
            Overlay::Actions { top } => (*top, actions::lines(model)),
            Overlay::Details { top } => (*top, said(model)),
            Overlay::Summary { top } => (*top, summary::lines(model)),
            Overlay::Plan { top } => (*top, plan(model)),
            Overlay::Stages { top } => (*top, stages(model)),
            Overlay::Dialog(_)
            | Overlay::Confirmation(_)
            | Overlay::Arguments(_)
            | Overlay::Presets { .. }
            | Overlay::Failures(_)
            | Overlay::Timeline
            | Overlay::History(_)
            | Overlay::Comparison { .. } => return None,
        };
        let title = overlay.heading()?;
        let head = match overlay {
            Overlay::Plan { .. } => plan_lines(plan::top(model)),
            _ => Vec::new(),
        };
        let filter = model.list_filter(List::Text(title));
        let number = lines.len();
        let lines = kept(lines, filter.query());
        let found = filter.is_on().then_some((lines.len(), number));
        let page = Self::folded(model, title, top, head, lines);
        Some(Self { found, ..page })
    }

    fn of_help(model: &Model, help: &HelpPane) -> Self {
        let lines = help::lines(&help.filter);
        let mut items = lines.iter().enumerate().filter(|(_, line)| line.is_item);
        let selected = items.nth(help.selected).map(|(place, _)| place);
        let mut number = 0;
        let items: Vec<_> = lines
            .iter()
            .map(|line| {
                number += usize::from(line.is_item);
                line.is_item.then(|| number - 1)
            })
            .collect();
        let lines = lines.into_iter().map(|line| line.line).collect();
        let mut page = Self::folded(model, "All keys", 0, Vec::new(), lines);
        page.items = page.lines.iter().map(|line| items[*line]).collect();
        page.selected = page.lines.iter().position(|line| Some(*line) == selected);
        page
    }

    fn folded(model: &Model, title: &'static str, top: usize, head: Vec<Line>, lines: Vec<Line>) -> Self {
        let columns = usize::from(model.area.width).saturating_sub(6).min(COLUMNS);
        let longest = lines.iter().map(|line| text::width(&line.lead)).max();
        // On a narrow screen a long one stands above its text.
        let lead = match longest.unwrap_or(0) {
            0 => 0,
            longest if longest > columns / 2 => LEAD,
            longest => longest + 2,
        };
        let height = usize::from(model.area.height).saturating_sub(4).max(1);
        let (mut head, _) = fold(head, lead, columns);
        // Most of a small screen is for what scrolls.
        head.truncate(height / 2);
        let (rows, lines) = fold(lines, lead, columns);
        Self {
            title,
            rows,
            lines,
            items: Vec::new(),
            found: None,
            selected: None,
            lead,
            columns,
            height: height - head.len(),
            head,
            top,
        }
    }

    /// What can be selected in a row, and whether it is.
    pub fn item(&self, row: usize) -> Option<(usize, bool)> {
        let item = self.items.get(row).copied().flatten()?;
        let selected = self
            .selected
            .and_then(|row| self.items.get(row).copied().flatten());
        Some((item, selected == Some(item)))
    }

    /// What a row stands for, for the mouse: of a text itself, else what can be selected there or next below.
    pub fn place(&self, row: usize) -> Option<usize> {
        if self.items.is_empty() {
            return Some(row);
        }
        let below = self.items.iter().skip(row).flatten().next();
        below.copied().or_else(|| self.items().checked_sub(1))
    }

    /// How many lines can be selected.
    pub fn items(&self) -> usize {
        self.items.iter().flatten().max().map_or(0, |last| last + 1)
    }

    /// The rows that are shown.
    pub fn visible(&self) -> Range<usize> {
        if let Some(selected) = self.selected {
            return list::around(selected, self.rows.len(), self.height);
        }
        list::from(self.top, self.rows.len(), self.height)
    }

    /// The first row shown when the end is shown.
    pub fn last_top(&self) -> usize {
        self.rows.len().saturating_sub(self.height)
    }
}

impl Overlay {
    /// The heading of a text that is only read.
    pub const fn heading(&self) -> Option<&'static str> {
        Some(match self {
            Self::Notices { .. } => "Notices",
            Self::Doctor { .. } => "What a run needs",
            Self::Actions { .. } => "What was done here",
            Self::Details { .. } => "Details",
            Self::Summary { .. } => "Summary of the run",
            Self::Plan { .. } => "What this run will do",
            Self::Stages { .. } => "Stages",
            _ => return None,
        })
    }
}

impl Filtered for Line {
    fn text(&self) -> Cow<'_, str> {
        format!("{} {}", self.lead, self.text).into()
    }

    fn field(&self, _: Field) -> Cow<'_, str> {
        "".into()
    }
}

/// The lines that a filter leaves in.
fn kept(lines: Vec<Line>, query: &Query) -> Vec<Line> {
    if query.is_empty() {
        return lines;
    }
    let places = query.places(lines.iter());
    let mut place = 0..;
    let is_kept = |_: &Line| {
        place
            .next()
            .is_some_and(|place| places.binary_search(&place).is_ok())
    };
    lines.into_iter().filter(is_kept).collect()
}

/// Long lines broken into rows, each with the place of its line; all but the first are indented further.
fn fold(lines: Vec<Line>, lead: usize, columns: usize) -> (Vec<Line>, Vec<usize>) {
    let (mut rows, mut origins) = (Vec::new(), Vec::new());
    for (place, line) in lines.into_iter().enumerate() {
        let room = columns.saturating_sub(lead + line.indent + 2).max(8);
        let is_above = text::width(&line.lead) + 1 > lead && !line.lead.is_empty();
        if is_above {
            origins.push(place);
            rows.push(Line {
                text: String::new(),
                ..line.clone()
            });
        }
        for (index, words) in text::wrap(&line.text, room).into_iter().enumerate() {
            origins.push(place);
            rows.push(Line {
                lead: if index == 0 && !is_above {
                    line.lead.clone()
                } else {
                    String::new()
                },
                indent: line.indent + if index == 0 { 0 } else { 2 },
                meaning: line.meaning,
                text: words,
            });
        }
    }
    (rows, origins)
}

fn plan(model: &Model) -> Vec<Line> {
    plan_lines(plan::lines(model))
}

fn plan_lines(lines: Vec<plan::PlanLine>) -> Vec<Line> {
    let lines = lines.into_iter().map(|line| Line {
        lead: String::new(),
        indent: line.indent * 2,
        meaning: line.meaning,
        text: line.text,
    });
    lines.collect()
}

/// All about what is selected.
fn said(model: &Model) -> Vec<Line> {
    let lines = details::of_selected(model)
        .into_iter()
        .map(|(meaning, text)| Line {
            lead: String::new(),
            indent: 0,
            meaning,
            text,
        });
    lines.collect()
}

fn stages(model: &Model) -> Vec<Line> {
    let rows = stages::lines(model).into_iter().map(|row| Line {
        lead: row.graph,
        indent: 0,
        meaning: row.meaning,
        text: row.text,
    });
    rows.collect()
}
