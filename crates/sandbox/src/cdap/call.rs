//! One request to CDAP: the parts of its path, its parameters, its body, and whom it is for.

use super::Cdap;
use super::answer::Answer;
use super::json::{Ordered, syntax_class, syntax_error};
use super::program::{ProgramKind, ProgramRef};
use axum::body::Bytes;
use axum::http::HeaderMap;
use std::sync::Arc;

/// A request that has found its handler.
#[derive(Debug)]
pub struct Call {
    /// The server.
    pub cdap: Arc<Cdap>,
    /// `GET`, `PUT`, …
    pub method: String,
    /// Path and query as they were sent, without `/api`.
    pub uri: String,
    /// The variable parts of the path.
    pub parts: Vec<(&'static str, String)>,
    /// The query's parameters in order.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Call {
    /// A variable part of the path; empty when the pattern has none of that name.
    pub fn part(&self, name: &str) -> &str {
        self.parts
            .iter()
            .find(|(key, _)| *key == name)
            .map_or("", |(_, value)| value)
    }

    /// The first value of a parameter.
    pub fn parameter(&self, name: &'static str) -> Option<&str> {
        self.parameters(name).next()
    }

    /// All values of a parameter.
    pub fn parameters(&self, name: &'static str) -> impl Iterator<Item = &str> {
        self.query
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The framework's answer to a parameter of the wrong type.
    pub fn unconvertible(&self) -> Answer {
        Answer::framework(
            500,
            format!("Error in executing request: {} {}", self.method, self.uri),
        )
    }

    /// A whole number, or `default` when the parameter is absent.
    pub fn number(&self, name: &'static str, default: i64) -> Result<i64, Answer> {
        match self.parameter(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| self.unconvertible()),
        }
    }

    /// The text of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The namespace of the path.
    pub fn namespace(&self) -> &str {
        self.part("namespace")
    }

    /// The program of the path. A wrong type word is `status` (400 mostly, 500 for logs).
    pub fn program(&self, status: u16) -> Result<ProgramRef, Answer> {
        let kind = ProgramKind::from_category(self.part("type")).ok_or_else(|| {
            let text = ProgramKind::unknown_category(self.part("type"), self.cdap.personality());
            Answer::refuse(status, text)
        })?;
        Ok(ProgramRef {
            namespace: self.namespace().to_owned(),
            app: self.part("app").to_owned(),
            kind,
            name: self.part("program").to_owned(),
        })
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; the error is Gson's text and the Java class that carries it.
    pub fn json(&self) -> Result<Ordered, (String, &'static str)> {
        let text = self.text();
        serde_json::from_str(&text).map_err(|error| (syntax_error(&text, &error), syntax_class(&error)))
    }
}
