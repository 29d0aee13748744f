//! Aggregate functions: one value from the rows of a group or a window frame.

mod reduce;

use super::Run;
use super::sort::{self, SortKey};
use crate::compare;
use crate::error::SqlError;
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
        let mut collected: Vec<(Vec<Value>, Value)> = Vec::new();
        let mut seen = HashSet::new();
        let mut best: Option<Value> = None;
        let mut separator = None;
        for frame in rows {
            let Some(argument) = &self.argument else {
                collected.push((Vec::new(), Value::Null));
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
                    Ordering::Greater => collected.clear(),
                    Ordering::Equal => {}
                    Ordering::Less => continue,
                }
            }
            if let Some(second) = &self.second {
                let second = second(&frame)?;
                if !self.function.is_by() {
                    separator = Some(second);
                } else if second == Value::Null {
                    continue;
                } else {
                    value = Value::Struct(vec![second, value]);
                }
            }
            collected.push((sort::values(&self.order, &frame)?, value));
        }
        if !self.order.is_empty() {
            collected.sort_by(|(a, _), (b, _)| sort::compare(&self.order, a, b));
        }
        if let Some(limit) = self.limit {
            collected.truncate(limit);
        }
        let values = collected.into_iter().map(|(_, value)| value).collect();
        reduce::reduce(self.function, &self.kind, values, separator.as_ref()).map_err(SqlError::invalid)
    }
}
