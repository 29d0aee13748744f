//! Events of the mouse as messages: few mean something, and a wheel that spins is one message.

use crate::tui::mouse::{Gesture, Target, Targets};
use crate::tui::msg::Msg;
use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

/// The message of a mouse event on a frame with these targets. Most events mean nothing.
pub(super) fn message(event: MouseEvent, targets: &Targets) -> Option<Msg> {
    let gesture = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => Gesture::Click,
        MouseEventKind::Drag(MouseButton::Left) => Gesture::Drag,
        MouseEventKind::ScrollUp => Gesture::Wheel(-1),
        MouseEventKind::ScrollDown => Gesture::Wheel(1),
        _ => return None,
    };
    let target = targets.at(event.column, event.row)?;
    Some(Msg::Mouse(target, gesture))
}

/// The most notches that one frame follows: a wheel that spins on must not make the screen lag behind.
const MOST_NOTCHES: i32 = 24;

/// Adds a message to those that are handled before the next frame. Turns of the wheel over the same list become one.
pub(super) fn coalesce(messages: &mut Vec<Msg>, msg: Msg) {
    let kind = |target: Target| match target {
        Target::Line(pane, _) => Target::Pane(pane),
        Target::WindowLine(_) | Target::WindowCell(..) => Target::Window,
        other => other,
    };
    if let (Some(Msg::Mouse(last, Gesture::Wheel(sum))), Msg::Mouse(target, Gesture::Wheel(notches))) =
        (messages.last_mut(), &msg)
        && kind(*last) == kind(*target)
    {
        *sum = (*sum + notches).clamp(-MOST_NOTCHES, MOST_NOTCHES);
        return;
    }
    messages.push(msg);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::context::Pane;

    fn wheel(pane: Pane, line: usize, notches: i32) -> Msg {
        Msg::Mouse(Target::Line(pane, line), Gesture::Wheel(notches))
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
