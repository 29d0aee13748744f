//! From the cells of the table to rows and findings. Everything that is wrong is found, not only the first
//! fault: a table is corrected once.

use super::{Configuration, ConfigurationColumn, ConfigurationRow};
use crate::arguments::RuntimeArguments;
use crate::finding::{Finding, FindingCode, Severity, listed};
use crate::id::TaskId;
use crate::key::is_legal_value;
use crate::variable::Variables;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What helps if two rows cannot be told apart.
const DELETE_OR_RENAME: &str = "Delete or rename one of the rows.";

/// Columns that Downbeat reads itself beside `active_column`, in whatever case; all others are arguments.
const STEERING: [&str; 5] = [
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
        variables: &Variables,
    ) -> Self {
        let mut table = Table {
            columns,
            variables,
            findings: Vec::new(),
            named: BTreeMap::new(),
        };
        let mut read = Vec::new();
        table.check_size(total_rows, variables.bq_config_max_results);
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
    variables: &'a Variables,
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

impl<'a> Table<'a> {
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
        let variables = self.variables;
        let wanted = variables.key_columns.iter().chain([self.active()]);
        let missing: Vec<_> = wanted.filter(|name| self.column(name).is_none()).collect();
        if missing.is_empty() {
            return true;
        }
        let remedy = self.column_remedy(&missing);
        let noun = if missing.len() == 1 { "column" } else { "columns" };
        self.error(
            "bq_config_table",
            format!("The configuration table has no {noun} {}.", listed(&missing)),
            &remedy,
        );
        false
    }

    /// The setting that may be meant: a column of another name may say the same.
    fn column_remedy(&self, missing: &[&str]) -> String {
        let (keys, active) = (&self.variables.key_columns, self.active());
        let mut remedy = Vec::new();
        if missing.contains(&active) {
            let alike = self.columns.iter().filter(|column| says_activity(column));
            let alike: Vec<_> = alike.map(|column| column.name.as_str()).collect();
            remedy.extend(alike.first().map(|first| {
                format!(
                    "If {} says which rows run, set active_column to {first}.",
                    listed(&alike)
                )
            }));
        }
        if keys.iter().any(|key| missing.contains(&key)) {
            let all: Vec<_> = self.columns.iter().map(|column| column.name.as_str()).collect();
            let all = if all.is_empty() {
                "none".into()
            } else {
                listed(&all)
            };
            remedy.push(format!(
                "If other columns name a row, set key_columns to them; the columns are {all}."
            ));
        }
        remedy.push(format!("It needs {keys} and {active}; check bq_config_table."));
        remedy.join(" ")
    }

    fn active(&self) -> &'a str {
        &self.variables.active_column
    }

    fn check_active_column(&mut self) {
        let active = self.active();
        let kind = self.column(active).map(|column| column.kind.as_str());
        if let Some(kind) = kind.filter(|kind| !matches!(*kind, "BOOLEAN" | "BOOL")) {
            self.findings.push(Finding::warning(
                active,
                format!(
                    "The column {active} is {kind}, not BOOL; true and yes, their first letters, and 1 are taken as active."
                ),
                "Make it BOOL, so that every reader agrees.",
            ));
        }
    }

    /// Reads one row; a row that cannot be read gives a finding for each of its faults instead.
    fn row(&mut self, number: usize, cells: &[Option<String>]) -> Option<ConfigurationRow> {
        let cells = Cells::new(self.columns, cells);
        let columns = &{ self.variables }.key_columns;
        let keys: Vec<_> = columns.iter().map(|key| cells.steering(key)).collect();
        let about = if keys.iter().all(Option::is_none) {
            format!("row {number}")
        } else {
            let name = columns.name(keys.iter().map(|key| key.unwrap_or("?")));
            name.dotted()
        };
        let before = self.findings.len();
        let active = self.activity(&about, &cells);
        let priority = self.number(&about, "priority", &cells, i64::MIN);
        let timeout = self.number(&about, "timeout_seconds", &cells, 1_u64);
        let max_retries = self.number(&about, "max_retries", &cells, 0_u32);
        let arguments = self.arguments(&about, active, &cells);
        let Some(keys) = keys.into_iter().collect::<Option<Vec<_>>>() else {
            self.keyless(about, active);
            return None;
        };
        let name = columns.name(keys);
        // Whether SQL gets them, which allows less, is known with the deployed pipeline.
        if active && !name.values().all(is_legal_value) {
            let message = format!(
                "{} of {about} may hold letters, digits, _, ., - and spaces only.",
                columns.listed()
            );
            self.error(&about, message, "Rename it, or deactivate the row.");
        }
        let task = name.task();
        let named = Named { name: about, active };
        self.named.entry(task.clone()).or_default().push(named);
        if self.findings.len() > before {
            return None; // Nothing but errors is found in a row with both keys.
        }
        Some(ConfigurationRow {
            task,
            name,
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
        let active = self.active();
        truth(cells.steering(active)).unwrap_or_else(|text| {
            let message = format!("{active} of {about} is '{text}', which is neither true nor false.");
            self.error(about, message, "Set it to TRUE or FALSE.");
            true
        })
    }

    fn arguments(&mut self, about: &str, active: bool, cells: &Cells<'_>) -> RuntimeArguments {
        let steering = || STEERING.into_iter().chain([self.active()]);
        let steers = |name: &str| steering().any(|known| known.eq_ignore_ascii_case(name));
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
        let columns: Vec<_> = self.variables.key_columns.iter().collect();
        let (columns, fill) = match columns.as_slice() {
            [only] => ((*only).to_owned(), "Fill it"),
            [_, _] => (columns.join(" or "), "Fill both"),
            _ => (format!("one of {}", columns.join(", ")), "Fill all of them"),
        };
        if active {
            let message = format!("The active {about} of the configuration lacks {columns}.");
            self.error(about, message, &format!("{fill}, or deactivate the row."));
        } else {
            let message =
                format!("The inactive {about} of the configuration lacks {columns} and is not shown.");
            let remedy = format!("{fill}, or delete the row.");
            self.findings.push(Finding::warning(about, message, remedy));
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
            let active = self.active();
            let (message, remedy) = match read.len() {
                0 => (
                    "The configuration has no rows, so there is nothing to run.".to_owned(),
                    format!(
                        "Insert a row for each source, with {active} TRUE. If there are rows, look at bq_config_filter or bq_config_query."
                    ),
                ),
                rows => (
                    format!(
                        "None of the {rows} rows of the configuration is active, so there is nothing to run."
                    ),
                    format!("Set {active} of a row to TRUE."),
                ),
            };
            let finding = Finding::warning(active, message, remedy);
            self.findings.push(finding.with_code(FindingCode::NothingActive));
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

/// Whether the name of a column reads as if it said which rows run.
fn says_activity(column: &ConfigurationColumn) -> bool {
    let name = column.name.to_ascii_lowercase();
    ["active", "enable"].iter().any(|word| name.contains(word))
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
