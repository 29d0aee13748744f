//! A run of some rows only: whether the table has them, and which rows are left out for it.

use super::LeftOut;
use crate::finding::{Finding, listed};
use crate::request::{RunRequest, Scope};
use crate::row::{Configuration, ConfigurationRow, RowName};
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
        self.only.is_empty() || self.only.contains(&row.name())
    }

    /// Whether the run empties its output table: some rows fill only a part of it again, so that a run of them never does.
    pub fn empties_output(&self) -> bool {
        self.scope == Scope::Chain && self.variables.bq_truncate && !self.is_partial()
    }

    /// What stands against the chosen rows: each must be in the table and active.
    pub fn check_rows(&self, configuration: &Configuration) -> Vec<Finding> {
        if !self.is_partial() || (configuration.rows.is_empty() && configuration.error().is_some()) {
            return Vec::new(); // A table that cannot be read says more.
        }
        let rows: BTreeMap<_, _> = configuration.rows.iter().map(|row| (row.name(), row)).collect();
        let missing = self.only.iter().filter_map(|name| match rows.get(name) {
            Some(row) if row.active => None,
            Some(_) => Some(Finding::error(
                name.to_string(),
                format!("The row {name} was asked for, and it is inactive."),
                "Set its is_active to TRUE, or leave the row out.",
            )),
            // A row with a fault is not among those that were read.
            None if has_fault(configuration, name) => None,
            None => Some(Finding::error(
                name.to_string(),
                format!("The row {name} was asked for, and the configuration table does not have it."),
                near(&rows, name),
            )),
        });
        missing.collect()
    }
}

impl LeftOut {
    /// A row whose `is_active` is not true.
    pub const INACTIVE: &'static str = "is_active is not true";
    /// An active row of a run of others.
    pub const NOT_CHOSEN: &'static str = "not asked for";
}

/// Why a row gives no pipeline run; nothing if it gives one.
pub(super) fn left_out(request: &RunRequest, row: &ConfigurationRow) -> Option<LeftOut> {
    let reason = match (row.active, request.wants(row)) {
        (false, _) => LeftOut::INACTIVE,
        (true, false) => LeftOut::NOT_CHOSEN,
        (true, true) => return None,
    };
    Some(LeftOut {
        business_unit: row.business_unit.clone(),
        data_source: row.data_source.clone(),
        reason,
    })
}

fn has_fault(configuration: &Configuration, name: &RowName) -> bool {
    let about = format!("{}.{}", name.business_unit, name.data_source);
    configuration
        .findings
        .iter()
        .any(|finding| finding.about == about)
}

/// The rows that may have been meant.
fn near(rows: &BTreeMap<RowName, &ConfigurationRow>, name: &RowName) -> String {
    let name = name.to_string();
    let mut alike: Vec<_> = rows
        .keys()
        .map(|known| (strsim::jaro_winkler(&known.to_string(), &name), known.to_string()))
        .filter(|(alike, _)| *alike >= ALIKE)
        .collect();
    alike.sort_by(|one, other| other.0.total_cmp(&one.0));
    let names: Vec<_> = alike.iter().take(NEAR).map(|(_, known)| known.as_str()).collect();
    if names.is_empty() {
        return "Check its business_unit and data_source.".into();
    }
    format!("Names like it are {}.", listed(&names))
}
