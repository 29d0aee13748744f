//! An answer of CDAP: status, headers and body exactly as a real server sends them.
//!
//! Most errors are plain text; a few are plain text under `application/json` (measured). Errors of the HTTP framework
//! have no content type and close the connection.

use super::encoding::Encoding;
use super::json::gson;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::convert::Infallible;

/// What a handler returns. The error is an answer too; it ends the handler early.
pub type Outcome = Result<Answer, Answer>;

/// One answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent property of how a real server sends it"
)]
pub struct Answer {
    status: u16,
    content_type: Option<&'static str>,
    body: Vec<u8>,
    close: bool,
    /// Sent in chunks, without a length.
    chunked: bool,
    /// Sent by the router in front of the services, which writes its headers in another order.
    router: bool,
    /// With `connection: keep-alive`, as services of apps send it.
    keep_alive: bool,
    /// `www-authenticate`
    authenticate: Option<String>,
}

const TEXT: &str = "text/plain; charset=utf-8";

/// The most bytes of a list: calls may ask for the same large item again and again.
const MAX_ANSWER: usize = 16 << 20;

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

    /// 200 with a list.
    ///
    /// # Errors
    /// It grows too large.
    pub fn list<T: Serialize>(items: impl Iterator<Item = T>) -> Outcome {
        let mut body = b"[".to_vec();
        for (at, item) in items.enumerate() {
            if at > 0 {
                body.push(b',');
            }
            body.extend(gson(&item));
            if body.len() > MAX_ANSWER {
                let text =
                    format!("An answer of more than {MAX_ANSWER} bytes is not supported by the sandbox.");
                return Err(Self::refuse(400, text));
            }
        }
        body.push(b']');
        Ok(Self::raw_json(body))
    }

    /// 200 with serialized JSON.
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
    pub fn not_found(what: &str) -> Self {
        Self::refuse(404, format!("'{what}' was not found."))
    }

    /// The answer with another sentence at its end.
    pub fn with_hint(mut self, hint: &str) -> Self {
        self.body.extend_from_slice(hint.as_bytes());
        self
    }

    /// A status with plain text under a JSON content type, as a few handlers send it.
    pub fn text_as_json(status: u16, text: &str) -> Self {
        Self {
            status,
            content_type: Some(JSON),
            body: text.as_bytes().to_vec(),
            ..Self::default()
        }
    }

    /// A status without a body.
    pub fn status_only(status: u16) -> Self {
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

    /// An answer of the router: the connection closes, and the content type is the last header (measured).
    pub fn router(status: u16, content_type: &'static str, text: impl Into<String>) -> Self {
        Self {
            content_type: Some(content_type),
            router: true,
            ..Self::framework(status, text)
        }
    }

    /// An error of the router: no content type, and the connection closes.
    pub fn router_error(status: u16, text: impl Into<String>) -> Self {
        Self {
            router: true,
            ..Self::framework(status, text)
        }
    }

    /// The same with a `www-authenticate` header.
    #[must_use]
    pub fn with_authenticate(self, authenticate: String) -> Self {
        Self {
            authenticate: Some(authenticate),
            ..self
        }
    }

    /// The same in chunks, as lists and logs are sent.
    #[must_use]
    pub fn chunked(self) -> Self {
        Self {
            chunked: true,
            ..self
        }
    }

    /// The same with `connection: close`.
    #[must_use]
    pub fn with_close(self) -> Self {
        Self { close: true, ..self }
    }

    /// The same with `connection: keep-alive` as the first header, as services of apps send it (measured).
    #[must_use]
    pub fn with_keep_alive(self) -> Self {
        Self {
            keep_alive: true,
            ..self
        }
    }

    /// As HTTP, compressed with `encoding`.
    pub fn respond(mut self, encoding: Option<Encoding>) -> Response {
        // An empty body is not compressed.
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
    pub fn with_content_type(self, content_type: &'static str) -> Self {
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
    pub fn body_text(&self) -> String {
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
        if self.keep_alive && !self.close {
            headers.insert(header::CONNECTION, HeaderValue::from_static("keep-alive"));
        }
        let authenticate = self
            .authenticate
            .and_then(|text| HeaderValue::from_str(&text).ok());
        headers.extend(authenticate.map(|value| (header::WWW_AUTHENTICATE, value)));
        if let Some(content_type) = self.content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if self.close && !self.router {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let body = if self.chunked {
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
