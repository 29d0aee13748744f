//! An answer of CDAP: status, content type and body exactly as a real server sends them.
//!
//! Most errors are plain text; a few carry `application/json` and are plain text all the same
//! (measured). Framework errors have no content type and close the connection.

use super::json::gson;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// What a handler returns: an answer, or a refusal to answer early with.
pub type Outcome = Result<Answer, Answer>;

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    content_type: Option<&'static str>,
    body: Vec<u8>,
    close: bool,
}

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

impl Answer {
    /// 200 with no body and no content type.
    pub fn empty() -> Self {
        Self {
            status: 200,
            content_type: None,
            body: Vec::new(),
            close: false,
        }
    }

    /// 200 with JSON as Gson writes it.
    pub fn json(value: &impl Serialize) -> Self {
        Self {
            status: 200,
            content_type: Some(JSON),
            body: gson(value),
            close: false,
        }
    }

    /// 200 with JSON that is ready.
    pub fn raw_json(body: Vec<u8>) -> Self {
        Self {
            status: 200,
            content_type: Some(JSON),
            body,
            close: false,
        }
    }

    /// 200 with plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::refuse(200, text)
    }

    /// A status with plain text: what most errors are.
    pub fn refuse(status: u16, text: impl Into<String>) -> Self {
        let body = text.into().into_bytes();
        Self {
            status,
            content_type: Some(TEXT),
            body,
            close: false,
        }
    }

    /// 404 with `'what' was not found.`
    pub fn missing(what: &str) -> Self {
        Self::refuse(404, format!("'{what}' was not found."))
    }

    /// A status with bare text under a JSON content type, as a few handlers do.
    pub fn bare(status: u16, text: &str) -> Self {
        Self {
            status,
            content_type: Some(JSON),
            body: text.as_bytes().to_vec(),
            close: false,
        }
    }

    /// An empty answer with this status.
    pub fn hollow(status: u16) -> Self {
        Self {
            status,
            ..Self::empty()
        }
    }

    /// An error of the framework: no content type, and the connection closes.
    pub fn framework(status: u16, text: impl Into<String>) -> Self {
        Self {
            status,
            content_type: None,
            body: text.into().into_bytes(),
            close: true,
        }
    }

    /// The same under another content type.
    #[must_use]
    pub fn typed(self, content_type: &'static str) -> Self {
        Self {
            content_type: Some(content_type),
            ..self
        }
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body as text.
    pub fn words(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if let Some(content_type) = self.content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if self.close {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
