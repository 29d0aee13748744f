//! Expressions, by the precedence of their operators.
//!
//! ```text
//! OR < AND < NOT < comparison, IS, IN, LIKE, BETWEEN < | < ^ < & < << >> < + - < * / || < unary < . []
//! ```

use super::parser::Parser;
use super::token::Kind;
use super::tree::{Among, Call, Expression, Node, Operator, Place, Position, Word};
use crate::sandbox::warehouse::error::SqlError;

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
                left = binary(Operator::Or, left, parser.conjunction()?);
            }
            Ok(left)
        })
    }

    fn conjunction(&mut self) -> Read {
        let mut left = self.negation()?;
        while self.word("AND") {
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
                left = binary(*operator, left, self.level(0)?);
                continue;
            }
            if self.word("IS") {
                left = self.is_what(at, left)?;
                continue;
            }
            let mark = self.mark();
            let not = self.word("NOT");
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

    fn level(&mut self, level: usize) -> Read {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.level(level + 1)?;
        while let Some((symbol, operator)) = operators.iter().find(|(symbol, _)| self.is_symbol(symbol)) {
            self.symbol(symbol);
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
            if self.symbol(".") {
                if self.is_symbol("*") {
                    // `t.*` is no expression; the star is the item's.
                    return Err(self.unexpected());
                }
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
                    crate::sandbox::warehouse::error::place(self.sql, at.0)
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

    fn array(&mut self, at: Place, kind: Option<crate::sandbox::value::ColumnType>) -> Read {
        self.want_symbol("[")?;
        let items = if self.is_symbol("]") {
            Vec::new()
        } else {
            self.list(Self::expression)?
        };
        self.want_symbol("]")?;
        Ok(made(at, Node::Array(kind, items)))
    }

    fn at_word(&mut self, at: Place, text: &str) -> Read {
        let upper = text.to_ascii_uppercase();
        let called = self.ahead(1).is_some_and(|t| t.is_symbol("("));
        let quoted = self.ahead(1).is_some_and(|t| t.kind == Kind::Text);
        match upper.as_str() {
            "NULL" | "TRUE" | "FALSE" => {
                self.next();
                Ok(made(at, constant(&upper)))
            }
            "CASE" => self.case(at),
            "CAST" | "SAFE_CAST" if called => self.cast(at, upper == "SAFE_CAST"),
            "EXTRACT" if called => self.extract(at),
            "EXISTS" if called => {
                self.next();
                self.want_symbol("(")?;
                let query = self.query()?;
                self.want_symbol(")")?;
                Ok(made(at, Node::Exists(Box::new(query))))
            }
            "INTERVAL" => {
                self.next();
                let count = self.level(4)?;
                let unit = self.field_name()?;
                if self.is("TO") {
                    return Err(self.unsupported(at, "An INTERVAL of several parts"));
                }
                Ok(made(
                    at,
                    Node::Interval(Box::new(count), unit.to_ascii_uppercase()),
                ))
            }
            "ARRAY" => self.array_word(at),
            "STRUCT" => self.structure(at),
            "DATE" | "DATETIME" | "TIME" | "TIMESTAMP" | "NUMERIC" | "DECIMAL" | "BIGNUMERIC"
            | "BIGDECIMAL" | "JSON"
                if quoted =>
            {
                let kind = self.kind()?;
                let text = self.next().map(|token| token.text).unwrap_or_default();
                Ok(made(at, Node::Typed(kind, text)))
            }
            "IF" | "LEFT" | "RIGHT" | "COLLATE" | "HASH" | "ANY" | "LOOKUP" if called => {
                self.next();
                self.call(at, &upper)
            }
            // BigQuery lets these be said without brackets.
            "CURRENT_TIMESTAMP" | "CURRENT_DATE" | "CURRENT_TIME" | "CURRENT_DATETIME" if !called => {
                self.next();
                Ok(made(at, Node::Call(Box::new(plain_call(&upper)))))
            }
            _ if !self.is_name() => Err(self.unexpected()),
            _ if called => {
                self.next();
                self.call(at, text)
            }
            _ => {
                self.next();
                Ok(made(at, Node::Name(Word(text.to_owned()))))
            }
        }
    }

    fn array_word(&mut self, at: Place) -> Read {
        self.next();
        if self.symbol("(") {
            let query = self.query()?;
            self.want_symbol(")")?;
            return Ok(made(at, Node::ArrayQuery(Box::new(query))));
        }
        let kind = if self.symbol("<") {
            let kind = self.kind()?;
            if !self.angle() {
                return Err(self.expected("\">\""));
            }
            Some(kind)
        } else {
            None
        };
        self.array(at, kind)
    }

    fn structure(&mut self, at: Place) -> Read {
        self.next();
        let fields = self.is_symbol("<").then(|| self.fields()).transpose()?;
        self.want_symbol("(")?;
        let items = if self.is_symbol(")") {
            Vec::new()
        } else {
            self.list(|parser| {
                let value = parser.expression()?;
                let name = if parser.word("AS") {
                    Some(parser.name()?)
                } else {
                    None
                };
                Ok((name, value))
            })?
        };
        self.want_symbol(")")?;
        Ok(made(at, Node::Struct(fields, items)))
    }

    fn case(&mut self, at: Place) -> Read {
        self.next();
        let operand = if self.is("WHEN") {
            None
        } else {
            Some(Box::new(self.expression()?))
        };
        let mut whens = Vec::new();
        while self.word("WHEN") {
            let condition = self.expression()?;
            self.want("THEN")?;
            whens.push((condition, self.expression()?));
        }
        if whens.is_empty() {
            return Err(self.expected("keyword WHEN"));
        }
        let otherwise = if self.word("ELSE") {
            Some(Box::new(self.expression()?))
        } else {
            None
        };
        self.want("END")?;
        Ok(made(
            at,
            Node::Case {
                operand,
                whens,
                otherwise,
            },
        ))
    }

    fn cast(&mut self, at: Place, safe: bool) -> Read {
        self.next();
        self.want_symbol("(")?;
        let value = Box::new(self.expression()?);
        self.want("AS")?;
        let kind = self.kind()?;
        let format = if self.word("FORMAT") {
            Some(Box::new(self.expression()?))
        } else {
            None
        };
        self.want_symbol(")")?;
        Ok(made(
            at,
            Node::Cast {
                value,
                kind,
                format,
                safe,
            },
        ))
    }

    fn extract(&mut self, at: Place) -> Read {
        self.next();
        self.want_symbol("(")?;
        let mut part = self.field_name()?.to_ascii_uppercase();
        if self.symbol("(") {
            part = format!("{part}({})", self.field_name()?.to_ascii_uppercase());
            self.want_symbol(")")?;
        }
        self.want("FROM")?;
        let value = Box::new(self.expression()?);
        let zone = if self.words(&["AT", "TIME", "ZONE"]) {
            Some(Box::new(self.expression()?))
        } else {
            None
        };
        self.want_symbol(")")?;
        Ok(made(at, Node::Extract { part, value, zone }))
    }
}

fn constant(word: &str) -> Node {
    match word {
        "TRUE" => Node::Bool(true),
        "FALSE" => Node::Bool(false),
        _ => Node::Null,
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
