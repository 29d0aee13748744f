//! The names of what every sandbox has: project, instance, pipeline, tables.

/// The only project.
const PROJECT: &str = "downbeat-sandbox";

/// Google's words, and whose they are, where somebody asks for what is not here: else a person might ask an administrator
/// for a role because of an imitation.
pub(crate) fn with_sandbox_notice(message: &str) -> String {
    let message = message.trim_end_matches('.');
    format!("{message}. This is Downbeat's sandbox, not Google: its only project is {PROJECT}.")
}

/// What a client names in its requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceNames {
    /// The project, `downbeat-sandbox`.
    pub project: String,
    /// The region, `us-west1`.
    pub location: String,
    /// The instance, `sandbox`.
    pub instance: String,
    /// The CDAP namespace, `default`.
    pub namespace: String,
    /// The shipped pipeline, `cdf_mysql_to_bigquery`.
    pub pipeline: String,
    /// The dataset, `cdf_output`.
    pub dataset: String,
    /// The configuration table, `configuration`.
    pub configuration_table: String,
    /// The landing table, `landing`.
    pub output_table: String,
}

impl Default for ResourceNames {
    fn default() -> Self {
        Self {
            project: PROJECT.into(),
            location: "us-west1".into(),
            instance: "sandbox".into(),
            namespace: "default".into(),
            pipeline: "cdf_mysql_to_bigquery".into(),
            dataset: "cdf_output".into(),
            configuration_table: "configuration".into(),
            output_table: "landing".into(),
        }
    }
}
