//! Compute Engine: the quotas of a region, and whether a network is there. The clusters of the runs need both.

use super::endpoints::Endpoint;
use super::error::ClientError;
use super::http::{Http, Request};
use domain::doctor::Quota;
use domain::id::ProjectId;
use domain::service::Service;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Calls Compute Engine.
#[derive(Clone, Debug)]
pub struct Compute {
    http: Http,
    base: Endpoint,
}

#[derive(Deserialize)]
struct Region {
    #[serde(default)]
    quotas: Vec<WireQuota>,
}

#[derive(Deserialize)]
struct WireQuota {
    metric: String,
    limit: f64,
    #[serde(default)]
    usage: f64,
}

impl Compute {
    pub(super) fn new(http: Http, base: Endpoint) -> Self {
        Self { http, base }
    }

    /// `regions.get`: the quotas of a region.
    ///
    /// # Errors
    /// As every call; 404 when there is no such region.
    pub async fn quotas(&self, project: &ProjectId, region: &str) -> Result<Vec<Quota>, ClientError> {
        let url = self
            .base
            .join(&["compute", "v1", "projects", project.as_str(), "regions", region])?;
        let operation = format!("asking for the quotas of {region}");
        let found: Region = self
            .http
            .json(Request::get(Service::Compute, operation, url))
            .await?;
        let quotas = found.quotas.into_iter().map(|quota| Quota {
            metric: quota.metric,
            limit: quota.limit,
            usage: quota.usage,
        });
        Ok(quotas.collect())
    }

    /// `networks.get`: whether the project has a network of this name.
    ///
    /// # Errors
    /// As every call.
    pub async fn has_network(&self, project: &ProjectId, network: &str) -> Result<bool, ClientError> {
        let head = ["compute", "v1", "projects", project.as_str()];
        let url = self
            .base
            .join(&[&head[..], &["global", "networks", network]].concat())?;
        let operation = format!("looking up the network {network}");
        let request = Request::get(Service::Compute, operation, url);
        match self.http.json::<IgnoredAny>(request).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Script, Step, ok};

    #[tokio::test]
    async fn quotas_and_networks_are_read() {
        let missing = r#"{"error":{"code":404,"message":"The resource 'projects/p/global/networks/default' was not found","errors":[{"message":"x","domain":"global","reason":"notFound"}]}}"#;
        let script = Script::serve([
            ok(r#"{"name":"us-west1","quotas":[{"metric":"CPUS","limit":24.0,"usage":6.0},{"metric":"DISKS_TOTAL_GB","limit":4096.0}]}"#),
            ok(r#"{"name":"default"}"#),
            Step::Say(404, missing.into()),
        ])
        .await;
        let compute = script.client().compute();
        let quotas = compute.quotas(&"p".into(), "us-west1").await.unwrap();
        let numbers: Vec<_> = quotas.iter().map(|quota| (quota.limit, quota.usage)).collect();
        assert_eq!(numbers, [(24.0, 6.0), (4096.0, 0.0)]);
        assert_eq!(compute.has_network(&"p".into(), "default").await, Ok(true));
        assert_eq!(compute.has_network(&"p".into(), "default").await, Ok(false));
        let lines: Vec<_> = script.seen().into_iter().map(|seen| seen.line).collect();
        assert_eq!(lines[0], "GET /compute/v1/projects/p/regions/us-west1 HTTP/1.1");
        assert_eq!(
            lines[1],
            "GET /compute/v1/projects/p/global/networks/default HTTP/1.1"
        );
    }
}
