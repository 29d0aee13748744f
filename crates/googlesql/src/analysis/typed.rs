//! What analysis makes of the syntax tree: expressions and relations whose types are known.

use crate::error::SqlError;
use crate::execution::{RowSource, Run, evaluate};
use crate::session::{Frame, Rows};
use crate::storage::table::Scan;
use crate::value::{Column, ColumnType, Value};
use std::cell::Cell;
use std::rc::Rc;

/// An expression whose type is known.
#[derive(Clone)]
pub(crate) struct Typed {
    pub kind: ColumnType,
    pub run: Run,
    pub literal: Literal,
    /// The text of a FLOAT64 literal. It becomes a NUMERIC with all of its digits, more than a FLOAT64 has.
    image: Option<Rc<str>>,
}

/// Whether an expression is a literal, which coerces to more types than other expressions do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    No,
    /// NULL, which coerces to any type.
    Null,
    /// `[]`, which coerces to an array of any type.
    EmptyArray,
    /// A literal or parameter, which coerces to what its value can be read as.
    Value(Value),
}

impl Typed {
    pub fn new(kind: ColumnType, run: impl Fn(&Frame<'_>) -> Result<Value, SqlError> + 'static) -> Self {
        Self::from_run(kind, Rc::new(run))
    }

    /// An expression with what computes it.
    pub const fn from_run(kind: ColumnType, run: Run) -> Self {
        Self {
            kind,
            run,
            literal: Literal::No,
            image: None,
        }
    }

    /// The same type and literal, computed otherwise.
    pub fn with_run(&self, run: Run) -> Self {
        Self { run, ..self.clone() }
    }

    /// The FLOAT64 literal of this text.
    pub fn decimal(number: f64, image: String) -> Self {
        Self {
            image: Some(image.into()),
            ..Self::constant(ColumnType::Float64, Value::Float(number))
        }
    }

    /// A literal's value, from which one of this type is to be made.
    pub fn literal_for(&self, to: &ColumnType) -> Option<Value> {
        match (&self.literal, &self.image) {
            (Literal::Value(Value::Float(_)), Some(image)) if *to == ColumnType::Numeric => {
                Some(Value::Text(image.to_string()))
            }
            (Literal::Value(value), _) => Some(value.clone()),
            _ => None,
        }
    }

    /// A literal.
    pub fn constant(kind: ColumnType, value: Value) -> Self {
        let literal = if value == Value::Null {
            Literal::Null
        } else {
            Literal::Value(value.clone())
        };
        Self {
            kind,
            run: Rc::new(move |_| Ok(value.clone())),
            literal,
            image: None,
        }
    }

    /// A column of a row; `depth` counts queries outward.
    pub fn cell(kind: ColumnType, depth: usize, index: usize) -> Self {
        Self::new(kind, move |frame| Ok(frame.cell(depth, index)))
    }

    /// A field of this STRUCT.
    pub fn field(&self, index: usize, kind: ColumnType) -> Self {
        let run = self.run.clone();
        Self::new(kind, move |frame| {
            Ok(match run(frame)? {
                Value::Struct(mut fields) if index < fields.len() => fields.swap_remove(index),
                _ => Value::Null,
            })
        })
    }

    /// A STRUCT of these fields.
    pub fn from_fields(fields: Vec<Column>, values: Vec<Self>) -> Self {
        let literals = values.iter().map(|typed| match &typed.literal {
            Literal::Value(value) => Some(value.clone()),
            _ => None,
        });
        let literal: Option<Vec<Value>> = literals.collect();
        let mut typed = Self::new(ColumnType::Struct(fields), move |frame| {
            evaluate(values.iter().map(|value| &value.run), frame).map(Value::Struct)
        });
        if let Some(values) = literal {
            typed.literal = Literal::Value(Value::Struct(values));
        }
        typed
    }
}

/// A query or table whose columns are known.
#[derive(Clone)]
pub(crate) struct Relation {
    pub columns: Vec<Column>,
    pub rows: RowSource,
    /// Whether its rows differ each time: those of the previous step of a recursive query.
    pub volatile: bool,
    /// The table that it is.
    pub table: Option<TableScan>,
    /// Takes how many of its rows are wanted: those of one table, in the table's order.
    pub limit: Option<Rc<Cell<Option<usize>>>>,
}

/// How a table is read, once that is known.
#[derive(Clone)]
pub(crate) struct TableScan {
    pub scan: Scan,
    pub limit: Rc<Cell<Option<usize>>>,
}

impl TableScan {
    /// What is to be read.
    pub fn scan(&self) -> Scan {
        Scan {
            limit: self.limit.get(),
            ..self.scan.clone()
        }
    }
}

impl Relation {
    pub fn new(columns: Vec<Column>, rows: impl Fn(&Frame<'_>) -> Result<Rows, SqlError> + 'static) -> Self {
        Self {
            columns,
            rows: Rc::new(rows),
            volatile: false,
            table: None,
            limit: None,
        }
    }
}
