//! A cursor over the tokens, and the entry points. The grammar is in the files next to it.

use super::ast::{Expression, Path, Position, Query, Statement};
use super::lexer::{self, Token, TokenKind};
use super::reserved::{RESERVED, is_keyword};
use crate::error::SqlError;
use crate::limits::MAX_DEPTH;
use crate::value::ColumnType;

/// A whole statement.
///
/// # Errors
/// BigQuery's syntax error, with its position.
pub fn statement(sql: &str) -> Result<Statement, SqlError> {
    Parser::new(sql)?.parse_all(Parser::statement)
}

/// A whole query: the text of a view.
pub fn query(sql: &str) -> Result<Query, SqlError> {
    Parser::new(sql)?.parse_all(Parser::query)
}

/// A whole expression: the default of a column.
pub fn expression(sql: &str) -> Result<Expression, SqlError> {
    Parser::new(sql)?.parse_all(Parser::expression)
}

/// A whole type: `ARRAY<STRUCT<a INT64>>`.
pub fn kind(text: &str) -> Result<ColumnType, SqlError> {
    Parser::new(text)?.parse_all(Parser::kind)
}

pub(super) struct Parser<'a> {
    pub sql: &'a str,
    tokens: Vec<Token>,
    at: usize,
    /// How many `?` have been read.
    pub positional: usize,
    depth: usize,
    /// How many operators have been read: each makes the tree deeper.
    operators: usize,
}

/// How many characters a statement may have, as at Google.
const MAX_LENGTH: usize = 1 << 20;

/// How many operators a statement may have: the analysis recurses as deep, and the stack of a statement's thread is large
/// enough for this.
const MAX_OPERATORS: usize = 5_000;

impl<'a> Parser<'a> {
    fn new(sql: &'a str) -> Result<Self, SqlError> {
        if sql.len() > MAX_LENGTH && sql.chars().count() > MAX_LENGTH {
            return Err(SqlError::invalid(
                "The query is too large. The maximum standard SQL query length is 1024.00K characters, including comments and white space characters.",
            ));
        }
        Ok(Self {
            sql,
            tokens: lexer::tokenize(sql)?,
            at: 0,
            positional: 0,
            depth: 0,
            operators: 0,
        })
    }

    fn parse_all<T>(mut self, part: impl FnOnce(&mut Self) -> Result<T, SqlError>) -> Result<T, SqlError> {
        let read = part(&mut self)?;
        let ended = self.accept_symbol(";");
        match self.peek() {
            None => Ok(read),
            Some(_) if ended => Err(self.unsupported_at(self.at, "A script of several statements")),
            Some(_) => Err(self.expected("end of input")),
        }
    }

    /// Parses something nested one level deeper.
    ///
    /// # Errors
    /// The statement nests too deep.
    pub fn nested<T>(&mut self, part: impl FnOnce(&mut Self) -> Result<T, SqlError>) -> Result<T, SqlError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep());
        }
        let read = part(self);
        self.depth -= 1;
        read
    }

    /// Counts one more operator.
    ///
    /// # Errors
    /// The statement has too many.
    pub fn count_operator(&mut self) -> Result<(), SqlError> {
        self.operators += 1;
        if self.operators > MAX_OPERATORS {
            Err(too_deep())
        } else {
            Ok(())
        }
    }

    pub fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    pub fn peek_at(&self, count: usize) -> Option<&Token> {
        self.tokens.get(self.at + count)
    }

    pub fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += usize::from(token.is_some());
        token
    }

    pub const fn checkpoint(&self) -> usize {
        self.at
    }

    pub const fn rewind(&mut self, mark: usize) {
        self.at = mark;
    }

    /// The position of the next token.
    pub fn position(&self) -> Position {
        Position(self.peek().map_or(self.sql.len(), |token| token.at))
    }

    /// The text from a position to the next token.
    pub fn text_since(&self, from: Position) -> String {
        let end = self.position().0;
        self.sql[from.0..end].trim().to_owned()
    }

    pub fn is_keyword(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is_keyword(word))
    }

    pub fn is_keyword_at(&self, count: usize, word: &str) -> bool {
        self.peek_at(count).is_some_and(|token| token.is_keyword(word))
    }

    /// Whether `.*` comes next.
    pub fn is_dot_star(&self) -> bool {
        self.is_symbol(".") && self.peek_at(1).is_some_and(|token| token.is_symbol("*"))
    }

    pub fn is_symbol(&self, symbol: &str) -> bool {
        self.peek().is_some_and(|token| token.is_symbol(symbol))
    }

    /// Takes the keyword if it comes next.
    pub fn accept(&mut self, word: &str) -> bool {
        let found = self.is_keyword(word);
        self.at += usize::from(found);
        found
    }

    /// Takes all of the keywords, or none.
    pub fn accept_all(&mut self, words: &[&str]) -> bool {
        let found = words
            .iter()
            .enumerate()
            .all(|(i, word)| self.is_keyword_at(i, word));
        self.at += if found { words.len() } else { 0 };
        found
    }

    pub fn accept_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    /// Takes one `>`, also the first of a `>>`, which closes two types.
    pub fn accept_close_angle(&mut self) -> bool {
        if self.is_symbol(">>") {
            let angle = &mut self.tokens[self.at];
            angle.text = ">".into();
            angle.at += 1;
            return true;
        }
        self.accept_symbol(">")
    }

    pub fn expect_keyword(&mut self, word: &str) -> Result<(), SqlError> {
        if self.accept(word) {
            return Ok(());
        }
        Err(self.expected(&format!("keyword {word}")))
    }

    pub fn expect_symbol(&mut self, symbol: &str) -> Result<(), SqlError> {
        if self.accept_symbol(symbol) {
            return Ok(());
        }
        Err(self.expected(&format!("\"{symbol}\"")))
    }

    /// Whether a name comes next: in backticks, or a word that is not reserved.
    pub fn is_name(&self) -> bool {
        self.peek().is_some_and(is_name)
    }

    /// A name after a dot, where reserved words are allowed.
    pub fn field_name(&mut self) -> Result<String, SqlError> {
        match self.peek() {
            Some(token) if matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) => {
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
        if self.accept("AS") || self.is_name() {
            return self.name().map(Some);
        }
        Ok(None)
    }

    /// One or more parts separated by commas.
    pub fn list<T>(
        &mut self,
        mut part: impl FnMut(&mut Self) -> Result<T, SqlError>,
    ) -> Result<Vec<T>, SqlError> {
        let mut all = vec![part(self)?];
        while self.accept_symbol(",") {
            all.push(part(self)?);
        }
        Ok(all)
    }

    /// A list in parentheses.
    pub fn parenthesized_list<T>(
        &mut self,
        part: impl FnMut(&mut Self) -> Result<T, SqlError>,
    ) -> Result<Vec<T>, SqlError> {
        self.expect_symbol("(")?;
        let all = self.list(part)?;
        self.expect_symbol(")")?;
        Ok(all)
    }

    /// `project.dataset.table`, with backticks around all of it, around parts or without; a project may contain dashes.
    pub fn path(&mut self) -> Result<Path, SqlError> {
        let at = self.position();
        let mut parts = Vec::new();
        loop {
            let token = self.peek().cloned();
            let in_front = parts.is_empty();
            match token {
                Some(token) if in_front && is_name(&token) => parts.extend(split_name(&token)),
                Some(token) if !in_front && matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) => {
                    parts.extend(split_name(&token));
                }
                _ => return Err(self.unexpected()),
            }
            self.at += 1;
            while self.is_symbol("-")
                && self
                    .peek_at(1)
                    .is_some_and(|t| matches!(t.kind, TokenKind::Word | TokenKind::Number))
            {
                let more = self.peek_at(1).map(|t| t.text.clone()).unwrap_or_default();
                self.at += 2;
                // `my-project1.dataset`: the lexer reads `1.` as the start of a number.
                let more = more.strip_suffix('.').map_or(more.clone(), str::to_owned);
                if let Some(last) = parts.last_mut() {
                    *last = format!("{last}-{more}");
                }
            }
            // A path may become an expression as deep as it has parts.
            if parts.len() > MAX_DEPTH {
                return Err(too_deep());
            }
            if !self.accept_symbol(".") {
                return Ok(Path { parts, at });
            }
        }
    }

    pub fn unexpected(&self) -> SqlError {
        let message = format!("Unexpected {}", self.next_description());
        SqlError::syntax(self.sql, self.position().0, &message)
    }

    pub fn expected(&self, what: &str) -> SqlError {
        let message = format!("Expected {what} but got {}", self.next_description());
        SqlError::syntax(self.sql, self.position().0, &message)
    }

    pub fn unsupported(&self, at: Position, what: &str) -> SqlError {
        SqlError::unsupported(self.sql, at.0, what)
    }

    fn unsupported_at(&self, at: usize, what: &str) -> SqlError {
        let place = self.tokens.get(at).map_or(0, |token| token.at);
        SqlError::unsupported(self.sql, place, what)
    }

    /// The next token as BigQuery's errors name it.
    fn next_description(&self) -> String {
        let Some(token) = self.peek() else {
            return "end of statement".into();
        };
        match token.kind {
            TokenKind::Word if is_keyword(&token.text) => {
                format!("keyword {}", token.text.to_ascii_uppercase())
            }
            TokenKind::Word => format!("identifier \"{}\"", token.text),
            TokenKind::QuotedName => format!("identifier `{}`", token.text),
            TokenKind::Text => format!("string literal {:?}", token.text),
            TokenKind::Bytes => "bytes literal".into(),
            TokenKind::Number if token.text.contains('.') => {
                "floating point literal \"".to_owned() + &token.text + "\""
            }
            TokenKind::Number => "integer literal \"".to_owned() + &token.text + "\"",
            TokenKind::Parameter => format!("\"{}\"", &token.text[..1]),
            TokenKind::Symbol => format!("\"{}\"", token.text),
        }
    }
}

pub(super) fn too_deep() -> SqlError {
    SqlError::exceeded("Not enough resources for query planning - query is too deeply nested.")
}

fn is_name(token: &Token) -> bool {
    match token.kind {
        TokenKind::QuotedName => true,
        TokenKind::Word => !RESERVED.contains(&token.text.to_ascii_uppercase().as_str()),
        _ => false,
    }
}

fn split_name(token: &Token) -> Vec<String> {
    match token.kind {
        TokenKind::QuotedName => token.text.split('.').map(str::to_owned).collect(),
        _ => vec![token.text.clone()],
    }
}
