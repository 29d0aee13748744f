//! Queries: WITH, SELECT, FROM, set operators, ORDER BY.

use super::parser::Parser;
use super::tree::{
    Body, Condition, From, Group, Item, Join, Place, Query, Select, SetOperator, Shape, Window,
};
use crate::sandbox::warehouse::error::SqlError;

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

    fn source(&mut self) -> Result<From, SqlError> {
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
                    super::tree::Expression {
                        node: super::tree::Node::Name(super::tree::Word(first)),
                        at,
                    },
                    |inner, part| super::tree::Expression {
                        node: super::tree::Node::Field(Box::new(inner), super::tree::Word(part.clone())),
                        at,
                    },
                );
                let alias = alias.or_else(|| path.parts.last().cloned());
                return Ok(From::Unnest { array, alias, offset });
            }
            From::Table { path, alias }
        };
        for word in ["TABLESAMPLE", "PIVOT", "UNPIVOT", "MATCH_RECOGNIZE"] {
            if self.is(word) {
                return Err(self.unsupported(self.place(), word));
            }
        }
        Ok(from)
    }

    fn begins_query_in_brackets(&self) -> bool {
        let mut ahead = 0;
        while self.ahead(ahead).is_some_and(|token| token.is_symbol("(")) {
            ahead += 1;
        }
        self.is_next(ahead, "SELECT") || self.is_next(ahead, "WITH")
    }

    fn with_offset(&mut self) -> Result<Option<String>, SqlError> {
        if !self.words(&["WITH", "OFFSET"]) {
            return Ok(None);
        }
        Ok(Some(self.alias()?.unwrap_or_else(|| "offset".into())))
    }
}

fn join(left: From, right: From, kind: Join, condition: Condition, at: Place) -> From {
    From::Join {
        left: Box::new(left),
        right: Box::new(right),
        kind,
        condition,
        at,
    }
}
