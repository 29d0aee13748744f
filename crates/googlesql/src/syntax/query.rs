//! Queries: WITH, SELECT, set operators, ORDER BY. FROM is in `query/from.rs`.

mod from;

use super::ast::{
    Expression, GroupBy, Position, Query, QueryBody, RowShape, Select, SelectItem, SetOperator, Window,
};
use super::parser::Parser;
use crate::error::SqlError;

impl Parser<'_> {
    /// Whether a query comes next, perhaps in parentheses.
    pub fn begins_query(&self) -> bool {
        let mut ahead = 0;
        while self.peek_at(ahead).is_some_and(|token| token.is_symbol("(")) {
            ahead += 1;
        }
        if self.is_keyword_at(ahead, "SELECT") || self.is_keyword_at(ahead, "WITH") {
            // `((SELECT 1) + 1)` is an expression: what follows the inner parentheses decides.
            return ahead == 0 || self.parentheses_hold_query(ahead);
        }
        false
    }

    /// Whether what follows the parentheses opened here can follow a query.
    fn parentheses_hold_query(&self, open: usize) -> bool {
        let (mut depth, mut ahead) = (0_usize, 0);
        while let Some(token) = self.peek_at(ahead) {
            depth += usize::from(token.is_symbol("("));
            if token.is_symbol(")") {
                depth = depth.saturating_sub(1);
            }
            ahead += 1;
            if depth == 0 && ahead >= open {
                break;
            }
        }
        self.peek_at(ahead).is_none_or(|token| {
            token.is_symbol(")")
                || ["UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT"]
                    .iter()
                    .any(|word| token.is_keyword(word))
        })
    }

    pub fn query(&mut self) -> Result<Query, SqlError> {
        self.nested(Self::query_inside)
    }

    fn query_inside(&mut self) -> Result<Query, SqlError> {
        let at = self.position();
        let mut with = Vec::new();
        let mut recursive = false;
        if self.accept("WITH") {
            recursive = self.accept("RECURSIVE");
            with = self.list(|parser| {
                let name = parser.name()?;
                parser.expect_keyword("AS")?;
                parser.expect_symbol("(")?;
                let query = parser.query()?;
                parser.expect_symbol(")")?;
                Ok((name, query))
            })?;
        }
        let body = self.body()?;
        let order = if self.accept_all(&["ORDER", "BY"]) {
            self.list(Self::order)?
        } else {
            Vec::new()
        };
        let limit = self.optional_expression("LIMIT")?;
        let offset = if limit.is_some() {
            self.optional_expression("OFFSET")?
        } else {
            None
        };
        if self.is_symbol("|>") {
            return Err(self.unsupported(self.position(), "Pipe syntax"));
        }
        Ok(Query {
            with,
            recursive,
            body,
            order,
            limit,
            offset,
            at,
        })
    }

    fn body(&mut self) -> Result<QueryBody, SqlError> {
        let mut left = self.operand()?;
        loop {
            let at = self.position();
            let operator = if self.accept("UNION") {
                SetOperator::Union
            } else if self.accept("INTERSECT") {
                SetOperator::Intersect
            } else if self.accept("EXCEPT") {
                SetOperator::Except
            } else {
                return Ok(left);
            };
            self.count_operator()?;
            let distinct = self.accept("DISTINCT");
            if !distinct && !self.accept("ALL") {
                return Err(self.expected("keyword ALL or keyword DISTINCT"));
            }
            if !distinct && operator != SetOperator::Union {
                return Err(self.unsupported(at, "This set operator with ALL"));
            }
            let right = self.operand()?;
            left = QueryBody::Set {
                operator,
                distinct,
                left: Box::new(left),
                right: Box::new(right),
                at,
            };
        }
    }

    fn operand(&mut self) -> Result<QueryBody, SqlError> {
        if self.accept_symbol("(") {
            let query = self.query()?;
            self.expect_symbol(")")?;
            return Ok(QueryBody::Query(Box::new(query)));
        }
        if self.is_keyword("FROM") {
            return Err(self.unsupported(self.position(), "A query that begins with FROM"));
        }
        let at = self.position();
        self.expect_keyword("SELECT")?;
        self.select(at).map(|select| QueryBody::Select(Box::new(select)))
    }

    fn select(&mut self, at: Position) -> Result<Select, SqlError> {
        let distinct = self.accept("DISTINCT");
        if !distinct {
            self.accept("ALL");
        }
        let shape = if self.accept_all(&["AS", "STRUCT"]) {
            RowShape::Struct
        } else if self.accept_all(&["AS", "VALUE"]) {
            RowShape::Value
        } else {
            RowShape::Columns
        };
        let mut items = vec![self.item()?];
        while self.accept_symbol(",") {
            if self.peek().is_none() || self.is_keyword("FROM") {
                break; // BigQuery allows a comma after the last item.
            }
            items.push(self.item()?);
        }
        let from = if self.accept("FROM") {
            Some(self.from()?)
        } else {
            None
        };
        let filter = self.optional_expression("WHERE")?;
        let group = self.group()?;
        let having = self.optional_expression("HAVING")?;
        let qualify = self.optional_expression("QUALIFY")?;
        let windows = if self.accept("WINDOW") {
            self.list(Self::window_definition)?
        } else {
            Vec::new()
        };
        Ok(Select {
            distinct,
            shape,
            items,
            from,
            filter,
            group,
            having,
            qualify,
            windows,
            at,
        })
    }

    fn window_definition(&mut self) -> Result<(String, Window), SqlError> {
        let name = self.name()?;
        self.expect_keyword("AS")?;
        if self.is_symbol("(") {
            return Ok((name, self.window()?));
        }
        let base = Some(self.name()?);
        Ok((
            name,
            Window {
                base,
                ..Window::default()
            },
        ))
    }

    fn group(&mut self) -> Result<GroupBy, SqlError> {
        let at = self.position();
        if !self.accept_all(&["GROUP", "BY"]) {
            return Ok(GroupBy::None);
        }
        if self.accept("ALL") {
            return Ok(GroupBy::All);
        }
        for word in ["ROLLUP", "CUBE", "GROUPING"] {
            if self.is_keyword(word) {
                return Err(self.unsupported(at, &format!("GROUP BY {word}")));
            }
        }
        self.list(Self::expression).map(GroupBy::By)
    }

    fn item(&mut self) -> Result<SelectItem, SqlError> {
        let at = self.position();
        if self.accept_symbol("*") {
            return self.star(None, at);
        }
        // `a.b.*`: a path up to the star.
        let mark = self.checkpoint();
        if let Some(of) = self.star_prefix()? {
            return self.star(Some(of), at);
        }
        self.rewind(mark);
        let expression = self.expression()?;
        if self.is_dot_star() {
            self.accept_symbol(".");
            self.accept_symbol("*");
            return self.star(Some(expression), at);
        }
        let alias = self.alias()?;
        Ok(SelectItem::Expression { expression, alias })
    }

    /// The path before `.*`, if one comes next.
    fn star_prefix(&mut self) -> Result<Option<Expression>, SqlError> {
        if !self.is_name() {
            return Ok(None);
        }
        let at = self.position();
        let mut parts = vec![self.name()?];
        while self.accept_symbol(".") {
            self.count_operator()?;
            if self.accept_symbol("*") {
                let path = Expression::from_path(parts.iter().map(String::as_str), at);
                return Ok(Some(path));
            }
            let Ok(field) = self.field_name() else {
                return Ok(None);
            };
            parts.push(field);
        }
        Ok(None)
    }

    fn star(&mut self, of: Option<Expression>, at: Position) -> Result<SelectItem, SqlError> {
        let called = self.peek_at(1).is_some_and(|t| t.is_symbol("("));
        let except = if called && self.accept("EXCEPT") {
            self.parenthesized_list(Self::field_name)?
        } else {
            Vec::new()
        };
        let replace = if self.accept("REPLACE") {
            self.parenthesized_list(|parser| {
                let value = parser.expression()?;
                parser.expect_keyword("AS")?;
                Ok((value, parser.name()?))
            })?
        } else {
            Vec::new()
        };
        Ok(SelectItem::Star {
            of,
            except,
            replace,
            at,
        })
    }
}
