//! A request that changed something, as it is told to people: without its body, its query and its headers, where secrets
//! may be.

use crate::service::Service;

/// One request to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceCall {
    /// The service.
    pub service: Service,
    /// What it was for: `starting cdf_mysql_to_bigquery`.
    pub operation: String,
    /// `POST`.
    pub method: String,
    /// The path of its address.
    pub path: String,
    /// Why it failed, or why it is not known what it did; nothing if it was done.
    pub failure: Option<String>,
}
