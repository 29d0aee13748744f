//! What a key must not be: unknown, without a way out, dangerous where shells edit, or two things at once.

use crate::tui::action::{Action, Danger, Entry, TABLE};
use crate::tui::key::{Key, KeySequence};
use ratatui::crossterm::event::KeyCode;

/// Without a key of these nobody finds the way: help, the way out, the answers.
const KEPT: [Action; 6] = [
    Action::Help,
    Action::Quit,
    Action::Back,
    Action::Interrupt,
    Action::Commit,
    Action::Choose,
];

/// Ctrl chords that a terminal cannot tell from another key.
const ALIKE: [(char, &str); 4] = [('m', "enter"), ('j', "enter"), ('i', "tab"), ('h', "backspace")];

/// What is wrong with the keys that somebody wants for an action: the place of the key, and why.
pub(super) fn faults(entry: &Entry, keys: &[String]) -> Vec<(Option<usize>, String)> {
    let name = entry.action.name();
    if keys.is_empty() && KEPT.contains(&entry.action) {
        return vec![(
            None,
            format!("{name} needs a key: without it nobody finds the way out."),
        )];
    }
    let mut faults = Vec::new();
    for (place, text) in keys.iter().enumerate() {
        let fault = match KeySequence::parse(text) {
            None => Some(unknown_key(text)),
            Some(sequence) => fault(entry, sequence),
        };
        faults.extend(fault.map(|message| (Some(place), message)));
    }
    faults
}

fn fault(entry: &Entry, sequence: KeySequence) -> Option<String> {
    let name = entry.action.name();
    for key in [Some(sequence.first), sequence.then].into_iter().flatten() {
        if let (KeyCode::Char(letter), true) = (key.code, key.ctrl)
            && let Some((_, alike)) = ALIKE.iter().find(|(known, _)| *known == letter)
        {
            return Some(format!(
                "A terminal cannot tell {key} from {alike}. Take another key."
            ));
        }
    }
    if is_typed_into(entry) && edits(sequence.first) {
        return Some(format!(
            "{name} works in a text field, where {sequence} is text. Take a ctrl chord or a function key."
        ));
    }
    let is_dangerous =
        entry.danger != Danger::Harmless && !entry.keys.contains(&sequence.to_string().as_str());
    if is_dangerous && sequence.then.is_none() && (moves(sequence.first) || edits_a_line(sequence.first)) {
        return Some(format!(
            "{name} changes something, and {sequence} is pressed to move or to edit. Take another key."
        ));
    }
    None
}

fn is_typed_into(entry: &Entry) -> bool {
    entry.contexts.iter().any(|context| context.is_typed_into())
}

/// Whether a text field takes the key.
fn edits(key: Key) -> bool {
    let is_plain = !key.ctrl && !key.alt;
    let moves_in_text = matches!(
        key.code,
        KeyCode::Left | KeyCode::Right | KeyCode::Home | KeyCode::End
    );
    let deletes = matches!(key.code, KeyCode::Backspace | KeyCode::Delete);
    is_plain && (matches!(key.code, KeyCode::Char(_)) || moves_in_text || deletes)
}

/// Whether the key moves in lists and between windows.
fn moves(key: Key) -> bool {
    matches!(
        key.code,
        KeyCode::Up
            | KeyCode::Down
            | KeyCode::Left
            | KeyCode::Right
            | KeyCode::PageUp
            | KeyCode::PageDown
            | KeyCode::Home
            | KeyCode::End
            | KeyCode::Tab
            | KeyCode::BackTab
            | KeyCode::Enter
            | KeyCode::Esc
            | KeyCode::Char(' ')
    )
}

/// Whether shells edit a line with the key.
fn edits_a_line(key: Key) -> bool {
    let is_chord = key.ctrl && matches!(key.code, KeyCode::Char('a' | 'd' | 'e' | 'k' | 'u' | 'w' | 'y'));
    is_chord || matches!(key.code, KeyCode::Backspace | KeyCode::Delete)
}

pub(super) fn unknown_action(name: &str) -> String {
    let names = TABLE.iter().map(|entry| entry.action.name());
    let near = names.min_by_key(|known| strsim::levenshtein(known, name));
    let near = near.filter(|known| strsim::levenshtein(known, name) <= 3);
    let hint = near.map_or_else(String::new, |near| format!(" Did you mean {near}?"));
    format!("There is no action '{name}'.{hint} docs/keys.md lists them.")
}

fn unknown_key(text: &str) -> String {
    format!(
        "'{text}' is not a key. Keys are written x, X, ctrl-r, alt-x, F5, enter, pgup, or two of them after each other: \
         g g; none takes the key away."
    )
}

pub(super) fn conflict(sequence: KeySequence, wanted: &Entry, other: &Entry) -> String {
    let meeting = wanted
        .contexts
        .iter()
        .find(|context| other.contexts.contains(context));
    let place = meeting.map_or("", |context| context.place());
    format!(
        "{sequence} is a key of {} {place} too. Give {} or {} another one, or none.",
        other.action.name(),
        wanted.action.name(),
        other.action.name()
    )
}
