//! Calls of functions, with all that aggregates and windows have in and behind their brackets.

use super::expression::{made, plain_call};
use super::parser::Parser;
use super::token::Kind;
use super::tree::{Bound, Expression, FrameBounds, Node, Order, Over, Place, Window, Word};
use crate::error::SqlError;

type Read = Result<Expression, SqlError>;

impl Parser<'_> {
    pub(super) fn prefixed_call(&mut self, before: &Expression, name: &str) -> Read {
        match &before.node {
            Node::Name(Word(prefix)) => self.call(before.at, &format!("{prefix}.{name}")),
            _ => Err(self.unexpected()),
        }
    }

    /// What is in a call's brackets; the name has been read.
    pub(super) fn call(&mut self, at: Place, name: &str) -> Read {
        let mut call = plain_call(&name.to_ascii_uppercase());
        self.want_symbol("(")?;
        call.distinct = self.word("DISTINCT");
        if self.is_symbol("*") {
            let star = self.place();
            self.symbol("*");
            call.arguments.push(made(star, Node::Star));
        } else if !self.is_symbol(")") {
            call.arguments = self.list(Self::argument)?;
        }
        if self.word("HAVING") {
            let most = self.word("MAX");
            if !most {
                self.want("MIN")?;
            }
            call.extreme = Some((most, self.expression()?));
        }
        if self.words(&["IGNORE", "NULLS"]) {
            call.ignore_nulls = true;
        } else {
            self.words(&["RESPECT", "NULLS"]);
        }
        if self.words(&["ORDER", "BY"]) {
            call.order = self.list(Self::order)?;
        }
        if self.word("LIMIT") {
            call.limit = Some(self.expression()?);
        }
        self.want_symbol(")")?;
        if self.words(&["IGNORE", "NULLS"]) {
            call.ignore_nulls = true;
        } else {
            self.words(&["RESPECT", "NULLS"]);
        }
        if self.word("OVER") {
            call.over = Some(if self.is_symbol("(") {
                Over::Window(self.window()?)
            } else {
                Over::Named(self.name()?)
            });
        }
        Ok(made(at, Node::Call(Box::new(call))))
    }

    fn argument(&mut self) -> Read {
        // `WEEK(MONDAY)` reads as a call, `name => value` is asked of few functions and of none here.
        let value = self.expression()?;
        if self.is_symbol("=>") || self.is_symbol("-") && self.ahead(1).is_some_and(|t| t.is_symbol(">")) {
            return Err(self.unsupported(value.at, "A named argument"));
        }
        Ok(value)
    }

    pub fn order(&mut self) -> Result<Order, SqlError> {
        let expression = self.expression()?;
        let descending = self.word("DESC");
        if !descending {
            self.word("ASC");
        }
        let nulls_first = if self.words(&["NULLS", "FIRST"]) {
            Some(true)
        } else if self.words(&["NULLS", "LAST"]) {
            Some(false)
        } else {
            None
        };
        Ok(Order {
            expression,
            descending,
            nulls_first,
        })
    }

    /// `(base PARTITION BY … ORDER BY … ROWS …)`.
    pub fn window(&mut self) -> Result<Window, SqlError> {
        self.want_symbol("(")?;
        let mut window = Window::default();
        if self.is_name() {
            window.base = Some(self.name()?);
        }
        if self.words(&["PARTITION", "BY"]) {
            window.partition = self.list(Self::expression)?;
        }
        if self.words(&["ORDER", "BY"]) {
            window.order = self.list(Self::order)?;
        }
        if self.is("ROWS") || self.is("RANGE") {
            let rows = self.word("ROWS");
            if !rows {
                self.word("RANGE");
            }
            let (start, end) = if self.word("BETWEEN") {
                let start = self.bound()?;
                self.want("AND")?;
                (start, self.bound()?)
            } else {
                (self.bound()?, Bound::Current)
            };
            window.frame = Some(FrameBounds { rows, start, end });
        }
        self.want_symbol(")")?;
        Ok(window)
    }

    fn bound(&mut self) -> Result<Bound, SqlError> {
        if self.words(&["CURRENT", "ROW"]) {
            return Ok(Bound::Current);
        }
        let unbounded = self.word("UNBOUNDED");
        let count = if unbounded { 0 } else { self.whole_number()? };
        if self.word("PRECEDING") {
            return Ok(if unbounded {
                Bound::UnboundedPreceding
            } else {
                Bound::Preceding(count)
            });
        }
        self.want("FOLLOWING")?;
        Ok(if unbounded {
            Bound::UnboundedFollowing
        } else {
            Bound::Following(count)
        })
    }

    fn whole_number(&mut self) -> Result<i64, SqlError> {
        let number = self
            .peek()
            .filter(|t| t.kind == Kind::Number)
            .and_then(|t| t.text.parse().ok());
        let number = number.ok_or_else(|| self.unexpected())?;
        self.next();
        Ok(number)
    }
}
