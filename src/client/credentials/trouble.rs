//! The errors of looking up tokens: which service it is, and what is done.

use crate::client::error::ClientError;
use domain::failure::FailureKind;
use domain::service::Service;
use std::time::Duration;

/// What is done, in the words of an error.
pub(super) const FETCHING: &str = "fetching a token";

pub(super) fn failed(kind: FailureKind, operation: &str, why: &str) -> ClientError {
    ClientError::new(kind, Service::Credentials, operation, why)
}

/// Nothing came in time.
pub(super) fn silent(operation: &str, limit: Duration) -> ClientError {
    let why = format!("no answer within {} s", limit.as_secs());
    failed(FailureKind::Unsent, operation, &why)
}

/// Somebody must change something first.
pub(super) fn refused(operation: &str, why: &str) -> ClientError {
    failed(FailureKind::Unauthorised, operation, why)
}
