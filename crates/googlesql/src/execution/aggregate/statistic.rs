//! Sums, averages and standard deviations of the numbers so far.

use crate::cast::{to_float, to_numeric};
use crate::numeric::Numeric;
use crate::value::{ColumnType, Value};

/// A sum, and of how many numbers it is.
pub(super) struct Sum {
    total: Total,
    count: i64,
}

enum Total {
    Int(i64),
    Numeric(Numeric),
    Float(f64),
}

impl Sum {
    /// A sum of nothing; `kind` is the type of the aggregate's value.
    pub fn new(kind: &ColumnType) -> Self {
        let total = match kind {
            ColumnType::Int64 => Total::Int(0),
            ColumnType::Numeric => Total::Numeric(Numeric::ZERO),
            _ => Total::Float(0.0),
        };
        Self { total, count: 0 }
    }

    /// Adds a number.
    ///
    /// # Errors
    /// The sum is too large for its type.
    pub fn add(&mut self, value: &Value) -> Result<(), String> {
        match (&mut self.total, value) {
            (Total::Int(total), Value::Int(number)) => {
                *total = total.checked_add(*number).ok_or("int64 overflow in SUM")?;
            }
            (Total::Int(_), _) => return Ok(()),
            (Total::Numeric(total), value) => {
                let number = to_numeric(value).ok_or("Invalid NUMERIC value")?;
                *total = total.add(number).ok_or("numeric overflow: SUM")?;
            }
            (Total::Float(total), value) => match to_float(value) {
                Some(number) => *total += number,
                None => return Ok(()),
            },
        }
        self.count += 1;
        Ok(())
    }

    /// The sum; NULL of nothing.
    pub fn total(&self) -> Value {
        match &self.total {
            _ if self.count == 0 => Value::Null,
            Total::Int(total) => Value::Int(*total),
            Total::Numeric(total) => Value::Numeric(total.to_string()),
            Total::Float(total) => Value::Float(*total),
        }
    }

    /// The average; NULL of nothing.
    ///
    /// # Errors
    /// It is too large for its type.
    pub fn average(&self) -> Result<Value, String> {
        Ok(match &self.total {
            _ if self.count == 0 => Value::Null,
            Total::Numeric(total) => {
                let average = total.divide(Numeric::from_int(self.count));
                Value::Numeric(average.ok_or("numeric overflow: AVG")?.to_string())
            }
            Total::Float(total) => Value::Float(total / float(self.count)),
            Total::Int(total) => Value::Float(float(*total) / float(self.count)),
        })
    }
}

/// The mean and the spread of numbers (Welford's method, which needs no second look at them).
#[derive(Default)]
pub(super) struct Deviation {
    count: i64,
    mean: f64,
    /// The sum of the squares of the distances to the mean.
    squares: f64,
}

impl Deviation {
    /// Adds a number.
    pub fn add(&mut self, value: &Value) {
        let Some(number) = to_float(value) else { return };
        self.count += 1;
        let before = number - self.mean;
        self.mean += before / float(self.count);
        self.squares += before * (number - self.mean);
    }

    /// The standard deviation of a sample; NULL of fewer than two numbers.
    pub fn of_sample(&self) -> Value {
        if self.count < 2 {
            return Value::Null;
        }
        Value::Float((self.squares / float(self.count - 1)).sqrt())
    }
}

#[expect(clippy::cast_precision_loss, reason = "no table here has 2^53 rows")]
const fn float(number: i64) -> f64 {
    number as f64
}
