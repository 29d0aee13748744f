//! Aggregate functions: one value from the rows of a group or a window frame.

mod accumulator;
mod collection;
mod statistic;

pub(crate) use accumulator::Accumulator;

use super::Run;
use super::sort::SortKey;
use crate::compare;
use crate::error::SqlError;
use crate::session::{Frame, Session};
use crate::value::{ColumnType, Value};
use std::cmp::Ordering;

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

    /// Whether its value has all of its arguments.
    pub const fn is_collection(self) -> bool {
        matches!(self, Self::StringAgg | Self::ArrayAgg | Self::ArrayConcatAgg)
    }

    const fn keeps_nulls(self) -> bool {
        matches!(self, Self::ArrayAgg | Self::AnyValue | Self::MaxBy | Self::MinBy)
    }
}

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
    /// How a row's measure compares with the best so far, which it replaces if it is better. NULL is the best only if
    /// no row has another one.
    fn compare(&self, frame: &Frame<'_>, best: &mut Option<Value>) -> Result<Ordering, SqlError> {
        let measure = (self.run)(frame)?;
        let wanted = if self.max {
            Ordering::Greater
        } else {
            Ordering::Less
        };
        let order = match best.as_ref() {
            None => Ordering::Greater,
            Some(Value::Null) if measure == Value::Null => Ordering::Equal,
            Some(Value::Null) => Ordering::Greater,
            Some(_) if measure == Value::Null => Ordering::Less,
            Some(best) if compare::replaces(&measure, best, wanted) => Ordering::Greater,
            Some(best) if compare::replaces(best, &measure, wanted) => Ordering::Less,
            Some(_) => Ordering::Equal,
        };
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
    pub fn compute<'f>(
        &self,
        session: &Session<'_>,
        mut rows: impl Iterator<Item = Frame<'f>>,
    ) -> Result<Value, SqlError> {
        let mut accumulator = Accumulator::new(self, session);
        rows.try_for_each(|frame| accumulator.add(&frame))?;
        accumulator.into_value()
    }
}
