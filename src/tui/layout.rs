//! Where everything is on a screen of a given size. Pure, so that `update` knows how long a page is.
//! `tui/view.rs` draws it, and shows it in its documentation.

use super::context::Pane;
use super::model::Model;
use super::notice::NoticeRows;
use ratatui::layout::Rect;

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
    /// One pane, and the logs below it.
    Medium,
    /// All four.
    Wide,
}

/// The parts of a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How much fits.
    pub fit: Fit,
    /// Two rows: the environment, and the state of the run.
    pub header: Rect,
    /// Lines that are shown as long as a service does not answer.
    pub alerts: Rect,
    /// The panes that are shown.
    pub panes: Vec<(Pane, Rect)>,
    /// The rows of the last notice, or none.
    pub notice: Rect,
    /// One row of keys.
    pub footer: Rect,
}

impl Layout {
    /// The parts for this model.
    pub fn new(model: &Model) -> Self {
        let area = model.area;
        let fit = fit(area);
        let alerts = u16::try_from(model.alerts().len()).unwrap_or(0).min(2);
        let notice = NoticeRows::new(model).map_or(0, |notice| notice.height());
        let [header, alerts, body, notice, footer] = rows(area, [2, alerts, 0, notice, 1]);
        let panes = match fit {
            Fit::TooSmall => Vec::new(),
            Fit::Narrow => vec![(model.focus, body)],
            Fit::Medium => medium(body, model),
            Fit::Wide => wide(body),
        };
        Self {
            fit,
            header,
            alerts,
            panes,
            notice,
            footer,
        }
    }

    /// The area of a pane; empty if it is not shown.
    pub fn pane(&self, pane: Pane) -> Rect {
        let found = self.panes.iter().find(|(shown, _)| *shown == pane);
        found.map_or(Rect::ZERO, |(_, area)| *area)
    }

    /// Columns and rows inside a pane's box.
    pub fn room(&self, pane: Pane) -> (usize, usize) {
        let area = self.pane(pane);
        (
            usize::from(area.width.saturating_sub(2)),
            usize::from(area.height.saturating_sub(2)),
        )
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

/// Cuts an area into rows of these heights; the third one gets the rest.
fn rows(area: Rect, heights: [u16; 5]) -> [Rect; 5] {
    let rest = area.height.saturating_sub(heights.iter().sum());
    let mut top = area.y;
    let mut place = 0;
    heights.map(|height| {
        let height = if place == 2 { rest } else { height };
        let part = Rect::new(area.x, top, area.width, height).intersection(area);
        top += height;
        place += 1;
        part
    })
}

/// The upper pane gets three fifths, or two while the logs have the focus.
fn medium(body: Rect, model: &Model) -> Vec<(Pane, Rect)> {
    let share = if model.focus == Pane::Logs { 2 } else { 3 };
    let above = body.height * share / 5;
    let upper = Rect {
        height: above,
        ..body
    };
    let lower = Rect {
        y: body.y + above,
        height: body.height - above,
        ..body
    };
    vec![(model.upper, upper), (Pane::Logs, lower)]
}

/// The form and the rows left, the tasks and the logs right.
fn wide(body: Rect) -> Vec<(Pane, Rect)> {
    let left = (body.width * 2 / 5).clamp(50, 72);
    // Seventeen variables, a fault, their description and the box; the rows get at least nine.
    let form = 24_u16.min(body.height.saturating_sub(9)).max(body.height / 2);
    let tasks = (body.height * 11 / 20).clamp(8, 24).min(body.height);
    let column = |x: u16, y: u16, width: u16, height: u16| Rect::new(body.x + x, body.y + y, width, height);
    let right = body.width - left;
    vec![
        (Pane::Variables, column(0, 0, left, form)),
        (Pane::Configuration, column(0, form, left, body.height - form)),
        (Pane::Grid, column(left, 0, right, tasks)),
        (Pane::Logs, column(left, tasks, right, body.height - tasks)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn wide_panes_cover_the_body_without_overlap(width in 120_u16..400, height in 17_u16..120) {
            let body = Rect::new(0, 2, width, height);
            let panes = wide(body);
            let covered: u32 = panes.iter().map(|(_, area)| area.area()).sum();
            prop_assert_eq!(covered, body.area());
            for (pane, area) in panes {
                prop_assert_eq!(area.intersection(body), area);
                prop_assert!(area.height >= 5, "{:?} has {} rows", pane, area.height);
            }
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
