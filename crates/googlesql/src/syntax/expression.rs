//! Expressions, by the precedence of their operators.
//!
//! ```text
//! OR < AND < NOT < comparison, IS, IN, LIKE, BETWEEN < | < ^ < & < << >> < + - < * / || < unary < . []
//! ```

use super::ast::{Expression, Identifier, InOperand, Node, Operator, Position, Subscript};
use super::lexer::TokenKind;
use super::parser::{Parser, too_deep};
use crate::error::SqlError;
use crate::limits::MAX_DEPTH;

type ParseResult = Result<Expression, SqlError>;

/// The arithmetic operators, from the lowest precedence to the highest.
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

/// The level of `+` and `-`.
pub(super) const ADDITIVE: usize = 4;

const COMPARISONS: [(&str, Operator); 7] = [
    ("=", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<>", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

pub(super) const fn node(at: Position, node: Node) -> Expression {
    Expression { node, at }
}

fn binary(operator: Operator, left: Expression, right: Expression) -> Expression {
    node(left.at, Node::Binary(operator, Box::new(left), Box::new(right)))
}

impl Parser<'_> {
    pub fn expression(&mut self) -> ParseResult {
        self.nested(|parser| {
            let mut left = parser.conjunction()?;
            while parser.accept("OR") {
                parser.count_operator()?;
                left = binary(Operator::Or, left, parser.conjunction()?);
            }
            Ok(left)
        })
    }

    /// The expression after a keyword, if the keyword comes next.
    pub fn optional_expression(&mut self, keyword: &str) -> Result<Option<Expression>, SqlError> {
        if self.accept(keyword) {
            self.expression().map(Some)
        } else {
            Ok(None)
        }
    }

    fn conjunction(&mut self) -> ParseResult {
        let mut left = self.negation()?;
        while self.accept("AND") {
            self.count_operator()?;
            left = binary(Operator::And, left, self.negation()?);
        }
        Ok(left)
    }

    fn negation(&mut self) -> ParseResult {
        let at = self.position();
        if self.accept("NOT") {
            let inner = self.nested(Self::negation)?;
            return Ok(node(at, Node::Not(Box::new(inner))));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> ParseResult {
        let mut left = self.binary_level(0)?;
        loop {
            let at = left.at;
            if let Some((symbol, operator)) = COMPARISONS.iter().find(|(symbol, _)| self.is_symbol(symbol)) {
                self.accept_symbol(symbol);
                self.count_operator()?;
                left = binary(*operator, left, self.binary_level(0)?);
                continue;
            }
            if self.accept("IS") {
                self.count_operator()?;
                left = self.is_operand(at, left)?;
                continue;
            }
            let mark = self.checkpoint();
            let not = self.accept("NOT");
            if !["IN", "BETWEEN", "LIKE"].iter().any(|word| self.is_keyword(word)) {
                self.rewind(mark);
                return Ok(left);
            }
            self.count_operator()?;
            let value = Box::new(left);
            left = if self.accept("IN") {
                let operand = self.in_operand()?;
                node(at, Node::In { value, operand, not })
            } else if self.accept("BETWEEN") {
                let low = Box::new(self.binary_level(0)?);
                self.expect_keyword("AND")?;
                let high = Box::new(self.binary_level(0)?);
                node(
                    at,
                    Node::Between {
                        value,
                        low,
                        high,
                        not,
                    },
                )
            } else {
                let place = self.position();
                self.accept("LIKE");
                if self.is_keyword("ANY") || self.is_keyword("SOME") || self.is_keyword("ALL") {
                    return Err(self.unsupported(place, "LIKE ANY"));
                }
                let pattern = Box::new(self.binary_level(0)?);
                node(at, Node::Like { value, pattern, not })
            };
        }
    }

    fn is_operand(&mut self, at: Position, value: Expression) -> ParseResult {
        let not = self.accept("NOT");
        let value = Box::new(value);
        if self.accept_all(&["DISTINCT", "FROM"]) {
            let right = Box::new(self.binary_level(0)?);
            let distinct = Node::DistinctFrom {
                left: value,
                right,
                not,
            };
            return Ok(node(at, distinct));
        }
        let what = if self.accept("NULL") {
            None
        } else if self.accept("TRUE") {
            Some(true)
        } else if self.accept("FALSE") {
            Some(false)
        } else {
            return Err(self.unexpected());
        };
        Ok(node(at, Node::Is { value, what, not }))
    }

    fn in_operand(&mut self) -> Result<InOperand, SqlError> {
        if self.accept("UNNEST") {
            self.expect_symbol("(")?;
            let array = self.expression()?;
            self.expect_symbol(")")?;
            return Ok(InOperand::Unnest(Box::new(array)));
        }
        self.expect_symbol("(")?;
        let operand = if self.begins_query() {
            InOperand::Query(Box::new(self.query()?))
        } else {
            InOperand::List(self.list(Self::expression)?)
        };
        self.expect_symbol(")")?;
        Ok(operand)
    }

    pub(super) fn binary_level(&mut self, level: usize) -> ParseResult {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary_level(level + 1)?;
        while let Some((symbol, operator)) = operators.iter().find(|(symbol, _)| self.is_symbol(symbol)) {
            self.accept_symbol(symbol);
            self.count_operator()?;
            left = binary(*operator, left, self.binary_level(level + 1)?);
        }
        Ok(left)
    }

    fn unary(&mut self) -> ParseResult {
        let at = self.position();
        if self.accept_symbol("-") {
            // The smallest INT64 has no positive counterpart.
            if self
                .peek()
                .is_some_and(|t| t.kind == TokenKind::Number && t.text == "9223372036854775808")
            {
                self.next();
                return Ok(node(at, Node::Int(i64::MIN)));
            }
            let inner = self.nested(Self::unary)?;
            return Ok(node(at, Node::Negative(Box::new(inner))));
        }
        if self.accept_symbol("+") {
            return self.nested(Self::unary);
        }
        if self.accept_symbol("~") {
            let inner = self.nested(Self::unary)?;
            return Ok(node(at, Node::BitNot(Box::new(inner))));
        }
        let mut inner = self.primary()?;
        loop {
            let at = inner.at;
            if self.is_dot_star() {
                // `.*` belongs to the SELECT item.
                return Ok(inner);
            }
            if self.is_symbol(".") || self.is_symbol("[") {
                self.count_operator()?;
            }
            if self.accept_symbol(".") {
                let field = self.field_name()?;
                inner = if self.is_symbol("(") {
                    self.prefixed_call(&inner, &field)?
                } else {
                    node(at, Node::Field(Box::new(inner), Identifier(field)))
                };
            } else if self.accept_symbol("[") {
                let (position, index) = self.subscript()?;
                inner = node(at, Node::Index(Box::new(inner), position, Box::new(index)));
            } else {
                return Ok(inner);
            }
        }
    }

    fn subscript(&mut self) -> Result<(Subscript, Expression), SqlError> {
        let named = [
            ("OFFSET", Subscript::Offset),
            ("ORDINAL", Subscript::Ordinal),
            ("SAFE_OFFSET", Subscript::SafeOffset),
            ("SAFE_ORDINAL", Subscript::SafeOrdinal),
        ];
        let called = self.peek_at(1).is_some_and(|t| t.is_symbol("("));
        let found = named.iter().find(|(word, _)| called && self.is_keyword(word));
        let read = if let Some((word, position)) = found {
            self.accept(word);
            self.expect_symbol("(")?;
            let index = self.expression()?;
            self.expect_symbol(")")?;
            (*position, index)
        } else {
            (Subscript::Plain, self.expression()?)
        };
        self.expect_symbol("]")?;
        Ok(read)
    }

    fn primary(&mut self) -> ParseResult {
        let at = self.position();
        let Some(token) = self.peek().cloned() else {
            return Err(self.unexpected());
        };
        match token.kind {
            TokenKind::Text => {
                self.next();
                Ok(node(at, Node::Text(token.text)))
            }
            TokenKind::Bytes => {
                self.next();
                let bytes = token.text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok());
                Ok(node(at, Node::Bytes(bytes.collect())))
            }
            TokenKind::Number => {
                self.next();
                self.number(at, &token.text)
            }
            TokenKind::Parameter if token.text.starts_with("@@") => {
                Err(self.unsupported(at, &format!("System variable {}", token.text)))
            }
            TokenKind::Parameter => {
                self.next();
                Ok(node(at, self.parameter(&token.text)))
            }
            TokenKind::Symbol if token.text == "(" => self.parenthesized(at),
            TokenKind::Symbol if token.text == "[" => self.array(at, None),
            TokenKind::QuotedName => {
                self.next();
                if self.is_symbol("(") {
                    return self.call(at, &token.text);
                }
                if token.text.matches('.').count() >= MAX_DEPTH {
                    return Err(too_deep());
                }
                Ok(Expression::from_path(token.text.split('.'), at))
            }
            TokenKind::Word => self.keyword_expression(at, &token.text),
            TokenKind::Symbol => Err(self.unexpected()),
        }
    }

    fn number(&self, at: Position, text: &str) -> ParseResult {
        let bad = || SqlError::syntax(self.sql, at.0, &format!("Unexpected \"{text}\""));
        let lower = text.to_ascii_lowercase();
        if let Some(digits) = lower.strip_prefix("0x") {
            let number = i64::from_str_radix(digits, 16).map_err(|_| bad())?;
            return Ok(node(at, Node::Int(number)));
        }
        if lower.contains(['.', 'e']) {
            let number = lower.parse().map_err(|_| bad())?;
            return Ok(node(at, Node::Float(number, lower)));
        }
        let number = text.parse().map_err(|_| {
            if text.bytes().all(|b| b.is_ascii_digit()) {
                SqlError::invalid(format!(
                    "Invalid integer literal: {text} at {}",
                    crate::error::line_and_column(self.sql, at.0)
                ))
            } else {
                SqlError::syntax(self.sql, at.0, "Missing whitespace between literal and alias")
            }
        })?;
        Ok(node(at, Node::Int(number)))
    }

    fn parameter(&mut self, text: &str) -> Node {
        if text == "?" {
            self.positional += 1;
            Node::Positional(self.positional)
        } else {
            Node::Named(text[1..].to_owned())
        }
    }

    fn parenthesized(&mut self, at: Position) -> ParseResult {
        self.expect_symbol("(")?;
        let inner = if self.begins_query() {
            node(at, Node::Query(Box::new(self.query()?)))
        } else {
            let first = self.expression()?;
            if self.accept_symbol(",") {
                let mut items = vec![(None, first)];
                items.extend(self.list(Self::expression)?.into_iter().map(|item| (None, item)));
                node(at, Node::Struct(None, items))
            } else {
                first
            }
        };
        self.expect_symbol(")")?;
        Ok(inner)
    }
}
