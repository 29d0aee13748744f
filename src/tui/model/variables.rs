//! The variables as a form: what is saved, what is typed, and what differs.

use super::editor::Editor;
use domain::variable::{VariableName, Variables};
use std::collections::BTreeMap;

/// The pane of the variables.
#[derive(Clone, Debug)]
pub struct VariablesPane {
    /// As they are on disk.
    pub saved: Variables,
    /// As the next run takes them.
    pub working: Variables,
    /// Where each value comes from, in a word; a variable without an entry has its default.
    pub origins: BTreeMap<VariableName, String>,
    /// The selected one.
    pub selected: VariableName,
    /// Typing into the selected one.
    pub editor: Option<Editor>,
}

impl VariablesPane {
    /// A form with nothing changed.
    pub fn new(variables: Variables, origins: BTreeMap<VariableName, String>) -> Self {
        Self {
            saved: variables.clone(),
            working: variables,
            origins,
            selected: VariableName::ALL[0],
            editor: None,
        }
    }

    /// The place of the selected variable.
    pub fn index(&self) -> usize {
        VariableName::ALL
            .iter()
            .position(|name| *name == self.selected)
            .unwrap_or(0)
    }

    /// Whether a value differs from what is on disk.
    pub fn is_dirty(&self, name: VariableName) -> bool {
        self.saved.text(name) != self.working.text(name)
    }

    /// All values that differ from what is on disk.
    pub fn changes(&self) -> Vec<(VariableName, String)> {
        let dirty = VariableName::ALL.iter().filter(|name| self.is_dirty(**name));
        dirty.map(|name| (*name, self.working.text(*name))).collect()
    }

    /// Where a value comes from.
    pub fn origin(&self, name: VariableName) -> &str {
        if self.is_dirty(name) {
            "edited, not saved"
        } else {
            self.origins.get(&name).map_or("default", String::as_str)
        }
    }

    /// Whether a change of it means another configuration table.
    pub fn affects_configuration(name: VariableName) -> bool {
        use VariableName as V;
        matches!(
            name,
            V::ProjectId | V::BqDatasetId | V::BqConfigTable | V::BqLocation | V::BqConfigMaxResults
        )
    }
}
