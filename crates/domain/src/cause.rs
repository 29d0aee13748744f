//! Causes that a service names in its own words, whatever was asked of it, and what to do about each.
//!
//! One table for the answers of services and for the reasons of failed pipeline runs. The texts are those of real
//! services. A text that matches no row says nothing about its cause.

mod table;

#[cfg(test)]
mod tests;

use crate::failure::FailureKind;
use std::borrow::Cow;
use table::CAUSES;

/// A cause that was recognised.
#[derive(Debug, PartialEq, Eq)]
pub struct Cause {
    /// What it means for the next step.
    pub kind: FailureKind,
    /// What to do about it, whatever the text names.
    remedy: &'static str,
    /// Google's reasons for it.
    reasons: &'static [&'static str],
    /// Texts that name it; every part of one must occur.
    texts: &'static [&'static [&'static str]],
}

impl Cause {
    /// What names it, in Markdown: each of Google's reasons, and each text with `…` for what is left out.
    pub fn messages(&self) -> Vec<String> {
        let texts = self.texts.iter().map(|parts| parts.join("…"));
        let reasons = self.reasons.iter().map(|reason| (*reason).to_owned());
        texts.chain(reasons).map(|text| format!("`{text}`")).collect()
    }
}

/// All causes, the first that fits first.
pub fn all() -> impl Iterator<Item = &'static Cause> {
    CAUSES.iter()
}

/// The cause that a reason or a text names.
pub fn named(reason: Option<&str>, text: &str) -> Option<&'static Cause> {
    let by_reason = |cause: &&Cause| reason.is_some_and(|reason| cause.reasons.contains(&reason));
    let by_text = |cause: &&Cause| {
        let mut texts = cause.texts.iter();
        texts.any(|parts| parts.iter().all(|part| text.contains(part)))
    };
    let found = CAUSES.iter().find(by_reason);
    found.or_else(|| CAUSES.iter().find(by_text))
}

impl Cause {
    /// What to do about it. Where the text names an API that is off, the command names it too.
    pub fn remedy(&self, text: &str) -> Cow<'static, str> {
        if self.reasons.contains(&"SERVICE_DISABLED")
            && let Some((api, project)) = disabled_api(text)
        {
            return format!(
                "Enable the API (gcloud services enable {api} --project={project}), wait a minute, and try again."
            )
            .into();
        }
        self.remedy.into()
    }
}

/// The API that is off, and its project, of the page that Google's text says to visit. Both are words of a command: what is
/// not plain is not taken.
pub fn disabled_api(text: &str) -> Option<(&str, &str)> {
    let (api, rest) = text.split_once("/apis/api/")?.1.split_once('/')?;
    let project = rest.split_once("project=")?.1;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':');
    let end = project.find(|c| !is_plain(c)).unwrap_or(project.len());
    let project = &project[..end];
    let is_word =
        |word: &str| word.starts_with(|c: char| c.is_ascii_alphanumeric()) && word.chars().all(is_plain);
    (is_word(api) && api.ends_with(".googleapis.com") && is_word(project)).then_some((api, project))
}
