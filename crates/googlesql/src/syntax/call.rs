//! Function calls, with the clauses of aggregates and window functions.

use super::ast::{
    Call, Expression, FrameBound, FrameBounds, HavingExtreme, Identifier, Node, OrderItem, Over, Position,
    Window,
};
use super::expression::node;
use super::lexer::TokenKind;
use super::parser::Parser;
use crate::error::SqlError;

type ParseResult = Result<Expression, SqlError>;

impl Parser<'_> {
    pub(super) fn prefixed_call(&mut self, before: &Expression, name: &str) -> ParseResult {
        match &before.node {
            Node::Name(Identifier(prefix)) => self.call(before.at, &format!("{prefix}.{name}")),
            _ => Err(self.unexpected()),
        }
    }

    /// A call whose name has been read.
    pub(super) fn call(&mut self, at: Position, name: &str) -> ParseResult {
        let mut call = Call::new(&name.to_ascii_uppercase());
        self.expect_symbol("(")?;
        call.distinct = self.accept("DISTINCT");
        if self.is_symbol("*") {
            let star = self.position();
            self.accept_symbol("*");
            call.arguments.push(node(star, Node::Star));
        } else if !self.is_symbol(")") {
            call.arguments = self.list(Self::argument)?;
        }
        if self.accept("HAVING") {
            let max = self.accept("MAX");
            if !max {
                self.expect_keyword("MIN")?;
            }
            let expression = self.expression()?;
            call.having = Some(HavingExtreme { max, expression });
        }
        if self.accept_all(&["IGNORE", "NULLS"]) {
            call.ignore_nulls = true;
        } else {
            self.accept_all(&["RESPECT", "NULLS"]);
        }
        if self.accept_all(&["ORDER", "BY"]) {
            call.order = self.list(Self::order)?;
        }
        if self.accept("LIMIT") {
            call.limit = Some(self.expression()?);
        }
        self.expect_symbol(")")?;
        if self.accept_all(&["IGNORE", "NULLS"]) {
            call.ignore_nulls = true;
        } else {
            self.accept_all(&["RESPECT", "NULLS"]);
        }
        if self.accept("OVER") {
            call.over = Some(if self.is_symbol("(") {
                Over::Window(self.window()?)
            } else {
                Over::Named(self.name()?)
            });
        }
        Ok(node(at, Node::Call(Box::new(call))))
    }

    fn argument(&mut self) -> ParseResult {
        // `WEEK(MONDAY)` is parsed as a call. No function here has named arguments.
        let value = self.expression()?;
        if self.is_symbol("=>") || self.is_symbol("-") && self.peek_at(1).is_some_and(|t| t.is_symbol(">")) {
            return Err(self.unsupported(value.at, "A named argument"));
        }
        Ok(value)
    }

    pub fn order(&mut self) -> Result<OrderItem, SqlError> {
        let expression = self.expression()?;
        let descending = self.accept("DESC");
        if !descending {
            self.accept("ASC");
        }
        let nulls_first = if self.accept_all(&["NULLS", "FIRST"]) {
            Some(true)
        } else if self.accept_all(&["NULLS", "LAST"]) {
            Some(false)
        } else {
            None
        };
        Ok(OrderItem {
            expression,
            descending,
            nulls_first,
        })
    }

    /// `(base PARTITION BY … ORDER BY … ROWS …)`.
    pub fn window(&mut self) -> Result<Window, SqlError> {
        self.expect_symbol("(")?;
        let mut window = Window::default();
        if self.is_name() {
            window.base = Some(self.name()?);
        }
        if self.accept_all(&["PARTITION", "BY"]) {
            window.partition = self.list(Self::expression)?;
        }
        if self.accept_all(&["ORDER", "BY"]) {
            window.order = self.list(Self::order)?;
        }
        if self.is_keyword("ROWS") || self.is_keyword("RANGE") {
            let rows = self.accept("ROWS");
            if !rows {
                self.accept("RANGE");
            }
            let (start, end) = if self.accept("BETWEEN") {
                let start = self.bound()?;
                self.expect_keyword("AND")?;
                (start, self.bound()?)
            } else {
                (self.bound()?, FrameBound::Current)
            };
            window.frame = Some(FrameBounds { rows, start, end });
        }
        self.expect_symbol(")")?;
        Ok(window)
    }

    fn bound(&mut self) -> Result<FrameBound, SqlError> {
        if self.accept_all(&["CURRENT", "ROW"]) {
            return Ok(FrameBound::Current);
        }
        let unbounded = self.accept("UNBOUNDED");
        let count = if unbounded { 0 } else { self.whole_number()? };
        if self.accept("PRECEDING") {
            return Ok(if unbounded {
                FrameBound::UnboundedPreceding
            } else {
                FrameBound::Preceding(count)
            });
        }
        self.expect_keyword("FOLLOWING")?;
        Ok(if unbounded {
            FrameBound::UnboundedFollowing
        } else {
            FrameBound::Following(count)
        })
    }

    fn whole_number(&mut self) -> Result<i64, SqlError> {
        let number = self
            .peek()
            .filter(|t| t.kind == TokenKind::Number)
            .and_then(|t| t.text.parse().ok());
        let number = number.ok_or_else(|| self.unexpected())?;
        self.next();
        Ok(number)
    }
}
