//! The arguments of `STRING_AGG`, `ARRAY_AGG` and `ARRAY_CONCAT_AGG`, which become parts of one value.

use super::{Aggregate, AggregateFunction as F};
use crate::error::SqlError;
use crate::execution::sort;
use crate::memory;
use crate::value::Value;

/// The arguments so far.
#[derive(Clone, Default)]
pub(super) struct Collection {
    items: Vec<Item>,
    /// How many bytes the value has, without separators that are left out.
    size: usize,
    separator: Option<Value>,
}

/// An argument, and what ORDER BY compares.
#[derive(Clone)]
pub(super) struct Item {
    pub keys: Vec<Value>,
    pub value: Value,
}

impl Item {
    /// How many bytes of memory it takes.
    pub fn bytes(&self) -> usize {
        let values: usize = self.keys.iter().map(memory::bytes_of).sum();
        size_of::<Vec<Value>>() + values + memory::bytes_of(&self.value)
    }
}

impl Collection {
    /// Adds an argument.
    ///
    /// # Errors
    /// The value would be too large.
    pub fn add(
        &mut self,
        aggregate: &Aggregate,
        item: Item,
        separator: Option<Value>,
    ) -> Result<(), SqlError> {
        if aggregate.limit.is_none() {
            self.size += memory::size(&item.value) + separator.as_ref().map_or(0, memory::size);
            check_size(self.size, aggregate)?;
        }
        if separator.is_some() {
            self.separator = separator;
        }
        self.items.push(item);
        Ok(())
    }

    /// Puts the arguments in the order of ORDER BY.
    pub fn sorted(&mut self, aggregate: &Aggregate) -> &Self {
        if !aggregate.order.is_empty() {
            self.items
                .sort_by(|a, b| sort::compare(&aggregate.order, &a.keys, &b.keys));
        }
        self
    }

    /// The value of the arguments in their order.
    ///
    /// # Errors
    /// It is too large.
    pub fn into_value(self, aggregate: &Aggregate) -> Result<Value, SqlError> {
        let limit = aggregate.limit.unwrap_or(usize::MAX);
        let values = self.items.into_iter().take(limit).map(|item| item.value);
        let values: Vec<Value> = values.collect();
        let between = self.separator.as_ref().map_or(1, memory::size);
        let size = values.iter().map(|value| memory::size(value) + between).sum();
        check_size(size, aggregate)?;
        Ok(match aggregate.function {
            F::ArrayConcatAgg => {
                let items = values.into_iter().flat_map(|value| match value {
                    Value::Array(items) => items,
                    _ => Vec::new(),
                });
                Value::Array(items.collect())
            }
            _ if values.is_empty() => Value::Null,
            F::StringAgg => join(&values, self.separator.as_ref()),
            _ => Value::Array(values),
        })
    }
}

fn check_size(size: usize, aggregate: &Aggregate) -> Result<(), SqlError> {
    let name = match aggregate.function {
        F::StringAgg => "STRING_AGG",
        F::ArrayAgg => "ARRAY_AGG",
        _ => "ARRAY_CONCAT_AGG",
    };
    memory::check_size(size, name).map_err(SqlError::invalid)
}

fn join(values: &[Value], separator: Option<&Value>) -> Value {
    if let Some(Value::Bytes(_)) = values.first() {
        let separator = match separator {
            Some(Value::Bytes(separator)) => separator.clone(),
            _ => b",".to_vec(),
        };
        let parts = values.iter().map(|value| match value {
            Value::Bytes(bytes) => bytes.as_slice(),
            _ => &[],
        });
        return Value::Bytes(parts.collect::<Vec<_>>().join(separator.as_slice()));
    }
    let separator = match separator {
        Some(Value::Text(separator)) => separator.as_str(),
        _ => ",",
    };
    let parts = values.iter().filter_map(|value| match value {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    });
    Value::Text(parts.collect::<Vec<_>>().join(separator))
}
