//! Where a run would take place, and the commands that change something there. Each word of a command is quoted.

use super::policy::{ACT_AS_ROLE, member};
use crate::shell::word;
use crate::variable::Variables;
use crate::warehouse::{DatasetAddress, TableAddress};

/// The APIs that a run needs, and what uses each.
pub const APIS: [(&str, &str); 9] = [
    ("datafusion.googleapis.com", "the instance"),
    ("dataproc.googleapis.com", "the clusters of the runs"),
    ("bigquery.googleapis.com", "the tables"),
    ("storage.googleapis.com", "the bucket"),
    ("sqladmin.googleapis.com", "the connection to Cloud SQL"),
    ("compute.googleapis.com", "the machines of the clusters"),
    (
        "cloudresourcemanager.googleapis.com",
        "the roles, for these checks",
    ),
    ("iam.googleapis.com", "the service accounts, for these checks"),
    ("logging.googleapis.com", "the logs of the clusters"),
];

/// Where a run would take place, and who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The profile's name.
    pub profile: String,
    /// The project.
    pub project: String,
    /// The region of the instance.
    pub region: String,
    /// The instance; none where the profile names a CDAP instead.
    pub instance: Option<String>,
    /// The namespace of the pipeline.
    pub namespace: String,
    /// The pipeline.
    pub pipeline: String,
    /// The dataset.
    pub dataset: DatasetAddress,
    /// The location of the dataset.
    pub location: String,
    /// The configuration table.
    pub configuration: TableAddress,
    /// The output table, if one is named.
    pub output: Option<TableAddress>,
    /// The caller's account, if it is known.
    pub account: Option<String>,
}

impl Place {
    /// The place that these variables name.
    pub fn new(profile: &str, variables: &Variables, has_instance: bool, account: Option<String>) -> Self {
        Self {
            profile: profile.to_owned(),
            project: variables.project_id.clone(),
            region: variables.cdf_location.clone(),
            instance: has_instance.then(|| variables.cdf_instance.clone()),
            namespace: variables.cdf_namespace.clone(),
            pipeline: variables.cdf_pipeline_name.clone(),
            dataset: variables.dataset(),
            location: variables.bq_location.clone(),
            configuration: variables.config_table(),
            output: variables.has_output_table().then(|| variables.output_table()),
            account,
        }
    }

    /// `--project=P`
    pub(super) fn project_option(&self) -> String {
        option("project", &self.project)
    }

    /// `gcloud services enable ...`
    pub(super) fn enable(&self, apis: &[&str]) -> String {
        let apis: Vec<_> = apis.iter().map(|api| word(api)).collect();
        format!(
            "gcloud services enable {} {}",
            apis.join(" "),
            self.project_option()
        )
    }

    /// Gives a member a role on the project.
    pub(super) fn grant(&self, member: &str, role: &str) -> String {
        format!(
            "gcloud projects add-iam-policy-binding {} --member={member} {} --condition=None",
            word(&self.project),
            option("role", role)
        )
    }

    /// Lets a member act as a service account.
    pub(super) fn grant_acting(&self, account: &str, member: &str) -> String {
        format!(
            "gcloud iam service-accounts add-iam-policy-binding {} --member={member} \
             {} {}",
            word(account),
            option("role", ACT_AS_ROLE),
            self.project_option()
        )
    }

    /// The caller as a member of a policy, quoted. Where nobody has said who that is, the shell asks gcloud.
    pub(super) fn caller(&self) -> String {
        match &self.account {
            Some(account) if account.ends_with(".gserviceaccount.com") => service_account(account),
            Some(account) => word(&format!("user:{account}")),
            None => "\"user:$(gcloud config get-value account)\"".to_owned(),
        }
    }

    /// A command of Data Fusion about the instance.
    pub(super) fn about_instance(&self, verb: &str, options: &str) -> String {
        let instance = self.instance.as_deref().unwrap_or_default();
        format!(
            "gcloud beta data-fusion instances {verb} {} {} {}{options}",
            word(instance),
            option("location", &self.region),
            self.project_option()
        )
    }

    /// A statement of BigQuery.
    pub(super) fn query(&self, sql: &str) -> String {
        format!(
            "bq query {} {} --use_legacy_sql=false {}",
            option("project_id", &self.project),
            option("location", &self.location),
            word(sql)
        )
    }

    /// A command of Downbeat for this profile.
    pub(super) fn downbeat(&self, command: &str) -> String {
        format!("downbeat {command} --profile {}", word(&self.profile))
    }
}

/// `--name=VALUE`, quoted. A value after `=` may begin with a dash.
pub(super) fn option(name: &str, value: &str) -> String {
    let quoted = word(value);
    format!("--{name}={quoted}")
}

/// A service account as a member of a policy, quoted.
pub(super) fn service_account(account: &str) -> String {
    word(&member(account))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_a_command_is_quoted() {
        let place = Place::new(
            "it's",
            &Variables {
                project_id: "p$(id)".into(),
                cdf_instance: "a b".into(),
                cdf_location: "-x".into(),
                bq_location: "US".into(),
                ..Variables::default()
            },
            true,
            Some("o'hara@example.com".into()),
        );
        for (command, written) in [
            (
                place.enable(&["a.b"]),
                "gcloud services enable a.b --project='p$(id)'",
            ),
            (
                place.about_instance("restart", ""),
                "gcloud beta data-fusion instances restart 'a b' --location='-x' --project='p$(id)'",
            ),
            (place.downbeat("deploy"), r"downbeat deploy --profile 'it'\''s'"),
            (
                place.query("SELECT `a`"),
                "bq query --project_id='p$(id)' --location=US --use_legacy_sql=false 'SELECT `a`'",
            ),
            (
                place.grant(&place.caller(), "roles/a"),
                r"gcloud projects add-iam-policy-binding 'p$(id)' --member='user:o'\''hara@example.com' --role=roles/a --condition=None",
            ),
        ] {
            assert_eq!(command, written);
        }
    }

    #[test]
    fn the_caller_is_a_user_or_a_service_account_or_whom_gcloud_knows() {
        let mut place = Place::new("p", &Variables::default(), true, None);
        assert_eq!(place.caller(), "\"user:$(gcloud config get-value account)\"");
        for (account, member) in [
            (
                "etl@p.iam.gserviceaccount.com",
                "serviceAccount:etl@p.iam.gserviceaccount.com",
            ),
            ("ann@example.com", "user:ann@example.com"),
        ] {
            place.account = Some(account.into());
            assert_eq!(place.caller(), member);
        }
    }
}
