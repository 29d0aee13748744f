//! A request to an API of the project: what is named, the custom method, parameters and body.

use super::ApiError;
use crate::params::Params;
use axum::body::Bytes;
use axum::http::{Method, Uri};
use serde_json::Value as Json;

/// The parts of a request.
pub(super) struct Call {
    pub method: String,
    /// After `projects/`, if the path has it.
    pub project: Option<String>,
    /// What follows: `services`, `serviceAccounts`; of `/v1/operations/O` all after the version.
    pub segments: Vec<String>,
    /// `enable` in `…/services/X:enable`.
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
        let mut segments: Vec<String> = uri.path().split('/').skip(2).map(decode).collect();
        let mut custom = String::new();
        if let Some(last) = segments.last_mut()
            && let Some((name, verb)) = last.clone().rsplit_once(':')
        {
            name.clone_into(last);
            verb.clone_into(&mut custom);
        }
        let project = (segments.first().is_some_and(|word| word == "projects") && segments.len() > 1)
            .then(|| segments.drain(..2).nth(1))
            .flatten();
        let body = if body.is_empty() {
            Json::Null
        } else {
            serde_json::from_slice(body)
                .map_err(|error| ApiError::invalid(format!("Invalid JSON payload received. {error}")))?
        };
        Ok(Self {
            method: method.to_string(),
            project,
            segments,
            custom,
            params: Params::parse(uri.query().unwrap_or_default()),
            body,
        })
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
