//! What the mouse can point at. `view` says for each frame what it has drawn where, so that a click means what was on the
//! screen; `update` only learns what was meant, never a column.

use super::context::Pane;
use domain::time::Timestamp;
use ratatui::layout::{Position, Rect};

/// Something that was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A pane, its title, or the line of one without room.
    Pane(Pane),
    /// A line of a pane's list, by its place in the list.
    Line(Pane, usize),
    /// The window over the panes.
    Window,
    /// A line of the window's list, by its place in the list.
    WindowLine(usize),
    /// A cell of the window's grid, by its line and its column.
    WindowCell(usize, usize),
    /// A row of the scroll bar of a pane's list, by the place in the list of the line that it stands for.
    Bar(Pane, usize),
    /// A row of the scroll bar of the window, by the place of the line that it stands for.
    WindowBar(usize),
    /// An answer of a question, by its letter.
    Answer(char),
    /// The key of the action of this name, with its hint.
    Action(&'static str),
}

impl Target {
    /// Whether it is held when the button is pressed on it, and moved by a drag.
    pub const fn is_bar(self) -> bool {
        matches!(self, Self::Bar(..) | Self::WindowBar(_))
    }
}

/// What was drawn where, the topmost last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets(Vec<(Rect, Target)>);

impl Targets {
    /// Adds what was drawn over the rest.
    pub fn push(&mut self, area: Rect, target: Target) {
        if !area.is_empty() {
            self.0.push((area, target));
        }
    }

    /// A window lies over all: below it only the keys of actions can be meant.
    pub fn cover(&mut self) {
        self.0.retain(|(_, target)| matches!(target, Target::Action(_)));
    }

    /// What is at a column and a row.
    pub fn at(&self, column: u16, row: u16) -> Option<Target> {
        let place = Position::new(column, row);
        let found = self.0.iter().rev().find(|(area, _)| area.contains(place));
        found.map(|(_, target)| *target)
    }

    /// All with their areas, the topmost last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &(Rect, Target)> {
        self.0.iter()
    }
}

/// What a hand does with the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gesture {
    /// The left button was pressed.
    Click,
    /// The wheel was turned by so many notches; up is negative.
    Wheel(i32),
    /// The mouse was moved with a pressed button: along a scroll bar that is held, or as one does to select text.
    Drag,
}

/// A click.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clicked {
    /// What was clicked.
    pub target: Target,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_on_top_is_meant() {
        let mut targets = Targets::default();
        targets.push(Rect::new(0, 0, 80, 20), Target::Pane(Pane::Grid));
        targets.push(Rect::new(1, 1, 78, 1), Target::Line(Pane::Grid, 4));
        targets.push(Rect::new(1, 23, 6, 1), Target::Action("run"));
        assert_eq!(targets.at(5, 1), Some(Target::Line(Pane::Grid, 4)));
        assert_eq!(targets.at(5, 2), Some(Target::Pane(Pane::Grid)));
        assert_eq!(targets.at(5, 22), None);
        targets.cover();
        targets.push(Rect::new(10, 5, 20, 5), Target::Window);
        assert_eq!(targets.at(5, 1), None);
        assert_eq!(targets.at(12, 6), Some(Target::Window));
        assert_eq!(targets.at(2, 23), Some(Target::Action("run")));
    }
}
