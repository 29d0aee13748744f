//! Queries: WITH, SELECT, set operators, ORDER BY. What stands behind FROM is in `query/source.rs`.

mod source;

use super::parser::Parser;
use super::tree::{Body, Group, Item, Place, Query, Select, SetOperator, Shape, Window};
use crate::error::SqlError;

impl Parser<'_> {
    /// Whether a query begins here, maybe behind brackets.
    pub fn begins_query(&self) -> bool {
        let mut ahead = 0;
        while self.ahead(ahead).is_some_and(|token| token.is_symbol("(")) {
            ahead += 1;
        }
        if self.is_next(ahead, "SELECT") || self.is_next(ahead, "WITH") {
            // `((SELECT 1) + 1)` begins an expression; what follows the brackets tells, and only a
            // plain SELECT or one more bracket is looked at.
            return ahead == 0 || self.brackets_hold_a_query(ahead);
        }
        false
    }

    /// Whether behind the brackets that close these opening ones comes what follows a query.
    fn brackets_hold_a_query(&self, open: usize) -> bool {
        let (mut depth, mut ahead) = (0_usize, 0);
        while let Some(token) = self.ahead(ahead) {
            depth += usize::from(token.is_symbol("("));
            if token.is_symbol(")") {
                depth = depth.saturating_sub(1);
            }
            ahead += 1;
            if depth == 0 && ahead >= open {
                break;
            }
        }
        self.ahead(ahead).is_none_or(|token| {
            token.is_symbol(")")
                || ["UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT"]
                    .iter()
                    .any(|word| token.is(word))
        })
    }

    pub fn query(&mut self) -> Result<Query, SqlError> {
        self.nested(Self::query_inside)
    }

    fn query_inside(&mut self) -> Result<Query, SqlError> {
        let at = self.place();
        let mut with = Vec::new();
        let mut recursive = false;
        if self.word("WITH") {
            recursive = self.word("RECURSIVE");
            with = self.list(|parser| {
                let name = parser.name()?;
                parser.want("AS")?;
                parser.want_symbol("(")?;
                let query = parser.query()?;
                parser.want_symbol(")")?;
                Ok((name, query))
            })?;
        }
        let body = self.body()?;
        let order = if self.words(&["ORDER", "BY"]) {
            self.list(Self::order)?
        } else {
            Vec::new()
        };
        let limit = if self.word("LIMIT") {
            Some(self.expression()?)
        } else {
            None
        };
        let offset = if limit.is_some() && self.word("OFFSET") {
            Some(self.expression()?)
        } else {
            None
        };
        if self.is_symbol("|>") {
            return Err(self.unsupported(self.place(), "Pipe syntax"));
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

    fn body(&mut self) -> Result<Body, SqlError> {
        let mut left = self.operand()?;
        loop {
            let at = self.place();
            let operator = if self.word("UNION") {
                SetOperator::Union
            } else if self.word("INTERSECT") {
                SetOperator::Intersect
            } else if self.word("EXCEPT") {
                SetOperator::Except
            } else {
                return Ok(left);
            };
            self.link()?;
            let distinct = self.word("DISTINCT");
            if !distinct && !self.word("ALL") {
                return Err(self.expected("keyword ALL or keyword DISTINCT"));
            }
            if !distinct && operator != SetOperator::Union {
                return Err(self.unsupported(at, "This set operator with ALL"));
            }
            let right = self.operand()?;
            left = Body::Set {
                operator,
                distinct,
                left: Box::new(left),
                right: Box::new(right),
                at,
            };
        }
    }

    fn operand(&mut self) -> Result<Body, SqlError> {
        if self.symbol("(") {
            let query = self.query()?;
            self.want_symbol(")")?;
            return Ok(Body::Query(Box::new(query)));
        }
        if self.is("FROM") {
            return Err(self.unsupported(self.place(), "A query that begins with FROM"));
        }
        let at = self.place();
        self.want("SELECT")?;
        self.select(at).map(|select| Body::Select(Box::new(select)))
    }

    fn select(&mut self, at: Place) -> Result<Select, SqlError> {
        let distinct = self.word("DISTINCT");
        if !distinct {
            self.word("ALL");
        }
        let shape = if self.words(&["AS", "STRUCT"]) {
            Shape::Struct
        } else if self.words(&["AS", "VALUE"]) {
            Shape::Value
        } else {
            Shape::Columns
        };
        let mut items = vec![self.item()?];
        while self.symbol(",") {
            if self.peek().is_none() || self.is("FROM") {
                break; // BigQuery allows a comma behind the last item.
            }
            items.push(self.item()?);
        }
        let from = if self.word("FROM") {
            Some(self.from()?)
        } else {
            None
        };
        let filter = if self.word("WHERE") {
            Some(self.expression()?)
        } else {
            None
        };
        let group = self.group()?;
        let having = if self.word("HAVING") {
            Some(self.expression()?)
        } else {
            None
        };
        let qualify = if self.word("QUALIFY") {
            Some(self.expression()?)
        } else {
            None
        };
        let windows = if self.word("WINDOW") {
            self.list(Self::named_window)?
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

    fn named_window(&mut self) -> Result<(String, Window), SqlError> {
        let name = self.name()?;
        self.want("AS")?;
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

    fn group(&mut self) -> Result<Group, SqlError> {
        let at = self.place();
        if !self.words(&["GROUP", "BY"]) {
            return Ok(Group::None);
        }
        if self.word("ALL") {
            return Ok(Group::All);
        }
        for word in ["ROLLUP", "CUBE", "GROUPING"] {
            if self.is(word) {
                return Err(self.unsupported(at, &format!("GROUP BY {word}")));
            }
        }
        self.list(Self::expression).map(Group::By)
    }

    fn item(&mut self) -> Result<Item, SqlError> {
        let at = self.place();
        if self.symbol("*") {
            return self.star(None, at);
        }
        // `a.b.*`: a path up to the star.
        let mark = self.mark();
        if let Some(of) = self.starred()? {
            return self.star(Some(of), at);
        }
        self.back(mark);
        let expression = self.expression()?;
        if self.is_dot_star() {
            self.symbol(".");
            self.symbol("*");
            return self.star(Some(expression), at);
        }
        let alias = self.alias()?;
        Ok(Item::Expression { expression, alias })
    }

    /// The expression before a `.*`, if that is what stands here.
    fn starred(&mut self) -> Result<Option<super::tree::Expression>, SqlError> {
        use super::tree::{Expression, Node, Word};
        if !self.is_name() {
            return Ok(None);
        }
        let at = self.place();
        let mut inner = Expression {
            node: Node::Name(Word(self.name()?)),
            at,
        };
        while self.symbol(".") {
            if self.symbol("*") {
                return Ok(Some(inner));
            }
            let Ok(field) = self.field_name() else {
                return Ok(None);
            };
            inner = Expression {
                node: Node::Field(Box::new(inner), Word(field)),
                at,
            };
        }
        Ok(None)
    }

    fn star(&mut self, of: Option<super::tree::Expression>, at: Place) -> Result<Item, SqlError> {
        let bracket = self.ahead(1).is_some_and(|t| t.is_symbol("("));
        let except = if bracket && self.word("EXCEPT") {
            self.bracketed(Self::field_name)?
        } else {
            Vec::new()
        };
        let replace = if self.word("REPLACE") {
            self.bracketed(|parser| {
                let value = parser.expression()?;
                parser.want("AS")?;
                Ok((value, parser.name()?))
            })?
        } else {
            Vec::new()
        };
        Ok(Item::Star {
            of,
            except,
            replace,
            at,
        })
    }
}
