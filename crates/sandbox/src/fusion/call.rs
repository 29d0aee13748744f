//! A request to the instance API: method, path, parameters and body.

use crate::api_error::ApiError;
use crate::params::Params;
use axum::body::Bytes;
use axum::http::{Method, Uri};
use serde_json::Value as Json;

/// The parts of a request.
pub(super) struct Call {
    pub method: String,
    /// `v1` or `v1beta1`.
    pub version: String,
    pub project: String,
    /// The path after `locations`.
    pub segments: Vec<String>,
    /// The custom method: `restart` in `…/instances/x:restart`.
    pub custom: String,
    pub params: Params,
    pub body: Json,
}

impl Call {
    pub fn parse(method: &Method, uri: &Uri, body: &Bytes) -> Result<Self, ApiError> {
        let decode = |part: &str| {
            percent_encoding::percent_decode_str(part)
                .decode_utf8_lossy()
                .into_owned()
        };
        let mut segments: Vec<String> = uri.path().split('/').skip(1).map(decode).collect();
        let mut custom = String::new();
        if let Some(last) = segments.last_mut()
            && let Some((name, verb)) = last.clone().split_once(':')
        {
            name.clone_into(last);
            verb.clone_into(&mut custom);
        }
        let body = if body.is_empty() {
            Json::Null
        } else {
            serde_json::from_slice(body)
                .map_err(|error| ApiError::invalid(format!("Invalid JSON payload received. {error}")))?
        };
        Ok(Self {
            method: method.to_string(),
            version: segments[0].clone(),
            project: segments[2].clone(),
            segments: segments.split_off(4),
            custom,
            params: Params::parse(uri.query().unwrap_or_default()),
            body,
        })
    }

    /// `v1beta1` has the state RUNNING instead of ACTIVE.
    pub fn is_beta(&self) -> bool {
        self.version == "v1beta1"
    }
}
