//! The action table: every key, where it works and what it does. Dispatch, footer, help and the README's
//! table are made from it.
//!
//! To add a key: add a variant here, a row in `action/table.rs`, and an arm in `tui/update.rs`.

mod condition;
mod table;

pub use table::TABLE;

use super::context::{Context, Pane};
use super::key::Key;
use super::model::Model;

/// What a key can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the table describes each one, for the screen too")]
pub enum Action {
    EditVariable,
    Save,
    Revert,
    OpenArguments,
    ReadLogs,
    Zoom,
    Follow,
    Wrap,
    PreviousTry,
    NextTry,
    EditArgument,
    AddArgument,
    RemoveArgument,
    RevertArgument,
    ShowRun,
    ResumeRun,
    WatchRun,
    Begin,
    Choose,
    NextChoice,
    PreviousChoice,
    Commit,
    Run,
    StopTask,
    StopRun,
    Retry,
    RetryAll,
    History,
    Reload,
    Help,
    Notices,
    Quit,
    Back,
    NextPane,
    PreviousPane,
    Pane(Pane),
    Up,
    Down,
    Left,
    Right,
    HalfUp,
    HalfDown,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Interrupt,
    Redraw,
    Suspend,
}

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
    /// Its keys; the first one is shown in the footer and in sentences.
    pub keys: &'static [&'static str],
    /// Where it can be done.
    pub contexts: &'static [Context],
    /// How dangerous it is.
    pub danger: Danger,
    /// Why it cannot be done now.
    pub condition: Condition,
}

/// The entry that a key means in a context.
pub fn lookup(key: Key, context: Context) -> Option<&'static Entry> {
    TABLE
        .iter()
        .filter(|entry| entry.contexts.contains(&context))
        .find(|entry| entry.keys.iter().any(|name| Key::parse(name) == Some(key)))
}

/// The first key of an action. Sentences name keys by it.
pub fn key(action: Action) -> &'static str {
    let entry = TABLE.iter().find(|entry| entry.action == action);
    entry.map_or("", |entry| entry.keys[0])
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
    use crate::tui::context::Pane;

    #[test]
    fn every_key_exists_and_means_one_thing() {
        for entry in TABLE {
            for name in entry.keys {
                let key = Key::parse(name).unwrap_or_else(|| panic!("{name} is not a key"));
                for context in entry.contexts {
                    let found = lookup(key, *context).unwrap();
                    assert_eq!(found.action, entry.action, "{name} in {context:?}");
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
            assert!(!entry.description.is_empty() && !entry.keys.is_empty() && !entry.contexts.is_empty());
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
