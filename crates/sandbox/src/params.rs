//! Query parameters, which all of Google's APIs read alike: unknown ones are ignored, and an empty value is no value.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::convert::Infallible;
use std::str::FromStr;

/// Query parameters, in order.
#[derive(Debug)]
pub(crate) struct Params(Vec<(String, String)>);

/// A parameter whose value cannot be parsed.
#[derive(Debug)]
pub(crate) struct InvalidParam {
    pub name: String,
    pub value: String,
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Params {
    /// Reads a query string, or a form, which is written in the same way.
    pub fn parse(query: &str) -> Self {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        Self(pairs.into_owned().collect())
    }

    /// The first value of this parameter.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The values of a parameter that may be repeated.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let matches = move |(known, value): &&(String, String)| known == name && !value.is_empty();
        self.0.iter().filter(matches).map(|(_, value)| value.as_str())
    }

    pub fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, InvalidParam> {
        let parse = |value: &str| {
            value.parse().map_err(|_| InvalidParam {
                name: name.to_owned(),
                value: value.to_owned(),
            })
        };
        self.text(name).map(parse).transpose()
    }

    pub fn is_true(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }
}
