//! What an engine is made of: client, journal, logs, and the embedded sandbox if the profile wants it.

use super::sandbox::{self, Embedded};
use crate::client::credentials::{Outside, Tokens, Wanted};
use crate::client::{Client, Credentials as ServiceCredentials, Endpoints, Secret, webhook};
use crate::config::{Connection, Credentials, Home, Settings, TokenCommand, WebhookFormat, save_variables};
use crate::engine::{Parts, SaveArguments, SharedSecrets, TellEnd};
use crate::headless::told;
use crate::store::{Journal, LogFolder};
use domain::failure::Failure;
use domain::service::Service;
use domain::variable::VariableName;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::oneshot;

const GOOGLE_FUSION: &str = "https://datafusion.googleapis.com";
const GOOGLE_BIGQUERY: &str = "https://bigquery.googleapis.com";

/// The parts of an engine, once they are there, and the sandbox, which must be kept until the end.
pub(super) fn gather(
    home: Home,
    journal: Journal,
    settings: &Settings,
    secrets: SharedSecrets,
) -> (
    impl Future<Output = Result<Parts, Failure>> + Send + use<>,
    oneshot::Receiver<Embedded>,
) {
    let (client, kept) = connect(&home, settings);
    let tell_end = tell_end(&settings.connection);
    let parts = async move {
        let client = client.await?;
        Ok(assemble(home, journal, client, tell_end, secrets))
    };
    (parts, kept)
}

/// The client, once it is there, and the sandbox, which must be kept until the end.
pub(super) fn connect(
    home: &Home,
    settings: &Settings,
) -> (
    impl Future<Output = Result<Client, Failure>> + Send + use<>,
    oneshot::Receiver<Embedded>,
) {
    let (keep, kept) = oneshot::channel();
    let (connection, embedded) = (settings.connection.clone(), settings.wants_sandbox());
    let (home, scenario) = (home.clone(), settings.scenario.clone());
    let client = async move {
        if !embedded {
            return client(&connection, None);
        }
        let sandbox = sandbox::open(&home, &scenario).await?;
        let client = client(&connection, Some(&sandbox));
        // The receiver is gone only when the program ends.
        let _ = keep.send(sandbox);
        client
    };
    (client, kept)
}

fn assemble(
    home: Home,
    journal: Journal,
    client: Client,
    tell_end: Option<TellEnd>,
    secrets: SharedSecrets,
) -> Parts {
    let data = home.data_dir().to_owned();
    let save_arguments: SaveArguments = Arc::new(move |profile, text| {
        let change = BTreeMap::from([(VariableName::CdfPipelineRunArguments, text.to_owned())]);
        save_variables(&home, profile, &change).map_err(|error| {
            Failure::permanent(format!(
                "cdf_pipeline_run_arguments was not written back: {error}"
            ))
        })
    });
    Parts {
        client,
        journal,
        logs: LogFolder::new(&data),
        data,
        save_arguments,
        tell_end,
        secrets,
    }
}

/// How the webhook of the connection is told, if it has one.
fn tell_end(connection: &Connection) -> Option<TellEnd> {
    let webhook = connection.webhook.clone()?;
    let format = connection.webhook_format.unwrap_or_default();
    Some(Arc::new(move |run| {
        let body = match format {
            WebhookFormat::Text => json!({"text": told::text(run)}),
            WebhookFormat::Json => told::summary(run),
        };
        let webhook = webhook.clone();
        Box::pin(async move { webhook::post(webhook.url(), &body).await })
    }))
}

/// A client for these endpoints; those of the sandbox where nothing else is named.
fn client(connection: &Connection, sandbox: Option<&Embedded>) -> Result<Client, Failure> {
    let fusion = named(
        connection.datafusion_endpoint.as_ref(),
        sandbox.map(Embedded::datafusion),
        GOOGLE_FUSION,
    );
    let bigquery = named(
        connection.bigquery_endpoint.as_ref(),
        sandbox.map(Embedded::bigquery),
        GOOGLE_BIGQUERY,
    );
    let cdap = connection.cdap_endpoint.as_ref().map(url::Url::as_str);
    let mut endpoints = Endpoints::parse(&fusion, &bigquery, cdap)?;
    for (service, address) in [
        (Service::ServiceUsage, &connection.serviceusage_endpoint),
        (Service::ResourceManager, &connection.resourcemanager_endpoint),
        (Service::Iam, &connection.iam_endpoint),
        (Service::Storage, &connection.storage_endpoint),
    ] {
        endpoints = endpoints.with(service, address.as_ref().map(url::Url::as_str))?;
    }
    let mut credentials = credentials(connection);
    if let Some(sandbox) = sandbox {
        credentials = credentials.with_own_server(&endpoints.data_fusion, sandbox.token());
    }
    Ok(Client::new(endpoints, credentials)?)
}

/// The sources of tokens; nothing is looked up yet.
pub(super) fn credentials(connection: &Connection) -> ServiceCredentials {
    let of = |endpoint| wanted(connection, endpoint);
    ServiceCredentials::new(of("datafusion_endpoint"), &Outside::default())
        .with(Service::BigQuery, of("bigquery_endpoint"))
        .with(Service::Cdap, of("cdap_endpoint"))
}

/// What the settings say of the tokens for an endpoint.
fn wanted(connection: &Connection, endpoint: &str) -> Wanted {
    let secret = |command: &Option<TokenCommand>| command.as_ref().map(|text| Secret::new(text.text()));
    let own = secret(&connection.cdap_token_command).filter(|_| endpoint == "cdap_endpoint");
    let has_variable =
        endpoint == "cdap_endpoint" && std::env::var_os("DOWNBEAT_CDAP_ACCESS_TOKEN").is_some();
    let tokens = match connection.credentials_at(endpoint) {
        Credentials::Google => Tokens::Google,
        Credentials::None => Tokens::Nowhere,
        Credentials::Environment if has_variable => Tokens::CdapEnvironment,
        Credentials::Environment => Tokens::Environment,
        Credentials::Command => match own {
            Some(command) => Tokens::CdapCommand(command),
            // Without a command the settings are refused before a token is asked for.
            None => secret(&connection.token_command).map_or(Tokens::Nowhere, Tokens::Command),
        },
    };
    let is_of_google = matches!(tokens, Tokens::Google | Tokens::Command(_) | Tokens::Environment);
    let of_google = |text: &Option<String>| text.clone().filter(|_| is_of_google);
    Wanted {
        impersonate: of_google(&connection.impersonate_service_account),
        quota_project: of_google(&connection.quota_project),
        tokens,
    }
}

fn named(given: Option<&url::Url>, embedded: Option<&str>, google: &str) -> String {
    given
        .map_or(embedded.unwrap_or(google), url::Url::as_str)
        .to_owned()
}
