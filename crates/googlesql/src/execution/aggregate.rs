//! Aggregate functions: one value from the rows of a group or a window frame.

mod reduce;

use super::Run;
use super::sort::{self, SortKey};
use crate::compare;
use crate::error::SqlError;
use crate::limits::MAX_VALUE_BYTES;
use crate::memory;
use crate::session::Frame;
use crate::value::{ColumnType, Value};
use std::cmp::Ordering;
use std::collections::HashSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AggregateFunction {
    Count,
    CountIf,
    Sum,
    Avg,
    Min,
    Max,
    AnyValue,
    MaxBy,
    MinBy,
    LogicalAnd,
    LogicalOr,
    StringAgg,
    ArrayAgg,
    ArrayConcatAgg,
    ApproxCountDistinct,
    StdDev,
}

impl AggregateFunction {
    /// The function of this name, in capitals.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "COUNT" => Self::Count,
            "COUNTIF" => Self::CountIf,
            "SUM" => Self::Sum,
            "AVG" => Self::Avg,
            "MIN" => Self::Min,
            "MAX" => Self::Max,
            "ANY_VALUE" => Self::AnyValue,
            "MAX_BY" => Self::MaxBy,
            "MIN_BY" => Self::MinBy,
            "LOGICAL_AND" => Self::LogicalAnd,
            "LOGICAL_OR" => Self::LogicalOr,
            "STRING_AGG" => Self::StringAgg,
            "ARRAY_AGG" => Self::ArrayAgg,
            "ARRAY_CONCAT_AGG" => Self::ArrayConcatAgg,
            "APPROX_COUNT_DISTINCT" => Self::ApproxCountDistinct,
            "STDDEV" => Self::StdDev,
            _ => return None,
        })
    }

    /// Whether rows are compared by the second argument.
    pub const fn is_by(self) -> bool {
        matches!(self, Self::MaxBy | Self::MinBy)
    }

    /// Whether only the number of its arguments counts.
    const fn is_count(self) -> bool {
        matches!(self, Self::Count | Self::ApproxCountDistinct)
    }

    /// Whether its value has all of its arguments.
    const fn is_collection(self) -> bool {
        matches!(self, Self::StringAgg | Self::ArrayAgg | Self::ArrayConcatAgg)
    }

    /// Whether its value is one of its arguments.
    const fn is_one_of(self) -> bool {
        matches!(
            self,
            Self::Min | Self::Max | Self::MinBy | Self::MaxBy | Self::AnyValue
        )
    }

    /// The name of one that is a collection.
    const fn name(self) -> &'static str {
        match self {
            Self::StringAgg => "STRING_AGG",
            Self::ArrayAgg => "ARRAY_AGG",
            _ => "ARRAY_CONCAT_AGG",
        }
    }

    const fn keeps_nulls(self) -> bool {
        matches!(self, Self::ArrayAgg | Self::AnyValue | Self::MaxBy | Self::MinBy)
    }
}

/// After how many arguments those that do not count any more are let go.
const COMPACT: usize = 1_024;

/// An aggregate call, ready to run.
#[derive(Clone)]
pub(crate) struct Aggregate {
    pub function: AggregateFunction,
    /// The type of its value.
    pub kind: ColumnType,
    /// `None` for `COUNT(*)`.
    pub argument: Option<Run>,
    /// The separator of `STRING_AGG`; what `MAX_BY` compares.
    pub second: Option<Run>,
    pub distinct: bool,
    pub ignore_nulls: bool,
    pub having: Option<HavingMeasure>,
    pub order: Vec<SortKey>,
    pub limit: Option<usize>,
}

/// The expression of `HAVING MAX x` or `HAVING MIN x`.
#[derive(Clone)]
pub(crate) struct HavingMeasure {
    pub max: bool,
    pub run: Run,
}

impl HavingMeasure {
    /// How a row's measure compares with the best so far, which it replaces if it is better.
    fn compare(&self, frame: &Frame<'_>, best: &mut Option<Value>) -> Result<Ordering, SqlError> {
        let measure = (self.run)(frame)?;
        let order = best.as_ref().map_or(Ordering::Greater, |best| {
            let order = compare::order(&measure, best);
            if self.max { order } else { order.reverse() }
        });
        if order == Ordering::Greater {
            *best = Some(measure);
        }
        Ok(order)
    }
}

impl Aggregate {
    /// Its value over these rows.
    ///
    /// # Errors
    /// Overflow, and the errors of its arguments.
    pub fn compute<'f>(&self, rows: impl Iterator<Item = Frame<'f>>) -> Result<Value, SqlError> {
        let mut rows = rows.peekable();
        let Some(session) = rows.peek().map(|frame| frame.session) else {
            return self.reduced(Vec::new(), None);
        };
        let mut collected: Vec<(Vec<Value>, Value)> = Vec::new();
        let mut held = session.memory.hold();
        let mut size = 0_usize;
        let mut seen = HashSet::new();
        let mut best: Option<Value> = None;
        let mut separator = None;
        let mut count = 0;
        for frame in rows {
            session.step()?;
            let Some(argument) = &self.argument else {
                count += 1;
                continue;
            };
            let mut value = argument(&frame)?;
            if value == Value::Null && (self.ignore_nulls || !self.function.keeps_nulls()) {
                continue;
            }
            if self.distinct && !seen.insert(compare::key([&value])) {
                continue;
            }
            if let Some(having) = &self.having {
                match having.compare(&frame, &mut best)? {
                    Ordering::Greater => {
                        collected.clear();
                        held = session.memory.hold();
                        (size, count) = (0, 0);
                    }
                    Ordering::Equal => {}
                    Ordering::Less => continue,
                }
            }
            if self.function.is_count() {
                count += 1;
                continue;
            }
            if let Some(second) = &self.second {
                let second = second(&frame)?;
                if !self.function.is_by() {
                    size += memory::size(&second);
                    separator = Some(second);
                } else if second == Value::Null {
                    continue;
                } else {
                    value = Value::Struct(vec![second, value]);
                }
            }
            if self.function.is_collection() && self.limit.is_none() {
                size += memory::size(&value);
                memory::check_size(size, self.function.name()).map_err(SqlError::invalid)?;
            }
            let keys = sort::values(&self.order, &frame)?;
            let bytes_of_keys: usize = keys.iter().map(memory::bytes_of).sum();
            held.add(size_of::<Vec<Value>>() + bytes_of_keys + memory::bytes_of(&value))?;
            collected.push((keys, value));
            let is_much = collected.len() >= COMPACT || held.bytes() > MAX_VALUE_BYTES;
            if is_much && self.function.is_one_of() && self.order.is_empty() && self.limit.is_none() {
                let values = collected.drain(..).map(|(_, value)| value).collect();
                let values = reduce::compact(self.function, values);
                held = session.memory.hold();
                held.add(values.iter().map(memory::bytes_of).sum())?;
                collected.extend(values.into_iter().map(|value| (Vec::new(), value)));
            }
        }
        if self.function.is_count() {
            return Ok(Value::Int(count));
        }
        if !self.order.is_empty() {
            collected.sort_by(|(a, _), (b, _)| sort::compare(&self.order, a, b));
        }
        if let Some(limit) = self.limit {
            collected.truncate(limit);
        }
        let values: Vec<Value> = collected.into_iter().map(|(_, value)| value).collect();
        if self.function.is_collection() {
            let between = separator.as_ref().map_or(1, memory::size);
            let size = values.iter().map(|value| memory::size(value) + between).sum();
            memory::check_size(size, self.function.name()).map_err(SqlError::invalid)?;
        }
        self.reduced(values, separator.as_ref())
    }

    fn reduced(&self, values: Vec<Value>, separator: Option<&Value>) -> Result<Value, SqlError> {
        reduce::reduce(self.function, &self.kind, values, separator).map_err(SqlError::invalid)
    }
}
