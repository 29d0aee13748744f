//! GoogleSQL text to a tree. It knows the grammar and no table.
//!
//! Written here and not taken from a crate: the general parsers cost more to build than all the rest of
//! the sandbox, know many dialects, and do not complain in BigQuery's words with its `[line:column]`.
//!
//! ```text
//! text → syntax/token.rs → syntax/parser.rs (cursor) → statement, query, expression, definition → syntax/tree.rs
//! ```

mod call;
mod definition;
mod expression;
mod keyword;
mod parser;
mod query;
mod statement;
mod token;
pub(super) mod tree;

#[cfg(test)]
mod tests;

pub(super) use parser::{expression, kind, query, statement};
