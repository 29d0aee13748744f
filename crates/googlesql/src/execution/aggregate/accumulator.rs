//! An aggregate while rows are added to it. What it holds grows with the rows only if its value has all of them, or if
//! it has DISTINCT.

use super::collection::{Collection, Item};
use super::statistic::{Deviation, Sum};
use super::{Aggregate, AggregateFunction as F};
use crate::compare;
use crate::error::SqlError;
use crate::execution::sort;
use crate::memory::{self, Held};
use crate::session::{Frame, Session};
use crate::value::Value;
use std::cmp::Ordering;
use std::collections::HashSet;

/// An aggregate of the rows so far.
pub(crate) struct Accumulator<'a> {
    aggregate: &'a Aggregate,
    session: &'a Session<'a>,
    held: Held<'a>,
    /// The keys of the arguments so far, with DISTINCT.
    seen: HashSet<u128>,
    /// The best measure so far, with HAVING.
    best: Option<Value>,
    state: State,
}

enum State {
    Count(i64),
    Sum(Sum),
    Deviation(Deviation),
    Truth(Option<bool>),
    One(Option<Candidate>),
    All(Collection),
}

/// The argument that is the value so far.
struct Candidate {
    value: Value,
    /// What `MAX_BY` compares instead.
    by: Option<Value>,
}

impl Candidate {
    fn measure(&self) -> &Value {
        self.by.as_ref().unwrap_or(&self.value)
    }
}

impl State {
    fn new(aggregate: &Aggregate) -> Self {
        match aggregate.function {
            F::Count | F::CountIf | F::ApproxCountDistinct => Self::Count(0),
            F::Sum | F::Avg => Self::Sum(Sum::new(&aggregate.kind)),
            F::StdDev => Self::Deviation(Deviation::default()),
            F::LogicalAnd | F::LogicalOr => Self::Truth(None),
            F::Min | F::Max | F::MinBy | F::MaxBy | F::AnyValue => Self::One(None),
            F::StringAgg | F::ArrayAgg | F::ArrayConcatAgg => Self::All(Collection::default()),
        }
    }
}

impl<'a> Accumulator<'a> {
    /// An aggregate of no rows.
    pub fn new(aggregate: &'a Aggregate, session: &'a Session<'a>) -> Self {
        Self {
            aggregate,
            session,
            held: session.memory.hold(),
            seen: HashSet::new(),
            best: None,
            state: State::new(aggregate),
        }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Overflow, the errors of the arguments, and cancellation.
    pub fn add(&mut self, frame: &Frame<'_>) -> Result<(), SqlError> {
        self.session.step()?;
        let aggregate = self.aggregate;
        let function = aggregate.function;
        if let Some(having) = &aggregate.having {
            match having.compare(frame, &mut self.best)? {
                Ordering::Greater => {
                    self.state = State::new(aggregate);
                    self.seen.clear();
                    self.held = self.session.memory.hold();
                }
                Ordering::Equal => {}
                Ordering::Less => return Ok(()),
            }
        }
        let value = match &aggregate.argument {
            Some(argument) => argument(frame)?,
            // COUNT(*) counts each row.
            None => Value::Bool(true),
        };
        if value == Value::Null && (aggregate.ignore_nulls || !function.keeps_nulls()) {
            return Ok(());
        }
        if aggregate.distinct && !self.seen.insert(compare::key([&value])) {
            return Ok(());
        }
        match &mut self.state {
            State::Count(count) => *count += i64::from(function != F::CountIf || value == Value::Bool(true)),
            State::Sum(sum) => sum.add(&value).map_err(SqlError::invalid)?,
            State::Deviation(deviation) => deviation.add(&value),
            State::Truth(truth) => {
                let is_true = value == Value::Bool(true);
                *truth = Some(match truth {
                    Some(so_far) if function == F::LogicalAnd => *so_far && is_true,
                    Some(so_far) => *so_far || is_true,
                    None => is_true,
                });
            }
            State::One(best) => {
                let by = aggregate.second.as_ref().filter(|_| function.is_by());
                let by = by.map(|by| by(frame)).transpose()?;
                if by == Some(Value::Null) {
                    return Ok(());
                }
                let new = Candidate { value, by };
                if best.as_ref().is_none_or(|best| is_better(function, &new, best)) {
                    self.held = self.session.memory.hold();
                    let bytes = memory::bytes_of(&new.value) + new.by.as_ref().map_or(0, memory::bytes_of);
                    self.held.add(bytes)?;
                    *best = Some(new);
                }
            }
            State::All(all) => {
                let separator = aggregate.second.as_ref();
                let separator = separator.map(|separator| separator(frame)).transpose()?;
                let keys = sort::values(&aggregate.order, frame)?;
                let item = Item { keys, value };
                self.held.add(item.bytes())?;
                all.add(aggregate, item, separator)?;
            }
        }
        Ok(())
    }

    /// The value of the rows so far.
    ///
    /// # Errors
    /// It is too large.
    pub fn value(&mut self) -> Result<Value, SqlError> {
        let function = self.aggregate.function;
        match &mut self.state {
            State::Count(count) => Ok(Value::Int(*count)),
            State::Sum(sum) if function == F::Avg => sum.average().map_err(SqlError::invalid),
            State::Sum(sum) => Ok(sum.total()),
            State::Deviation(deviation) => Ok(deviation.of_sample()),
            State::Truth(truth) => Ok(truth.map_or(Value::Null, Value::Bool)),
            State::One(best) => Ok(best.as_ref().map_or(Value::Null, |best| best.value.clone())),
            State::All(all) => all.sorted(self.aggregate).clone().into_value(self.aggregate),
        }
    }

    /// The value of all rows.
    ///
    /// # Errors
    /// As [`Accumulator::value`].
    pub fn into_value(mut self) -> Result<Value, SqlError> {
        match self.state {
            State::All(mut all) => {
                all.sorted(self.aggregate);
                all.into_value(self.aggregate)
            }
            _ => self.value(),
        }
    }
}

fn is_better(function: F, new: &Candidate, best: &Candidate) -> bool {
    let wanted = match function {
        F::Min | F::MinBy => Ordering::Less,
        F::Max | F::MaxBy => Ordering::Greater,
        // ANY_VALUE is the first one.
        _ => return false,
    };
    compare::replaces(new.measure(), best.measure(), wanted)
}
