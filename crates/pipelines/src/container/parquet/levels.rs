//! Rows put together of leaves by their levels, and rows taken apart into them: record shredding.
//!
//! A definition level says how much of a leaf's way is there, a repetition level which list goes on: both are
//! described with Dremel (Melnik and others, 2010) and in the format's documentation.

use super::schema::{Form, Node};
use googlesql::value::Value;
use parquet::basic::Repetition;

/// A leaf's column on its way into a file.
#[derive(Debug, Default)]
pub struct Leaves<'v> {
    pub defs: Vec<i16>,
    pub reps: Vec<i16>,
    /// Those that are there.
    pub values: Vec<&'v Value>,
}

/// A leaf's column as it was read.
#[derive(Debug, Default)]
pub struct Column {
    pub defs: Vec<i16>,
    /// Empty where nothing is repeated.
    pub reps: Vec<i16>,
    /// Those that are there.
    pub values: Vec<Value>,
}

/// A leaf's column while it is read.
#[derive(Debug)]
pub struct Stream {
    defs: Vec<i16>,
    reps: Vec<i16>,
    values: std::vec::IntoIter<Value>,
    place: usize,
}

impl Stream {
    pub fn new(column: Column) -> Self {
        Self {
            defs: column.defs,
            reps: column.reps,
            values: column.values.into_iter(),
            place: 0,
        }
    }

    fn def(&self) -> Result<i16, String> {
        self.defs
            .get(self.place)
            .copied()
            .ok_or_else(|| "a column ends too early".to_owned())
    }

    /// Whether the list of this level goes on.
    fn goes_on(&self, rep: i16) -> bool {
        self.place < self.defs.len() && self.reps.get(self.place) == Some(&rep)
    }
}

/// The next row.
///
/// # Errors
/// A column that ends too early.
pub fn row(nodes: &[Node], streams: &mut [Stream]) -> Result<Vec<Value>, String> {
    let mut rest = streams;
    let mut row = Vec::with_capacity(nodes.len());
    for node in nodes {
        let (own, others) = rest.split_at_mut(node.width());
        row.push(value(node, own)?);
        rest = others;
    }
    Ok(row)
}

fn value(node: &Node, streams: &mut [Stream]) -> Result<Value, String> {
    let is_there = streams[0].def()? >= node.def;
    match node.repetition {
        Repetition::REQUIRED => present(node, streams),
        Repetition::OPTIONAL if is_there => present(node, streams),
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
                items.push(present(node, streams)?);
                if !streams[0].goes_on(node.rep) {
                    return Ok(Value::Array(items));
                }
            }
        }
    }
}

fn present(node: &Node, streams: &mut [Stream]) -> Result<Value, String> {
    match &node.form {
        Form::Leaf(_) => {
            streams[0].place += 1;
            let next = streams[0].values.next();
            next.ok_or_else(|| "a column ends too early".into())
        }
        Form::Group(children) => row(children, streams).map(Value::Struct),
        Form::List(repeated, false) => value(repeated, streams),
        Form::List(repeated, true) => {
            let Value::Array(groups) = value(repeated, streams)? else {
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

/// Adds a row to the columns.
///
/// # Errors
/// NULL where the schema allows none.
pub fn take_apart<'v>(nodes: &[Node], row: &'v [Value], out: &mut [Leaves<'v>]) -> Result<(), String> {
    apart(nodes, row, (0, 0), out)
}

fn apart<'v>(
    nodes: &[Node],
    row: &'v [Value],
    (def, rep): (i16, i16),
    out: &mut [Leaves<'v>],
) -> Result<(), String> {
    let mut rest = out;
    for (node, value) in nodes.iter().zip(row) {
        let (own, others) = rest.split_at_mut(node.width());
        put(node, value, (def, rep), own)?;
        rest = others;
    }
    Ok(())
}

fn put<'v>(
    node: &Node,
    value: &'v Value,
    (def, rep): (i16, i16),
    out: &mut [Leaves<'v>],
) -> Result<(), String> {
    if *value == Value::Null {
        if node.repetition == Repetition::REQUIRED && !matches!(node.form, Form::List(..)) {
            return Err(format!("{}: NULL where the schema allows none", node.name));
        }
        end(def, rep, out);
        return Ok(());
    }
    match (&node.form, value) {
        (Form::Leaf(_), _) => {
            out[0].defs.push(node.def);
            out[0].reps.push(rep);
            out[0].values.push(value);
        }
        (Form::Group(children), Value::Struct(values)) => apart(children, values, (node.def, rep), out)?,
        (Form::List(repeated, _), Value::Array(items)) => {
            let Form::Group(children) = &repeated.form else {
                return Err(format!("{}: no list that is written", node.name));
            };
            if items.is_empty() {
                end(node.def, rep, out);
            }
            for (place, item) in items.iter().enumerate() {
                let rep = if place == 0 { rep } else { repeated.rep };
                put(&children[0], item, (repeated.def, rep), out)?;
            }
        }
        _ => return Err(format!("{}: a value of another type", node.name)),
    }
    Ok(())
}

/// Nothing is there from this level on.
fn end(def: i16, rep: i16, out: &mut [Leaves<'_>]) {
    for leaf in out {
        leaf.defs.push(def);
        leaf.reps.push(rep);
    }
}
