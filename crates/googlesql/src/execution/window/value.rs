//! The value of a window function for one row.

use super::{Partition, WindowFunction};
use crate::error::SqlError;
use crate::execution::Run;
use crate::value::Value;
use std::ops::Range;

/// A call for one row of a partition.
pub(super) struct Call<'c> {
    pub function: WindowFunction,
    pub arguments: &'c [Run],
    pub ignore_nulls: bool,
    pub partition: &'c Partition<'c>,
    /// The row's position in the partition.
    pub position: usize,
    /// The positions in its window frame.
    pub frame: Range<usize>,
}

impl Call<'_> {
    pub fn value(&self) -> Result<Value, SqlError> {
        let (partition, position) = (self.partition, self.position);
        Ok(match self.function {
            WindowFunction::RowNumber => int(position + 1),
            WindowFunction::Rank => int(partition.first_peer(position) + 1),
            WindowFunction::DenseRank => int(partition.group(position) + 1),
            WindowFunction::PercentRank => ratio(partition.first_peer(position), partition.len() - 1),
            WindowFunction::CumeDist => ratio(partition.peers_end(position), partition.len()),
            WindowFunction::Ntile => self.ntile()?,
            WindowFunction::Lag => {
                let offset = self.offset("LAG")?;
                self.at(position.checked_sub(offset))?
            }
            WindowFunction::Lead => {
                let offset = self.offset("LEAD")?;
                self.at(Some(position + offset))?
            }
            WindowFunction::FirstValue => self.nth(self.frame.clone(), 0)?,
            WindowFunction::LastValue => self.nth(self.frame.clone().rev(), 0)?,
            WindowFunction::NthValue => {
                let nth = self.int_argument(1)?.checked_sub(1);
                let nth = nth.and_then(|nth| usize::try_from(nth).ok()).ok_or_else(|| {
                    SqlError::invalid("The N value for the NthValue function must be positive")
                })?;
                self.nth(self.frame.clone(), nth)?
            }
        })
    }

    /// The argument of this index for the row; 1 if it is missing or not an INT64.
    fn int_argument(&self, index: usize) -> Result<i64, SqlError> {
        match self.arguments.get(index) {
            Some(run) => match run(&self.partition.row(self.position))? {
                Value::Int(number) => Ok(number),
                _ => Ok(1),
            },
            None => Ok(1),
        }
    }

    fn offset(&self, name: &str) -> Result<usize, SqlError> {
        usize::try_from(self.int_argument(1)?)
            .map_err(|_| SqlError::invalid(format!("{name} offset must not be negative")))
    }

    /// The first argument at another position; outside of the partition, the default of the third argument.
    fn at(&self, other: Option<usize>) -> Result<Value, SqlError> {
        let other = other.filter(|other| *other < self.partition.len());
        match (other, self.arguments.get(2)) {
            (Some(other), _) => (self.arguments[0])(&self.partition.row(other)),
            (None, Some(default)) => default(&self.partition.row(self.position)),
            (None, None) => Ok(Value::Null),
        }
    }

    /// The first argument at the nth of the positions; with IGNORE NULLS, at the first where it is not NULL.
    fn nth(&self, positions: impl Iterator<Item = usize>, nth: usize) -> Result<Value, SqlError> {
        for position in positions.skip(if self.ignore_nulls { 0 } else { nth }) {
            let value = (self.arguments[0])(&self.partition.row(position))?;
            if !(self.ignore_nulls && value == Value::Null) {
                return Ok(value);
            }
        }
        Ok(Value::Null)
    }

    fn ntile(&self) -> Result<Value, SqlError> {
        let buckets = usize::try_from(self.int_argument(0)?).unwrap_or(1).max(1);
        let (size, larger) = (self.partition.len() / buckets, self.partition.len() % buckets);
        // The first buckets have one row more.
        let in_larger = larger * (size + 1);
        let bucket = if self.position < in_larger {
            self.position / (size + 1)
        } else {
            larger + (self.position - in_larger) / size.max(1)
        };
        Ok(int(bucket + 1))
    }
}

fn int(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

#[expect(clippy::cast_precision_loss, reason = "no table here has 2^53 rows")]
fn ratio(part: usize, whole: usize) -> Value {
    Value::Float(if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    })
}
