//! The action table: every key, where it works and what it does. Dispatch, footer, help and `docs/keys.md` are made
//! from it.
//!
//! To add a key: add a variant here, a row in `action/table.rs`, and an arm in `tui/update.rs`.

mod condition;
pub mod keymap;
pub mod name;
mod table;

pub use name::Action;
pub use table::TABLE;

use super::context::Context;
use super::model::Model;
use keymap::keymap;

/// How dangerous an action is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Danger {
    /// Changes nothing outside of the screen.
    Harmless,
    /// Starts something or writes a file.
    Changes,
    /// Ends live work, after a question.
    Stops,
}

/// Why an action cannot be done now; nothing if it can.
pub type Condition = fn(&Model) -> Option<String>;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What the keys do.
    pub action: Action,
    /// Its short name for the footer.
    pub hint: &'static str,
    /// Where the footer shows it.
    pub footer: &'static [Context],
    /// What it does, for the help.
    pub description: &'static str,
    /// Its keys, if nobody changed them; the first one is shown in the footer and in sentences. `g g` is pressed one
    /// after the other. One without a key is in the palette alone.
    pub keys: &'static [&'static str],
    /// Where it can be done.
    pub contexts: &'static [Context],
    /// How dangerous it is.
    pub danger: Danger,
    /// Why it cannot be done now.
    pub condition: Condition,
}

impl Entry {
    /// Its key for the footer and for sentences; what to type in the palette if it has none.
    pub fn key(&self) -> &'static str {
        key(self.action)
    }

    /// Why it cannot be done now; nothing if it can.
    pub fn why_not(&self, model: &Model) -> Option<String> {
        let is_refused = model.preferences.guard.is_read_only && self.danger != Danger::Harmless;
        is_refused
            .then(|| model.read_only_reason())
            .or_else(|| (self.condition)(model))
    }

    /// Its name in words, as it is typed in the palette.
    pub fn words(&self) -> String {
        self.action.name().replace('_', " ")
    }

    /// Whether it works only where something is typed or answered: such a thing is not looked for by its name.
    pub fn is_typing(&self) -> bool {
        let is_typing = |context: &Context| context.is_typed_into() || *context == Context::Dialog;
        self.contexts.iter().all(is_typing)
    }

    /// All of its keys.
    pub fn keys(&self) -> &'static [String] {
        keymap().names(self.action)
    }
}

/// The first key of an action. Sentences name keys by it. One without a key is typed into the palette.
pub fn key(action: Action) -> &'static str {
    keymap().key(action)
}

/// How a run is taken up that nobody drives any more.
pub fn how_to_resume() -> String {
    format!(
        "{} lists the runs, {} there resumes it.",
        key(Action::History),
        key(Action::ResumeRun)
    )
}

/// The row of the action of this name.
pub fn named(name: &str) -> Option<&'static Entry> {
    TABLE.iter().find(|entry| entry.action.name() == name)
}

/// The row of an action.
pub fn entry(action: Action) -> Option<&'static Entry> {
    TABLE.iter().find(|entry| entry.action == action)
}

/// The row whose action enter does in a context: what a double click does there too, whatever its keys are by now.
pub fn entered(context: Context) -> Option<&'static Entry> {
    let mut here = TABLE.iter().filter(|entry| entry.contexts.contains(&context));
    here.find(|entry| entry.keys.contains(&"enter"))
}

/// What the footer shows in a context, in the order of the table.
pub fn hints(context: Context) -> impl Iterator<Item = &'static Entry> {
    TABLE.iter().filter(move |entry| entry.footer.contains(&context))
}

/// The whole table under the headings of the help. The actions of a heading work in the same contexts.
pub fn groups() -> impl Iterator<Item = (&'static str, Vec<&'static Entry>)> {
    table::GROUPS.iter().map(|(title, contexts)| {
        let entries = TABLE.iter().filter(|entry| entry.contexts == *contexts);
        (*title, entries.collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::action::keymap::{Keymap, Pressed};
    use crate::tui::context::Pane;
    use crate::tui::key::KeySequence;
    use std::collections::BTreeSet;

    #[test]
    fn every_action_has_one_row_and_a_name_of_its_own() {
        let names: BTreeSet<_> = TABLE.iter().map(|entry| entry.action.name()).collect();
        assert_eq!(names.len(), TABLE.len());
        for name in names {
            let is_plain = |c: char| c.is_ascii_lowercase() || c == '_';
            assert!(name.chars().all(is_plain), "{name}");
        }
    }

    #[test]
    fn every_key_exists_and_means_one_thing() {
        for entry in TABLE {
            for name in entry.keys {
                let keys = KeySequence::parse(name).unwrap_or_else(|| panic!("{name} is not a key"));
                let (before, key) = match keys.then {
                    Some(then) => (Some(keys.first), then),
                    None => (None, keys.first),
                };
                for context in entry.contexts {
                    let found = Keymap::default().find(before, key, *context);
                    let is_it = matches!(found, Pressed::Does(found) if found.action == entry.action);
                    assert!(is_it, "{name} in {context:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_destructive_is_where_shells_edit_and_multiplexers_listen() {
        for entry in TABLE {
            for name in entry.keys {
                assert!(
                    !["ctrl-a", "ctrl-b"].contains(name),
                    "{name} belongs to screen and tmux"
                );
                if entry.danger != Danger::Harmless {
                    assert!(
                        !["ctrl-d", "ctrl-k", "ctrl-w", "backspace"].contains(name),
                        "{name}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_action_is_described_and_reachable() {
        for entry in TABLE {
            assert!(!entry.description.is_empty() && !entry.contexts.is_empty());
            assert!(entry.description.ends_with('.'), "{:?}", entry.action);
        }
    }

    #[test]
    fn every_row_is_under_exactly_one_heading() {
        let listed: Vec<_> = groups().flat_map(|(_, entries)| entries).collect();
        assert_eq!(listed.len(), TABLE.len());
        for entry in TABLE {
            let same = listed
                .iter()
                .filter(|other| (other.action, other.keys) == (entry.action, entry.keys));
            assert_eq!(same.count(), 1, "{:?}", entry.action);
        }
        assert!(groups().all(|(_, entries)| !entries.is_empty()));
    }

    #[test]
    fn in_every_pane_are_actions_of_all_panes_and_nothing_else() {
        let panes = Pane::ALL.map(Context::from);
        let (_, entries) = groups().find(|(title, _)| *title == "In every pane").unwrap();
        assert!(entries.iter().all(|entry| entry.contexts == panes));
    }

    #[test]
    fn a_key_that_means_the_same_in_several_contexts_is_one_row() {
        let rows = |name: &str| TABLE.iter().filter(|entry| entry.keys.contains(&name)).count();
        assert_eq!((rows("q"), rows("esc"), rows("?")), (1, 1, 1));
    }
}
