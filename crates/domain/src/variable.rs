//! The variables: the case study's thirteen settings by their exact names, and our additions.
//!
//! [`VariableName`] is the one table of names, kinds and texts; [`Variables`] holds the typed values.
//! `variable/check.rs` checks how values fit each other, `variable/names.rs` what a legal name is, `variable/table.rs`
//! says where the tables are.
//! Where values come from is not known here.

mod check;
mod names;
mod table;

use crate::arguments::{self, RuntimeArguments};
use crate::id::JobId;
use crate::key::KeyColumns;
use crate::secret::Secrets;
use crate::warehouse::JobAddress;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A text that is not a legal value of a variable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {message}")]
pub struct VariableError {
    /// Its name, as it was given.
    pub variable: String,
    /// What is wrong and what is allowed instead.
    pub message: String,
}

macro_rules! variables {
    ($($(#[$meta:meta])* $variant:ident $field:ident : $type:ty = $default:expr, $unit:literal, $doc:literal;)+) => {
        /// The name of a variable.
        #[expect(clippy::doc_markdown, reason = "the same text is shown to people")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum VariableName {$(#[doc = $doc] $variant),+}

        impl VariableName {
            /// All of them: the case study's in its order, then ours.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The exact name.
            pub const fn as_str(self) -> &'static str {
                match self {$(Self::$variant => stringify!($field)),+}
            }

            /// What it means, in one sentence.
            pub const fn description(self) -> &'static str {
                match self {$(Self::$variant => $doc),+}
            }

            /// The unit of its value; empty if it has none.
            pub const fn unit(self) -> &'static str {
                match self {$(Self::$variant => $unit),+}
            }
        }

        /// The values of all variables.
        #[expect(clippy::doc_markdown, reason = "the same text is shown to people")]
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Variables {$(#[doc = $doc] $(#[$meta])* pub $field: $type),+}

        impl Default for Variables {
            fn default() -> Self {
                Self {$($field: $default),+}
            }
        }

        impl Variables {
            /// The value as text, in the form that [`Self::set`] reads.
            pub fn text(&self, name: VariableName) -> String {
                match name {$(VariableName::$variant => self.$field.to_text()),+}
            }

            /// Sets a value from its text.
            pub fn set(&mut self, name: VariableName, text: &str) -> Result<(), VariableError> {
                names::check(name, text.trim())
                    .and_then(|()| match name {
                        $(VariableName::$variant => <$type>::from_text(text.trim()).map(|value| self.$field = value)),+
                    })
                    .map_err(|message| VariableError { variable: name.as_str().into(), message })
            }
        }
    };
}

variables! {
    BqConfigMaxResults bq_config_max_results: u32 = 10, "rows", "How many rows of the configuration table a run takes at most; more rows stop the run.";
    BqConfigTable bq_config_table: String = "configuration".into(), "", "The configuration table: one row for each pipeline run.";
    BqDatasetId bq_dataset_id: String = "cdf_output".into(), "", "The dataset of the configuration and the output table.";
    BqLocation bq_location: String = "US".into(), "", "The location of the dataset.";
    BqOutputTable bq_output_table: String = String::new(), "", "The table that is emptied first and that the pipelines fill.";
    CdfInstance cdf_instance: String = String::new(), "", "The Data Fusion instance.";
    CdfLocation cdf_location: String = "us-west1".into(), "", "The region of the instance.";
    CdfPipelineName cdf_pipeline_name: String = String::new(), "", "The deployed pipeline that is run once per active row.";
    CdfPipelineRunArguments cdf_pipeline_run_arguments: ArgumentList = ArgumentList(Vec::new()), "", "What the last run gave its pipelines; written back by filter_arguments.";
    CdfPipelineTimeoutSeconds cdf_pipeline_timeout_seconds: u64 = 3600, "seconds", "How long one try of a pipeline may take.";
    DagRetryIntervalMinutes dag_retry_interval_minutes: f64 = 3.0, "minutes", "The pause before the next try; fractions are allowed.";
    DagTimeoutMinutes dag_timeout_minutes: f64 = 10.0, "minutes", "How long the whole run may take.";
    ProjectId project_id: String = String::new(), "", "The Google Cloud project.";
    CdfNamespace cdf_namespace: String = "default".into(), "", "The namespace of the pipeline in the instance.";
    CdfPipelineRetries cdf_pipeline_retries: u32 = 2, "tries", "How many more tries a pipeline gets after its first.";
    MaxActivePipelines max_active_pipelines: u32 = 5, "pipelines", "How many pipelines run at the same time.";
    BqTruncate bq_truncate: bool = true, "", "Whether the output table is emptied before the pipelines start.";
    // Those below are written where they are not the default only, so that older versions can read every other run.
    #[serde(skip_serializing_if = "String::is_empty")]
    BqProjectId bq_project_id: String = String::new(), "", "The project of the tables, if it is not project_id, in which BigQuery's jobs run.";
    #[serde(skip_serializing_if = "KeyColumns::is_usual")]
    KeyColumns key_columns: KeyColumns = KeyColumns::default(), "", "The columns that name a row of the configuration table, and its task.";
    #[serde(skip_serializing_if = "is_usual_active_column")]
    ActiveColumn active_column: String = IS_ACTIVE.into(), "", "The column that says whether a row runs.";
    #[serde(skip_serializing_if = "String::is_empty")]
    BqConfigFilter bq_config_filter: String = String::new(), "", "A condition in SQL: only rows of the configuration table for which it is true are read.";
    #[serde(skip_serializing_if = "String::is_empty")]
    BqConfigQuery bq_config_query: String = String::new(), "", "A query whose rows are read instead of bq_config_table.";
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    AllowSchemalessWrangler allow_schemaless_wrangler: bool = false, "", "Whether a run may start although its Wrangler has failed on this version of CDAP.";
}

/// The case study's column that says whether a row runs.
const IS_ACTIVE: &str = "is_active";

fn is_usual_active_column(name: &str) -> bool {
    name == IS_ACTIVE
}

/// The value of `cdf_pipeline_run_arguments`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ArgumentList(pub Vec<RuntimeArguments>);

impl VariableName {
    /// The variable of this name.
    ///
    /// # Errors
    /// An unknown name, with the closest known one.
    pub fn from_name(name: &str) -> Result<Self, VariableError> {
        if let Some(found) = Self::ALL.iter().find(|known| known.as_str() == name) {
            return Ok(*found);
        }
        let closest = Self::ALL
            .iter()
            .min_by_key(|known| strsim::levenshtein(known.as_str(), name));
        let hint = closest
            .map(|known| format!(" Did you mean {known}?"))
            .unwrap_or_default();
        Err(VariableError {
            variable: name.into(),
            message: format!("There is no variable of this name.{hint}"),
        })
    }
}

impl fmt::Display for VariableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Variables {
    /// Sets a value from its text, by the variable's name.
    pub fn set_by_name(&mut self, name: &str, text: &str) -> Result<VariableName, VariableError> {
        let name = VariableName::from_name(name)?;
        self.set(name, text).map(|()| name)
    }

    /// What is wrong with a text while it is typed; nothing if [`Self::set`] accepts it.
    pub fn fault(name: VariableName, text: &str) -> Option<String> {
        Self::default().set(name, text).err().map(|error| error.message)
    }

    /// What a text says for a variable that is true or false; nothing for other variables.
    pub fn flag(name: VariableName, text: &str) -> Option<bool> {
        match name {
            VariableName::BqTruncate | VariableName::AllowSchemalessWrangler => bool::from_text(text).ok(),
            _ => None,
        }
    }

    /// `cdf_pipeline_timeout_seconds` as a span.
    pub fn pipeline_timeout(&self) -> Duration {
        Duration::from_secs(self.cdf_pipeline_timeout_seconds)
    }

    /// `dag_retry_interval_minutes` as a span.
    pub fn retry_interval(&self) -> Duration {
        Duration::from_secs_f64(self.dag_retry_interval_minutes * 60.0)
    }

    /// `dag_timeout_minutes` as a span.
    pub fn dag_timeout(&self) -> Duration {
        Duration::from_secs_f64(self.dag_timeout_minutes * 60.0)
    }

    /// A job of BigQuery in the project and location of the variables.
    pub fn job_address(&self, job: &JobId) -> JobAddress {
        JobAddress {
            project: self.project_id.clone(),
            location: self.bq_location.clone(),
            job: job.clone(),
        }
    }
}

/// A value that has a text.
trait Textual: Sized {
    fn to_text(&self) -> String;
    fn from_text(text: &str) -> Result<Self, String>;
}

macro_rules! textual_numbers {
    ($($type:ty: $wanted:literal),+) => {$(
        impl Textual for $type {
            fn to_text(&self) -> String {
                self.to_string()
            }

            fn from_text(text: &str) -> Result<Self, String> {
                text.parse().map_err(|_| format!("'{text}' is not a {}.", $wanted))
            }
        }
    )+};
}

textual_numbers!(u32: "whole number", u64: "whole number", f64: "number");

impl Textual for String {
    fn to_text(&self) -> String {
        self.clone()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl Textual for KeyColumns {
    fn to_text(&self) -> String {
        self.to_string()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        Self::try_from(text.to_owned())
    }
}

impl Textual for bool {
    fn to_text(&self) -> String {
        self.to_string()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true),
            "false" | "no" | "off" | "0" => Ok(false),
            _ => Err(no_flag(text)),
        }
    }
}

/// What is said of a text that is no flag.
pub fn no_flag(text: &str) -> String {
    format!("'{text}' is neither true nor false.")
}

impl Textual for ArgumentList {
    fn to_text(&self) -> String {
        if self.0.is_empty() {
            String::new()
        } else {
            Secrets::default().to_json(&self.0)
        }
    }

    fn from_text(text: &str) -> Result<Self, String> {
        arguments::parse_list(text)
            .map(Self)
            .map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_case_studys_thirteen_and_their_defaults() {
        let variables = Variables::default();
        let texts: Vec<_> = VariableName::ALL[..13]
            .iter()
            .map(|n| (n.as_str(), variables.text(*n)))
            .collect();
        let expected = [
            ("bq_config_max_results", "10"),
            ("bq_config_table", "configuration"),
            ("bq_dataset_id", "cdf_output"),
            ("bq_location", "US"),
            ("bq_output_table", ""),
            ("cdf_instance", ""),
            ("cdf_location", "us-west1"),
            ("cdf_pipeline_name", ""),
            ("cdf_pipeline_run_arguments", ""),
            ("cdf_pipeline_timeout_seconds", "3600"),
            ("dag_retry_interval_minutes", "3"),
            ("dag_timeout_minutes", "10"),
            ("project_id", ""),
        ];
        assert_eq!(texts, expected.map(|(name, text)| (name, text.to_owned())));
    }

    #[test]
    fn texts_come_back_as_they_were_set() {
        for (name, text) in [
            ("dag_retry_interval_minutes", "0.1"),
            ("bq_truncate", "false"),
            ("project_id", "example.com:my-project"),
            ("cdf_pipeline_run_arguments", r#"[{"business_unit":"hr"}]"#),
        ] {
            let mut variables = Variables::default();
            let name = variables.set_by_name(name, text).unwrap();
            assert_eq!(variables.text(name), text);
        }
    }

    #[test]
    fn an_unknown_name_gets_a_hint() {
        let error = VariableName::from_name("cdf_pipline_name").unwrap_err();
        assert!(
            error.to_string().contains("Did you mean cdf_pipeline_name?"),
            "{error}"
        );
    }
}
