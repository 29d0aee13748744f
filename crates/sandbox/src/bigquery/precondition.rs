//! The `If-Match` of a request: a change is made only if the resource still has this etag.

use crate::body::header_text;
use axum::http::HeaderMap;
use googlesql::SqlError;

/// The reason of the error; its status is 412.
pub(super) const REASON: &str = "conditionNotMet";

/// What a resource's etag must be.
#[derive(Clone, Debug)]
pub(super) struct IfMatch(Option<String>);

impl IfMatch {
    /// Reads the header. Any etag will do without one, and with `*`.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let wanted = header_text(headers, "if-match").map(str::trim);
        Self(wanted.filter(|text| *text != "*").map(str::to_owned))
    }

    /// Refuses the change of a resource with another etag. Clients send etags in quotes and without.
    pub fn check(&self, etag: &str) -> Result<(), SqlError> {
        let is_met = self.0.as_ref().is_none_or(|wanted| {
            wanted
                .split(',')
                .any(|one| one.trim().trim_start_matches("W/").trim_matches('"') == etag)
        });
        if is_met {
            return Ok(());
        }
        Err(SqlError {
            reason: REASON.into(),
            message: "Precondition check failed.".into(),
        })
    }
}
