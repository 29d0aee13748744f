//! Datasets, and statements that define tables and views.

use super::{BigQuery, get};
use crate::client::error::ClientError;
use crate::client::http::Request;
use domain::service::Service;
use domain::warehouse::DatasetAddress;
use serde::Deserialize;
use serde_json::{Value, json};

/// A dataset, reduced.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Dataset {
    /// `US`, `EU`, `us-west1`. Jobs on its tables run there.
    #[serde(default)]
    pub location: String,
}

impl BigQuery {
    /// `datasets.get`, in any project; `None` if there is none of this name.
    ///
    /// # Errors
    /// As every call.
    pub async fn dataset(&self, address: &DatasetAddress) -> Result<Option<Dataset>, ClientError> {
        let DatasetAddress { project, dataset } = address;
        let url = self.url_in(project, &["datasets", dataset])?;
        match self
            .http
            .json(get(format!("describing the dataset {dataset}"), url))
            .await
        {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `datasets.insert`: a dataset in the location of the jobs. One that is there is left as it is.
    ///
    /// # Errors
    /// As every call.
    pub async fn create_dataset(&self, address: &DatasetAddress) -> Result<(), ClientError> {
        let DatasetAddress { project, dataset } = address;
        let body = json!({
            "datasetReference": {"projectId": project, "datasetId": dataset},
            "location": self.location.as_str(),
        });
        let operation = format!("making the dataset {dataset}");
        let url = self.url_in(project, &["datasets"])?;
        let request = Request::post(Service::BigQuery, operation, url, Some(&body)).changing();
        match self.http.json::<Value>(request).await {
            Err(error) if error.service_status() == Some(409) => Ok(()),
            answer => answer.map(|_| ()),
        }
    }
}
