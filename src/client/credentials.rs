//! Where the tokens of each service come from: Google's files, the metadata server, gcloud, a command, a variable.
//!
//! ```text
//!  Credentials ─→ Lookup (one for all services of one choice, in a thread of its own: one look-up at a time)
//!                    │ place.rs   which source: by variables and files, before any call
//!                    ▼
//!                 TokenSource     key, login, federation, impersonation, metadata, gcloud, command, environment
//!                    │            each asks over Way, our one HTTP client: proxy, certificates, deadlines
//!                    ▼
//!                 owner.rs        whose token it is, where the source does not say; another account's is refused
//! ```
//!
//! A token is sent over https only, and one of Google's to Google only. No text of an error holds one. The sandbox that this
//! process runs for itself has a token of its own, which goes there and nowhere else.

mod command;
mod environment;
mod expected;
mod federation;
mod file;
mod finder;
mod gcloud;
mod google;
mod identity;
mod impersonation;
mod key;
mod login;
mod lookup;
mod metadata;
mod outside;
mod owner;
mod place;
mod project;
mod source;
mod trouble;
mod way;

#[cfg(test)]
mod tests;

pub use identity::{Identity, IdentitySource};
pub use outside::Outside;
pub use project::gcloud_project;

use super::auth::{Authority, Grant, Secret};
use super::endpoints::{Endpoint, is_loopback};
use super::error::ClientError;
use domain::failure::FailureKind;
use domain::service::Service;
use domain::target;
use lookup::Lookup;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use url::{Origin, Url};

/// Where tokens come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tokens {
    /// No token is sent.
    Nowhere,
    /// Application default credentials.
    #[default]
    Google,
    /// A command prints one of Google's.
    Command(Secret),
    /// One of Google's is in a variable of the environment.
    Environment,
    /// A command prints one of the CDAP server's own.
    CdapCommand(Secret),
    /// One of the CDAP server's own is in a variable of the environment.
    CdapEnvironment,
}

impl Tokens {
    /// Whether they are a CDAP server's own, which Google never sees and which no one else gets.
    fn are_of_cdap(&self) -> bool {
        matches!(self, Self::CdapCommand(_) | Self::CdapEnvironment)
    }
}

/// What the settings say of the tokens of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Where they come from.
    pub tokens: Tokens,
    /// The service account in whose name the calls are made.
    pub impersonate: Option<String>,
    /// The project that pays for the calls; the credentials' own if not set.
    pub quota_project: Option<String>,
}

/// Sources of tokens, one for each service; a clone shares the tokens.
#[derive(Clone)]
pub struct Credentials {
    data_fusion: Arc<Lookup>,
    bigquery: Arc<Lookup>,
    cdap: Arc<Lookup>,
    /// The server that this process runs for itself, and its token.
    own: Option<(Origin, Secret)>,
}

impl Credentials {
    /// The same for all services.
    pub fn new(wanted: Wanted, outside: &Outside) -> Self {
        let lookup = Arc::new(Lookup::new(wanted, outside.clone()));
        Self {
            data_fusion: lookup.clone(),
            bigquery: lookup.clone(),
            cdap: lookup,
            own: None,
        }
    }

    /// What goes to this address carries this token, whatever else is set: it is a server of this process's own.
    #[must_use]
    pub fn with_own_server(mut self, address: &Endpoint, token: Secret) -> Self {
        self.own = Some((address.origin(), token));
        self
    }

    /// The token of this process's own server, for requests to it.
    fn for_own_server(&self, url: &Url) -> Option<Grant> {
        let (_, token) = self.own.as_ref().filter(|(origin, _)| *origin == url.origin())?;
        Some(Grant {
            token: token.clone(),
            quota_project: None,
        })
    }

    /// Others for one service. What is the same shares its tokens.
    #[must_use]
    pub fn with(mut self, service: Service, wanted: Wanted) -> Self {
        let all = [&self.data_fusion, &self.bigquery, &self.cdap];
        let same = all.into_iter().find(|lookup| *lookup.wanted() == wanted);
        let lookup = match same {
            Some(lookup) => lookup.clone(),
            None => Arc::new(Lookup::new(wanted, self.data_fusion.outside().clone())),
        };
        match service {
            Service::BigQuery => self.bigquery = lookup,
            Service::Cdap => self.cdap = lookup,
            _ => self.data_fusion = lookup,
        }
        self
    }

    /// No identity: for the sandbox and servers without security.
    pub fn none() -> Self {
        let wanted = Wanted {
            tokens: Tokens::Nowhere,
            ..Wanted::default()
        };
        Self::new(wanted, &Outside::default())
    }

    fn of(&self, service: Service) -> &Arc<Lookup> {
        match service {
            Service::BigQuery => &self.bigquery,
            Service::Cdap => &self.cdap,
            // The rest of Google is asked as Data Fusion is.
            _ => &self.data_fusion,
        }
    }

    /// Whose they are, as far as that is known by now.
    pub fn identity(&self) -> Identity {
        self.data_fusion.identity()
    }

    /// Whose they are where a service has others than [`Self::identity`].
    pub fn others(&self) -> Vec<(Service, Identity)> {
        [Service::BigQuery, Service::Cdap]
            .into_iter()
            .filter(|service| !Arc::ptr_eq(self.of(*service), &self.data_fusion))
            .map(|service| (service, self.of(service).identity()))
            .collect()
    }

    /// Whose they are, for people.
    pub fn text(&self) -> String {
        let others = self.others().into_iter();
        let others = others.map(|(service, identity)| format!("; for {service} {identity}"));
        self.identity().to_string() + &others.collect::<String>()
    }

    /// Both, for the first line of a run and for the screen.
    pub fn described(&self) -> target::Credentials {
        let identity = self.identity();
        target::Credentials {
            source: identity.source.as_str(),
            account: identity.account,
            file: identity.file.map(|file| file.to_string_lossy().into_owned()),
            text: self.text(),
        }
    }

    /// The accounts whose tokens have been used, by service.
    pub fn accounts(&self) -> BTreeMap<Service, String> {
        [Service::DataFusion, Service::BigQuery, Service::Cdap]
            .into_iter()
            .filter_map(|service| Some((service, self.of(service).account()?)))
            .collect()
    }

    /// Tokens of any account may be used again: no run goes on.
    pub fn unpin(&self) {
        for lookup in [&self.data_fusion, &self.bigquery, &self.cdap] {
            lookup.unpin();
        }
    }

    /// From now on only tokens of these accounts are used. A service that is not named takes the account of the next
    /// token, and stays with it.
    pub fn pin(&self, accounts: &BTreeMap<Service, String>) {
        for lookup in [&self.data_fusion, &self.bigquery, &self.cdap] {
            let mut named = accounts.iter();
            let named = named.find(|(service, _)| Arc::ptr_eq(self.of(**service), lookup));
            lookup.pin(named.map(|(_, account)| account.clone()));
        }
    }
}

#[async_trait::async_trait]
impl Authority for Credentials {
    async fn grant(&self, service: Service, url: &Url) -> Result<Option<Grant>, ClientError> {
        if let Some(grant) = self.for_own_server(url) {
            return Ok(Some(grant));
        }
        let lookup = self.of(service);
        match may_go(&lookup.wanted().tokens, url) {
            Some(true) => Ok(Some(for_host(lookup.token().await?, url))),
            Some(false) => Ok(None),
            None => Err(refuse_host(url)),
        }
    }

    async fn renewed(
        &self,
        service: Service,
        url: &Url,
        rejected: &Secret,
    ) -> Result<Option<Grant>, ClientError> {
        if self.for_own_server(url).is_some() {
            return Ok(None);
        }
        let lookup = self.of(service);
        match may_go(&lookup.wanted().tokens, url) {
            Some(true) => Ok(Some(for_host(lookup.renewed(rejected).await?, url))),
            _ => Ok(None),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("identity", &self.identity())
            .field("others", &self.others())
            .finish()
    }
}

/// Whether a token goes to this address. `None`: the address is a stranger's, and should have had none.
fn may_go(tokens: &Tokens, url: &Url) -> Option<bool> {
    match tokens {
        Tokens::Nowhere => Some(false),
        tokens if tokens.are_of_cdap() => Some(url.scheme() == "https" || is_loopback(url)),
        _ if url.scheme() != "https" => Some(false),
        _ => is_google(url).then_some(true),
    }
}

/// Only Google's own interfaces know the header of the project that pays.
fn for_host(mut grant: Grant, url: &Url) -> Grant {
    let is_known = url
        .host_str()
        .is_some_and(|host| host.ends_with(".googleapis.com"));
    grant.quota_project = grant.quota_project.filter(|_| is_known);
    grant
}

/// Whether a token of Google's may be sent there.
fn is_google(url: &Url) -> bool {
    let ours = [".googleapis.com", ".datafusion.googleusercontent.com"];
    let is_ours = |host: &str| ours.iter().any(|end| host.ends_with(end));
    url.scheme() == "https" && url.host_str().is_some_and(is_ours)
}

fn refuse_host(url: &Url) -> ClientError {
    let host = url.host_str().unwrap_or("an address without a host");
    ClientError::new(
        FailureKind::Unauthorised,
        Service::Credentials,
        "choosing a token",
        format!("{host} is not one of Google's hosts, so it gets no Google token"),
    )
    .with_hint(
        "Check the endpoint in the profile. A CDAP server of your own gets a token of its own with \
         cdap_token_command or DOWNBEAT_CDAP_ACCESS_TOKEN, or none with cdap_credentials = \"none\".",
    )
}
