//! The query parameters of a request. Unknown parameters are ignored, as at Google.

use super::error::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use pipelines::bucket::Conditions;
use std::convert::Infallible;

/// The query parameters of a URL, in order.
#[derive(Debug)]
pub(super) struct Params(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Params {
    pub fn parse(query: &str) -> Self {
        Self(
            url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// The first value of this parameter; absent and empty are the same.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let matches = move |(known, value): &&(String, String)| known == name && !value.is_empty();
        self.0.iter().filter(matches).map(|(_, value)| value.as_str())
    }

    pub fn number(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let parse = |text: &str| {
            let invalid = |_| ApiError::invalid(format!("Invalid value for '{name}': {text}"));
            text.parse().map_err(invalid)
        };
        self.text(name).map(parse).transpose()
    }

    pub fn is_true(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// The preconditions on the object or bucket of the request.
    pub fn conditions(&self) -> Result<Conditions, ApiError> {
        self.conditions_named("generation", "if")
    }

    /// The preconditions on the object that is copied.
    pub fn source_conditions(&self) -> Result<Conditions, ApiError> {
        self.conditions_named("sourceGeneration", "ifSource")
    }

    /// The preconditions on the object that is written; `generation` is not one of them.
    pub fn target_conditions(&self) -> Result<Conditions, ApiError> {
        self.conditions_named("", "if")
    }

    fn conditions_named(&self, generation: &str, start: &str) -> Result<Conditions, ApiError> {
        Ok(Conditions {
            generation: self.number(generation)?,
            generation_match: self.number(&format!("{start}GenerationMatch"))?,
            generation_not_match: self.number(&format!("{start}GenerationNotMatch"))?,
            metageneration_match: self.number(&format!("{start}MetagenerationMatch"))?,
            metageneration_not_match: self.number(&format!("{start}MetagenerationNotMatch"))?,
        })
    }
}
