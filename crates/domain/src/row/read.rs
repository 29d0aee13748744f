//! From the cells of the table to rows and findings. Everything that is wrong is found, not only the first
//! fault: a table is corrected once.

use super::{Configuration, ConfigurationColumn, ConfigurationRow, KEYS, task_id};
use crate::arguments::RuntimeArguments;
use crate::finding::{Finding, Severity, listed};
use crate::id::TaskId;
use crate::variable::is_word;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What helps if two rows cannot be told apart.
const DELETE_OR_RENAME: &str = "Delete or rename one of the rows.";

/// Columns that Downbeat reads itself, in whatever case; all others are arguments.
const STEERING: [&str; 6] = [
    "is_active",
    "priority",
    "timeout_seconds",
    "max_retries",
    "description",
    "updated_at",
];

impl Configuration {
    /// Reads the table; what is wrong with it is among the findings. Fewer `rows` than `total_rows` are an
    /// error there, and so is a missing column, without which no row can be read.
    pub fn read(
        columns: &[ConfigurationColumn],
        rows: &[Vec<Option<String>>],
        total_rows: u64,
        max_results: u32,
    ) -> Self {
        let mut table = Table {
            columns,
            findings: Vec::new(),
            named: BTreeMap::new(),
        };
        let mut read = Vec::new();
        table.check_size(total_rows, max_results);
        if table.check_columns() {
            table.check_active_column();
            let numbered = rows.iter().enumerate();
            read.extend(numbered.filter_map(|(index, cells)| table.row(index + 1, cells)));
            read.sort_by(|a, b| a.start_order().cmp(&b.start_order()));
            table.check_names();
            table.check_activity(&read);
        }
        Self {
            rows: read,
            findings: table.distinct_findings(),
            total_rows,
        }
    }
}

struct Table<'a> {
    columns: &'a [ConfigurationColumn],
    findings: Vec<Finding>,
    /// The rows that have both keys, by the task that they name.
    named: BTreeMap<TaskId, Vec<Named>>,
}

/// A row that has both keys.
struct Named {
    /// `hr.engineer`.
    name: String,
    active: bool,
}

/// A row: the names of its columns, as the table spells them, with what is not NULL.
struct Cells<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Cells<'a> {
    fn new(columns: &'a [ConfigurationColumn], cells: &'a [Option<String>]) -> Self {
        let pairs = columns.iter().zip(cells);
        Self(
            pairs
                .filter_map(|(column, cell)| Some((column.name.as_str(), cell.as_deref()?)))
                .collect(),
        )
    }

    /// The text of a column that steers us, in whatever case; an empty one counts as NULL.
    fn steering(&self, wanted: &str) -> Option<&'a str> {
        let mut cells = self.0.iter();
        let (_, text) = cells.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        Some(*text).filter(|text| !text.is_empty())
    }
}

impl Table<'_> {
    fn error(&mut self, about: impl Into<String>, message: String, remedy: &str) {
        self.findings.push(Finding::error(about, message, remedy));
    }

    fn check_size(&mut self, total: u64, most: u32) {
        if total > u64::from(most) {
            self.error(
                "bq_config_max_results",
                format!("The configuration table has {total} rows, and bq_config_max_results is {most}: the rest would be left out."),
                "Raise bq_config_max_results, or delete rows.",
            );
        }
    }

    fn column(&self, wanted: &str) -> Option<&ConfigurationColumn> {
        let mut columns = self.columns.iter();
        columns.find(|column| column.name.eq_ignore_ascii_case(wanted))
    }

    /// Whether every column is there without which no row can be read.
    fn check_columns(&mut self) -> bool {
        let wanted = KEYS.into_iter().chain(["is_active"]);
        let missing: Vec<_> = wanted.filter(|name| self.column(name).is_none()).collect();
        if missing.is_empty() {
            return true;
        }
        let noun = if missing.len() == 1 { "column" } else { "columns" };
        self.error(
            "bq_config_table",
            format!("The configuration table has no {noun} {}.", listed(&missing)),
            "It needs business_unit, data_source and is_active; check bq_config_table.",
        );
        false
    }

    fn check_active_column(&mut self) {
        let kind = self.column("is_active").map(|column| column.kind.as_str());
        if let Some(kind) = kind.filter(|kind| !matches!(*kind, "BOOLEAN" | "BOOL")) {
            self.findings.push(Finding::warning(
                "is_active",
                format!(
                    "The column is_active is {kind}, not BOOL; true and yes, their first letters, and 1 are taken as active."
                ),
                "Make it BOOL, so that every reader agrees.",
            ));
        }
    }

    /// Reads one row; a row that cannot be read gives a finding for each of its faults instead.
    fn row(&mut self, number: usize, cells: &[Option<String>]) -> Option<ConfigurationRow> {
        let cells = Cells::new(self.columns, cells);
        let keys = KEYS.map(|key| cells.steering(key));
        let about = match keys {
            [None, None] => format!("row {number}"),
            [unit, source] => format!("{}.{}", unit.unwrap_or("?"), source.unwrap_or("?")),
        };
        let before = self.findings.len();
        let active = self.activity(&about, &cells);
        let priority = self.number(&about, "priority", &cells, i64::MIN);
        let timeout = self.number(&about, "timeout_seconds", &cells, 1_u64);
        let max_retries = self.number(&about, "max_retries", &cells, 0_u32);
        let arguments = self.arguments(&about, active, &cells);
        let [Some(unit), Some(source)] = keys else {
            self.keyless(about, active);
            return None;
        };
        if active && !(is_word(unit) && is_word(source)) {
            let message = format!(
                "business_unit and data_source of {about} may hold letters, digits and _ only: they are pasted into SQL."
            );
            self.error(&about, message, "Rename it, or deactivate the row.");
        }
        let task = task_id(unit, source);
        let named = Named { name: about, active };
        self.named.entry(task.clone()).or_default().push(named);
        if self.findings.len() > before {
            return None; // Nothing but errors is found in a row with both keys.
        }
        Some(ConfigurationRow {
            task,
            business_unit: unit.to_owned(),
            data_source: source.to_owned(),
            active,
            priority: priority.unwrap_or(100),
            timeout: timeout.map(Duration::from_secs),
            max_retries,
            description: cells.steering("description").map(str::to_owned),
            arguments,
        })
    }

    /// Whether the row is active. One that says neither is checked like an active one.
    fn activity(&mut self, about: &str, cells: &Cells<'_>) -> bool {
        truth(cells.steering("is_active")).unwrap_or_else(|text| {
            let message = format!("is_active of {about} is '{text}', which is neither true nor false.");
            self.error(about, message, "Set it to TRUE or FALSE.");
            true
        })
    }

    fn arguments(&mut self, about: &str, active: bool, cells: &Cells<'_>) -> RuntimeArguments {
        let steers = |name: &str| STEERING.iter().any(|known| known.eq_ignore_ascii_case(name));
        let columns = cells.0.iter().copied().filter(|(name, _)| !steers(name));
        let arguments: RuntimeArguments = columns.collect();
        for (name, value) in arguments.iter().filter(|_| active) {
            if let Some(fault) = RuntimeArguments::fault(name, value) {
                self.error(about, format!("{about}: {fault}"), "Change the row.");
            }
        }
        arguments
    }

    fn keyless(&mut self, about: String, active: bool) {
        if active {
            let message =
                format!("The active {about} of the configuration lacks business_unit or data_source.");
            self.error(about, message, "Fill both, or deactivate the row.");
        } else {
            let message = format!(
                "The inactive {about} of the configuration lacks business_unit or data_source and is not shown."
            );
            self.findings
                .push(Finding::warning(about, message, "Fill both, or delete the row."));
        }
    }

    /// A cell that is not a number of at least `least` gives a finding and `None`.
    fn number<N: std::str::FromStr + PartialOrd>(
        &mut self,
        about: &str,
        column: &str,
        cells: &Cells<'_>,
        least: N,
    ) -> Option<N> {
        let text = cells.steering(column)?;
        let number = text.parse().ok().filter(|number| *number >= least);
        if number.is_none() {
            self.error(
                about,
                format!("{column} of {about} is '{text}', which is not a valid number."),
                "Correct it, or set it to NULL.",
            );
        }
        number
    }

    /// Two rows must not be one task, unless both are inactive.
    fn check_names(&mut self) {
        for (task, rows) in std::mem::take(&mut self.named) {
            if rows.len() < 2 || !rows.iter().any(|row| row.active) {
                continue;
            }
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            for row in &rows {
                *counts.entry(&row.name).or_default() += 1;
            }
            for (name, count) in counts.iter().filter(|(_, count)| **count > 1) {
                let often = match count {
                    2 => "twice".to_owned(),
                    more => format!("{more} times"),
                };
                let message = format!("The configuration has {name} {often}.");
                self.error(*name, message, DELETE_OR_RENAME);
            }
            let names: Vec<_> = counts.into_keys().collect();
            if let [first, _, ..] = names.as_slice() {
                let message = format!("{} would all be the task {task}.", listed(&names));
                self.error(*first, message, DELETE_OR_RENAME);
            }
        }
    }

    fn check_activity(&mut self, read: &[ConfigurationRow]) {
        let is_sound = self.findings.iter().all(|f| f.severity != Severity::Error);
        if is_sound && !read.iter().any(|row| row.active) {
            self.findings.push(Finding::warning(
                "is_active",
                format!(
                    "None of the {} rows of the configuration is active, so there is nothing to run.",
                    read.len()
                ),
                "Set is_active of a row to TRUE.",
            ));
        }
    }

    /// Rows that are equal have equal faults; each is said once.
    fn distinct_findings(self) -> Vec<Finding> {
        let mut seen = BTreeSet::new();
        let mut findings = self.findings;
        findings.retain(|finding| seen.insert(finding.message.clone()));
        findings
    }
}

/// NULL counts as inactive, as `WHERE is_active` does.
fn truth(cell: Option<&str>) -> Result<bool, &str> {
    match cell.map(str::to_ascii_lowercase).as_deref() {
        Some("true" | "t" | "yes" | "y" | "1") => Ok(true),
        None | Some("false" | "f" | "no" | "n" | "0") => Ok(false),
        Some(_) => Err(cell.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests;
