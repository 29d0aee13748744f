//! What a profile sets, as it may be shown: names and texts without secrets.

use super::{Connection, Credentials, Profile, WebhookFormat};
use domain::secret::Secrets;
use domain::variable::{VariableName, Variables};

impl Profile {
    /// The settings of the profile in their order, each with its text. A secret is `***`, and of an address that may be one
    /// only the host is there.
    pub fn shown(&self) -> Vec<(&'static str, String)> {
        let set = |name: &VariableName| self.variables.get(name).map(|text| (name.as_str(), text));
        let variables = VariableName::ALL.iter().filter_map(set);
        let variables = variables.map(|(name, text)| (name, self.without_secrets(name, text)));
        let connection = Connection::NAMES.iter();
        let connection = connection.filter_map(|name| Some((*name, self.connection.shown(name)?)));
        let secrets = (!self.secret_arguments.is_empty())
            .then(|| ("secret_arguments", self.secret_arguments.join(", ")));
        variables.chain(connection).chain(secrets).collect()
    }

    /// A version that knew fewer secrets may have written the list.
    fn without_secrets(&self, name: &str, text: &str) -> String {
        let mut secrets = Secrets::default();
        secrets.add_names(self.secret_arguments.iter().cloned());
        let mut typed = Variables::default();
        match typed.set_by_name(name, text) {
            Ok(VariableName::CdfPipelineRunArguments) => secrets.to_json(&typed.cdf_pipeline_run_arguments.0),
            _ => text.to_owned(),
        }
    }
}

impl Connection {
    /// The text of a setting, one of [`Self::NAMES`], if it is set.
    pub fn shown(&self, name: &str) -> Option<String> {
        let address = |url: &Option<url::Url>| url.as_ref().map(ToString::to_string);
        let flag = |flag: Option<bool>| flag.map(|flag| flag.to_string());
        let word = |credentials: Option<Credentials>| credentials.map(|one| one.word().to_owned());
        match name {
            "datafusion_endpoint" => address(&self.datafusion_endpoint),
            "bigquery_endpoint" => address(&self.bigquery_endpoint),
            "cdap_endpoint" => address(&self.cdap_endpoint),
            "serviceusage_endpoint" => address(&self.serviceusage_endpoint),
            "resourcemanager_endpoint" => address(&self.resourcemanager_endpoint),
            "iam_endpoint" => address(&self.iam_endpoint),
            "storage_endpoint" => address(&self.storage_endpoint),
            "credentials" => word(self.credentials),
            "datafusion_credentials" => word(self.datafusion_credentials),
            "bigquery_credentials" => word(self.bigquery_credentials),
            "cdap_credentials" => word(self.cdap_credentials),
            // They may hold secrets.
            "token_command" => self.token_command.as_ref().map(|_| "***".to_owned()),
            "cdap_token_command" => self.cdap_token_command.as_ref().map(|_| "***".to_owned()),
            "impersonate_service_account" => self.impersonate_service_account.clone(),
            "quota_project" => self.quota_project.clone(),
            "colour" => self.colour.clone(),
            "read_only" => flag(self.read_only),
            "protected" => flag(self.protected),
            "webhook" => self
                .webhook
                .as_ref()
                .map(|webhook| format!("https://{webhook}/***")),
            "webhook_format" => self.webhook_format.map(|format| match format {
                WebhookFormat::Text => "text".to_owned(),
                WebhookFormat::Json => "json".to_owned(),
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::config::template::of_connection;
    use std::path::Path;

    #[test]
    fn every_setting_is_shown() {
        for name in Connection::NAMES {
            let mut connection = Connection::default();
            assert_eq!(connection.shown(name), None);
            connection
                .set(name, of_connection(name).1.trim_matches('"'))
                .unwrap();
            assert!(connection.shown(name).is_some(), "{name}");
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let text = r#"[profile.prod]
project_id = "my-project"
webhook = "https://hooks.example/services/hunter2"
token_command = "curl -u me:hunter2 https://vault.example"
cdap_token_command = "echo hunter2"
secret_arguments = ["word"]
cdf_pipeline_run_arguments = '[{"db_password": "hunter2", "word": "hunter2", "note": "shown"}]'
"#;
        let config = Config::parse(text, Path::new("config.toml")).unwrap();
        let shown = format!("{:?}", config.profile("prod").unwrap().shown());
        assert!(!shown.contains("hunter2"), "{shown}");
        for words in ["my-project", "hooks.example", "shown", "word"] {
            assert!(shown.contains(words), "{words} in {shown}");
        }
    }
}
