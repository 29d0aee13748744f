//! What BigQuery says when a statement cannot be run: reason and message in its words.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A refused statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct SqlError {
    /// `invalidQuery`, `notFound`, `duplicate`, `invalid`, `accessDenied` …
    pub reason: Cow<'static, str>,
    /// The message, as BigQuery words it.
    pub message: String,
}

impl SqlError {
    /// The statement is wrong or not supported.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self {
            reason: "invalidQuery".into(),
            message: message.into(),
        }
    }

    /// Something that the statement names does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self {
            reason: "notFound".into(),
            message: message.into(),
        }
    }

    /// Somebody cancelled it.
    pub fn stopped() -> Self {
        Self {
            reason: "stopped".into(),
            message: "Job execution was cancelled: User requested cancellation".into(),
        }
    }

    /// What a load job cannot take.
    pub fn bad_data(message: impl Into<String>) -> Self {
        Self {
            reason: "invalid".into(),
            message: message.into(),
        }
    }

    pub(super) fn syntax(sql: &str, at: usize, what: &str) -> Self {
        Self::invalid(format!("Syntax error: {what} at {}", place(sql, at)))
    }

    pub(super) fn unsupported(sql: &str, at: usize, construct: &str) -> Self {
        Self::invalid(format!(
            "{construct} is not supported by the sandbox at {}",
            place(sql, at)
        ))
    }
}

/// `[line:column]`, both counted from 1.
pub(super) fn place(sql: &str, at: usize) -> String {
    let before = sql.get(..at).unwrap_or(sql);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("[{line}:{column}]")
}
