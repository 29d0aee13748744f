//! What a request asks for beside its path. Unknown parameters are ignored, as Google does.

use super::fault::Fault;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use pipelines::bucket::Conditions;
use std::convert::Infallible;

/// The query parameters of a URL, in order.
#[derive(Debug)]
pub(super) struct Asked(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts.uri.query().unwrap_or_default()))
    }
}

impl Asked {
    pub fn of(query: &str) -> Self {
        Self(
            url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// The value of this parameter, unless it is absent or empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let wanted = move |(known, value): &&(String, String)| known == name && !value.is_empty();
        self.0.iter().filter(wanted).map(|(_, value)| value.as_str())
    }

    pub fn number(&self, name: &str) -> Result<Option<i64>, Fault> {
        let read = |text: &str| {
            let wrong = |_| Fault::invalid(format!("Invalid value for '{name}': {text}"));
            text.parse().map_err(wrong)
        };
        self.text(name).map(read).transpose()
    }

    pub fn is_true(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// What must hold of the object that the call is about.
    pub fn conditions(&self) -> Result<Conditions, Fault> {
        self.conditions_of("generation", "if")
    }

    /// What must hold of the object that is copied.
    pub fn source_conditions(&self) -> Result<Conditions, Fault> {
        self.conditions_of("sourceGeneration", "ifSource")
    }

    /// What must hold of the object that is written, of which `generation` says nothing.
    pub fn target_conditions(&self) -> Result<Conditions, Fault> {
        self.conditions_of("", "if")
    }

    fn conditions_of(&self, generation: &str, start: &str) -> Result<Conditions, Fault> {
        Ok(Conditions {
            generation: self.number(generation)?,
            generation_match: self.number(&format!("{start}GenerationMatch"))?,
            generation_not_match: self.number(&format!("{start}GenerationNotMatch"))?,
            metageneration_match: self.number(&format!("{start}MetagenerationMatch"))?,
            metageneration_not_match: self.number(&format!("{start}MetagenerationNotMatch"))?,
        })
    }
}
