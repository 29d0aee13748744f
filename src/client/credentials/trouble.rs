//! The errors of looking up tokens: which service it is, and what is done.

use crate::client::error::ClientError;
use domain::failure::FailureKind;
use domain::service::Service;

/// What is done, in the words of an error.
pub(super) const FETCHING: &str = "fetching a token";

pub(super) fn failed(kind: FailureKind, operation: &str, why: &str) -> ClientError {
    ClientError::new(kind, Service::Credentials, operation, why)
}

/// Somebody must change something first.
pub(super) fn refused(operation: &str, why: &str) -> ClientError {
    failed(FailureKind::Unauthorised, operation, why)
}
