//! How the variables fit each other: findings with their remedies.

use super::{VariableName, Variables};
use crate::finding::Finding;
use crate::secret::looks_secret;
use crate::time::human;

impl Variables {
    /// Everything that is missing, contradicts itself, or cannot be used up. Errors stop a run.
    pub fn check(&self) -> Vec<Finding> {
        use VariableName as V;
        let output = self.bq_truncate.then_some(V::BqOutputTable);
        let required = [V::ProjectId, V::CdfInstance, V::CdfPipelineName]
            .into_iter()
            .chain(output);
        let empty = required.filter(|name| self.text(*name).is_empty());
        let mut findings: Vec<Finding> = empty
            .map(|name| {
                Finding::error(
                    name.as_str(),
                    format!("{name} is empty."),
                    format!("Set {name}: {}", name.description()),
                )
            })
            .collect();
        findings.extend(self.check_own_configuration());
        findings.extend(self.check_columns());
        findings.extend(self.check_limits());
        findings
    }

    /// A run must not empty what it reads its rows from.
    fn check_own_configuration(&self) -> Option<Finding> {
        let output = self.output_table();
        let message = if !self.bq_config_query.is_empty() {
            let mentions = mentions(&self.bq_config_query, &output.table);
            (self.has_output_table() && mentions).then(|| {
                format!("bq_config_query reads '{}', which is bq_output_table: the run would empty its own configuration.", output.table)
            })
        } else if output == self.config_table() {
            Some(format!(
                "bq_output_table and bq_config_table are both '{}': the run would empty its own configuration.",
                self.bq_config_table
            ))
        } else {
            None
        };
        let remedy = "Name the table that the pipelines fill in bq_output_table.";
        message.map(|message| Finding::error(VariableName::BqOutputTable.as_str(), message, remedy))
    }

    fn check_columns(&self) -> Option<Finding> {
        let columns = &self.key_columns;
        let name = VariableName::KeyColumns.as_str();
        if let Some(column) = columns
            .iter()
            .find(|column| column.eq_ignore_ascii_case(&self.active_column))
        {
            let message = format!(
                "{column} is in key_columns and is active_column: whether a row runs cannot name it."
            );
            return Some(Finding::error(
                name,
                message,
                "Name another column in one of them.",
            ));
        }
        let secret = columns.iter().find(|column| looks_secret(column))?;
        let message = format!(
            "{secret} in key_columns looks like a secret, and everything that names a row is shown and kept."
        );
        Some(Finding::error(
            name,
            message,
            "Name other columns in key_columns.",
        ))
    }

    fn check_limits(&self) -> Option<Finding> {
        let (all, one) = (self.dag_timeout(), self.pipeline_timeout());
        let name = VariableName::DagTimeoutMinutes.as_str();
        if all < one {
            return Some(Finding::warning(
                name,
                format!(
                    "dag_timeout_minutes ({}) is shorter than cdf_pipeline_timeout_seconds ({}): no pipeline can use its time up.",
                    human(all),
                    human(one)
                ),
                format!(
                    "Raise dag_timeout_minutes to {} or more, or lower cdf_pipeline_timeout_seconds.",
                    minutes(one)
                ),
            ));
        }
        let retries = self.cdf_pipeline_retries;
        let needed = one * (retries + 1) + self.retry_interval() * retries;
        (retries > 0 && all < needed).then(|| {
            Finding::warning(
                name,
                format!(
                    "{retries} retries of {} with {} between them need {}, and dag_timeout_minutes gives {}.",
                    human(one),
                    human(self.retry_interval()),
                    human(needed),
                    human(all)
                ),
                format!(
                    "Raise dag_timeout_minutes to {} if each try may take that long.",
                    minutes(needed)
                ),
            )
        })
    }
}

/// Whether a table's name is a word of its own in a text.
fn mentions(text: &str, table: &str) -> bool {
    let touches = |letter: Option<char>| letter.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(table).any(|(at, found)| {
        let (before, after) = (&text[..at], &text[at + found.len()..]);
        !touches(before.chars().next_back()) && !touches(after.chars().next())
    })
}

fn minutes(span: std::time::Duration) -> u64 {
    span.as_secs().div_ceil(60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;

    fn whole() -> Variables {
        let mut variables = Variables::default();
        for (name, text) in [
            ("project_id", "my-project"),
            ("cdf_instance", "fusion"),
            ("cdf_pipeline_name", "copy"),
            ("bq_output_table", "landing"),
            ("dag_timeout_minutes", "600"),
        ] {
            variables.set_by_name(name, text).unwrap();
        }
        variables
    }

    #[test]
    fn a_whole_set_has_nothing_to_say() {
        assert_eq!(whole().check(), []);
    }

    #[test]
    fn what_is_not_emptied_needs_no_name_and_other_tables_are_other_tables() {
        for set in [
            &[("bq_truncate", "false"), ("bq_output_table", "")][..],
            &[("bq_output_table", "other_set.configuration")],
            &[("bq_config_query", "SELECT * FROM landing_conf")],
            &[
                ("bq_config_table", "landing"),
                ("bq_config_query", "SELECT * FROM x"),
            ],
        ] {
            let mut variables = whole();
            for (name, text) in set {
                variables.set_by_name(name, text).unwrap();
            }
            assert_eq!(variables.check(), [], "{set:?}");
        }
    }

    #[test]
    fn each_contradiction_is_said() {
        for (name, text, severity, words) in [
            ("project_id", "", Severity::Error, "project_id is empty"),
            (
                "bq_output_table",
                "configuration",
                Severity::Error,
                "empty its own configuration",
            ),
            (
                "bq_output_table",
                "my-project.cdf_output.configuration",
                Severity::Error,
                "empty its own configuration",
            ),
            (
                "bq_config_query",
                "SELECT * FROM `cdf_output.landing`",
                Severity::Error,
                "empty its own configuration",
            ),
            (
                "key_columns",
                "id, IS_ACTIVE",
                Severity::Error,
                "whether a row runs",
            ),
            (
                "key_columns",
                "db_password",
                Severity::Error,
                "looks like a secret",
            ),
            ("bq_output_table", "", Severity::Error, "bq_output_table is empty"),
            (
                "dag_timeout_minutes",
                "10",
                Severity::Warning,
                "shorter than cdf_pipeline_timeout_seconds",
            ),
            (
                "dag_timeout_minutes",
                "100",
                Severity::Warning,
                "2 retries of 1h 00m with 3m 00s between them need 3h 06m",
            ),
        ] {
            let mut variables = whole();
            variables.set_by_name(name, text).unwrap();
            let findings = variables.check();
            assert!(
                findings
                    .iter()
                    .any(|f| f.severity == severity && f.message.contains(words)),
                "{findings:?}"
            );
        }
    }
}
