//! Events of the mouse as messages: few mean something, and a wheel that spins is one message.

use crate::tui::mouse::{Gesture, Target, Targets};
use crate::tui::msg::Msg;
use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

/// The hand on the mouse.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hand {
    /// The column of the scroll bar that is held: a hand does not move straight.
    held: Option<u16>,
}

impl Hand {
    /// The message of a mouse event on a frame with these targets. Most events mean nothing.
    pub(super) fn message(&mut self, event: MouseEvent, targets: &Targets) -> Option<Msg> {
        let gesture = match event.kind {
            MouseEventKind::Down(MouseButton::Left) => Gesture::Click,
            MouseEventKind::Drag(MouseButton::Left) => Gesture::Drag,
            MouseEventKind::ScrollUp => Gesture::Wheel(-1),
            MouseEventKind::ScrollDown => Gesture::Wheel(1),
            MouseEventKind::Up(_) => {
                self.held = None;
                return None;
            }
            _ => return None,
        };
        if let (Gesture::Drag, Some(column)) = (gesture, self.held) {
            let target = targets.at(column, event.row).filter(|target| target.is_bar())?;
            return Some(Msg::Mouse(target, gesture));
        }
        let target = targets.at(event.column, event.row)?;
        if gesture == Gesture::Click {
            self.held = target.is_bar().then_some(event.column);
        }
        Some(Msg::Mouse(target, gesture))
    }
}

/// The most notches that one frame follows: a wheel that spins on must not make the screen lag behind.
const MOST_NOTCHES: i32 = 24;

/// Adds a message to those that are handled before the next frame. Turns of the wheel over the same list become one, and of
/// a bar that is dragged only the last place counts.
pub(super) fn coalesce(messages: &mut Vec<Msg>, msg: Msg) {
    let kind = |target: Target| match target {
        Target::Line(pane, _) | Target::Bar(pane, _) => Target::Pane(pane),
        Target::WindowLine(_) | Target::WindowBar(_) | Target::WindowCell(..) => Target::Window,
        other => other,
    };
    if let (Some(Msg::Mouse(last, Gesture::Wheel(sum))), Msg::Mouse(target, Gesture::Wheel(notches))) =
        (messages.last_mut(), &msg)
        && kind(*last) == kind(*target)
    {
        *sum = (*sum + notches).clamp(-MOST_NOTCHES, MOST_NOTCHES);
        return;
    }
    let is_dragged =
        |msg: Option<&Msg>| matches!(msg, Some(Msg::Mouse(target, Gesture::Drag)) if target.is_bar());
    if is_dragged(messages.last()) && is_dragged(Some(&msg)) {
        messages.pop();
    }
    messages.push(msg);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::context::Pane;
    use ratatui::crossterm::event::KeyModifiers;
    use ratatui::layout::Rect;

    fn wheel(pane: Pane, line: usize, notches: i32) -> Msg {
        Msg::Mouse(Target::Line(pane, line), Gesture::Wheel(notches))
    }

    fn event(kind: MouseEventKind, column: u16, row: u16) -> MouseEvent {
        MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }
    }

    #[test]
    fn a_held_bar_is_moved_by_a_hand_that_slips_off_it() {
        let mut targets = Targets::default();
        targets.push(Rect::new(0, 0, 10, 5), Target::Pane(Pane::Grid));
        for row in 1..4 {
            targets.push(
                Rect::new(9, row, 1, 1),
                Target::Bar(Pane::Grid, usize::from(row) * 10),
            );
        }
        let (down, drag) = (
            MouseEventKind::Down(MouseButton::Left),
            MouseEventKind::Drag(MouseButton::Left),
        );
        let mut hand = Hand::default();
        let mut place = |kind, column, row| match hand.message(event(kind, column, row), &targets) {
            Some(Msg::Mouse(Target::Bar(_, place), _)) => Some(place),
            _ => None,
        };
        assert_eq!(
            place(drag, 9, 1).map(|_| ()),
            Some(()),
            "what is under it is meant"
        );
        assert_eq!(place(down, 9, 1), Some(10));
        assert_eq!(place(drag, 4, 3), Some(30));
        assert_eq!(place(drag, 4, 4), None, "past the end it stays");
        assert_eq!(place(MouseEventKind::Up(MouseButton::Left), 4, 3), None);
        assert_eq!(place(drag, 4, 2), None, "it was let go");
        let mut messages = Vec::new();
        for place in 0..50 {
            coalesce(&mut messages, Msg::Mouse(Target::WindowBar(place), Gesture::Drag));
        }
        assert_eq!(messages, [Msg::Mouse(Target::WindowBar(49), Gesture::Drag)]);
    }

    #[test]
    fn a_spinning_wheel_is_one_message_and_never_runs_away() {
        let mut messages = Vec::new();
        for line in 0..200 {
            coalesce(&mut messages, wheel(Pane::Logs, line, 1));
        }
        assert!(matches!(
            messages[..],
            [Msg::Mouse(_, Gesture::Wheel(MOST_NOTCHES))]
        ));
        coalesce(&mut messages, wheel(Pane::Logs, 0, -1));
        assert!(matches!(messages[..], [Msg::Mouse(_, Gesture::Wheel(23))]));
        coalesce(&mut messages, wheel(Pane::Grid, 0, -1));
        coalesce(&mut messages, Msg::Ticked);
        coalesce(&mut messages, wheel(Pane::Grid, 0, -1));
        assert_eq!(messages.len(), 4);
    }
}
