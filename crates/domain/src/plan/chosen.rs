//! A run of some rows only: whether the table has them, and which rows are left out for it.

use super::LeftOut;
use crate::finding::{Finding, listed};
use crate::key::RowName;
use crate::request::{RunRequest, Scope};
use crate::row::{Configuration, ConfigurationRow};
use std::collections::BTreeMap;

/// How many rows with a similar name a remedy names.
const NEAR: usize = 3;

/// Names less alike than that are different names, not slips.
const ALIKE: f64 = 0.7;

impl RunRequest {
    /// Whether only some rows run.
    pub fn is_partial(&self) -> bool {
        self.scope == Scope::Chain && !self.only.is_empty()
    }

    /// Whether this row is among those that are asked for.
    pub fn wants(&self, row: &ConfigurationRow) -> bool {
        self.only.is_empty() || self.only.contains(&row.name)
    }

    /// Whether the run empties its output table: some rows fill only a part of it again, so that a run of them never does.
    pub fn empties_output(&self) -> bool {
        let variables = &self.variables;
        let wants = variables.bq_truncate && variables.has_output_table();
        self.scope == Scope::Chain && wants && !self.is_partial()
    }

    /// What stands against the chosen rows: each must be in the table and active.
    pub fn check_rows(&self, configuration: &Configuration) -> Vec<Finding> {
        if !self.is_partial() || (configuration.rows.is_empty() && configuration.error().is_some()) {
            return Vec::new(); // A table that cannot be read says more.
        }
        let rows: BTreeMap<_, _> = configuration.rows.iter().map(|row| (&row.name, row)).collect();
        let missing = self.only.iter().filter_map(|name| match rows.get(name) {
            Some(row) if row.active => None,
            Some(_) => Some(Finding::error(
                name.to_string(),
                format!("The row {name} was asked for, and it is inactive."),
                format!(
                    "Set its {} to TRUE, or leave the row out.",
                    self.variables.active_column
                ),
            )),
            // A row with a fault is not among those that were read.
            None if has_fault(configuration, name) => None,
            None => Some(Finding::error(
                name.to_string(),
                format!("The row {name} was asked for, and the configuration table does not have it."),
                self.near(&rows, name),
            )),
        });
        missing.collect()
    }
}

impl RunRequest {
    /// The rows that may have been meant.
    fn near(&self, rows: &BTreeMap<&RowName, &ConfigurationRow>, name: &RowName) -> String {
        let name = name.to_string();
        let mut alike: Vec<_> = rows
            .keys()
            .map(|known| (strsim::jaro_winkler(&known.to_string(), &name), known.to_string()))
            .filter(|(alike, _)| *alike >= ALIKE)
            .collect();
        alike.sort_by(|one, other| other.0.total_cmp(&one.0));
        let names: Vec<_> = alike.iter().take(NEAR).map(|(_, known)| known.as_str()).collect();
        if names.is_empty() {
            return format!("Check its {}.", self.variables.key_columns.listed());
        }
        format!("Names like it are {}.", listed(&names))
    }
}

impl LeftOut {
    /// The reason of an active row of a run of others.
    pub const NOT_CHOSEN: &'static str = "not asked for";

    /// Whether it is a row that is not active.
    pub fn is_inactive(&self) -> bool {
        self.reason != Self::NOT_CHOSEN
    }
}

/// Why a row gives no pipeline run; nothing if it gives one.
pub(super) fn left_out(request: &RunRequest, row: &ConfigurationRow) -> Option<LeftOut> {
    let reason = match (row.active, request.wants(row)) {
        (false, _) => format!("{} is not true", request.variables.active_column),
        (true, false) => LeftOut::NOT_CHOSEN.to_owned(),
        (true, true) => return None,
    };
    Some(LeftOut {
        name: row.name.clone(),
        reason,
    })
}

fn has_fault(configuration: &Configuration, name: &RowName) -> bool {
    let about = name.dotted();
    configuration
        .findings
        .iter()
        .any(|finding| finding.about == about)
}
