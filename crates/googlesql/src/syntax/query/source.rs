//! What stands behind FROM: tables, queries, UNNEST and their joins.

use crate::error::SqlError;
use crate::syntax::parser::Parser;
use crate::syntax::tree::{Condition, From, Join, Place};
use crate::syntax::tree::{Expression, Node, Word};

impl Parser<'_> {
    /// Commas and JOINs alike are taken from the left to the right.
    pub fn from(&mut self) -> Result<From, SqlError> {
        let mut left = self.source()?;
        loop {
            let at = self.place();
            let comma = self.symbol(",");
            let kind = if comma || self.words(&["CROSS", "JOIN"]) {
                Join::Cross
            } else if self.words(&["INNER", "JOIN"]) || self.word("JOIN") {
                Join::Inner
            } else if self.words(&["LEFT", "OUTER", "JOIN"]) || self.words(&["LEFT", "JOIN"]) {
                Join::Left
            } else if self.words(&["RIGHT", "OUTER", "JOIN"]) || self.words(&["RIGHT", "JOIN"]) {
                Join::Right
            } else if self.words(&["FULL", "OUTER", "JOIN"]) || self.words(&["FULL", "JOIN"]) {
                Join::Full
            } else {
                return Ok(left);
            };
            self.link()?;
            let right = self.source()?;
            let condition = if kind == Join::Cross {
                Condition::None
            } else if self.word("ON") {
                Condition::On(self.expression()?)
            } else if self.word("USING") {
                Condition::Using(self.bracketed(Self::field_name)?)
            } else {
                Condition::None
            };
            let array = matches!(right, From::Unnest { .. } | From::Table { .. });
            if condition == Condition::None && kind != Join::Cross && !array {
                return Err(self.expected("keyword ON or keyword USING"));
            }
            left = join(left, right, kind, condition, at);
        }
    }

    pub(super) fn source(&mut self) -> Result<From, SqlError> {
        let at = self.place();
        let from = if self.word("UNNEST") {
            self.want_symbol("(")?;
            let array = self.expression()?;
            self.want_symbol(")")?;
            let alias = if self.is("WITH") { None } else { self.alias()? };
            return Ok(From::Unnest {
                array,
                alias,
                offset: self.with_offset()?,
            });
        } else if self.is_symbol("(") {
            if self.begins_query_in_brackets() {
                self.want_symbol("(")?;
                let query = Box::new(self.query()?);
                self.want_symbol(")")?;
                self.no_table_operator()?;
                From::Query {
                    query,
                    alias: self.alias()?,
                }
            } else {
                self.want_symbol("(")?;
                let inner = self.from()?;
                self.want_symbol(")")?;
                inner
            }
        } else {
            let path = self.path()?;
            if self.is_symbol("(") {
                let what = path.parts.join(".").to_ascii_uppercase();
                return Err(self.unsupported(at, &format!("Table function {what}")));
            }
            let travel = self.place();
            if self.words(&["FOR", "SYSTEM_TIME"]) || self.words(&["FOR", "SYSTEM", "TIME"]) {
                return Err(self.unsupported(travel, "FOR SYSTEM_TIME AS OF"));
            }
            self.no_table_operator()?;
            let alias = self.alias()?;
            if self.words(&["FOR", "SYSTEM_TIME"]) {
                return Err(self.unsupported(travel, "FOR SYSTEM_TIME AS OF"));
            }
            let offset = self.with_offset()?;
            if offset.is_some() {
                // `t.array AS x WITH OFFSET`: only an array has positions.
                let mut parts = path.parts.iter();
                let first = parts.next().cloned().unwrap_or_default();
                let array = parts.fold(
                    Expression {
                        node: Node::Name(Word(first)),
                        at,
                    },
                    |inner, part| Expression {
                        node: Node::Field(Box::new(inner), Word(part.clone())),
                        at,
                    },
                );
                let alias = alias.or_else(|| path.parts.last().cloned());
                return Ok(From::Unnest { array, alias, offset });
            }
            From::Table { path, alias }
        };
        self.no_table_operator()?;
        Ok(from)
    }

    /// Refuses what makes another table of one; only before a bracket is it no alias.
    fn no_table_operator(&self) -> Result<(), SqlError> {
        for word in ["PIVOT", "UNPIVOT", "MATCH_RECOGNIZE"] {
            let bracket = self.ahead(1).is_some_and(|token| token.is_symbol("("));
            if self.is(word) && (bracket || self.is_next(1, "INCLUDE") || self.is_next(1, "EXCLUDE")) {
                return Err(self.unsupported(self.place(), word));
            }
        }
        if self.is("TABLESAMPLE") {
            return Err(self.unsupported(self.place(), "TABLESAMPLE"));
        }
        Ok(())
    }

    pub(super) fn begins_query_in_brackets(&self) -> bool {
        let mut ahead = 0;
        while self.ahead(ahead).is_some_and(|token| token.is_symbol("(")) {
            ahead += 1;
        }
        self.is_next(ahead, "SELECT") || self.is_next(ahead, "WITH")
    }

    pub(super) fn with_offset(&mut self) -> Result<Option<String>, SqlError> {
        if !self.words(&["WITH", "OFFSET"]) {
            return Ok(None);
        }
        Ok(Some(self.alias()?.unwrap_or_else(|| "offset".into())))
    }
}

pub(super) fn join(left: From, right: From, kind: Join, condition: Condition, at: Place) -> From {
    From::Join {
        left: Box::new(left),
        right: Box::new(right),
        kind,
        condition,
        at,
    }
}
