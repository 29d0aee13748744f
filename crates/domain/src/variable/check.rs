//! How the variables fit each other: findings with their remedies.

use super::{VariableName, Variables};
use crate::finding::Finding;
use crate::time::human;

impl Variables {
    /// Everything that is missing, contradicts itself, or cannot be used up. Errors stop a run.
    pub fn check(&self) -> Vec<Finding> {
        use VariableName as V;
        let required = [V::ProjectId, V::CdfInstance, V::CdfPipelineName, V::BqOutputTable];
        let empty = required.into_iter().filter(|name| self.text(*name).is_empty());
        let mut findings: Vec<Finding> = empty
            .map(|name| {
                Finding::error(
                    name.as_str(),
                    format!("{name} is empty."),
                    format!("Set {name}: {}", name.description()),
                )
            })
            .collect();
        if self.bq_output_table == self.bq_config_table {
            findings.push(Finding::error(
                V::BqOutputTable.as_str(),
                format!("bq_output_table and bq_config_table are both '{}': the run would empty its own configuration.", self.bq_config_table),
                "Name the table that the pipelines fill in bq_output_table.",
            ));
        }
        findings.extend(self.check_limits());
        findings
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
