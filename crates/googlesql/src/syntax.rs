//! The parser: GoogleSQL text to a syntax tree. It never looks at the catalog: whether a name exists is for the analysis.
//!
//! It is written by hand: the general SQL parsers cost more to build than all the rest of the sandbox, accept many
//! dialects, and have no errors in BigQuery's words with their `[line:column]`.
//!
//! ```text
//! text → lexer → parser (a cursor over the tokens) → statement, ddl, query, expression, data_type → ast
//! ```

pub(crate) mod ast;
mod call;
mod data_type;
mod ddl;
mod expression;
mod keyword_expression;
mod lexer;
mod parser;
mod query;
mod reserved;
mod statement;

#[cfg(test)]
mod tests;

pub(crate) use parser::{expression, kind, query, statement};

/// Whether a text begins as a query does, whatever follows.
pub fn is_query(sql: &str) -> bool {
    let word = lexer::first_word(sql);
    ["SELECT", "WITH"]
        .iter()
        .any(|first| word.eq_ignore_ascii_case(first))
}
