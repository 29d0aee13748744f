//! Matching the arguments of a call with the signatures of a function.

use super::{Literal, Typed, coerce};
use crate::function::{ANY, ARRAY_OF_T, Compute, Function, NUMBER, T};
use crate::syntax;
use crate::value::ColumnType;

/// A signature that the arguments match by number and type.
pub(super) struct Signature {
    /// The types to which the arguments must coerce.
    pub arguments: Vec<ColumnType>,
    pub result: ColumnType,
    pub compute: Compute,
    pub takes_null: bool,
}

/// A parameter of a signature.
struct Parameter<'s> {
    kind: &'s str,
    optional: bool,
    repeated: bool,
}

impl Signature {
    /// The function's signature with its types filled in; `None` if there are too many arguments, too few, or of types
    /// that cannot match.
    pub fn new(function: &Function, arguments: &[Typed]) -> Option<Self> {
        let (left, result) = function.signature.split_once("->")?;
        let result = result.trim();
        let parameters: Vec<Parameter<'_>> = left.split_whitespace().map(parse_parameter).collect();
        let repeated = parameters.last().filter(|last| last.repeated);
        let required = parameters
            .iter()
            .filter(|one| !one.optional && !one.repeated)
            .count();
        if arguments.len() < required || (arguments.len() > parameters.len() && repeated.is_none()) {
            return None;
        }
        let parameter = |index: usize| parameters.get(index).or(repeated);
        let bound: Vec<Typed> = arguments
            .iter()
            .enumerate()
            .filter_map(|(i, typed)| bind(parameter(i)?.kind, typed))
            .collect();
        let free = if bound.is_empty() {
            None
        } else {
            Some(coerce::common_supertype(&bound)?)
        };
        if parameters.iter().any(|one| one.kind == NUMBER) || result == NUMBER {
            let is_number = matches!(
                free.as_ref()?,
                ColumnType::Int64 | ColumnType::Numeric | ColumnType::Float64
            );
            if !is_number {
                return None;
            }
        }
        let kinds = arguments
            .iter()
            .enumerate()
            .map(|(i, typed)| fill_in(parameter(i)?.kind, free.as_ref(), Some(typed)));
        Some(Self {
            arguments: kinds.collect::<Option<_>>()?,
            result: fill_in(result, free.as_ref(), None)?,
            compute: function.compute,
            takes_null: function.takes_null,
        })
    }
}

fn parse_parameter(word: &str) -> Parameter<'_> {
    Parameter {
        kind: word.trim_end_matches(['?', '*']),
        optional: word.ends_with('?'),
        repeated: word.ends_with('*'),
    }
}

/// The argument that determines the free type `T`: itself, or an element of the array.
fn bind(kind: &str, typed: &Typed) -> Option<Typed> {
    match (kind, &typed.kind) {
        (T | NUMBER, _) => Some(typed.clone()),
        (ARRAY_OF_T, ColumnType::Array(inner)) => {
            let mut element = typed.clone();
            element.kind = (**inner).clone();
            if element.literal == Literal::EmptyArray {
                element.literal = Literal::Null;
            } else if element.literal != Literal::Null {
                element.literal = Literal::No;
            }
            Some(element)
        }
        _ => None,
    }
}

/// The type of a word of a signature, given the free type.
fn fill_in(kind: &str, free: Option<&ColumnType>, argument: Option<&Typed>) -> Option<ColumnType> {
    match kind {
        T | NUMBER => free.cloned(),
        ARRAY_OF_T => Some(ColumnType::Array(Box::new(free.cloned()?))),
        ANY => argument.map(|typed| typed.kind.clone()),
        _ => syntax::kind(kind).ok(),
    }
}
