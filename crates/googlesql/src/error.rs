//! Why a statement was refused, in BigQuery's words.

use rusqlite::ErrorCode;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The reason of a transaction that met another one: clients run such a job again.
const CONFLICT: &str = "backendError";

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

    /// The statement was cancelled.
    pub(crate) fn stopped() -> Self {
        Self {
            reason: "stopped".into(),
            message: "Job execution was cancelled: User requested cancellation".into(),
        }
    }

    /// The statement needs more than it may have.
    pub(crate) fn exceeded(what: &str) -> Self {
        Self {
            reason: "resourcesExceeded".into(),
            message: format!("Resources exceeded during query execution: {what}"),
        }
    }

    /// The rows do not fit their table.
    pub fn bad_data(message: impl Into<String>) -> Self {
        Self {
            reason: "invalid".into(),
            message: message.into(),
        }
    }

    /// Whether another transaction wrote, or is writing, what this one wants to change.
    pub(crate) fn is_conflict(&self) -> bool {
        self.reason == CONFLICT
    }

    /// The storage failed, not the statement.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self {
            reason: "internalError".into(),
            message: message.into(),
        }
    }

    pub(crate) fn syntax(sql: &str, at: usize, what: &str) -> Self {
        Self::invalid(format!("Syntax error: {what} at {}", line_and_column(sql, at)))
    }

    pub(crate) fn unsupported(sql: &str, at: usize, construct: &str) -> Self {
        Self::invalid(format!(
            "{construct} is not supported by the sandbox at {}",
            line_and_column(sql, at)
        ))
    }
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        let failed = Self::internal(format!("The sandbox's storage failed: {error}"));
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy) => Self {
                reason: CONFLICT.into(),
                ..failed
            },
            _ => failed,
        }
    }
}

/// `[line:column]` of a byte of the statement, both counted from 1.
pub(crate) fn line_and_column(sql: &str, at: usize) -> String {
    let before = sql.get(..at).unwrap_or(sql);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("[{line}:{column}]")
}
