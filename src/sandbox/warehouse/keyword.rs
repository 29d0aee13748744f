//! Which words mean something of themselves.

use super::token::{Kind, Token};

/// The words that may stand behind a table without being its alias.
pub(super) const CLAUSES: [&str; 22] = [
    "WHERE",
    "GROUP",
    "ORDER",
    "HAVING",
    "LIMIT",
    "JOIN",
    "LEFT",
    "RIGHT",
    "INNER",
    "CROSS",
    "FULL",
    "ON",
    "USING",
    "UNION",
    "QUALIFY",
    "WINDOW",
    "SET",
    "SELECT",
    "VALUES",
    "INTERSECT",
    "EXCEPT",
    "OFFSET",
];

/// The parts of a date that have a fixed length.
pub(super) const UNITS: [&str; 6] = ["MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY"];

/// What the sandbox does not do, and says so.
pub(super) const REFUSED: [&str; 9] = [
    "UNNEST",
    "STRUCT",
    "ARRAY",
    "PIVOT",
    "UNPIVOT",
    "TABLESAMPLE",
    "MERGE",
    "EXTRACT",
    "SYSTEM_TIME",
];

/// Words that may stand before a bracket without being a function.
pub(super) fn is_grammar(word: &str) -> bool {
    const GRAMMAR: [&str; 24] = [
        "IN", "EXISTS", "AND", "OR", "NOT", "OVER", "AS", "VALUES", "USING", "ON", "WHERE", "SELECT", "FROM",
        "BY", "THEN", "ELSE", "WHEN", "CASE", "HAVING", "ALL", "ANY", "UNION", "DISTINCT", "JOIN",
    ];
    GRAMMAR.contains(&word)
}

/// Whether the word is one of the language, where it stands, and not the name of a column or alias.
pub(super) fn is_keyword(upper: &str, previous: Option<&Token>, next: Option<&Token>) -> bool {
    match upper {
        // Words that GoogleSQL does not reserve: keywords in one place only.
        "INSERT" | "UPDATE" | "DELETE" => previous.is_none(),
        "VALUES" => next.is_some_and(|t| t.is_symbol("(")),
        "OFFSET" => next.is_some_and(|t| matches!(t.kind, Kind::Number | Kind::Parameter)),
        "FIRST" | "LAST" => previous.is_some_and(|t| t.is("NULLS")),
        "ROW" => previous.is_some_and(|t| t.is("CURRENT")),
        _ => RESERVED.contains(&upper),
    }
}

/// GoogleSQL's reserved words, as far as SQLite has the same grammar behind them.
const RESERVED: [&str; 63] = [
    "ALL",
    "AND",
    "ANY",
    "AS",
    "ASC",
    "BETWEEN",
    "BY",
    "CASE",
    "COLLATE",
    "CROSS",
    "CURRENT",
    "DEFAULT",
    "DESC",
    "DISTINCT",
    "ELSE",
    "END",
    "ESCAPE",
    "EXCEPT",
    "EXCLUDE",
    "EXISTS",
    "FALSE",
    "FOLLOWING",
    "FROM",
    "FULL",
    "GROUP",
    "GROUPS",
    "HAVING",
    "IN",
    "INNER",
    "INTERSECT",
    "INTO",
    "IS",
    "JOIN",
    "LEFT",
    "LIKE",
    "LIMIT",
    "NATURAL",
    "NO",
    "NOT",
    "NULL",
    "NULLS",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "OVER",
    "PARTITION",
    "PRECEDING",
    "RANGE",
    "RECURSIVE",
    "RIGHT",
    "ROWS",
    "SELECT",
    "SET",
    "THEN",
    "TRUE",
    "UNBOUNDED",
    "UNION",
    "USING",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
];
