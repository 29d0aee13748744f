//! Where everything is on a screen of a given size. Pure, so that `update` knows how long a page is.
//! `tui/view.rs` draws it, and shows it in its documentation. No other place computes where something is.
//!
//! What gets the room follows from the moment: rows and variables while a run is prepared, tasks and their log while one
//! is shown. The panes without room are folded into one line each.

use super::alert::AlertRows;
use super::context::Pane;
use super::model::Model;
use super::model::moment::upper;
use super::model::overlay::Overlay;
use super::notice::NoticeRows;
use super::widget::text;
use ratatui::layout::Rect;

pub use super::model::moment::Moment;

/// Below this many columns only a sentence is shown.
pub const LEAST_COLUMNS: u16 = 40;
/// Below this many rows only a sentence is shown.
pub const LEAST_ROWS: u16 = 10;

/// How much fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Nothing useful.
    TooSmall,
    /// One pane.
    Narrow,
    /// Two panes, one above the other.
    Medium,
    /// Two panes, also beside each other.
    Wide,
}

/// The parts of a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How much fits.
    pub fit: Fit,
    /// What the screen is for.
    pub moment: Moment,
    /// Two rows: the environment, and the state of the run.
    pub header: Rect,
    /// Lines that are shown as long as something is wrong.
    pub alerts: Rect,
    /// The head of the next run's plan; empty while a run is shown.
    pub plan: Rect,
    /// The panes that are shown.
    pub panes: Vec<(Pane, Rect)>,
    /// The panes that have one line each.
    pub folded: Vec<(Pane, Rect)>,
    /// The place of notices: one row that is always free. A longer one also covers the rows above it.
    pub notice: Rect,
    /// One row of keys.
    pub footer: Rect,
    /// Whether the panes have no borders, so that the terminal's own selection copies clean text.
    pub is_bare: bool,
}

impl Layout {
    /// The parts for this model.
    pub fn new(model: &Model) -> Self {
        let (area, moment) = (model.area, Moment::new(model));
        let fit = fit(area);
        let alerts = AlertRows::new(model).height();
        let plan = match (moment, fit) {
            (Moment::Showing, _) | (_, Fit::TooSmall) => 0,
            (Moment::Preparing, _) => 2,
        };
        let [header, alerts, plan, body, notice, footer] = rows(area, [2, alerts, plan, 0, 1, 1]);
        let mut layout = Self {
            fit,
            moment,
            header,
            alerts,
            plan,
            panes: Vec::new(),
            folded: Vec::new(),
            notice: grown_upwards(notice, NoticeRows::new(model).map_or(1, |notice| notice.height())),
            footer,
            is_bare: model.is_zoomed && model.focus == Pane::Logs,
        };
        match fit {
            Fit::TooSmall => {}
            _ if model.is_zoomed || fit == Fit::Narrow => layout.panes = vec![(model.focus, body)],
            _ => layout.share(body, model),
        }
        layout
    }

    /// Shares the body among the panes that belong to the moment, below one line of the others.
    fn share(&mut self, body: Rect, model: &Model) {
        let upper = upper(model);
        let is_wide = self.fit == Fit::Wide;
        let beside = [Pane::Configuration, Pane::Variables];
        let shown: &[Pane] = match (self.moment, upper) {
            (Moment::Preparing, _) => &beside,
            (Moment::Showing, Pane::Grid) => &[Pane::Grid, Pane::Logs],
            (Moment::Showing, _) if is_wide => &[Pane::Configuration, Pane::Variables, Pane::Logs],
            (Moment::Showing, Pane::Variables) => &[Pane::Variables, Pane::Logs],
            (Moment::Showing, _) => &[Pane::Configuration, Pane::Logs],
        };
        let others = Pane::ALL.iter().copied().filter(|pane| !shown.contains(pane));
        let line = Rect { height: 1, ..body };
        self.folded = beside_each_other(line, &others.collect::<Vec<_>>());
        let body = Rect {
            y: body.y + 1,
            height: body.height.saturating_sub(1),
            ..body
        };
        let (above, below) = match self.moment {
            Moment::Preparing if is_wide => (body, Rect::ZERO),
            Moment::Preparing => halves(
                body,
                body.height * if upper == Pane::Variables { 2 } else { 3 } / 5,
            ),
            Moment::Showing => halves(body, above_logs(body, model, upper)),
        };
        self.panes = match self.moment {
            Moment::Preparing if !is_wide => beside.into_iter().zip([above, below]).collect(),
            Moment::Preparing => form_beside_rows(above),
            Moment::Showing if upper != Pane::Grid && is_wide => form_beside_rows(above),
            Moment::Showing => vec![(upper, above)],
        };
        if self.moment == Moment::Showing {
            self.panes.push((Pane::Logs, below));
        }
    }

    /// The area of a pane; empty if it is not shown.
    pub fn pane(&self, pane: Pane) -> Rect {
        let found = self.panes.iter().find(|(shown, _)| *shown == pane);
        found.map_or(Rect::ZERO, |(_, area)| *area)
    }

    /// The area inside a pane's box, or below its title if it has no box.
    pub fn inside(&self, pane: Pane) -> Rect {
        let area = self.pane(pane);
        if self.is_bare {
            return halves(area, 1.min(area.height)).1;
        }
        if area.width < 2 || area.height < 2 {
            return Rect::new(area.x, area.y, 0, 0);
        }
        Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2)
    }

    /// Columns and rows inside a pane's box.
    pub fn room(&self, pane: Pane) -> (usize, usize) {
        let area = self.inside(pane);
        (usize::from(area.width), usize::from(area.height))
    }
}

/// How much fits on a screen of this size.
pub const fn fit(area: Rect) -> Fit {
    match (area.width, area.height) {
        (width, height) if width < LEAST_COLUMNS || height < LEAST_ROWS => Fit::TooSmall,
        (width, height) if width < 80 || height < 20 => Fit::Narrow,
        (width, _) if width < 120 => Fit::Medium,
        _ => Fit::Wide,
    }
}

/// The question with its answers in the rows of a screen that is too small for anything else; nothing if it does not fit
/// there as a whole, so that nobody answers what he cannot read.
pub fn question_rows(model: &Model) -> Option<Vec<String>> {
    let Some(Overlay::Dialog(dialog)) = model.overlays.top() else {
        return None;
    };
    let answers = dialog.choices.iter().enumerate().map(|(place, choice)| {
        let (open, close) = if place == dialog.selected {
            ("[", "]")
        } else {
            (" ", " ")
        };
        format!("{open}{} {}{close}", choice.key, choice.label)
    });
    let lines = [dialog.title.clone()]
        .into_iter()
        .chain(dialog.body.iter().cloned())
        .chain(answers);
    let rows: Vec<_> = lines
        .flat_map(|line| text::wrap(&line, usize::from(model.area.width)))
        .collect();
    (rows.len() <= usize::from(model.area.height)).then_some(rows)
}

/// The place of the body among the rows of the screen.
const BODY: usize = 3;

/// Cuts an area into rows of these heights; the body gets the rest.
fn rows(area: Rect, heights: [u16; 6]) -> [Rect; 6] {
    let rest = area.height.saturating_sub(heights.iter().sum());
    let mut top = area.y;
    let mut place = 0;
    heights.map(|height| {
        let height = if place == BODY { rest } else { height };
        let part = Rect::new(area.x, top, area.width, height).intersection(area);
        top += height;
        place += 1;
        part
    })
}

/// The area with its last row where it was, and this many rows.
fn grown_upwards(area: Rect, height: u16) -> Rect {
    let more = height.saturating_sub(area.height).min(area.y);
    Rect::new(area.x, area.y - more, area.width, area.height + more)
}

/// The first `above` rows, and the rest.
const fn halves(area: Rect, above: u16) -> (Rect, Rect) {
    (
        Rect::new(area.x, area.y, area.width, above),
        Rect::new(area.x, area.y + above, area.width, area.height - above),
    )
}

/// One line for each of these panes, beside each other.
fn beside_each_other(line: Rect, panes: &[Pane]) -> Vec<(Pane, Rect)> {
    let number = u16::try_from(panes.len()).unwrap_or(1).max(1);
    let width = line.width / number;
    let places = (0..number).zip(panes);
    places
        .map(|(place, pane)| {
            let x = line.x + place * width;
            let width = if place + 1 == number {
                line.right() - x
            } else {
                width
            };
            (*pane, Rect { x, width, ..line })
        })
        .collect()
}

/// The rows of the table, and the form of the variables right of them.
fn form_beside_rows(area: Rect) -> Vec<(Pane, Rect)> {
    let form = (area.width * 2 / 5).clamp(48, 76);
    let rows = area.width - form;
    vec![
        (Pane::Configuration, Rect { width: rows, ..area }),
        (
            Pane::Variables,
            Rect {
                x: area.x + rows,
                width: form,
                ..area
            },
        ),
    ]
}

/// How many rows the pane above the logs gets: what it needs, as long as the logs have two fifths. On a low screen the
/// pane with the focus has the larger part.
fn above_logs(body: Rect, model: &Model, upper: Pane) -> u16 {
    /// The box, the heading, the line above the details and some lines of details.
    const BESIDE_TASKS: usize = 9;
    let is_low = body.height < 24;
    let share = if is_low && model.focus == Pane::Logs { 2 } else { 3 };
    let most = body.height * share / 5;
    let tasks = model.shown_run().map_or(0, |run| run.tasks.len());
    let needed = match upper {
        Pane::Grid => u16::try_from(tasks + BESIDE_TASKS).unwrap_or(u16::MAX),
        _ => most,
    };
    needed.min(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_form_and_the_rows_cover_their_area(width in 120_u16..400, height in 10_u16..120) {
            let area = Rect::new(0, 2, width, height);
            let panes = form_beside_rows(area);
            let covered: u32 = panes.iter().map(|(_, area)| area.area()).sum();
            prop_assert_eq!(covered, area.area());
            for (pane, part) in panes {
                prop_assert_eq!(part.intersection(area), part);
                prop_assert!(part.width >= 48, "{:?} has {} columns", pane, part.width);
            }
        }

        #[test]
        fn folded_panes_share_their_line(width in 40_u16..400) {
            let line = Rect::new(0, 3, width, 1);
            let parts = beside_each_other(line, &[Pane::Variables, Pane::Configuration, Pane::Grid]);
            prop_assert_eq!(parts.iter().map(|(_, part)| part.width).sum::<u16>(), width);
        }
    }

    #[test]
    fn the_breakpoints() {
        for (width, height, expected) in [
            (39, 50, Fit::TooSmall),
            (200, 9, Fit::TooSmall),
            (40, 10, Fit::Narrow),
            (200, 19, Fit::Narrow),
            (79, 24, Fit::Narrow),
            (80, 20, Fit::Medium),
            (119, 60, Fit::Medium),
            (120, 20, Fit::Wide),
        ] {
            assert_eq!(fit(Rect::new(0, 0, width, height)), expected, "{width}x{height}");
        }
    }
}
