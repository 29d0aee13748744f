//! What a legal value looks like: names by the rules of the product that owns them, numbers by bounds.

use super::VariableName;
use crate::deployed::is_one_select;
use crate::key::is_word;

/// Thirty days: a longer limit is a typing error.
const LONGEST_MINUTES: f64 = 30.0 * 24.0 * 60.0;

/// Checks a text; the error is a sentence with what is allowed.
pub(super) fn check(name: VariableName, text: &str) -> Result<(), String> {
    use VariableName as V;
    match name {
        // These may be empty until a run begins; `check.rs` reports them then.
        V::ProjectId | V::CdfInstance | V::CdfPipelineName | V::BqOutputTable if text.is_empty() => Ok(()),
        V::BqProjectId | V::BqConfigFilter | V::BqConfigQuery if text.is_empty() => Ok(()),
        V::ProjectId | V::BqProjectId => is(
            text,
            is_project,
            "6 to 30 lower-case letters, digits and -, starting with a letter",
        ),
        V::CdfInstance => is(
            text,
            is_host_label,
            "lower-case letters, digits and -, starting with a letter",
        ),
        V::CdfLocation => is(text, is_host_label, "a region such as us-west1"),
        V::BqLocation => {
            let legal = |t: &str| !t.is_empty() && t.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            is(text, legal, "a location such as US or us-west1")
        }
        V::CdfPipelineName => is(text, is_pipeline, "letters, digits, _ and -"),
        V::CdfNamespace => is(text, is_word, "letters, digits and _"),
        V::BqDatasetId => is(
            text,
            is_dataset,
            "letters, digits and _, with or without a project: cdf_output or my-project.cdf_output",
        ),
        V::BqConfigTable | V::BqOutputTable => is(
            text,
            is_table_path,
            "letters, digits, _, - and spaces, with or without a dataset and a project: landing, cdf_output.landing or \
             my-project.cdf_output.landing",
        ),
        V::ActiveColumn => is(text, is_word, "the name of a column, of letters, digits and _"),
        V::BqConfigFilter => is(
            text,
            |text| is_one_select(&format!("SELECT * FROM `rows` WHERE ({text}\n)")),
            "one condition in SQL, such as environment = 'prod'",
        ),
        V::BqConfigQuery => is(
            text,
            is_one_select,
            "one query in SQL, which begins with SELECT or WITH",
        ),
        V::BqConfigMaxResults => within(text, 1.0, 100_000.0),
        V::MaxActivePipelines => within(text, 1.0, 1_000.0),
        V::CdfPipelineRetries => within(text, 0.0, 100.0),
        V::CdfPipelineTimeoutSeconds => within(text, 1.0, LONGEST_MINUTES * 60.0),
        V::DagTimeoutMinutes => within(text, 0.01, LONGEST_MINUTES),
        V::DagRetryIntervalMinutes => within(text, 0.0, LONGEST_MINUTES),
        V::CdfPipelineRunArguments | V::BqTruncate | V::KeyColumns | V::AllowSchemalessWrangler => Ok(()),
    }
}

fn is(text: &str, legal: impl Fn(&str) -> bool, wanted: &str) -> Result<(), String> {
    if legal(text) {
        Ok(())
    } else {
        Err(format!("'{text}' is not allowed: {wanted}."))
    }
}

fn within(text: &str, least: f64, most: f64) -> Result<(), String> {
    match text.parse::<f64>() {
        Ok(number) if !(least..=most).contains(&number) => {
            Err(format!("{text} is out of bounds: from {least} to {most}."))
        }
        // A text that is not a number is an error of the type.
        _ => Ok(()),
    }
}

fn is_project(text: &str) -> bool {
    // Old projects carry a domain in front: `example.com:my-project`.
    let id = text.rsplit(':').next().unwrap_or(text);
    let domain = text.strip_suffix(id).unwrap_or_default();
    is_host_label(id)
        && (6..=30).contains(&id.len())
        && !id.ends_with('-')
        && domain
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-:".contains(c))
}

fn is_host_label(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 63
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn is_pipeline(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// `dataset` or `project.dataset`.
fn is_dataset(text: &str) -> bool {
    let (project, dataset) = split_last(text);
    is_word(dataset) && project.is_none_or(is_project)
}

/// `table`, `dataset.table` or `project.dataset.table`.
fn is_table_path(text: &str) -> bool {
    let (dataset, table) = split_last(text);
    is_table(table) && dataset.is_none_or(is_dataset)
}

/// What is before the last dot, and what is behind it. The name of a project may have dots of its own.
pub(super) fn split_last(text: &str) -> (Option<&str>, &str) {
    text.rsplit_once('.')
        .map_or((None, text), |(before, last)| (Some(before), last))
}

fn is_table(text: &str) -> bool {
    // A decorator (`t$20240131`) names a partition; a truncate of one is not what a run means.
    !text.is_empty()
        && text.len() <= 1024
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-' || c == ' ')
}

#[cfg(test)]
mod tests {
    use crate::variable::{VariableName, Variables};

    #[test]
    fn values_are_judged_as_they_are_typed() {
        for (name, good, bad) in [
            ("project_id", "my-project-1", "My_Project"),
            ("project_id", "example.com:my-project", "short"),
            ("cdf_pipeline_name", "cdf_mysql-to_bq", "a b"),
            ("bq_dataset_id", "cdf_output", "cdf.output"),
            ("bq_dataset_id", "my-project.cdf_output", "a.b.c"),
            ("bq_dataset_id", "example.com:my-project.d", "my-project."),
            ("bq_config_table", "ds.configuration", "my-project..t"),
            ("bq_output_table", "my-project.ds.landing", "x.y.ds.landing"),
            ("bq_project_id", "other-project", "Other"),
            ("bq_project_id", "", "a.b"),
            ("key_columns", "table_name", "a b"),
            ("active_column", "is_enabled", "is-enabled"),
            (
                "bq_config_filter",
                "env = 'a;b' -- c",
                "TRUE); DROP TABLE x; SELECT (1",
            ),
            ("bq_config_filter", "", "env = 'prod"),
            (
                "bq_config_query",
                "WITH a AS (SELECT 1) SELECT * FROM a",
                "DELETE FROM t WHERE TRUE",
            ),
            (
                "bq_config_query",
                "select * from t;",
                "SELECT 1; TRUNCATE TABLE t",
            ),
            ("allow_schemaless_wrangler", "yes", "maybe"),
            ("bq_output_table", "landing", "landing`; DROP"),
            ("bq_output_table", "", "landing$20240131"),
            ("cdf_pipeline_timeout_seconds", "3600", "0"),
            ("cdf_pipeline_timeout_seconds", "60", "1.5"),
            ("dag_retry_interval_minutes", "0.1", "-1"),
            ("dag_timeout_minutes", "10", "NaN"),
            ("max_active_pipelines", "5", "five"),
            ("bq_truncate", "no", "perhaps"),
            ("cdf_pipeline_run_arguments", "[{'a': 'b'}]", "[{]"),
        ] {
            let name = VariableName::from_name(name).unwrap();
            assert_eq!(Variables::fault(name, good), None, "{name} = {good}");
            assert!(Variables::fault(name, bad).is_some(), "{name} = {bad}");
        }
    }
}
