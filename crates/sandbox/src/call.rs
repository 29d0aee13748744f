//! A request to one of the APIs that control the project and its instances: what is named, the custom method, parameters
//! and body.

use crate::api_error::ApiError;
use crate::body::{self, BodyError};
use crate::params::Params;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};
use serde_json::Value as Json;

/// The parts of a request.
pub(crate) struct Call {
    pub method: String,
    /// `v1`, `v1beta1`, `v3`.
    pub version: String,
    /// After `projects/`; empty if the path has none.
    pub project: String,
    /// What follows: `services`, `locations` ...; of `/v1/operations/O` all after the version.
    pub segments: Vec<String>,
    /// The custom method: `restart` in `…/instances/x:restart`.
    pub custom: String,
    pub params: Params,
    pub body: Json,
}

impl Call {
    pub fn parse(method: &Method, uri: &Uri, body: &Bytes) -> Result<Self, ApiError> {
        let decode = |part: &str| {
            let part = percent_encoding::percent_decode_str(part);
            part.decode_utf8_lossy().into_owned()
        };
        let mut parts = uri.path().split('/').skip(1).map(decode);
        let version = parts.next().unwrap_or_default();
        let mut segments: Vec<String> = parts.collect();
        let mut custom = String::new();
        if let Some(last) = segments.last_mut()
            && let Some((name, verb)) = last.clone().rsplit_once(':')
        {
            name.clone_into(last);
            verb.clone_into(&mut custom);
        }
        let mut project = String::new();
        if segments.len() > 1 && segments[0] == "projects" {
            project = segments.remove(1);
            segments.remove(0);
        }
        let body = if body.is_empty() {
            Json::Null
        } else {
            match body::json(&HeaderMap::new(), body) {
                Ok(json) => json,
                Err(BodyError::Format(text)) => return Err(ApiError::invalid(text)),
                Err(BodyError::Syntax(text)) => {
                    return Err(ApiError::invalid(format!(
                        "Invalid JSON payload received. {text}"
                    )));
                }
            }
        };
        Ok(Self {
            method: method.to_string(),
            version,
            project,
            segments,
            custom,
            params: Params::parse(uri.query().unwrap_or_default()),
            body,
        })
    }

    /// `v1beta1` of the instances has the state RUNNING instead of ACTIVE.
    pub fn is_beta(&self) -> bool {
        self.version == "v1beta1"
    }

    /// What an API says of a path that it does not have.
    pub fn unknown(&self) -> ApiError {
        let mut path = self.segments.join("/");
        if !self.custom.is_empty() {
            path = format!("{path}:{}", self.custom);
        }
        ApiError::not_found(&path)
    }
}
