//! The services that Downbeat calls.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A service whose answers are awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Google's instance API, `datafusion.googleapis.com`.
    DataFusion,
    /// The CDAP server inside the instance.
    Cdap,
    /// `bigquery.googleapis.com`.
    BigQuery,
    /// Which APIs are on, `serviceusage.googleapis.com`.
    ServiceUsage,
    /// The project and its policy, `cloudresourcemanager.googleapis.com`.
    ResourceManager,
    /// Service accounts and their policies, `iam.googleapis.com`.
    Iam,
    /// Buckets, `storage.googleapis.com`.
    Storage,
    /// Quotas and networks, `compute.googleapis.com`.
    Compute,
    /// Cloud SQL, `sqladmin.googleapis.com`.
    CloudSql,
    /// Google's token servers, the metadata server, or `gcloud`.
    Credentials,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::DataFusion => "Data Fusion",
            Self::Cdap => "CDAP",
            Self::BigQuery => "BigQuery",
            Self::ServiceUsage => "Service Usage",
            Self::ResourceManager => "Resource Manager",
            Self::Iam => "IAM",
            Self::Storage => "Cloud Storage",
            Self::Compute => "Compute Engine",
            Self::CloudSql => "Cloud SQL",
            Self::Credentials => "Google credentials",
        })
    }
}
