//! Expressions that begin with a word: literals with a type, CASE, CAST, EXTRACT, ARRAY, STRUCT.

use super::expression::{made, plain_call};
use super::parser::Parser;
use super::token::Kind;
use super::tree::{Expression, Node, Place, Word};
use crate::error::SqlError;
use crate::value::ColumnType;

type Read = Result<Expression, SqlError>;

impl Parser<'_> {
    pub(super) fn at_word(&mut self, at: Place, text: &str) -> Read {
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

    pub(super) fn array(&mut self, at: Place, kind: Option<ColumnType>) -> Read {
        self.want_symbol("[")?;
        let items = if self.is_symbol("]") {
            Vec::new()
        } else {
            self.list(Self::expression)?
        };
        self.want_symbol("]")?;
        Ok(made(at, Node::Array(kind, items)))
    }
}

fn constant(word: &str) -> Node {
    match word {
        "TRUE" => Node::Bool(true),
        "FALSE" => Node::Bool(false),
        _ => Node::Null,
    }
}
