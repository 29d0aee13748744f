//! The names of the columns that a query returns, read from its text.
//!
//! An argument setter makes an argument of each column. Only what is certain is reported: a query whose
//! columns cannot be named from its text (`*`, a column without a name, a script) gives nothing.

use super::macros::has_macro;
use std::collections::BTreeSet;

/// The words that end the list of columns.
const AFTER_LIST: [&str; 11] = [
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "QUALIFY",
    "WINDOW",
    "ORDER",
    "LIMIT",
    "UNION",
    "INTERSECT",
    "EXCEPT",
];

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A word without quotes, a keyword or a name.
    Word(String),
    /// A name in backticks.
    Quoted(String),
    /// A literal.
    Literal,
    /// `${…}` outside quotes: anything.
    Macro,
    Symbol(char),
}

impl Token {
    fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(text) if text.eq_ignore_ascii_case(word))
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Word(name) | Self::Quoted(name) => {
                Some(name).filter(|name| !has_macro(name)).map(String::as_str)
            }
            _ => None,
        }
    }
}

/// The names of the columns; `None` if they are not certain.
pub(super) fn column_names(sql: &str) -> Option<BTreeSet<String>> {
    let tokens = tokens(sql)?;
    let first = tokens.first()?;
    let start = match first {
        word if word.is_word("SELECT") => 0,
        word if word.is_word("WITH") => outside(&tokens).find(|at| tokens[*at].is_word("SELECT"))?,
        _ => return None,
    };
    let ends =
        |token: &Token| *token == Token::Symbol(';') || AFTER_LIST.iter().any(|word| token.is_word(word));
    if holds_several(&tokens) {
        return None;
    }
    let end = outside(&tokens)
        .find(|at| *at > start && ends(&tokens[*at]))
        .unwrap_or(tokens.len());
    let mut list = &tokens[start + 1..end];
    if list
        .first()
        .is_some_and(|word| word.is_word("DISTINCT") || word.is_word("ALL"))
    {
        list = &list[1..];
    }
    if list.first().is_some_and(|word| word.is_word("AS")) {
        return None; // SELECT AS STRUCT
    }
    columns(list)
        .into_iter()
        .filter(|column| !column.is_empty())
        .map(column_name)
        .collect()
}

/// Whether a text holds more than one statement, as far as that is visible.
pub(super) fn is_script(sql: &str) -> bool {
    tokens(sql).is_none_or(|tokens| holds_several(&tokens))
}

/// Whether a text has the words of a statement.
pub(super) fn reads_as_sql(text: &str) -> bool {
    const PAIRS: [(&str, &str); 6] = [
        ("SELECT", "FROM"),
        ("INSERT", "INTO"),
        ("UPDATE", "SET"),
        ("DELETE", "FROM"),
        ("MERGE", "INTO"),
        ("CALL", "("),
    ];
    let words: BTreeSet<_> = text
        .split(|c: char| !is_word(c) && c != '(')
        .map(str::to_ascii_uppercase)
        .collect();
    PAIRS
        .iter()
        .any(|(one, other)| words.contains(*one) && words.contains(*other))
}

/// Whether a text is one query, which changes nothing. A statement that changes something begins with another word.
pub fn is_one_select(sql: &str) -> bool {
    let begins =
        |token: &Token| token.is_word("SELECT") || token.is_word("WITH") || *token == Token::Symbol('(');
    let ends = |tokens: &[Token]| tokens.iter().rposition(|token| *token != Token::Symbol(';'));
    tokens(sql).is_some_and(|tokens| {
        let last = ends(&tokens).unwrap_or_default();
        tokens.first().is_some_and(begins) && !tokens[..=last].contains(&Token::Symbol(';'))
    })
}

fn holds_several(tokens: &[Token]) -> bool {
    outside(tokens).any(|at| tokens[at] == Token::Symbol(';') && at + 1 < tokens.len())
}

/// The places of the tokens outside all brackets.
fn outside(tokens: &[Token]) -> impl Iterator<Item = usize> {
    let mut depth = 0_usize;
    tokens.iter().enumerate().filter_map(move |(at, token)| {
        let before = depth;
        match token {
            Token::Symbol('(' | '[') => depth += 1,
            Token::Symbol(')' | ']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        (before == 0 && depth == 0).then_some(at)
    })
}

/// The list, cut at its commas.
fn columns(list: &[Token]) -> Vec<&[Token]> {
    let commas = outside(list).filter(|at| list[*at] == Token::Symbol(','));
    let mut start = 0;
    let mut columns = Vec::new();
    for comma in commas.chain([list.len()]) {
        columns.push(&list[start..comma]);
        start = comma + 1;
    }
    columns
}

/// `… AS name`, `… ) name`, `table.name`, `name`.
fn column_name(column: &[Token]) -> Option<String> {
    let (last, before) = column.split_last()?;
    let name = last.name()?;
    let is_named = match before.last() {
        None | Some(Token::Symbol(')' | ']' | '.') | Token::Literal) => true,
        Some(word) => word.is_word("AS"),
    };
    // A keyword may end an expression without a name: `CASE … END`.
    (is_named && !last.is_word("END")).then(|| name.to_owned())
}

/// The tokens without comments; `None` if a quote or a comment has no end.
fn tokens(sql: &str) -> Option<Vec<Token>> {
    let mut rest = sql.trim_start();
    let mut tokens = Vec::new();
    while let Some(letter) = rest.chars().next() {
        let (token, after) = if rest.starts_with("--") || letter == '#' {
            (None, rest.split_once('\n').map_or("", |(_, after)| after))
        } else if let Some(comment) = rest.strip_prefix("/*") {
            (None, comment.split_once("*/")?.1)
        } else if rest.starts_with("${") {
            (Some(Token::Macro), after_macro(rest)?)
        } else if matches!(letter, '\'' | '"') {
            (Some(Token::Literal), after_string(rest, letter)?)
        } else if let Some(quoted) = rest.strip_prefix('`') {
            let (name, after) = quoted.split_once('`')?;
            (Some(Token::Quoted(name.to_owned())), after)
        } else if letter.is_ascii_digit() {
            (
                Some(Token::Literal),
                rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '.'),
            )
        } else if is_word(letter) {
            let after = rest.trim_start_matches(is_word);
            let word = &rest[..rest.len() - after.len()];
            (Some(Token::Word(word.to_owned())), after)
        } else {
            (Some(Token::Symbol(letter)), &rest[letter.len_utf8()..])
        };
        tokens.extend(token);
        rest = after.trim_start();
    }
    Some(tokens)
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// After the end of a macro that may hold others.
fn after_macro(text: &str) -> Option<&str> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth <= 1 => return text.get(at + 1..),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// After the end of a string, which three quotes begin or one.
fn after_string(text: &str, quote: char) -> Option<&str> {
    let three = [quote; 3].iter().collect::<String>();
    let end = if text.starts_with(&three) {
        three
    } else {
        quote.to_string()
    };
    let mut rest = text.get(end.len()..)?;
    loop {
        if let Some(after) = rest.strip_prefix(end.as_str()) {
            return Some(after);
        }
        let mut letters = rest.chars();
        if letters.next()? == '\\' {
            letters.next();
        }
        rest = letters.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_columns_of_a_query_are_named() {
        for (sql, names) in [
            ("SELECT 'x' AS found", Some(vec!["found"])),
            (
                "select a, t.b, `c`, COUNT(*) AS n, MAX(x) m from t",
                Some(vec!["a", "b", "c", "n", "m"]),
            ),
            (
                "WITH q AS (SELECT 1 AS inner_name) SELECT DISTINCT q.inner_name AS outer_name FROM q;",
                Some(vec!["outer_name"]),
            ),
            (
                "SELECT '''it's, FROM''' AS a, \"x\\\",y\" AS b -- , c AS d\nFROM t",
                Some(vec!["a", "b"]),
            ),
            (
                "SELECT COALESCE((SELECT w FROM `${p}.${d}.w`), '${x}') AS w LIMIT 1",
                Some(vec!["w"]),
            ),
            (
                "SELECT IF(a, 1, 2) AS b, EXTRACT(YEAR FROM d) AS year FROM t",
                Some(vec!["b", "year"]),
            ),
            ("SELECT 1 AS one, FROM t", Some(vec!["one"])),
            ("SELECT * FROM t", None),
            ("SELECT t.* FROM t", None),
            ("SELECT a + b FROM t", None),
            ("SELECT CASE WHEN a THEN b END FROM t", None),
            ("SELECT COUNT(*) FROM t", None),
            ("SELECT a AS ${name} FROM t", None),
            ("SELECT ${columns} FROM t", None),
            ("SELECT a AS `${name}` FROM t", None),
            ("${sql}", None),
            ("DECLARE x INT64; SELECT 1 AS a", None),
            ("SELECT 1 AS a; SELECT 2 AS b", None),
            ("SELECT AS STRUCT 1 AS a", None),
            ("SELECT 'open", None),
            ("", None),
        ] {
            let names = names.map(|names| names.into_iter().map(str::to_owned).collect());
            assert_eq!(column_names(sql), names, "{sql}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_handled(sql in r"(SELECT |FROM|AS |[a-c]|[,;()'`*$\{}\\]|.){0,30}") {
            let _ = column_names(&sql);
        }

        #[test]
        fn columns_with_a_name_are_all_found(names in proptest::collection::btree_set("[a-z]{1,6}_x", 1..6)) {
            let list: Vec<_> = names.iter().map(|name| format!("CONCAT('a, b', (SELECT 1)) AS {name}")).collect();
            prop_assert_eq!(column_names(&format!("SELECT {} FROM t", list.join(", "))), Some(names));
        }
    }
}
