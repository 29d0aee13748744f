//! Where a run takes place, and whose credentials it uses: the first line of every run, and of its plan on the
//! screen.

use crate::request::RunRequest;

/// Where a run takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The profile's name.
    pub profile: String,
    /// Whether everything happens in the embedded sandbox.
    pub is_sandbox: bool,
    /// The Google project.
    pub project: String,
    /// The instance's location.
    pub location: String,
    /// The Data Fusion instance.
    pub instance: String,
    /// Its namespace.
    pub namespace: String,
    /// The pipeline.
    pub pipeline: String,
    /// `project.dataset.table` of the output; empty if no table is named.
    pub output_table: String,
    /// Other addresses than Google's.
    pub endpoints: Endpoints,
    /// Whose credentials are used.
    pub credentials: Credentials,
}

/// Other addresses than Google's, where the settings name some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// Of the Data Fusion service.
    pub datafusion: Option<String>,
    /// Of BigQuery.
    pub bigquery: Option<String>,
    /// Of a CDAP that is used instead of an instance.
    pub cdap: Option<String>,
}

/// Whose credentials are used, as far as it is known without a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Where they come from, in one word.
    pub source: &'static str,
    /// The account, if it is known.
    pub account: Option<String>,
    /// The file that they come from, if it is one.
    pub file: Option<String>,
    /// All of this for a person.
    pub text: String,
}

impl Target {
    /// The target of a request.
    pub fn new(
        request: &RunRequest,
        is_sandbox: bool,
        endpoints: Endpoints,
        credentials: Credentials,
    ) -> Self {
        let variables = &request.variables;
        let table = variables.output_table();
        let is_named = variables.has_output_table();
        let table: Vec<_> = [table.project, table.dataset, table.table]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        Self {
            profile: request.profile.clone(),
            is_sandbox,
            project: variables.project_id.clone(),
            location: variables.cdf_location.clone(),
            instance: variables.cdf_instance.clone(),
            namespace: variables.cdf_namespace.clone(),
            pipeline: variables.cdf_pipeline_name.clone(),
            output_table: if is_named { table.join(".") } else { String::new() },
            endpoints,
            credentials,
        }
    }

    /// The target in one line.
    pub fn text(&self) -> String {
        let sandbox = if self.is_sandbox {
            " (everything on this machine)"
        } else {
            ""
        };
        format!(
            "profile {}{sandbox}: {}, pipeline {}, table {}{}, credentials: {}",
            self.profile,
            self.place(),
            or_not_set(&self.pipeline),
            or_not_set(&self.output_table),
            at(self.endpoints.bigquery.as_ref()),
            self.credentials.text
        )
    }

    /// The project, and the instance or what is used instead.
    pub fn place(&self) -> String {
        let project = or_not_set(&self.project);
        match &self.endpoints.cdap {
            Some(address) => format!("project {project}, CDAP at {address}"),
            None => format!(
                "project {project}, instance {} in {}{}",
                or_not_set(&self.instance),
                or_not_set(&self.location),
                at(self.endpoints.datafusion.as_ref())
            ),
        }
    }
}

fn at(endpoint: Option<&String>) -> String {
    endpoint.map_or_else(String::new, |address| format!(" at {address}"))
}

fn or_not_set(text: &str) -> &str {
    if text.is_empty() { "(not set)" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Scope;
    use crate::variable::Variables;

    fn target(set: &[(&str, &str)], endpoints: Endpoints) -> Target {
        let mut variables = Variables::default();
        for (name, text) in set {
            variables.set_by_name(name, text).unwrap();
        }
        let request = RunRequest::new("prod", variables, Scope::Chain);
        let credentials = Credentials {
            source: "none",
            account: None,
            file: None,
            text: "none".into(),
        };
        Target::new(&request, false, endpoints, credentials)
    }

    #[test]
    fn it_names_what_is_used_and_what_is_missing() {
        let cdap = Endpoints {
            cdap: Some("http://127.0.0.1:11015".into()),
            bigquery: Some("http://127.0.0.1:9050".into()),
            ..Endpoints::default()
        };
        let set = [
            ("project_id", "my-project"),
            ("cdf_instance", "fusion"),
            ("cdf_pipeline_name", "copy"),
            ("bq_output_table", "landing"),
        ];
        for (target, text) in [
            (
                target(&set, Endpoints::default()),
                "profile prod: project my-project, instance fusion in us-west1, pipeline copy, \
                 table my-project.cdf_output.landing, credentials: none",
            ),
            (
                target(&set, cdap),
                "profile prod: project my-project, CDAP at http://127.0.0.1:11015, pipeline copy, \
                 table my-project.cdf_output.landing at http://127.0.0.1:9050, credentials: none",
            ),
            (
                target(&set[..1], Endpoints::default()),
                "profile prod: project my-project, instance (not set) in us-west1, pipeline (not set), \
                 table (not set), credentials: none",
            ),
        ] {
            assert_eq!(target.text(), text);
        }
    }
}
