//! A cursor over the tokens, and the ways in. What follows what is in the files beside it.

mod reserved;

use super::token::{self, Kind, Token};
use super::tree::{Expression, Path, Place, Query, Statement};
use crate::error::SqlError;
use crate::value::ColumnType;
use reserved::{RESERVED, is_keyword};

/// A whole statement.
///
/// # Errors
/// What BigQuery says of text that is no statement, with its place.
pub fn statement(sql: &str) -> Result<Statement, SqlError> {
    Parser::over(sql)?.whole(Parser::statement)
}

/// A whole query: the text of a view.
pub fn query(sql: &str) -> Result<Query, SqlError> {
    Parser::over(sql)?.whole(Parser::query)
}

/// A whole expression: the default of a column.
pub fn expression(sql: &str) -> Result<Expression, SqlError> {
    Parser::over(sql)?.whole(Parser::expression)
}

/// A whole type: `ARRAY<STRUCT<a INT64>>`.
pub fn kind(text: &str) -> Result<ColumnType, SqlError> {
    Parser::over(text)?.whole(Parser::kind)
}

pub(super) struct Parser<'a> {
    pub sql: &'a str,
    tokens: Vec<Token>,
    at: usize,
    /// How many `?` have been met.
    pub positional: usize,
    depth: usize,
    /// How many operators have been met: each makes the tree deeper.
    links: usize,
}

/// How deep brackets may nest, and how many operators a statement may have: the analysis calls itself as
/// deep, and the thread of a statement has room for that.
const DEEPEST: usize = 60;
const MOST_LINKS: usize = 5_000;

impl<'a> Parser<'a> {
    fn over(sql: &'a str) -> Result<Self, SqlError> {
        Ok(Self {
            sql,
            tokens: token::tokens(sql)?,
            at: 0,
            positional: 0,
            depth: 0,
            links: 0,
        })
    }

    fn whole<T>(mut self, part: impl FnOnce(&mut Self) -> Result<T, SqlError>) -> Result<T, SqlError> {
        let read = part(&mut self)?;
        let ended = self.symbol(";");
        match self.peek() {
            None => Ok(read),
            Some(_) if ended => Err(self.unsupported_at(self.at, "A script of several statements")),
            Some(_) => Err(self.expected("end of input")),
        }
    }

    /// Reads something nested.
    ///
    /// # Errors
    /// Too deep.
    pub fn nested<T>(&mut self, part: impl FnOnce(&mut Self) -> Result<T, SqlError>) -> Result<T, SqlError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(too_deep());
        }
        let read = part(self);
        self.depth -= 1;
        read
    }

    /// One more operator.
    ///
    /// # Errors
    /// Too many.
    pub fn link(&mut self) -> Result<(), SqlError> {
        self.links += 1;
        if self.links > MOST_LINKS {
            Err(too_deep())
        } else {
            Ok(())
        }
    }

    pub fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    pub fn ahead(&self, count: usize) -> Option<&Token> {
        self.tokens.get(self.at + count)
    }

    pub fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += usize::from(token.is_some());
        token
    }

    pub const fn mark(&self) -> usize {
        self.at
    }

    pub const fn back(&mut self, mark: usize) {
        self.at = mark;
    }

    /// The byte of the next token.
    pub fn place(&self) -> Place {
        Place(self.peek().map_or(self.sql.len(), |token| token.at))
    }

    /// The text from a byte to the end of the last token read.
    pub fn text_since(&self, from: Place) -> String {
        let end = self.place().0;
        self.sql[from.0..end].trim().to_owned()
    }

    pub fn is(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is(word))
    }

    pub fn is_next(&self, count: usize, word: &str) -> bool {
        self.ahead(count).is_some_and(|token| token.is(word))
    }

    /// Whether `.*` stands here.
    pub fn is_dot_star(&self) -> bool {
        self.is_symbol(".") && self.ahead(1).is_some_and(|token| token.is_symbol("*"))
    }

    pub fn is_symbol(&self, symbol: &str) -> bool {
        self.peek().is_some_and(|token| token.is_symbol(symbol))
    }

    /// Takes the word, if it is next.
    pub fn word(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }

    /// Takes all of the words, or none.
    pub fn words(&mut self, words: &[&str]) -> bool {
        let found = words.iter().enumerate().all(|(i, word)| self.is_next(i, word));
        self.at += if found { words.len() } else { 0 };
        found
    }

    pub fn symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    /// Takes one `>`, also out of a `>>`, with which two lists of types end.
    pub fn angle(&mut self) -> bool {
        if self.is_symbol(">>") {
            let half = &mut self.tokens[self.at];
            half.text = ">".into();
            half.at += 1;
            return true;
        }
        self.symbol(">")
    }

    pub fn want(&mut self, word: &str) -> Result<(), SqlError> {
        if self.word(word) {
            return Ok(());
        }
        Err(self.expected(&format!("keyword {word}")))
    }

    pub fn want_symbol(&mut self, symbol: &str) -> Result<(), SqlError> {
        if self.symbol(symbol) {
            return Ok(());
        }
        Err(self.expected(&format!("\"{symbol}\"")))
    }

    /// Whether a name stands here: in backticks, or a word that is not reserved.
    pub fn is_name(&self) -> bool {
        self.peek().is_some_and(is_name)
    }

    /// A name that may be anything behind a dot.
    pub fn field_name(&mut self) -> Result<String, SqlError> {
        match self.peek() {
            Some(token) if matches!(token.kind, Kind::Word | Kind::Name) => {
                let text = token.text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.unexpected()),
        }
    }

    pub fn name(&mut self) -> Result<String, SqlError> {
        if self.is_name() {
            return self.field_name();
        }
        Err(self.unexpected())
    }

    /// `AS name`, or a bare name.
    pub fn alias(&mut self) -> Result<Option<String>, SqlError> {
        if self.word("AS") || self.is_name() {
            return self.name().map(Some);
        }
        Ok(None)
    }

    /// Things with commas between them.
    pub fn list<T>(
        &mut self,
        mut part: impl FnMut(&mut Self) -> Result<T, SqlError>,
    ) -> Result<Vec<T>, SqlError> {
        let mut all = vec![part(self)?];
        while self.symbol(",") {
            all.push(part(self)?);
        }
        Ok(all)
    }

    /// A list in round brackets.
    pub fn bracketed<T>(
        &mut self,
        part: impl FnMut(&mut Self) -> Result<T, SqlError>,
    ) -> Result<Vec<T>, SqlError> {
        self.want_symbol("(")?;
        let all = self.list(part)?;
        self.want_symbol(")")?;
        Ok(all)
    }

    /// `project.dataset.table`, in backticks as a whole, in parts or not at all; a bare project may hold dashes.
    pub fn path(&mut self) -> Result<Path, SqlError> {
        let at = self.place();
        let mut parts = Vec::new();
        loop {
            let token = self.peek().cloned();
            let in_front = parts.is_empty();
            match token {
                Some(token) if in_front && is_name(&token) => parts.extend(cut(&token)),
                Some(token) if !in_front && matches!(token.kind, Kind::Word | Kind::Name) => {
                    parts.extend(cut(&token));
                }
                _ => return Err(self.unexpected()),
            }
            self.at += 1;
            while self.is_symbol("-")
                && self
                    .ahead(1)
                    .is_some_and(|t| matches!(t.kind, Kind::Word | Kind::Number))
            {
                let more = self.ahead(1).map(|t| t.text.clone()).unwrap_or_default();
                self.at += 2;
                // `my-project1.dataset`: the lexer reads `1.` as a number's beginning.
                let more = more.strip_suffix('.').map_or(more.clone(), str::to_owned);
                if let Some(last) = parts.last_mut() {
                    *last = format!("{last}-{more}");
                }
            }
            if !self.symbol(".") {
                return Ok(Path { parts, at });
            }
        }
    }

    pub fn unexpected(&self) -> SqlError {
        let message = format!("Unexpected {}", self.found());
        SqlError::syntax(self.sql, self.place().0, &message)
    }

    pub fn expected(&self, what: &str) -> SqlError {
        let message = format!("Expected {what} but got {}", self.found());
        SqlError::syntax(self.sql, self.place().0, &message)
    }

    pub fn unsupported(&self, at: Place, what: &str) -> SqlError {
        SqlError::unsupported(self.sql, at.0, what)
    }

    fn unsupported_at(&self, at: usize, what: &str) -> SqlError {
        let place = self.tokens.get(at).map_or(0, |token| token.at);
        SqlError::unsupported(self.sql, place, what)
    }

    /// The next token in BigQuery's words.
    fn found(&self) -> String {
        let Some(token) = self.peek() else {
            return "end of statement".into();
        };
        match token.kind {
            Kind::Word if is_keyword(&token.text) => format!("keyword {}", token.text.to_ascii_uppercase()),
            Kind::Word => format!("identifier \"{}\"", token.text),
            Kind::Name => format!("identifier `{}`", token.text),
            Kind::Text => format!("string literal {:?}", token.text),
            Kind::Bytes => "bytes literal".into(),
            Kind::Number if token.text.contains('.') => {
                "floating point literal \"".to_owned() + &token.text + "\""
            }
            Kind::Number => "integer literal \"".to_owned() + &token.text + "\"",
            Kind::Parameter => format!("\"{}\"", &token.text[..1]),
            Kind::Symbol => format!("\"{}\"", token.text),
        }
    }
}

fn too_deep() -> SqlError {
    SqlError::invalid(
        "Resources exceeded during query execution: Not enough resources for query planning - query is too deeply nested.",
    )
}

fn is_name(token: &Token) -> bool {
    match token.kind {
        Kind::Name => true,
        Kind::Word => !RESERVED.contains(&token.text.to_ascii_uppercase().as_str()),
        _ => false,
    }
}

fn cut(token: &Token) -> Vec<String> {
    match token.kind {
        Kind::Name => token.text.split('.').map(str::to_owned).collect(),
        _ => vec![token.text.clone()],
    }
}
