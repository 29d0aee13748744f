//! Record assembly and shredding: rows from leaf columns by their levels, and leaf columns from rows.
//!
//! A definition level says how many fields on the path to a leaf are present, a repetition level which list
//! is continued. Both are described in the Dremel paper (Melnik and others, 2010) and in Parquet's documentation.

use super::leaf::{LeafColumn, ShreddedColumn};
use super::schema::{Form, Node};
use crate::memory::Memory;
use googlesql::memory::bytes_of;
use googlesql::value::Value;
use parquet::basic::Repetition;
use std::iter::Flatten;

/// Reads the values of a leaf column one after the other.
#[derive(Debug)]
pub struct LeafReader {
    def_levels: Vec<i16>,
    rep_levels: Vec<i16>,
    values: Flatten<std::vec::IntoIter<Vec<Value>>>,
    place: usize,
    /// How many bytes the values take that were moved to rows since this was asked for.
    moved: usize,
}

impl LeafReader {
    pub fn new(column: LeafColumn) -> Self {
        Self {
            def_levels: column.def_levels,
            rep_levels: column.rep_levels,
            values: column.values.into_iter().flatten(),
            place: 0,
            moved: 0,
        }
    }

    /// How many bytes the values take that were moved to rows since the last call.
    pub fn take_moved(&mut self) -> usize {
        std::mem::take(&mut self.moved)
    }

    fn next_value(&mut self) -> Result<Value, String> {
        self.place += 1;
        let value = self.values.next().ok_or("a column ends too early")?;
        self.moved += bytes_of(&value);
        Ok(value)
    }

    fn def_level(&self) -> Result<i16, String> {
        self.def_levels
            .get(self.place)
            .copied()
            .ok_or_else(|| "a column ends too early".to_owned())
    }

    /// Whether the list of this level has another item.
    fn goes_on(&self, rep_level: i16) -> bool {
        self.place < self.def_levels.len() && self.rep_levels.get(self.place) == Some(&rep_level)
    }
}

/// Assembles the next row.
///
/// # Errors
/// A column that ends too early, and rows that take too much memory.
pub fn assemble_row(
    nodes: &[Node],
    streams: &mut [LeafReader],
    memory: &mut Memory,
) -> Result<Vec<Value>, String> {
    memory.take(nodes.len().saturating_mul(size_of::<Value>()))?;
    let mut rest = streams;
    let mut row = Vec::with_capacity(nodes.len());
    for node in nodes {
        let (own, others) = rest.split_at_mut(node.width());
        row.push(assemble(node, own, memory)?);
        rest = others;
    }
    Ok(row)
}

fn assemble(node: &Node, streams: &mut [LeafReader], memory: &mut Memory) -> Result<Value, String> {
    let is_there = streams[0].def_level()? >= node.def_level;
    match node.repetition {
        Repetition::REQUIRED => assemble_present(node, streams, memory),
        Repetition::OPTIONAL if is_there => assemble_present(node, streams, memory),
        Repetition::OPTIONAL => {
            streams.iter_mut().for_each(|stream| stream.place += 1);
            Ok(Value::Null)
        }
        Repetition::REPEATED => {
            let mut items = Vec::new();
            if !is_there {
                streams.iter_mut().for_each(|stream| stream.place += 1);
                return Ok(Value::Array(items));
            }
            loop {
                memory.take(size_of::<Value>())?;
                items.push(assemble_present(node, streams, memory)?);
                if !streams[0].goes_on(node.rep_level) {
                    items.shrink_to_fit();
                    return Ok(Value::Array(items));
                }
            }
        }
    }
}

fn assemble_present(node: &Node, streams: &mut [LeafReader], memory: &mut Memory) -> Result<Value, String> {
    match &node.form {
        Form::Leaf(_) => streams[0].next_value(),
        Form::Group(children) => assemble_row(children, streams, memory).map(Value::Struct),
        Form::List(repeated, false) => assemble(repeated, streams, memory),
        Form::List(repeated, true) => {
            let Value::Array(groups) = assemble(repeated, streams, memory)? else {
                return Ok(Value::Null);
            };
            let item = |group| match group {
                Value::Struct(mut only) => only.pop().unwrap_or(Value::Null),
                other => other,
            };
            Ok(Value::Array(groups.into_iter().map(item).collect()))
        }
    }
}

/// Adds a row to the leaf columns.
///
/// # Errors
/// NULL where the schema allows none.
pub fn shred_row<'v>(nodes: &[Node], row: &'v [Value], out: &mut [ShreddedColumn<'v>]) -> Result<(), String> {
    shred_fields(nodes, row, (0, 0), out)
}

fn shred_fields<'v>(
    nodes: &[Node],
    row: &'v [Value],
    (def_level, rep_level): (i16, i16),
    out: &mut [ShreddedColumn<'v>],
) -> Result<(), String> {
    let mut rest = out;
    for (node, value) in nodes.iter().zip(row) {
        let (own, others) = rest.split_at_mut(node.width());
        shred(node, value, (def_level, rep_level), own)?;
        rest = others;
    }
    Ok(())
}

fn shred<'v>(
    node: &Node,
    value: &'v Value,
    (def_level, rep_level): (i16, i16),
    out: &mut [ShreddedColumn<'v>],
) -> Result<(), String> {
    if *value == Value::Null {
        if node.repetition == Repetition::REQUIRED && !matches!(node.form, Form::List(..)) {
            return Err(format!("{}: NULL where the schema allows none", node.name));
        }
        push_absent(def_level, rep_level, out);
        return Ok(());
    }
    match (&node.form, value) {
        (Form::Leaf(_), _) => {
            out[0].def_levels.push(node.def_level);
            out[0].rep_levels.push(rep_level);
            out[0].values.push(value);
        }
        (Form::Group(children), Value::Struct(values)) => {
            shred_fields(children, values, (node.def_level, rep_level), out)?;
        }
        (Form::List(repeated, _), Value::Array(items)) => {
            let Form::Group(children) = &repeated.form else {
                return Err(format!("{}: not a list", node.name));
            };
            if items.is_empty() {
                push_absent(node.def_level, rep_level, out);
            }
            for (place, item) in items.iter().enumerate() {
                let rep_level = if place == 0 { rep_level } else { repeated.rep_level };
                shred(&children[0], item, (repeated.def_level, rep_level), out)?;
            }
        }
        _ => return Err(format!("{}: a value of another type", node.name)),
    }
    Ok(())
}

/// Marks all leaves as absent from this level on.
fn push_absent(def_level: i16, rep_level: i16, out: &mut [ShreddedColumn<'_>]) {
    for leaf in out {
        leaf.def_levels.push(def_level);
        leaf.rep_levels.push(rep_level);
    }
}
