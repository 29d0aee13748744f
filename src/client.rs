//! The services that Downbeat calls: credentials, HTTP, Data Fusion, CDAP and BigQuery.
//!
//! ```text
//!  Client ─┬─ fusion()    instances.get: where is the instance, is it up      client/fusion.rs
//!          ├─ cdap()      start, list, stop, logs, reasons, counts            client/cdap.rs
//!          ├─ bigquery()  statements under our ids, queries, tables           client/bigquery.rs
//!          ├─ services(), projects(), accounts(), storage()                   client/services.rs ...
//!          │                 what a set-up asks for and makes
//!          ├─ compute(), databases()                                          client/compute.rs ...
//!          │                 what the checks ask for besides
//!              all through one Http: pool, deadlines, retry budget, 401       client/http.rs
//!              which asks for a token before each request                     client/credentials.rs
//! ```
//!
//! Nothing in here decides what to do about a failure; an error says what is known of it
//! ([`domain::failure::FailureKind`]) and leaves the rest to the engine. No token is sent over plain http,
//! and no wire type is shared with the sandbox.

pub mod accounts;
pub mod auth;
pub mod bigquery;
pub mod cdap;
pub mod compute;
pub mod credentials;
pub mod databases;
pub mod endpoints;
pub mod error;
pub mod fusion;
pub mod http;
pub mod operation;
pub mod policy;
pub mod projects;
pub mod release;
pub mod services;
pub mod storage;
pub mod webhook;

#[cfg(test)]
mod testing;

pub use accounts::Accounts;
pub use auth::Secret;
pub use bigquery::BigQuery;
pub use cdap::Cdap;
pub use compute::Compute;
pub use credentials::{Credentials, Identity};
pub use databases::Databases;
pub use endpoints::{Endpoint, Endpoints};
pub use error::ClientError;
pub use fusion::Fusion;
pub use http::ServerTime;
pub use operation::Operation;
pub use policy::Policy;
pub use projects::Projects;
pub use services::Services;
pub use storage::Storage;

use domain::call::ServiceCall;
use domain::id::{Location, Namespace, ProjectId};
use domain::service::Service;
use http::{Http, RetryPolicy};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Everything Downbeat reaches over the network; a clone shares the pool, the token and the budget.
#[derive(Clone, Debug)]
pub struct Client {
    http: Http,
    endpoints: Endpoints,
    credentials: Credentials,
}

impl Client {
    /// A client for these endpoints. Touches neither the network nor any credentials yet.
    ///
    /// # Errors
    /// Permanent, when no HTTP client can be built on this machine.
    pub fn new(endpoints: Endpoints, credentials: Credentials) -> Result<Self, ClientError> {
        Self::with_retry_policy(endpoints, credentials, RetryPolicy::default())
    }

    /// The same with other deadlines and pauses.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_retry_policy(
        endpoints: Endpoints,
        credentials: Credentials,
        policy: RetryPolicy,
    ) -> Result<Self, ClientError> {
        let http = Http::new(Arc::new(credentials.clone()), policy)?;
        Ok(Self {
            http,
            endpoints,
            credentials,
        })
    }

    /// Where the services are.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The clock of a service, once one of its answers has told it.
    pub fn server_time(&self, service: Service) -> Option<ServerTime> {
        self.http.server_time(service)
    }

    /// The requests that change something, as they are made; nothing if somebody has asked for them before.
    pub fn calls(&self) -> Option<mpsc::Receiver<ServiceCall>> {
        self.http.calls()
    }

    /// Whose credentials the requests carry.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The control plane of Data Fusion.
    pub fn fusion(&self) -> Fusion {
        Fusion::new(self.http.clone(), self.endpoints.data_fusion.clone())
    }

    /// A namespace of the CDAP behind an instance; `api` is [`Endpoints::cdap`] or the instance's own.
    pub fn cdap(&self, api: &Endpoint, namespace: &Namespace) -> Cdap {
        Cdap::new(self.http.clone(), api.clone(), namespace.clone())
    }

    /// BigQuery, with the project that pays for jobs and the location they run in.
    pub fn bigquery(&self, project: &ProjectId, location: &Location) -> BigQuery {
        let base = self.endpoints.bigquery.clone();
        BigQuery::new(self.http.clone(), base, project.clone(), location.clone())
    }

    /// Which APIs are on.
    pub fn services(&self) -> Services {
        Services::new(self.http.clone(), self.endpoints.services.clone())
    }

    /// Projects and their policies.
    pub fn projects(&self) -> Projects {
        Projects::new(self.http.clone(), self.endpoints.projects.clone())
    }

    /// Service accounts and their policies.
    pub fn accounts(&self) -> Accounts {
        Accounts::new(self.http.clone(), self.endpoints.accounts.clone())
    }

    /// Quotas and networks.
    pub fn compute(&self) -> Compute {
        Compute::new(self.http.clone(), self.endpoints.compute.clone())
    }

    /// Instances of Cloud SQL.
    pub fn databases(&self) -> Databases {
        Databases::new(self.http.clone(), self.endpoints.databases.clone())
    }

    /// Buckets.
    pub fn storage(&self) -> Storage {
        Storage::new(self.http.clone(), self.endpoints.storage.clone())
    }
}
