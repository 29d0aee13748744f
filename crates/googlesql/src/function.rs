//! The scalar functions: tables of names, signatures and what they compute.
//!
//! A signature reads as in the GoogleSQL reference: `STRING INT64 INT64? -> STRING`.
//!
//! ```text
//! INT64       that type                 ?   may be left out
//! T           any type, always the same *   any number of times
//! N           INT64, NUMERIC or FLOAT64 !   at the start: takes NULLs; without it NULL in is NULL out
//! ANY         any type
//! ```
//!
//! The first signature that the arguments match is taken, so narrow ones come before wide ones. Functions whose arguments
//! are not all evaluated (IF, COALESCE …) are in `analysis::call`, aggregates and window functions in `execution`.

#![expect(
    clippy::unnecessary_wraps,
    reason = "all functions of the tables have one type"
)]

mod argument;
pub(crate) mod arithmetic;
mod array;
mod calendar;
mod concat;
mod entry;
mod format;
mod hash;
pub(crate) mod json;
mod number;
mod pattern;
mod text;
mod time;
mod time_format;
pub(crate) mod unsupported;

pub(crate) use entry::{Compute, Context};

use entry::Entry;

/// The types of signatures that are not types of GoogleSQL.
pub(crate) const T: &str = "T";
pub(crate) const NUMBER: &str = "N";
pub(crate) const ARRAY_OF_T: &str = "ARRAY<T>";
pub(crate) const ANY: &str = "ANY";

/// A function with one of its signatures.
pub(crate) struct Function {
    /// Without the `!`.
    pub signature: &'static str,
    pub compute: Compute,
    /// Whether it is called with NULLs; otherwise a NULL argument makes the value NULL.
    pub takes_null: bool,
}

fn entries() -> impl Iterator<Item = &'static Entry> {
    [
        concat::TABLE,
        text::TABLE,
        format::TABLE,
        number::TABLE,
        time::TABLE,
        time_format::TABLE,
        calendar::TABLE,
        array::TABLE,
        json::TABLE,
        hash::TABLE,
        pattern::TABLE,
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    entries().map(|(name, ..)| *name)
}

/// Whether there is a function of this name, in capitals.
pub(crate) fn is_known(name: &str) -> bool {
    entries().any(|(known, ..)| *known == name)
}

/// The function of this name, in capitals, once for each of its signatures.
pub(crate) fn with_name(name: &str) -> impl Iterator<Item = Function> {
    entries()
        .filter(move |(known, ..)| *known == name)
        .map(|(_, signature, compute)| Function {
            signature: signature.trim_start_matches('!'),
            compute: *compute,
            takes_null: signature.starts_with('!'),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax;

    #[test]
    fn every_signature_has_known_types() {
        for (name, signature, _) in entries() {
            let (left, result) = signature.trim_start_matches('!').split_once("->").unwrap();
            for word in left.split_whitespace().chain([result.trim()]) {
                let kind = word.trim_end_matches(['?', '*']);
                let free = [T, NUMBER, ARRAY_OF_T, ANY].contains(&kind);
                assert!(free || syntax::kind(kind).is_ok(), "{name}: {signature}");
            }
        }
    }
}
