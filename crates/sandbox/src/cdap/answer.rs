//! An answer of CDAP: status, content type and body exactly as a real server sends them.
//!
//! Most errors are plain text; a few carry `application/json` and are plain text all the same
//! (measured). Framework errors have no content type and close the connection.

use super::encoding::Encoding;
use super::json::gson;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::convert::Infallible;

/// What a handler returns: an answer, or a refusal to answer early with.
pub type Outcome = Result<Answer, Answer>;

/// One answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one independent trait of how a real server sends it"
)]
pub struct Answer {
    status: u16,
    content_type: Option<&'static str>,
    body: Vec<u8>,
    close: bool,
    /// Sent in chunks, without its length.
    streamed: bool,
    /// Made by the router in front of the services, which writes its headers in another order.
    router: bool,
    /// Says that the connection stays open, as services of apps do.
    kept: bool,
    /// Who has to be asked for a token.
    authenticate: Option<String>,
}

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

impl Answer {
    /// 200 with no body and no content type.
    pub fn empty() -> Self {
        Self {
            status: 200,
            ..Self::default()
        }
    }

    /// 200 with JSON as Gson writes it.
    pub fn json(value: &impl Serialize) -> Self {
        Self {
            status: 200,
            content_type: Some(JSON),
            body: gson(value),
            ..Self::default()
        }
    }

    /// 200 with JSON that is ready.
    pub fn raw_json(body: Vec<u8>) -> Self {
        Self {
            status: 200,
            content_type: Some(JSON),
            body,
            ..Self::default()
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
            ..Self::default()
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
            ..Self::default()
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
            body: text.into().into_bytes(),
            close: true,
            ..Self::default()
        }
    }

    /// An answer of the router itself: the connection closes, and the type comes last (measured).
    pub fn router(status: u16, content_type: &'static str, text: impl Into<String>) -> Self {
        Self {
            content_type: Some(content_type),
            router: true,
            ..Self::framework(status, text)
        }
    }

    /// An error of the router: no content type, and the connection closes after the length is told.
    pub fn router_error(status: u16, text: impl Into<String>) -> Self {
        Self {
            router: true,
            ..Self::framework(status, text)
        }
    }

    /// The same with a `www-authenticate` header.
    #[must_use]
    pub fn asking(self, authenticate: String) -> Self {
        Self {
            authenticate: Some(authenticate),
            ..self
        }
    }

    /// The same in chunks, as lists and logs are sent.
    #[must_use]
    pub fn streamed(self) -> Self {
        Self {
            streamed: true,
            ..self
        }
    }

    /// The same with the end of the connection, as a client asks for it.
    #[must_use]
    pub fn closing(self) -> Self {
        Self { close: true, ..self }
    }

    /// The same from a service of an app: with `connection: keep-alive` first (measured).
    #[must_use]
    pub fn kept(self) -> Self {
        Self { kept: true, ..self }
    }

    /// As HTTP, compressed if the client wants that.
    pub fn respond(mut self, encoding: Option<Encoding>) -> Response {
        // A body that is empty stays so: there is nothing to compress.
        let encoding = encoding.filter(|_| !self.body.is_empty() && !self.router);
        if let Some(encoding) = encoding {
            self.body = encoding.encode(&self.body);
        }
        let mut response = self.into_response();
        if let Some(encoding) = encoding {
            let value = HeaderValue::from_static(encoding.name());
            response.headers_mut().insert(header::CONTENT_ENCODING, value);
        }
        response
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
    /// Headers in the order in which a real server writes them.
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        if self.router {
            headers.insert(header::CONTENT_LENGTH, self.body.len().into());
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if self.kept && !self.close {
            headers.insert(header::CONNECTION, HeaderValue::from_static("keep-alive"));
        }
        let asked = self
            .authenticate
            .and_then(|text| HeaderValue::from_str(&text).ok());
        headers.extend(asked.map(|value| (header::WWW_AUTHENTICATE, value)));
        if let Some(content_type) = self.content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if self.close && !self.router {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let body = if self.streamed {
            Body::from_stream(futures_util::stream::iter([Ok::<_, Infallible>(self.body)]))
        } else {
            Body::from(self.body)
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = headers;
        response
    }
}
