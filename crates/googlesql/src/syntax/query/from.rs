//! FROM: tables, subqueries, UNNEST and their joins.

use crate::error::SqlError;
use crate::syntax::ast::{Expression, FromItem, JoinCondition, JoinKind, Position};
use crate::syntax::parser::Parser;

impl Parser<'_> {
    /// Items joined by commas and JOINs, which both bind to the left.
    pub fn from(&mut self) -> Result<FromItem, SqlError> {
        let mut left = self.joinable()?;
        loop {
            let at = self.position();
            let Some(kind) = self.join_kind() else {
                return Ok(left);
            };
            self.count_operator()?;
            let right = self.joinable()?;
            let condition = if kind == JoinKind::Cross {
                JoinCondition::None
            } else if self.accept("ON") {
                JoinCondition::On(self.expression()?)
            } else if self.accept("USING") {
                JoinCondition::Using(self.parenthesized_list(Self::field_name)?)
            } else {
                JoinCondition::None
            };
            let may_be_array = matches!(right, FromItem::Unnest { .. } | FromItem::Table { .. });
            if condition == JoinCondition::None && kind != JoinKind::Cross && !may_be_array {
                return Err(self.expected("keyword ON or keyword USING"));
            }
            left = FromItem::Join {
                left: Box::new(left),
                right: Box::new(right),
                kind,
                condition,
                at,
            };
        }
    }

    fn join_kind(&mut self) -> Option<JoinKind> {
        if self.accept_symbol(",") || self.accept_all(&["CROSS", "JOIN"]) {
            Some(JoinKind::Cross)
        } else if self.accept_all(&["INNER", "JOIN"]) || self.accept("JOIN") {
            Some(JoinKind::Inner)
        } else if self.accept_all(&["LEFT", "OUTER", "JOIN"]) || self.accept_all(&["LEFT", "JOIN"]) {
            Some(JoinKind::Left)
        } else if self.accept_all(&["RIGHT", "OUTER", "JOIN"]) || self.accept_all(&["RIGHT", "JOIN"]) {
            Some(JoinKind::Right)
        } else if self.accept_all(&["FULL", "OUTER", "JOIN"]) || self.accept_all(&["FULL", "JOIN"]) {
            Some(JoinKind::Full)
        } else {
            None
        }
    }

    fn joinable(&mut self) -> Result<FromItem, SqlError> {
        let at = self.position();
        if self.accept("UNNEST") {
            return self.unnest_item();
        }
        if self.is_symbol("(") {
            self.parenthesized_item()
        } else {
            self.table_item(at)
        }
    }

    fn unnest_item(&mut self) -> Result<FromItem, SqlError> {
        self.expect_symbol("(")?;
        let array = self.expression()?;
        self.expect_symbol(")")?;
        let alias = if self.is_keyword("WITH") {
            None
        } else {
            self.alias()?
        };
        Ok(FromItem::Unnest {
            array,
            alias,
            offset: self.with_offset()?,
        })
    }

    /// A subquery, or a join in parentheses.
    fn parenthesized_item(&mut self) -> Result<FromItem, SqlError> {
        let is_query = self.begins_query_in_parentheses();
        self.expect_symbol("(")?;
        if !is_query {
            let inner = self.nested(Self::from)?;
            self.expect_symbol(")")?;
            self.refuse_table_operator()?;
            return Ok(inner);
        }
        let query = Box::new(self.query()?);
        self.expect_symbol(")")?;
        self.refuse_table_operator()?;
        let alias = self.alias()?;
        self.refuse_table_operator()?;
        Ok(FromItem::Query { query, alias })
    }

    fn table_item(&mut self, at: Position) -> Result<FromItem, SqlError> {
        let path = self.path()?;
        if self.is_symbol("(") {
            let what = path.parts.join(".").to_ascii_uppercase();
            return Err(self.unsupported(at, &format!("Table function {what}")));
        }
        let after_path = self.position();
        if self.accept_all(&["FOR", "SYSTEM_TIME"]) || self.accept_all(&["FOR", "SYSTEM", "TIME"]) {
            return Err(self.unsupported(after_path, "FOR SYSTEM_TIME AS OF"));
        }
        self.refuse_table_operator()?;
        let alias = self.alias()?;
        if self.accept_all(&["FOR", "SYSTEM_TIME"]) {
            return Err(self.unsupported(after_path, "FOR SYSTEM_TIME AS OF"));
        }
        let offset = self.with_offset()?;
        if offset.is_none() {
            self.refuse_table_operator()?;
            return Ok(FromItem::Table { path, alias });
        }
        // `t.array AS x WITH OFFSET`: only an array has offsets.
        let array = Expression::from_path(path.parts.iter().map(String::as_str), at);
        let alias = alias.or_else(|| path.parts.last().cloned());
        Ok(FromItem::Unnest { array, alias, offset })
    }

    /// Refuses PIVOT and its like. Before anything but a parenthesis such a word is an alias.
    fn refuse_table_operator(&self) -> Result<(), SqlError> {
        for word in ["PIVOT", "UNPIVOT", "MATCH_RECOGNIZE"] {
            let called = self.peek_at(1).is_some_and(|token| token.is_symbol("("));
            if self.is_keyword(word)
                && (called || self.is_keyword_at(1, "INCLUDE") || self.is_keyword_at(1, "EXCLUDE"))
            {
                return Err(self.unsupported(self.position(), word));
            }
        }
        if self.is_keyword("TABLESAMPLE") {
            return Err(self.unsupported(self.position(), "TABLESAMPLE"));
        }
        Ok(())
    }

    fn begins_query_in_parentheses(&self) -> bool {
        let mut ahead = 0;
        while self.peek_at(ahead).is_some_and(|token| token.is_symbol("(")) {
            ahead += 1;
        }
        self.is_keyword_at(ahead, "SELECT") || self.is_keyword_at(ahead, "WITH")
    }

    fn with_offset(&mut self) -> Result<Option<String>, SqlError> {
        if !self.accept_all(&["WITH", "OFFSET"]) {
            return Ok(None);
        }
        Ok(Some(self.alias()?.unwrap_or_else(|| "offset".into())))
    }
}
