//! GoogleSQL's functions: each a line that says its signature, and what it computes.
//!
//! A signature reads as the reference writes it: `STRING INT64 INT64? -> STRING`.
//!
//! ```text
//! INT64       that type                 ?   may be left out
//! T           any type, always the same *   may come any number of times
//! N           INT64, NUMERIC or FLOAT64 !   before all: gets NULLs too, else NULL in is NULL out
//! ```
//!
//! The first signature that the arguments fit is taken, so narrow ones stand before wide ones. The
//! tables are in `function/text.rs`, `number.rs`, `time.rs`, `array.rs` and `json.rs`.

#![expect(
    clippy::unnecessary_wraps,
    reason = "the tables want one shape of all functions"
)]

pub(super) mod absent;
pub(super) mod arithmetic;
mod array;
mod calendar;
mod hash;
pub(super) mod json;
pub(super) mod number;
mod pattern;
mod text;
mod time;

use super::analysis::{Loose, Typed, coerce};
use super::session::Session;
use super::syntax;
use crate::value::{ColumnType, Value};

/// What a function may look at besides its arguments.
pub(super) struct Context<'c> {
    pub session: &'c Session<'c>,
}

/// What a function computes.
///
/// # Errors
/// A message in BigQuery's words.
pub(super) type Compute = fn(&[Value], &Context<'_>) -> Result<Value, String>;

/// A line of a table: name, signature, what it computes.
pub(super) type Line = (&'static str, &'static str, Compute);

/// A function with one of its signatures.
pub(super) struct Function {
    signature: &'static str,
    pub compute: Compute,
    pub takes_null: bool,
}

/// The types that a signature asks of its arguments and gives.
pub(super) struct Wanted {
    pub arguments: Vec<ColumnType>,
    pub result: ColumnType,
}

fn lines() -> impl Iterator<Item = &'static Line> {
    [
        text::LINES,
        number::LINES,
        time::LINES,
        calendar::LINES,
        array::LINES,
        json::LINES,
        hash::LINES,
        pattern::LINES,
    ]
    .into_iter()
    .flatten()
}

/// Whether there is a function of this name, in capitals.
pub(super) fn is_known(name: &str) -> bool {
    lines().any(|(known, ..)| *known == name)
}

/// All signatures of a name.
pub(super) fn of_name(name: &str) -> impl Iterator<Item = Function> {
    let name = name.to_owned();
    lines()
        .filter(move |(known, ..)| *known == name)
        .map(|(_, signature, compute)| Function {
            signature: signature.trim_start_matches('!'),
            compute: *compute,
            takes_null: signature.starts_with('!'),
        })
}

/// A parameter of a signature.
struct Parameter<'s> {
    kind: &'s str,
    optional: bool,
    repeated: bool,
}

impl Function {
    /// The types to which these arguments must come; `None` if there are too many, too few, or others.
    pub fn wants(&self, arguments: &[Typed]) -> Option<Wanted> {
        let (left, result) = self.signature.split_once("->")?;
        let parameters: Vec<Parameter<'_>> = left.split_whitespace().map(parameter).collect();
        let repeated = parameters.last().is_some_and(|last| last.repeated);
        let needed = parameters
            .iter()
            .filter(|one| !one.optional && !one.repeated)
            .count();
        if arguments.len() < needed || (arguments.len() > parameters.len() && !repeated) {
            return None;
        }
        let of = |i: usize| {
            parameters
                .get(i)
                .or(parameters.last().filter(|last| last.repeated))
        };
        let free: Option<ColumnType> = {
            let bound: Vec<Typed> = arguments
                .iter()
                .enumerate()
                .filter_map(|(i, typed)| element_of(of(i)?.kind, typed))
                .collect();
            if bound.is_empty() {
                None
            } else {
                Some(coerce::common(&bound)?)
            }
        };
        let numeric = left
            .split_whitespace()
            .chain([result.trim()])
            .any(|word| parameter(word).kind == "N");
        if numeric {
            let kind = free.as_ref()?;
            if !matches!(
                kind,
                ColumnType::Int64 | ColumnType::Numeric | ColumnType::Float64
            ) {
                return None;
            }
        }
        let wanted = arguments
            .iter()
            .enumerate()
            .map(|(i, typed)| resolve(of(i)?.kind, free.as_ref(), Some(typed)));
        Some(Wanted {
            arguments: wanted.collect::<Option<_>>()?,
            result: resolve(result.trim(), free.as_ref(), None)?,
        })
    }
}

fn parameter(word: &str) -> Parameter<'_> {
    let kind = word.trim_end_matches(['?', '*']);
    Parameter {
        kind,
        optional: word.ends_with('?'),
        repeated: word.ends_with('*'),
    }
}

/// What an argument says about the free type: itself for `T`, its elements for `ARRAY<T>`.
fn element_of(kind: &str, typed: &Typed) -> Option<Typed> {
    match (kind, &typed.kind) {
        ("T" | "N", _) => Some(typed.clone()),
        ("ARRAY<T>", ColumnType::Array(inner)) => {
            let mut element = typed.clone();
            element.kind = (**inner).clone();
            if element.loose != Loose::Null {
                element.loose = Loose::No;
            }
            Some(element)
        }
        _ => None,
    }
}

/// The type of a word of a signature.
fn resolve(kind: &str, free: Option<&ColumnType>, argument: Option<&Typed>) -> Option<ColumnType> {
    match kind {
        "T" | "N" => free.cloned(),
        "ARRAY<T>" => Some(ColumnType::Array(Box::new(free.cloned()?))),
        // Any type, of each argument its own.
        "ANY" => argument.map(|typed| typed.kind.clone()),
        _ => syntax::kind(kind).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::analysis::{is_aggregate, is_window_only};
    use super::*;

    #[test]
    fn every_signature_names_types_that_there_are() {
        for (name, signature, _) in lines() {
            let (left, result) = signature.trim_start_matches('!').split_once("->").unwrap();
            for word in left.split_whitespace().chain([result.trim()]) {
                let kind = parameter(word).kind;
                let free = ["T", "N", "ARRAY<T>", "ANY"].contains(&kind);
                assert!(free || syntax::kind(kind).is_ok(), "{name}: {signature}");
            }
        }
    }

    #[test]
    fn the_documentation_names_every_function() {
        let page = include_str!("../../../docs/sql.md");
        for (name, ..) in lines() {
            assert!(
                page.contains(&format!("`{name}`")),
                "{name} is not in docs/sql.md"
            );
        }
        let known = |name: &str| {
            let special = [
                "IF",
                "COALESCE",
                "IFNULL",
                "NULLIF",
                "CASE",
                "CAST",
                "SAFE_CAST",
                "ERROR",
                "SAFE.",
                "TO_JSON",
                "TO_JSON_STRING",
            ];
            is_known(name) || special.contains(&name) || is_aggregate(name) || is_window_only(name)
        };
        let table = page
            .split_once("## Functions")
            .unwrap()
            .1
            .split_once("## Not here")
            .unwrap()
            .0;
        for name in table.split('`').skip(1).step_by(2) {
            assert!(known(name), "{name} is in docs/sql.md and nowhere else");
        }
    }
}
