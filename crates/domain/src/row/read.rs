//! From the cells of the table to rows and findings.

use super::{Configuration, ConfigurationColumn, ConfigurationRow, task_id};
use crate::arguments::RuntimeArguments;
use crate::finding::{Finding, Severity};
use crate::variable::is_word;
use std::collections::BTreeMap;
use std::time::Duration;

/// Columns that Downbeat reads itself; all others are arguments.
const STEERING: [&str; 6] = [
    "is_active",
    "priority",
    "timeout_seconds",
    "max_retries",
    "description",
    "updated_at",
];

const KEYS: [&str; 2] = ["business_unit", "data_source"];

impl Configuration {
    /// Reads the table; fewer `rows` than `total_rows` are an error among the findings.
    ///
    /// # Errors
    /// A finding when a column is missing without which there is nothing to read.
    pub fn read(
        columns: &[ConfigurationColumn],
        rows: &[Vec<Option<String>>],
        total_rows: u64,
        max_results: u32,
    ) -> Result<Self, Finding> {
        for wanted in KEYS.into_iter().chain(["is_active"]) {
            if !columns
                .iter()
                .any(|column| column.name.eq_ignore_ascii_case(wanted))
            {
                return Err(Finding::error(
                    wanted,
                    format!("The configuration table has no column {wanted}."),
                    "It needs business_unit, data_source and is_active; check bq_config_table.",
                ));
            }
        }
        let mut table = Table {
            columns,
            findings: Vec::new(),
        };
        table.check_size(total_rows, max_results);
        table.check_active_column();
        let mut read: Vec<_> = rows
            .iter()
            .enumerate()
            .filter_map(|(index, cells)| table.row(index + 1, cells))
            .collect();
        read.sort_by(|a, b| a.start_order().cmp(&b.start_order()));
        table.check_names(&read);
        if !read.iter().any(|row| row.active) && table.findings.iter().all(|f| f.severity != Severity::Error)
        {
            table.findings.push(Finding::warning(
                "is_active",
                format!(
                    "None of the {} rows of the configuration is active, so there is nothing to run.",
                    read.len()
                ),
                "Set is_active of a row to TRUE.",
            ));
        }
        Ok(Self {
            rows: read,
            findings: table.findings,
            total_rows,
        })
    }
}

struct Table<'a> {
    columns: &'a [ConfigurationColumn],
    findings: Vec<Finding>,
}

impl Table<'_> {
    fn error(&mut self, about: String, message: String, remedy: &str) {
        self.findings.push(Finding::error(about, message, remedy));
    }

    fn check_size(&mut self, total: u64, most: u32) {
        if total > u64::from(most) {
            self.error(
                "bq_config_max_results".into(),
                format!("The configuration table has {total} rows, and bq_config_max_results is {most}: the rest would be left out."),
                "Raise bq_config_max_results, or delete rows.",
            );
        }
    }

    fn check_active_column(&mut self) {
        let kind = self
            .columns
            .iter()
            .find(|c| c.name.eq_ignore_ascii_case("is_active"))
            .map(|c| c.kind.as_str());
        if let Some(kind) = kind.filter(|kind| !matches!(*kind, "BOOLEAN" | "BOOL")) {
            self.findings.push(Finding::warning(
                "is_active",
                format!(
                    "The column is_active is {kind}, not BOOL; true, t, yes, y and 1 are taken as active."
                ),
                "Make it BOOL, so that every reader agrees.",
            ));
        }
    }

    /// Reads one row; a row that cannot be read gives a finding instead.
    fn row(&mut self, number: usize, cells: &[Option<String>]) -> Option<ConfigurationRow> {
        let cells: BTreeMap<String, &str> = self
            .columns
            .iter()
            .zip(cells)
            .filter_map(|(column, cell)| Some((column.name.to_ascii_lowercase(), cell.as_deref()?)))
            .collect();
        let cell = |name: &str| cells.get(name).copied().filter(|text| !text.is_empty());
        let about = match KEYS.map(cell) {
            [None, None] => format!("row {number}"),
            [unit, source] => format!("{}.{}", unit.unwrap_or("?"), source.unwrap_or("?")),
        };
        let active = match truth(cell("is_active")) {
            Ok(active) => active,
            Err(text) => {
                let message = format!("is_active of {about} is '{text}', which is neither true nor false.");
                self.error(about, message, "Set it to TRUE or FALSE.");
                return None;
            }
        };
        let [Some(unit), Some(source)] = KEYS.map(cell) else {
            self.keyless(about, active);
            return None;
        };
        if active && !(is_word(unit) && is_word(source)) {
            let message = format!(
                "business_unit and data_source of {about} may hold letters, digits and _ only: they are pasted into SQL."
            );
            self.error(about, message, "Rename it, or deactivate the row.");
            return None;
        }
        Some(ConfigurationRow {
            task: task_id(unit, source),
            business_unit: unit.to_owned(),
            data_source: source.to_owned(),
            active,
            priority: self
                .number(&about, "priority", cell("priority"), i64::MIN)?
                .unwrap_or(100),
            timeout: self
                .number(&about, "timeout_seconds", cell("timeout_seconds"), 1_u64)?
                .map(Duration::from_secs),
            max_retries: self.number(&about, "max_retries", cell("max_retries"), 0_u32)?,
            description: cell("description").map(str::to_owned),
            arguments: self.arguments(
                &about,
                active,
                cells.iter().map(|(name, text)| (name.as_str(), *text)),
            ),
        })
    }

    fn arguments<'t>(
        &mut self,
        about: &str,
        active: bool,
        cells: impl Iterator<Item = (&'t str, &'t str)>,
    ) -> RuntimeArguments {
        let arguments: RuntimeArguments = cells.filter(|(name, _)| !STEERING.contains(name)).collect();
        for (name, value) in arguments.iter().filter(|_| active) {
            if let Some(fault) = RuntimeArguments::fault(name, value) {
                self.error(about.to_owned(), format!("{about}: {fault}"), "Change the row.");
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
        cell: Option<&str>,
        least: N,
    ) -> Option<Option<N>> {
        let Some(text) = cell else { return Some(None) };
        if let Some(number) = text.parse().ok().filter(|number| *number >= least) {
            return Some(Some(number));
        }
        self.error(
            about.to_owned(),
            format!("{column} of {about} is '{text}', which is not a valid number."),
            "Correct it, or set it to NULL.",
        );
        None
    }

    fn check_names(&mut self, rows: &[ConfigurationRow]) {
        let mut seen: BTreeMap<&str, &ConfigurationRow> = BTreeMap::new();
        for row in rows {
            let Some(other) = seen
                .insert(row.task.as_str(), row)
                .filter(|other| other.active || row.active)
            else {
                continue;
            };
            let about = format!("{}.{}", row.business_unit, row.data_source);
            let message =
                if (&other.business_unit, &other.data_source) == (&row.business_unit, &row.data_source) {
                    format!("The configuration has {about} twice.")
                } else {
                    format!(
                        "{}.{} and {about} would both be the task {}.",
                        other.business_unit, other.data_source, row.task
                    )
                };
            self.error(about, message, "Delete or rename one of the rows.");
        }
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
mod tests {
    use super::*;

    const HEAD: [(&str, &str); 8] = [
        ("business_unit", "STRING"),
        ("data_source", "STRING"),
        ("is_active", "BOOLEAN"),
        ("priority", "INTEGER"),
        ("timeout_seconds", "INTEGER"),
        ("max_retries", "INTEGER"),
        ("description", "STRING"),
        ("source_fields", "STRING"),
    ];

    fn read(rows: &[[&str; 8]], most: u32) -> Configuration {
        let columns = HEAD.map(|(name, kind)| ConfigurationColumn {
            name: name.into(),
            kind: kind.into(),
        });
        let cell = |text: &&str| Some((*text).to_owned()).filter(|text| text != "NULL");
        let cells: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        Configuration::read(&columns, &cells, cells.len() as u64, most).unwrap()
    }

    #[test]
    fn rows_become_tasks_in_order() {
        let configuration = read(
            &[
                ["sales", "orders", "true", "50", "60", "0", "Orders", "x"],
                ["hr", "engineer", "true", "10", "NULL", "NULL", "NULL", "NULL"],
                ["hr", "leave", "false", "NULL", "NULL", "NULL", "NULL", "y"],
            ],
            10,
        );
        assert_eq!(configuration.findings, []);
        let tasks: Vec<_> = configuration.active().map(|row| row.task.as_str()).collect();
        assert_eq!(
            tasks,
            ["start_pipeline_hr_engineer", "start_pipeline_sales_orders"]
        );
        let orders = configuration.active().last().unwrap();
        let arguments: Vec<_> = orders.arguments.iter().collect();
        assert_eq!(
            arguments,
            [
                ("business_unit", "sales"),
                ("data_source", "orders"),
                ("source_fields", "x")
            ]
        );
        assert_eq!(
            (orders.timeout, orders.max_retries),
            (Some(Duration::from_secs(60)), Some(0))
        );
    }

    #[test]
    fn nothing_is_cut_in_silence() {
        let good = ["hr", "engineer", "true", "10", "NULL", "NULL", "NULL", "NULL"];
        let with = |change: &[(usize, &'static str)]| {
            let mut row = good;
            change.iter().for_each(|(at, text)| row[*at] = text);
            row
        };
        for (rows, most, words) in [
            (
                vec![good, with(&[(1, "payroll")])],
                1,
                "has 2 rows, and bq_config_max_results is 1",
            ),
            (vec![good, good], 9, "hr.engineer twice"),
            (
                vec![with(&[(0, "a_b"), (1, "c")]), with(&[(0, "a"), (1, "b_c")])],
                9,
                "would both be the task",
            ),
            (vec![with(&[(0, "NULL")])], 9, "lacks business_unit"),
            (vec![with(&[(2, "maybe")])], 9, "neither true nor false"),
            (vec![with(&[(1, "x`; DROP")])], 9, "pasted into SQL"),
            (
                vec![with(&[(4, "-5")])],
                9,
                "timeout_seconds of hr.engineer is '-5'",
            ),
        ] {
            let configuration = read(&rows, most);
            let error = configuration.error().unwrap_or_else(|| panic!("{words}"));
            assert!(error.message.contains(words), "{error:?}");
            assert!(!error.remedies.is_empty());
        }
        let idle = read(&[with(&[(2, "false")])], 9);
        assert!(idle.error().is_none() && idle.findings[0].message.contains("nothing to run"));
    }
}
