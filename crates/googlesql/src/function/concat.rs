//! CONCAT and `||`.

use super::argument::{bytes, items};
use super::entry::{Context, Entry};
use crate::cast;
use crate::memory;
use crate::value::Value;

type ValueResult = Result<Value, String>;

pub(super) const TABLE: &[Entry] = &[
    ("CONCAT", "STRING STRING* -> STRING", texts),
    ("CONCAT", "BYTES BYTES* -> BYTES", concat_bytes),
    ("CONCAT", "ARRAY<T> ARRAY<T> -> ARRAY<T>", arrays),
    ("CONCAT", "ANY ANY* -> STRING", texts),
    ("ARRAY_CONCAT", "ARRAY<T> ARRAY<T>* -> ARRAY<T>", arrays),
];

/// Checks before it is made: one value may be there many times.
fn check(values: &[Value]) -> Result<(), String> {
    memory::check_size(values.iter().map(memory::size).sum(), "CONCAT")
}

fn texts(values: &[Value], _: &Context<'_>) -> ValueResult {
    check(values)?;
    Ok(Value::Text(values.iter().filter_map(cast::text).collect()))
}

fn concat_bytes(values: &[Value], _: &Context<'_>) -> ValueResult {
    check(values)?;
    let all = (0..values.len()).flat_map(|index| bytes(values, index).to_vec());
    Ok(Value::Bytes(all.collect()))
}

fn arrays(values: &[Value], _: &Context<'_>) -> ValueResult {
    check(values)?;
    let all = (0..values.len()).flat_map(|index| items(values, index).to_vec());
    Ok(Value::Array(all.collect()))
}
