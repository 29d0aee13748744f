//! Expressions, by the precedence of their operators.
//!
//! ```text
//! OR < AND < NOT < comparison, IS, IN, LIKE, BETWEEN < | < ^ < & < << >> < + - < * / || < unary < . []
//! ```

use super::parser::Parser;
use super::token::Kind;
use super::tree::{Among, Call, Expression, Node, Operator, Place, Position, Word};
use crate::error::SqlError;

type Read = Result<Expression, SqlError>;

/// The arithmetic operators, from the loosest to the tightest.
const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("|", Operator::BitOr)],
    &[("^", Operator::BitXor)],
    &[("&", Operator::BitAnd)],
    &[("<<", Operator::ShiftLeft), (">>", Operator::ShiftRight)],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[
        ("*", Operator::Multiply),
        ("/", Operator::Divide),
        ("||", Operator::Concatenate),
    ],
];

const COMPARISONS: [(&str, Operator); 7] = [
    ("=", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<>", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

pub(super) const fn made(at: Place, node: Node) -> Expression {
    Expression { node, at }
}

fn binary(operator: Operator, left: Expression, right: Expression) -> Expression {
    made(left.at, Node::Binary(operator, Box::new(left), Box::new(right)))
}

impl Parser<'_> {
    pub fn expression(&mut self) -> Read {
        self.nested(|parser| {
            let mut left = parser.conjunction()?;
            while parser.word("OR") {
                parser.link()?;
                left = binary(Operator::Or, left, parser.conjunction()?);
            }
            Ok(left)
        })
    }

    fn conjunction(&mut self) -> Read {
        let mut left = self.negation()?;
        while self.word("AND") {
            self.link()?;
            left = binary(Operator::And, left, self.negation()?);
        }
        Ok(left)
    }

    fn negation(&mut self) -> Read {
        let at = self.place();
        if self.word("NOT") {
            let inner = self.nested(Self::negation)?;
            return Ok(made(at, Node::Not(Box::new(inner))));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Read {
        let mut left = self.level(0)?;
        loop {
            let at = left.at;
            if let Some((symbol, operator)) = COMPARISONS.iter().find(|(symbol, _)| self.is_symbol(symbol)) {
                self.symbol(symbol);
                self.link()?;
                left = binary(*operator, left, self.level(0)?);
                continue;
            }
            if self.word("IS") {
                self.link()?;
                left = self.is_what(at, left)?;
                continue;
            }
            let mark = self.mark();
            let not = self.word("NOT");
            if !["IN", "BETWEEN", "LIKE"].iter().any(|word| self.is(word)) {
                self.back(mark);
                return Ok(left);
            }
            self.link()?;
            let value = Box::new(left.clone());
            left = if self.word("IN") {
                let among = self.among()?;
                made(at, Node::In { value, among, not })
            } else if self.word("BETWEEN") {
                let low = Box::new(self.level(0)?);
                self.want("AND")?;
                let high = Box::new(self.level(0)?);
                made(
                    at,
                    Node::Between {
                        value,
                        low,
                        high,
                        not,
                    },
                )
            } else if self.is("LIKE") {
                let place = self.place();
                self.word("LIKE");
                if self.is("ANY") || self.is("SOME") || self.is("ALL") {
                    return Err(self.unsupported(place, "LIKE ANY"));
                }
                let pattern = Box::new(self.level(0)?);
                made(at, Node::Like { value, pattern, not })
            } else {
                self.back(mark);
                return Ok(left);
            };
        }
    }

    fn is_what(&mut self, at: Place, value: Expression) -> Read {
        let not = self.word("NOT");
        let value = Box::new(value);
        if self.words(&["DISTINCT", "FROM"]) {
            let right = Box::new(self.level(0)?);
            let node = Node::DistinctFrom {
                left: value,
                right,
                not,
            };
            return Ok(made(at, node));
        }
        let what = if self.word("NULL") {
            None
        } else if self.word("TRUE") {
            Some(true)
        } else if self.word("FALSE") {
            Some(false)
        } else {
            return Err(self.unexpected());
        };
        Ok(made(at, Node::Is { value, what, not }))
    }

    fn among(&mut self) -> Result<Among, SqlError> {
        if self.word("UNNEST") {
            self.want_symbol("(")?;
            let array = self.expression()?;
            self.want_symbol(")")?;
            return Ok(Among::Unnest(Box::new(array)));
        }
        self.want_symbol("(")?;
        let among = if self.begins_query() {
            Among::Query(Box::new(self.query()?))
        } else {
            Among::List(self.list(Self::expression)?)
        };
        self.want_symbol(")")?;
        Ok(among)
    }

    pub(super) fn level(&mut self, level: usize) -> Read {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.level(level + 1)?;
        while let Some((symbol, operator)) = operators.iter().find(|(symbol, _)| self.is_symbol(symbol)) {
            self.symbol(symbol);
            self.link()?;
            left = binary(*operator, left, self.level(level + 1)?);
        }
        Ok(left)
    }

    fn unary(&mut self) -> Read {
        let at = self.place();
        if self.symbol("-") {
            // The smallest INT64 has no positive twin.
            if self
                .peek()
                .is_some_and(|t| t.kind == Kind::Number && t.text == "9223372036854775808")
            {
                self.next();
                return Ok(made(at, Node::Int(i64::MIN)));
            }
            let inner = self.nested(Self::unary)?;
            return Ok(made(at, Node::Negative(Box::new(inner))));
        }
        if self.symbol("+") {
            return self.nested(Self::unary);
        }
        if self.symbol("~") {
            let inner = self.nested(Self::unary)?;
            return Ok(made(at, Node::BitNot(Box::new(inner))));
        }
        let mut inner = self.primary()?;
        loop {
            let at = inner.at;
            if self.is_dot_star() {
                // The star is the item's.
                return Ok(inner);
            }
            if self.is_symbol(".") || self.is_symbol("[") {
                self.link()?;
            }
            if self.symbol(".") {
                let field = self.field_name()?;
                inner = if self.is_symbol("(") {
                    self.prefixed_call(&inner, &field)?
                } else {
                    made(at, Node::Field(Box::new(inner), Word(field)))
                };
            } else if self.symbol("[") {
                let (position, index) = self.index()?;
                inner = made(at, Node::Index(Box::new(inner), position, Box::new(index)));
            } else {
                return Ok(inner);
            }
        }
    }

    fn index(&mut self) -> Result<(Position, Expression), SqlError> {
        let named = [
            ("OFFSET", Position::Offset),
            ("ORDINAL", Position::Ordinal),
            ("SAFE_OFFSET", Position::SafeOffset),
            ("SAFE_ORDINAL", Position::SafeOrdinal),
        ];
        let bracket = self.ahead(1).is_some_and(|t| t.is_symbol("("));
        let found = named.iter().find(|(word, _)| bracket && self.is(word));
        let read = if let Some((word, position)) = found {
            self.word(word);
            self.want_symbol("(")?;
            let index = self.expression()?;
            self.want_symbol(")")?;
            (*position, index)
        } else {
            (Position::Plain, self.expression()?)
        };
        self.want_symbol("]")?;
        Ok(read)
    }

    fn primary(&mut self) -> Read {
        let at = self.place();
        let Some(token) = self.peek().cloned() else {
            return Err(self.unexpected());
        };
        match token.kind {
            Kind::Text => {
                self.next();
                Ok(made(at, Node::Text(token.text)))
            }
            Kind::Bytes => {
                self.next();
                let bytes = token.text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok());
                Ok(made(at, Node::Bytes(bytes.collect())))
            }
            Kind::Number => {
                self.next();
                self.number(at, &token.text)
            }
            Kind::Parameter if token.text.starts_with("@@") => {
                Err(self.unsupported(at, &format!("System variable {}", token.text)))
            }
            Kind::Parameter => {
                self.next();
                Ok(made(at, self.parameter(&token.text)))
            }
            Kind::Symbol if token.text == "(" => self.in_brackets(at),
            Kind::Symbol if token.text == "[" => self.array(at, None),
            Kind::Name => {
                self.next();
                if self.is_symbol("(") {
                    return self.call(at, &token.text);
                }
                Ok(path_of(at, token.text.split('.')))
            }
            Kind::Word => self.at_word(at, &token.text),
            Kind::Symbol => Err(self.unexpected()),
        }
    }

    fn number(&self, at: Place, text: &str) -> Read {
        let bad = || SqlError::syntax(self.sql, at.0, &format!("Unexpected \"{text}\""));
        let lower = text.to_ascii_lowercase();
        if let Some(digits) = lower.strip_prefix("0x") {
            let number = i64::from_str_radix(digits, 16).map_err(|_| bad())?;
            return Ok(made(at, Node::Int(number)));
        }
        if lower.contains(['.', 'e']) {
            let number = lower.parse().map_err(|_| bad())?;
            return Ok(made(at, Node::Float(number)));
        }
        let number = text.parse().map_err(|_| {
            if text.bytes().all(|b| b.is_ascii_digit()) {
                SqlError::invalid(format!(
                    "Invalid integer literal: {text} at {}",
                    crate::error::place(self.sql, at.0)
                ))
            } else {
                SqlError::syntax(self.sql, at.0, "Missing whitespace between literal and alias")
            }
        })?;
        Ok(made(at, Node::Int(number)))
    }

    fn parameter(&mut self, text: &str) -> Node {
        if text == "?" {
            self.positional += 1;
            Node::Positional(self.positional)
        } else {
            Node::Named(text[1..].to_owned())
        }
    }

    fn in_brackets(&mut self, at: Place) -> Read {
        self.want_symbol("(")?;
        let inner = if self.begins_query() {
            made(at, Node::Query(Box::new(self.query()?)))
        } else {
            let first = self.expression()?;
            if self.symbol(",") {
                let mut items = vec![(None, first)];
                items.extend(self.list(Self::expression)?.into_iter().map(|item| (None, item)));
                made(at, Node::Struct(None, items))
            } else {
                first
            }
        };
        self.want_symbol(")")?;
        Ok(inner)
    }
}

pub(super) fn plain_call(name: &str) -> Call {
    Call {
        name: name.to_owned(),
        arguments: Vec::new(),
        distinct: false,
        ignore_nulls: false,
        order: Vec::new(),
        limit: None,
        extreme: None,
        over: None,
    }
}

/// `a.b.c` in one pair of backticks.
fn path_of<'a>(at: Place, mut parts: impl Iterator<Item = &'a str>) -> Expression {
    let first = Word(parts.next().unwrap_or_default().to_owned());
    parts.fold(made(at, Node::Name(first)), |inner, part| {
        made(at, Node::Field(Box::new(inner), Word(part.to_owned())))
    })
}
