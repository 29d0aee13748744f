//! One request to CDAP: the parameters of its path and query, its headers and its body.

use super::Cdap;
use super::answer::Answer;
use super::json::{Ordered, syntax_class, syntax_error};
use super::program::{ProgramKind, ProgramRef};
use axum::body::Bytes;
use axum::http::HeaderMap;
use std::sync::Arc;

/// A request with its matched path.
#[derive(Debug)]
pub struct Call {
    /// The server.
    pub cdap: Arc<Cdap>,
    /// `GET`, `PUT`, …
    pub method: String,
    /// Path and query as they were sent, without `/api`.
    pub uri: String,
    /// The parameters of the path.
    pub path_params: Vec<(&'static str, String)>,
    /// The parameters of the query, in order.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Call {
    /// A parameter of the path; empty if the pattern has none of this name.
    pub fn path_param(&self, name: &str) -> &str {
        self.path_params
            .iter()
            .find(|(key, _)| *key == name)
            .map_or("", |(_, value)| value)
    }

    /// The first value of a parameter of the query.
    pub fn query_param(&self, name: &'static str) -> Option<&str> {
        self.query_params(name).next()
    }

    /// All values of a parameter of the query.
    pub fn query_params(&self, name: &'static str) -> impl Iterator<Item = &str> {
        self.query
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The 500 for a parameter of the wrong type.
    pub fn bad_parameter(&self) -> Answer {
        Answer::framework(
            500,
            format!("Error in executing request: {} {}", self.method, self.uri),
        )
    }

    /// A whole number; `default` if the parameter is absent.
    pub fn query_integer(&self, name: &'static str, default: i64) -> Result<i64, Answer> {
        match self.query_param(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| self.bad_parameter()),
        }
    }

    /// The text of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The namespace of the path.
    pub fn namespace(&self) -> &str {
        self.path_param("namespace")
    }

    /// The program of the path. An unknown type is answered with `status` (400 mostly, 500 for logs).
    pub fn program(&self, status: u16) -> Result<ProgramRef, Answer> {
        let kind = ProgramKind::from_category(self.path_param("type")).ok_or_else(|| {
            let text = ProgramKind::unknown_category(self.path_param("type"), self.cdap.personality());
            Answer::refuse(status, text)
        })?;
        Ok(ProgramRef {
            namespace: self.namespace().to_owned(),
            app: self.path_param("app").to_owned(),
            kind,
            name: self.path_param("program").to_owned(),
        })
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; the error is Gson's text and its Java class.
    pub fn json(&self) -> Result<Ordered, (String, &'static str)> {
        let text = self.text();
        serde_json::from_str(&text).map_err(|error| (syntax_error(&text, &error), syntax_class(&error)))
    }
}
