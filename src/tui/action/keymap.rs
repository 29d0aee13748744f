//! Which keys do what: the keys of the action table, changed by `[keys]` of `config.toml`.
//!
//! There is one for the whole program, set before the first frame; dispatch, footer, help, palette and sentences ask it.
//! It must never leave a person without help, without a way out, or with a key that stops something where shells edit.

mod guard;

use super::{Action, Entry, TABLE};
use crate::tui::context::Context;
use crate::tui::key::{Key, KeySequence};
use std::sync::OnceLock;

/// Unbinds an action.
pub const NONE: &str = "none";

/// The keys of an action as somebody wants them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// The action's name.
    pub action: String,
    /// Names of keys; [`NONE`] alone unbinds it.
    pub keys: Vec<String>,
}

/// What is wrong with a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFault {
    /// The place of the change among all.
    pub change: usize,
    /// The place of the key in it; nothing if it is about the name.
    pub key: Option<usize>,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// What the keys that were pressed mean.
#[derive(Clone, Copy, Debug)]
pub enum Pressed {
    /// This.
    Does(&'static Entry),
    /// Another key is awaited.
    Begins,
    /// Nothing.
    Nothing,
}

/// The keys of a row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bound {
    sequences: Vec<KeySequence>,
    names: Vec<String>,
    /// What is typed to do it without a key.
    typed: String,
}

impl Bound {
    fn new(action: Action, names: Vec<String>) -> Self {
        Self {
            typed: format!(":{}", action.name().replace('_', " ")),
            sequences: names.iter().filter_map(|name| KeySequence::parse(name)).collect(),
            names,
        }
    }
}

/// All keys, one entry for each row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    rows: Vec<Bound>,
}

impl Default for Keymap {
    fn default() -> Self {
        let names = |entry: &Entry| entry.keys.iter().map(|name| (*name).to_owned()).collect();
        Self {
            rows: TABLE
                .iter()
                .map(|entry| Bound::new(entry.action, names(entry)))
                .collect(),
        }
    }
}

impl Keymap {
    /// The table's keys with these changes.
    ///
    /// # Errors
    /// Everything that is wrong with them: unknown names, keys that mean two things in one place, and what would be
    /// dangerous.
    pub fn changed(changes: &[KeyChange]) -> Result<Self, Vec<KeyFault>> {
        let mut keymap = Self::default();
        let mut faults = Vec::new();
        let mut rows = Vec::new();
        for (change, wanted) in changes.iter().enumerate() {
            let Some(row) = TABLE
                .iter()
                .position(|entry| entry.action.name() == wanted.action)
            else {
                let message = guard::unknown_action(&wanted.action);
                faults.push(KeyFault {
                    change,
                    key: None,
                    message,
                });
                continue;
            };
            let is_none = wanted.keys == [NONE];
            let keys = if is_none { Vec::new() } else { wanted.keys.clone() };
            let wrong = guard::faults(&TABLE[row], &keys);
            faults.extend(
                wrong
                    .into_iter()
                    .map(|(key, message)| KeyFault { change, key, message }),
            );
            keymap.rows[row] = Bound::new(TABLE[row].action, keys);
            rows.push((change, row));
        }
        if faults.is_empty() {
            faults = keymap.conflicts(&rows);
        }
        if faults.is_empty() {
            Ok(keymap)
        } else {
            Err(faults)
        }
    }

    /// Keys that mean two things somewhere. `changed` are the changes with their rows; of two that are in each other's
    /// way the later one is named.
    fn conflicts(&self, changed: &[(usize, usize)]) -> Vec<KeyFault> {
        let mut faults = Vec::new();
        for (place, (change, row)) in changed.iter().enumerate() {
            for (key, wanted) in self.rows[*row].sequences.iter().enumerate() {
                let others = TABLE.iter().zip(&self.rows).enumerate();
                let other = others.filter(|(other, (entry, _))| {
                    let is_reported = changed[place + 1..].iter().any(|(_, later)| later == other);
                    let meets = |context| TABLE[*row].contexts.contains(context);
                    other != row && !is_reported && entry.contexts.iter().any(meets)
                });
                let mut clashing = other
                    .filter(|(_, (_, bound))| bound.sequences.iter().any(|known| known.clashes(*wanted)));
                if let Some((_, (entry, _))) = clashing.next() {
                    faults.push(KeyFault {
                        change: *change,
                        key: Some(key),
                        message: guard::conflict(*wanted, &TABLE[*row], entry),
                    });
                }
            }
        }
        faults
    }

    /// What a key means in a context, after the one that was pressed before it.
    pub fn find(&self, before: Option<Key>, key: Key, context: Context) -> Pressed {
        let pressed = match before {
            Some(first) => KeySequence::two(first, key),
            None => KeySequence::one(key),
        };
        let mut found = Pressed::Nothing;
        for (entry, bound) in self.here(context) {
            if bound.sequences.contains(&pressed) {
                return Pressed::Does(entry);
            }
            if before.is_none() && bound.sequences.iter().any(|known| known.begins_with(key)) {
                found = Pressed::Begins;
            }
        }
        found
    }

    /// What can follow a first key: the second one with what it does, in the order of the table.
    pub fn followers(&self, first: Key, context: Context) -> Vec<(Key, &'static Entry)> {
        let follows = |(entry, bound): (&'static Entry, &Bound)| {
            let seconds = bound.sequences.iter();
            let second = seconds
                .filter(|known| known.begins_with(first))
                .find_map(|known| known.then);
            second.map(|second| (second, entry))
        };
        self.here(context).filter_map(follows).collect()
    }

    fn here(&self, context: Context) -> impl Iterator<Item = (&'static Entry, &Bound)> {
        let rows = TABLE.iter().zip(&self.rows);
        rows.filter(move |(entry, _)| entry.contexts.contains(&context))
    }

    /// The names of an action's keys; none if it has no key.
    pub fn names(&self, action: Action) -> &[String] {
        let row = TABLE.iter().position(|entry| entry.action == action);
        row.map_or(&[], |row| &self.rows[row].names)
    }
}

impl Keymap {
    /// The first key of an action; what to type, if it has none.
    pub fn key(&self, action: Action) -> &str {
        let row = TABLE.iter().position(|entry| entry.action == action);
        let bound = row.map(|row| &self.rows[row]);
        bound.map_or("", |bound| bound.names.first().unwrap_or(&bound.typed))
    }
}

static KEYMAP: OnceLock<Keymap> = OnceLock::new();

/// Sets the keys of this program; once, before they are asked for. Afterwards it changes nothing.
pub fn set(keymap: Keymap) {
    // Only a second one can be refused.
    let _ = KEYMAP.set(keymap);
}

/// The keys of this program.
pub fn keymap() -> &'static Keymap {
    KEYMAP.get_or_init(Keymap::default)
}

#[cfg(test)]
mod tests;
