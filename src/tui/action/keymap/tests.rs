//! Changed keys, what is refused, and sequences.

use super::*;
use crate::tui::action::Danger;

fn change(action: &str, keys: &[&str]) -> KeyChange {
    KeyChange {
        action: action.into(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
    }
}

fn does(keymap: &Keymap, keys: &str, context: Context) -> Option<Action> {
    let sequence = KeySequence::parse(keys).unwrap();
    let (before, key) = match sequence.then {
        Some(then) => (Some(sequence.first), then),
        None => (None, sequence.first),
    };
    match keymap.find(before, key, context) {
        Pressed::Does(entry) => Some(entry.action),
        Pressed::Begins | Pressed::Nothing => None,
    }
}

fn fault(changes: &[KeyChange]) -> KeyFault {
    let faults = Keymap::changed(changes).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults[0].clone()
}

#[test]
fn a_changed_key_does_what_it_is_for_and_the_old_one_nothing() {
    let changes = [change("stop_task", &["F7", "' s"]), change("history", &["none"])];
    let keymap = Keymap::changed(&changes).unwrap();
    assert_eq!(does(&keymap, "F7", Context::Grid), Some(Action::StopTask));
    assert_eq!(does(&keymap, "' s", Context::Grid), Some(Action::StopTask));
    assert_eq!(does(&keymap, "x", Context::Grid), None);
    assert_eq!(does(&keymap, "H", Context::Grid), None);
    assert_eq!(keymap.names(Action::StopTask), ["F7", "' s"]);
    assert!(keymap.names(Action::History).is_empty());
    assert_eq!(does(&keymap, "q", Context::Grid), Some(Action::Quit));
}

#[test]
fn two_actions_can_swap_their_keys() {
    let keymap = Keymap::changed(&[change("retry", &["H"]), change("history", &["R"])]).unwrap();
    assert_eq!(does(&keymap, "H", Context::Grid), Some(Action::Retry));
    assert_eq!(does(&keymap, "R", Context::Grid), Some(Action::History));
}

#[test]
fn a_key_with_two_meanings_in_one_place_is_refused_once_and_at_the_later_one() {
    let found = fault(&[change("history", &["F8", "q"])]);
    assert_eq!((found.change, found.key), (0, Some(1)));
    assert!(found.message.contains("q is a key of quit"), "{}", found.message);
    let found = fault(&[change("history", &["F8"]), change("retry", &["F8"])]);
    assert_eq!((found.change, found.key), (1, Some(0)));
    let found = fault(&[change("history", &["g"])]);
    assert!(found.message.contains("g is a key of"), "{}", found.message);
    // The same key in places that never meet.
    Keymap::changed(&[change("wrap", &["F8"]), change("add_argument", &["F8"])]).unwrap();
}

#[test]
fn what_would_be_dangerous_or_a_trap_is_refused() {
    for (action, keys, words) in [
        (
            "no_such_thing",
            &["x"][..],
            "There is no action 'no_such_thing'. docs/keys.md",
        ),
        ("stop_tsk", &["x"], "Did you mean stop_task?"),
        ("history", &["crtl-x"], "'crtl-x' is not a key"),
        ("help", &["none"], "help needs a key"),
        ("quit", &["none"], "quit needs a key"),
        ("quit", &[], "quit needs a key"),
        ("stop_run", &["ctrl-w"], "stop_run changes something"),
        ("stop_task", &["down"], "pressed to move"),
        ("retry", &["enter"], "pressed to move"),
        ("history", &["ctrl-m"], "cannot tell ctrl-m from enter"),
        ("commit", &["x"], "works in a text field"),
        ("interrupt", &["backspace"], "works in a text field"),
    ] {
        let found = fault(&[change(action, keys)]);
        assert!(found.message.contains(words), "{action}: {}", found.message);
    }
    // What the table itself has stays possible.
    Keymap::changed(&[change("begin", &["enter", "F9"])]).unwrap();
}

#[test]
fn a_prefix_waits_and_names_what_can_follow() {
    let keymap = Keymap::default();
    let g = Key::parse("g").unwrap();
    assert!(matches!(keymap.find(None, g, Context::Grid), Pressed::Begins));
    assert!(matches!(keymap.find(None, g, Context::Field), Pressed::Nothing));
    let followers = keymap.followers(g, Context::Grid);
    assert!(
        followers
            .iter()
            .any(|(key, entry)| *key == g && entry.action == Action::Top)
    );
    let x = Key::parse("x").unwrap();
    assert!(matches!(keymap.find(Some(g), x, Context::Grid), Pressed::Nothing));
}

#[test]
fn the_table_itself_has_no_conflict_and_no_danger() {
    let rows: Vec<_> = (0..TABLE.len()).map(|row| (row, row)).collect();
    assert_eq!(Keymap::default().conflicts(&rows), []);
    for entry in TABLE {
        for name in entry.keys {
            assert!(KeySequence::parse(name).is_some(), "{name} is not a key");
            let is_edit = ["ctrl-d", "ctrl-k", "ctrl-w", "backspace"].contains(name);
            assert!(entry.danger == Danger::Harmless || !is_edit, "{name}");
        }
    }
}
