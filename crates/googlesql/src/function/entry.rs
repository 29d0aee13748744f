//! What the tables of functions consist of.

use crate::value::Value;

/// What a function can use besides its arguments.
pub(crate) struct Context<'c> {
    /// The statement's time, in microseconds since 1970.
    pub now: i64,
    pub project: &'c str,
}

/// Computes a function's value.
///
/// # Errors
/// A message in BigQuery's words.
pub(crate) type Compute = fn(&[Value], &Context<'_>) -> Result<Value, String>;

/// Name, signature and computation.
pub(super) type Entry = (&'static str, &'static str, Compute);
