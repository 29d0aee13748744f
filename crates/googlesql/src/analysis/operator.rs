//! Operators: three-valued logic, comparisons, arithmetic. IN, LIKE and IS are in `operator/membership.rs`.

mod membership;

use super::coerce;
use super::scope::Scope;
use super::{Analyzer, Typed};
use crate::compare;
use crate::error::SqlError;
use crate::function::arithmetic;
use crate::kind;
use crate::memory;
use crate::session::Frame;
use crate::syntax::ast::{Expression, Node, Operator, Position};
use crate::value::{ColumnType as T, Value};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::rc::Rc;

type TypedResult = Result<Typed, SqlError>;

/// A comparison with a value that is computed before.
pub(super) type Test = Rc<dyn Fn(&Value, &Frame<'_>) -> Result<Value, SqlError>>;

impl Analyzer<'_> {
    pub(super) fn operator(&self, scope: &Scope<'_>, tree: &Expression) -> TypedResult {
        let at = tree.at;
        match &tree.node {
            Node::Not(inner) => {
                let run = self.condition(scope, inner, "NOT")?.run;
                Ok(Typed::new(T::Bool, move |frame| Ok(not(run(frame)?))))
            }
            Node::Negative(inner) => self.negative(scope, inner, at),
            Node::BitNot(inner) => {
                let run = self.operand_of(scope, inner, &T::Int64, "~")?.run;
                Ok(Typed::new(T::Int64, move |frame| {
                    Ok(match run(frame)? {
                        Value::Int(number) => Value::Int(!number),
                        _ => Value::Null,
                    })
                }))
            }
            Node::Binary(operator, left, right) => self.binary(scope, *operator, left, right, at),
            Node::Is { value, what, not } => self.is(scope, value, *what, *not),
            Node::DistinctFrom { left, right, not } => {
                let (left, right) = self.pair(scope, left, right, "IS DISTINCT FROM", at)?;
                let not = *not;
                Ok(Typed::new(T::Bool, move |frame| {
                    let (left, right) = ((left.run)(frame)?, (right.run)(frame)?);
                    let same = match (&left, &right) {
                        (Value::Null, Value::Null) => true,
                        (Value::Null, _) | (_, Value::Null) => false,
                        _ => compare::order(&left, &right) == Ordering::Equal,
                    };
                    Ok(Value::Bool(same == not))
                }))
            }
            Node::Between {
                value,
                low,
                high,
                not: negated,
            } => {
                let value = self.expression(scope, value)?;
                let bound =
                    |operator, tree| self.compared_with(operator, &value, self.expression(scope, tree)?, at);
                let above = bound(Operator::GreaterOrEqual, low)?;
                let below = bound(Operator::LessOrEqual, high)?;
                let negated = *negated;
                Ok(Typed::new(T::Bool, move |frame| {
                    let value = (value.run)(frame)?;
                    let both = and(&above(&value, frame)?, &below(&value, frame)?);
                    Ok(if negated { not(both) } else { both })
                }))
            }
            Node::In { value, operand, not } => self.is_in(scope, value, operand, *not, at),
            Node::Like { value, pattern, not } => self.like(scope, value, pattern, *not, at),
            _ => Err(self.unsupported(at, "This expression")),
        }
    }

    /// An operand that must have this type.
    fn operand_of(&self, scope: &Scope<'_>, tree: &Expression, kind: &T, operator: &str) -> TypedResult {
        let typed = self.expression(scope, tree)?;
        match self.coerced(&typed, kind, tree.at)? {
            Some(typed) => Ok(typed),
            None => Err(self.no_signature(operator, &[typed], tree.at)),
        }
    }

    /// `No matching signature for operator = for argument types: INT64, STRING`.
    pub(super) fn no_signature(&self, operator: &str, arguments: &[Typed], at: Position) -> SqlError {
        let kinds: Vec<_> = arguments.iter().map(|typed| kind::name(&typed.kind)).collect();
        self.wrong(
            at,
            format!(
                "No matching signature for operator {operator} for argument types: {}",
                kinds.join(", ")
            ),
        )
    }

    /// Both operands coerced to their common supertype.
    fn pair(
        &self,
        scope: &Scope<'_>,
        left: &Expression,
        right: &Expression,
        operator: &str,
        at: Position,
    ) -> Result<(Typed, Typed), SqlError> {
        let (left, right) = (self.expression(scope, left)?, self.expression(scope, right)?);
        self.typed_pair(left, right, operator, at)
    }

    fn typed_pair(
        &self,
        left: Typed,
        right: Typed,
        operator: &str,
        at: Position,
    ) -> Result<(Typed, Typed), SqlError> {
        let both = [left.clone(), right.clone()];
        let Some(kind) = coerce::common_supertype(&both) else {
            return Err(self.no_signature(operator, &both, at));
        };
        if matches!(kind, T::Json | T::Array(_)) {
            let name = kind::name(&kind);
            return Err(self.wrong(
                at,
                format!("{operator} is not defined for arguments of type {name}"),
            ));
        }
        match (self.coerced(&left, &kind, at)?, self.coerced(&right, &kind, at)?) {
            (Some(left), Some(right)) => Ok((left, right)),
            _ => Err(self.no_signature(operator, &both, at)),
        }
    }

    /// Whether a value, computed before, equals another.
    pub(super) fn equal_to(&self, value: &Typed, other: Typed, at: Position) -> Result<Test, SqlError> {
        self.compared_with(Operator::Equal, value, other, at)
    }

    /// The comparison of a value, computed before, with another. What is compared several times is computed once:
    /// nested in each other, such comparisons would take twice as long with each.
    fn compared_with(
        &self,
        operator: Operator,
        value: &Typed,
        other: Typed,
        at: Position,
    ) -> Result<Test, SqlError> {
        let given: Rc<RefCell<Value>> = Rc::new(RefCell::new(Value::Null));
        let read = Rc::clone(&given);
        let again = value.with_run(Rc::new(move |_: &Frame<'_>| Ok(read.borrow().clone())));
        let (left, right) = self.typed_pair(again, other, symbol(operator), at)?;
        let run = comparison(operator, left, right).run;
        Ok(Rc::new(move |value, frame| {
            given.replace(value.clone());
            let compared = run(frame);
            // It may be large.
            given.replace(Value::Null);
            compared
        }))
    }

    fn compared(
        &self,
        scope: &Scope<'_>,
        operator: Operator,
        left: &Expression,
        right: &Expression,
        at: Position,
    ) -> TypedResult {
        let (left, right) = self.pair(scope, left, right, symbol(operator), at)?;
        Ok(comparison(operator, left, right))
    }

    /// `left = right` of expressions that are already typed.
    pub(super) fn typed_equality(&self, left: Typed, right: Typed, at: Position) -> TypedResult {
        let (left, right) = self.typed_pair(left, right, "=", at)?;
        Ok(comparison(Operator::Equal, left, right))
    }

    fn binary(
        &self,
        scope: &Scope<'_>,
        operator: Operator,
        left: &Expression,
        right: &Expression,
        at: Position,
    ) -> TypedResult {
        match operator {
            Operator::And | Operator::Or => {
                let word = if operator == Operator::And { "AND" } else { "OR" };
                let (left, right) = (
                    self.condition(scope, left, word)?.run,
                    self.condition(scope, right, word)?.run,
                );
                let ends = Value::Bool(operator == Operator::Or);
                Ok(Typed::new(T::Bool, move |frame| {
                    let first = left(frame)?;
                    if first == ends {
                        return Ok(first);
                    }
                    let second = right(frame)?;
                    Ok(if operator == Operator::And {
                        and(&first, &second)
                    } else {
                        or(&first, &second)
                    })
                }))
            }
            Operator::Equal
            | Operator::NotEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => self.compared(scope, operator, left, right, at),
            Operator::Concatenate => self.named_call(scope, "CONCAT", &[left, right], "||", at),
            Operator::Add | Operator::Subtract
                if matches!(right.node, Node::Interval(..)) || matches!(left.node, Node::Interval(..)) =>
            {
                self.add_interval(scope, operator, left, right, at)
            }
            _ => self.arithmetic(scope, operator, left, right, at),
        }
    }

    /// `timestamp + INTERVAL 1 DAY`, which is `TIMESTAMP_ADD` and its like.
    fn add_interval(
        &self,
        scope: &Scope<'_>,
        operator: Operator,
        left: &Expression,
        right: &Expression,
        at: Position,
    ) -> TypedResult {
        let (value, interval) = if matches!(right.node, Node::Interval(..)) {
            (left, right)
        } else {
            (right, left)
        };
        let verb = if operator == Operator::Add { "ADD" } else { "SUB" };
        let Node::Interval(count, unit) = &interval.node else {
            return Err(self.unsupported(at, "This expression"));
        };
        let typed = self.expression(scope, value)?;
        let name = match typed.kind {
            T::Date | T::DateTime | T::Time | T::Timestamp => format!("{}_{verb}", kind::name(&typed.kind)),
            _ => return Err(self.no_signature(symbol(operator), &[typed], at)),
        };
        let [count_typed, unit] = self.interval(scope, count, unit)?;
        let positions = [value.at, count.at, interval.at];
        self.typed_call(&name, &[typed, count_typed, unit], &positions, &name, at)
    }

    fn arithmetic(
        &self,
        scope: &Scope<'_>,
        operator: Operator,
        left: &Expression,
        right: &Expression,
        at: Position,
    ) -> TypedResult {
        let (left, right) = (self.expression(scope, left)?, self.expression(scope, right)?);
        let both = [left.clone(), right.clone()];
        // A number of days may be added to a DATE.
        if matches!(operator, Operator::Add | Operator::Subtract)
            && left.kind == T::Date
            && right.kind == T::Int64
        {
            let (left, right) = (left.run, right.run);
            return Ok(Typed::new(T::Date, move |frame| {
                arithmetic::add_days(operator, &left(frame)?, &right(frame)?).map_err(SqlError::invalid)
            }));
        }
        let kind =
            coerce::common_supertype(&both).ok_or_else(|| self.no_signature(symbol(operator), &both, at))?;
        let bits = !matches!(
            operator,
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide
        );
        let kind = match (operator, &kind) {
            (_, T::Int64) if bits => T::Int64,
            (Operator::Divide, T::Int64) => T::Float64,
            (_, T::Int64 | T::Float64 | T::Numeric) if !bits => kind,
            _ => return Err(self.no_signature(symbol(operator), &both, at)),
        };
        let (Some(left), Some(right)) = (self.coerced(&left, &kind, at)?, self.coerced(&right, &kind, at)?)
        else {
            return Err(self.no_signature(symbol(operator), &both, at));
        };
        let (left, right) = (left.run, right.run);
        Ok(Typed::new(kind, move |frame| {
            arithmetic::compute(operator, &left(frame)?, &right(frame)?).map_err(SqlError::invalid)
        }))
    }

    fn negative(&self, scope: &Scope<'_>, inner: &Expression, at: Position) -> TypedResult {
        // `-1` is a literal.
        let typed = match &inner.node {
            Node::Int(number) => {
                let negated = number.checked_neg();
                let negated =
                    negated.ok_or_else(|| SqlError::invalid(format!("int64 overflow: -({number})")))?;
                return Ok(Typed::constant(T::Int64, Value::Int(negated)));
            }
            Node::Float(number, image) => return Ok(Typed::decimal(-number, format!("-{image}"))),
            _ => self.expression(scope, inner)?,
        };
        if !matches!(typed.kind, T::Int64 | T::Float64 | T::Numeric) {
            return Err(self.no_signature("-", &[typed], at));
        }
        let run = typed.run;
        Ok(Typed::new(typed.kind, move |frame| {
            arithmetic::negative(&run(frame)?).map_err(SqlError::invalid)
        }))
    }
}

fn comparison(operator: Operator, left: Typed, right: Typed) -> Typed {
    let (left, right) = (left.run, right.run);
    Typed::new(T::Bool, move |frame| {
        let left = left(frame)?;
        let mut held = frame.session.memory.hold();
        held.add(memory::bytes_of(&left))?;
        let right = right(frame)?;
        if left == Value::Null || right == Value::Null {
            return Ok(Value::Null);
        }
        // Every comparison with NaN but != is false.
        if compare::is_nan(&left) || compare::is_nan(&right) {
            return Ok(Value::Bool(operator == Operator::NotEqual));
        }
        let order = compare::order(&left, &right);
        Ok(Value::Bool(match operator {
            Operator::NotEqual => order != Ordering::Equal,
            Operator::Less => order == Ordering::Less,
            Operator::LessOrEqual => order != Ordering::Greater,
            Operator::Greater => order == Ordering::Greater,
            Operator::GreaterOrEqual => order != Ordering::Less,
            _ => order == Ordering::Equal,
        }))
    })
}

fn not(value: Value) -> Value {
    match value {
        Value::Bool(truth) => Value::Bool(!truth),
        _ => Value::Null,
    }
}

fn and(left: &Value, right: &Value) -> Value {
    match (left, right) {
        (Value::Bool(false), _) | (_, Value::Bool(false)) => Value::Bool(false),
        (Value::Bool(true), Value::Bool(true)) => Value::Bool(true),
        _ => Value::Null,
    }
}

fn or(left: &Value, right: &Value) -> Value {
    match (left, right) {
        (Value::Bool(true), _) | (_, Value::Bool(true)) => Value::Bool(true),
        (Value::Bool(false), Value::Bool(false)) => Value::Bool(false),
        _ => Value::Null,
    }
}

const fn symbol(operator: Operator) -> &'static str {
    match operator {
        Operator::Or => "OR",
        Operator::And => "AND",
        Operator::Equal => "=",
        Operator::NotEqual => "!=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
        Operator::BitOr => "|",
        Operator::BitXor => "^",
        Operator::BitAnd => "&",
        Operator::ShiftLeft => "<<",
        Operator::ShiftRight => ">>",
        Operator::Add => "+",
        Operator::Subtract => "-",
        Operator::Multiply => "*",
        Operator::Divide => "/",
        Operator::Concatenate => "||",
    }
}
