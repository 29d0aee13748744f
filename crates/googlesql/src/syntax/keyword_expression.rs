//! Expressions that begin with a keyword: literals with a type, CASE, CAST, EXTRACT, ARRAY, STRUCT.

use super::ast::{Call, Expression, Identifier, Node, Position};
use super::expression::{ADDITIVE, node};
use super::lexer::TokenKind;
use super::parser::Parser;
use crate::error::SqlError;
use crate::value::ColumnType;

type ParseResult = Result<Expression, SqlError>;

impl Parser<'_> {
    pub(super) fn keyword_expression(&mut self, at: Position, text: &str) -> ParseResult {
        let upper = text.to_ascii_uppercase();
        let called = self.peek_at(1).is_some_and(|t| t.is_symbol("("));
        let quoted = self.peek_at(1).is_some_and(|t| t.kind == TokenKind::Text);
        match upper.as_str() {
            "NULL" | "TRUE" | "FALSE" => {
                self.next();
                Ok(node(at, constant(&upper)))
            }
            "CASE" => self.case(at),
            "CAST" | "SAFE_CAST" if called => self.cast(at, upper == "SAFE_CAST"),
            "EXTRACT" if called => self.extract(at),
            "EXISTS" if called => self.exists(at),
            "INTERVAL" => self.interval(at),
            "ARRAY" => self.array_constructor(at),
            "STRUCT" => self.struct_constructor(at),
            "DATE" | "DATETIME" | "TIME" | "TIMESTAMP" | "NUMERIC" | "DECIMAL" | "BIGNUMERIC"
            | "BIGDECIMAL" | "JSON"
                if quoted =>
            {
                let kind = self.kind()?;
                let text = self.next().map(|token| token.text).unwrap_or_default();
                Ok(node(at, Node::Typed(kind, text)))
            }
            "IF" | "LEFT" | "RIGHT" | "COLLATE" | "HASH" | "ANY" | "LOOKUP" if called => {
                self.next();
                self.call(at, &upper)
            }
            // BigQuery allows these without parentheses.
            "CURRENT_TIMESTAMP" | "CURRENT_DATE" | "CURRENT_TIME" | "CURRENT_DATETIME" if !called => {
                self.next();
                Ok(node(at, Node::Call(Box::new(Call::new(&upper)))))
            }
            _ if !self.is_name() => Err(self.unexpected()),
            _ if called => {
                self.next();
                self.call(at, text)
            }
            _ => {
                self.next();
                Ok(node(at, Node::Name(Identifier(text.to_owned()))))
            }
        }
    }

    fn exists(&mut self, at: Position) -> ParseResult {
        self.next();
        self.expect_symbol("(")?;
        let query = self.query()?;
        self.expect_symbol(")")?;
        Ok(node(at, Node::Exists(Box::new(query))))
    }

    fn interval(&mut self, at: Position) -> ParseResult {
        self.next();
        let count = self.nested(|parser| parser.binary_level(ADDITIVE))?;
        let unit = self.field_name()?;
        if self.is_keyword("TO") {
            return Err(self.unsupported(at, "An INTERVAL of several parts"));
        }
        Ok(node(
            at,
            Node::Interval(Box::new(count), unit.to_ascii_uppercase()),
        ))
    }

    fn array_constructor(&mut self, at: Position) -> ParseResult {
        self.next();
        if self.accept_symbol("(") {
            let query = self.query()?;
            self.expect_symbol(")")?;
            return Ok(node(at, Node::ArrayQuery(Box::new(query))));
        }
        let kind = if self.accept_symbol("<") {
            let kind = self.kind()?;
            if !self.accept_close_angle() {
                return Err(self.expected("\">\""));
            }
            Some(kind)
        } else {
            None
        };
        self.array(at, kind)
    }

    fn struct_constructor(&mut self, at: Position) -> ParseResult {
        self.next();
        let fields = self.is_symbol("<").then(|| self.struct_fields()).transpose()?;
        self.expect_symbol("(")?;
        let items = if self.is_symbol(")") {
            Vec::new()
        } else {
            self.list(|parser| {
                let value = parser.expression()?;
                let name = if parser.accept("AS") {
                    Some(parser.name()?)
                } else {
                    None
                };
                Ok((name, value))
            })?
        };
        self.expect_symbol(")")?;
        Ok(node(at, Node::Struct(fields, items)))
    }

    fn case(&mut self, at: Position) -> ParseResult {
        self.next();
        let operand = if self.is_keyword("WHEN") {
            None
        } else {
            Some(Box::new(self.expression()?))
        };
        let mut whens = Vec::new();
        while self.accept("WHEN") {
            let condition = self.expression()?;
            self.expect_keyword("THEN")?;
            whens.push((condition, self.expression()?));
        }
        if whens.is_empty() {
            return Err(self.expected("keyword WHEN"));
        }
        let otherwise = self.optional_expression("ELSE")?.map(Box::new);
        self.expect_keyword("END")?;
        Ok(node(
            at,
            Node::Case {
                operand,
                whens,
                otherwise,
            },
        ))
    }

    fn cast(&mut self, at: Position, safe: bool) -> ParseResult {
        self.next();
        self.expect_symbol("(")?;
        let value = Box::new(self.expression()?);
        self.expect_keyword("AS")?;
        let kind = self.kind()?;
        let format = self.optional_expression("FORMAT")?.map(Box::new);
        self.expect_symbol(")")?;
        Ok(node(
            at,
            Node::Cast {
                value,
                kind,
                format,
                safe,
            },
        ))
    }

    fn extract(&mut self, at: Position) -> ParseResult {
        self.next();
        self.expect_symbol("(")?;
        let mut part = self.field_name()?.to_ascii_uppercase();
        if self.accept_symbol("(") {
            part = format!("{part}({})", self.field_name()?.to_ascii_uppercase());
            self.expect_symbol(")")?;
        }
        self.expect_keyword("FROM")?;
        let value = Box::new(self.expression()?);
        let zone = if self.accept_all(&["AT", "TIME", "ZONE"]) {
            Some(Box::new(self.expression()?))
        } else {
            None
        };
        self.expect_symbol(")")?;
        Ok(node(at, Node::Extract { part, value, zone }))
    }

    pub(super) fn array(&mut self, at: Position, kind: Option<ColumnType>) -> ParseResult {
        self.expect_symbol("[")?;
        let items = if self.is_symbol("]") {
            Vec::new()
        } else {
            self.list(Self::expression)?
        };
        self.expect_symbol("]")?;
        Ok(node(at, Node::Array(kind, items)))
    }
}

fn constant(word: &str) -> Node {
    match word {
        "TRUE" => Node::Bool(true),
        "FALSE" => Node::Bool(false),
        _ => Node::Null,
    }
}
