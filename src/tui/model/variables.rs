//! The variables as a form: what is saved, what was edited, and the open text field.

use super::editor::Editor;
use super::list_filter::ListFilter;
use crate::tui::filter::{Field, Filtered, yes};
use domain::variable::{VariableName, Variables};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The pane of the variables.
#[derive(Clone, Debug)]
pub struct VariablesPane {
    /// The saved values.
    pub saved: Variables,
    /// The values of the next run.
    pub working: Variables,
    /// Where each value comes from, in a word; without an entry it is the default.
    pub origins: BTreeMap<VariableName, String>,
    /// The selected one.
    pub selected: VariableName,
    /// Which are shown.
    pub filter: ListFilter,
    /// The text field of the selected one, while it is open.
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
            filter: ListFilter::default(),
            editor: None,
        }
    }

    /// The index of the selected variable.
    pub fn index(&self) -> usize {
        VariableName::ALL
            .iter()
            .position(|name| *name == self.selected)
            .unwrap_or(0)
    }

    /// Whether a value differs from the saved one.
    pub fn is_dirty(&self, name: VariableName) -> bool {
        self.saved.text(name) != self.working.text(name)
    }

    /// All values that differ from the saved ones.
    pub fn changes(&self) -> Vec<(VariableName, String)> {
        let dirty = VariableName::ALL.iter().filter(|name| self.is_dirty(**name));
        dirty.map(|name| (*name, self.working.text(*name))).collect()
    }

    /// Where a value comes from.
    pub fn origin(&self, name: VariableName) -> &str {
        if self.is_dirty(name) {
            "edited, not saved"
        } else {
            self.saved_origin(name)
        }
    }

    /// Where the saved value comes from.
    pub fn saved_origin(&self, name: VariableName) -> &str {
        self.origins.get(&name).map_or("default", String::as_str)
    }

    /// Whether both read the same configuration table and pipeline in the same way.
    pub fn read_alike(one: &Variables, other: &Variables) -> bool {
        let mut names = VariableName::ALL
            .iter()
            .filter(|name| Self::affects_what_is_read(**name));
        names.all(|name| one.text(*name) == other.text(*name))
    }

    /// Whether a change of it may change the configuration table, or which pipeline is deployed.
    pub fn affects_what_is_read(name: VariableName) -> bool {
        use VariableName as V;
        matches!(
            name,
            V::ProjectId
                | V::BqDatasetId
                | V::BqConfigTable
                | V::BqLocation
                | V::BqConfigMaxResults
                | V::CdfInstance
                | V::CdfLocation
                | V::CdfNamespace
                | V::CdfPipelineName
                | V::BqProjectId
                | V::KeyColumns
                | V::ActiveColumn
                | V::BqConfigFilter
                | V::BqConfigQuery
        )
    }
}

/// A variable, to be filtered.
#[derive(Debug)]
pub struct VariableLine<'a> {
    /// Which.
    pub name: VariableName,
    /// Where its value is.
    pub pane: &'a VariablesPane,
}

impl Filtered for VariableLine<'_> {
    fn text(&self) -> Cow<'_, str> {
        self.name.as_str().into()
    }

    fn field(&self, field: Field) -> Cow<'_, str> {
        match field {
            Field::Value => self.pane.working.text(self.name).into(),
            Field::Edited => yes(self.pane.is_dirty(self.name)),
            _ => "".into(),
        }
    }
}
