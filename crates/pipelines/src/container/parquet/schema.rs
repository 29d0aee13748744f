//! A Parquet schema as a tree that knows its levels, and columns as a schema.
//!
//! ```text
//!                               def rep
//! optional group tags (LIST)     1   0     ┐ with lists by their meaning: one ARRAY
//!   repeated group list          2   1     │ else a STRUCT of an ARRAY of STRUCTs
//!     optional binary element    3   1     ┘
//! ```

use super::leaf::{Leaf, Meaning};
use crate::container::cell::PRECISION;
use googlesql::value::{Column, ColumnType};
use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::ParquetError;
use parquet::schema::types::Type;
use std::sync::Arc;

/// How deep groups may lie in each other.
const DEPTH: usize = 45;

/// A field of the schema.
#[derive(Clone, Debug)]
pub struct Node {
    pub name: String,
    pub repetition: Repetition,
    /// The definition level of a value that is there.
    pub def: i16,
    /// The repetition level of what is in it.
    pub rep: i16,
    pub form: Form,
}

/// What a field is.
#[derive(Clone, Debug)]
pub enum Form {
    Leaf(Leaf),
    Group(Vec<Node>),
    /// A list: what is repeated, and whether the items are its only child.
    List(Box<Node>, bool),
}

/// The fields of a schema.
///
/// # Errors
/// A type that the sandbox has no column for, by the field's name.
pub fn nodes(message: &Type, lists: bool) -> Result<Vec<Node>, String> {
    let fields = message.get_fields().iter();
    let nodes: Vec<_> = fields
        .map(|field| node(field, (0, 0), lists, DEPTH))
        .collect::<Result<_, _>>()?;
    if nodes.is_empty() {
        return Err("the file has no columns".into());
    }
    Ok(nodes)
}

fn node(kind: &Type, (def, rep): (i16, i16), lists: bool, depth: usize) -> Result<Node, String> {
    let told = kind.get_basic_info();
    let name = told.name().to_owned();
    let unknown = || format!("the type of {name} is not supported by the sandbox");
    let depth = depth.checked_sub(1).ok_or_else(unknown)?;
    let repetition = if told.has_repetition() {
        told.repetition()
    } else {
        Repetition::REQUIRED
    };
    let (def, rep) = match repetition {
        Repetition::REQUIRED => (def, rep),
        Repetition::OPTIONAL => (def + 1, rep),
        Repetition::REPEATED => (def + 1, rep + 1),
    };
    let form = if kind.is_primitive() {
        Form::Leaf(leaf(kind).ok_or_else(unknown)?)
    } else {
        let children = kind.get_fields().iter();
        let mut children: Vec<_> = children
            .map(|child| node(child, (def, rep), lists, depth))
            .collect::<Result<_, _>>()?;
        if children.is_empty() {
            return Err(unknown());
        }
        let is_list = lists
            && (told.converted_type() == ConvertedType::LIST
                || told.logical_type_ref() == Some(&LogicalType::List))
            && matches!(&children[..], [only] if only.repetition == Repetition::REPEATED);
        if is_list {
            let repeated = children.remove(0);
            let is_wrapped = is_wrapped(&repeated, &name);
            Form::List(Box::new(repeated), is_wrapped)
        } else {
            Form::Group(children)
        }
    };
    Ok(Node {
        name,
        repetition,
        def,
        rep,
        form,
    })
}

/// Whether the items are the repeated group's only child: the rules for older writers are the format's.
fn is_wrapped(repeated: &Node, list: &str) -> bool {
    let is_item = repeated.name == "array" || repeated.name == format!("{list}_tuple");
    matches!(&repeated.form, Form::Group(children) if children.len() == 1) && !is_item
}

impl Node {
    /// The column of such a field.
    pub fn column(&self) -> Column {
        Column {
            nullable: self.repetition == Repetition::OPTIONAL,
            ..Column::nullable(self.name.clone(), self.kind())
        }
    }

    fn kind(&self) -> ColumnType {
        let one = match &self.form {
            Form::Leaf(leaf) => leaf.meaning.kind(),
            Form::Group(children) => ColumnType::Struct(children.iter().map(Self::column).collect()),
            Form::List(repeated, is_wrapped) => match (&repeated.form, is_wrapped) {
                (Form::Group(children), true) => ColumnType::Array(Box::new(children[0].kind())),
                _ => repeated.kind(),
            },
        };
        if self.repetition == Repetition::REPEATED {
            ColumnType::Array(Box::new(one))
        } else {
            one
        }
    }

    /// The leaves below it in the order of the file, each with its own field.
    pub fn leaves(&self) -> Vec<(&Leaf, &Self)> {
        match &self.form {
            Form::Leaf(leaf) => vec![(leaf, self)],
            Form::Group(children) => children.iter().flat_map(Self::leaves).collect(),
            Form::List(repeated, _) => repeated.leaves(),
        }
    }

    /// How many leaves are below it.
    pub fn width(&self) -> usize {
        match &self.form {
            Form::Leaf(_) => 1,
            Form::Group(children) => children.iter().map(Self::width).sum(),
            Form::List(repeated, _) => repeated.width(),
        }
    }
}

fn leaf(kind: &Type) -> Option<Leaf> {
    let (physical, told) = (kind.get_physical_type(), kind.get_basic_info());
    let unit = |unit: &TimeUnit| match unit {
        TimeUnit::MILLIS => 1_000,
        TimeUnit::MICROS => 1_000_000,
        TimeUnit::NANOS => 1_000_000_000,
    };
    let decimal = |scale: i32| {
        let scale = usize::try_from(scale).ok().filter(|scale| *scale <= PRECISION)?;
        Some(Meaning::Decimal(scale))
    };
    let meaning = match (told.logical_type_ref(), told.converted_type()) {
        (Some(LogicalType::Timestamp(told)), _) if told.is_adjusted_to_u_t_c => {
            Meaning::Timestamp(unit(&told.unit))
        }
        (Some(LogicalType::Timestamp(told)), _) => Meaning::DateTime(unit(&told.unit)),
        (Some(LogicalType::Time(told)), _) => Meaning::Time(unit(&told.unit)),
        (Some(LogicalType::Decimal(told)), _) => decimal(told.scale)?,
        (Some(LogicalType::Float16), _) => Meaning::Half,
        (_, ConvertedType::DECIMAL) => decimal(kind.get_scale())?,
        (_, ConvertedType::DATE) => Meaning::Date,
        (_, ConvertedType::TIME_MILLIS) => Meaning::Time(1_000),
        (_, ConvertedType::TIME_MICROS) => Meaning::Time(1_000_000),
        (_, ConvertedType::TIMESTAMP_MILLIS) => Meaning::Timestamp(1_000),
        (_, ConvertedType::TIMESTAMP_MICROS) => Meaning::Timestamp(1_000_000),
        (_, ConvertedType::UTF8 | ConvertedType::ENUM) => Meaning::Text,
        (_, ConvertedType::JSON) => Meaning::Json,
        (_, ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32) => Meaning::Unsigned(32),
        (_, ConvertedType::UINT_64) => Meaning::Unsigned(64),
        (_, ConvertedType::INTERVAL) => return None,
        _ => match physical {
            Physical::BOOLEAN => Meaning::Bool,
            Physical::INT32 | Physical::INT64 => Meaning::Int,
            Physical::INT96 => Meaning::Timestamp(1_000_000),
            Physical::FLOAT | Physical::DOUBLE => Meaning::Float,
            Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY => Meaning::Bytes,
        },
    };
    Some(Leaf { physical, meaning })
}

/// The schema of these columns; decimals have so many digits behind the point.
///
/// # Errors
/// A name that the format does not allow.
pub fn message(columns: &[Column], scale: usize) -> Result<Type, String> {
    let fields = columns.iter().map(|column| field(column, scale));
    let fields = fields.collect::<Result<Vec<_>, _>>();
    let message = fields.and_then(|fields| Type::group_type_builder("schema").with_fields(fields).build());
    message.map_err(super::told)
}

fn field(column: &Column, scale: usize) -> Result<Arc<Type>, ParquetError> {
    let repetition = if column.nullable {
        Repetition::OPTIONAL
    } else {
        Repetition::REQUIRED
    };
    of(&column.name, &column.kind, repetition, scale).map(Arc::new)
}

fn of(name: &str, kind: &ColumnType, repetition: Repetition, scale: usize) -> Result<Type, ParquetError> {
    let (physical, logical) = match kind {
        ColumnType::Struct(fields) => {
            let fields = fields.iter().map(|column| field(column, scale));
            let group = Type::group_type_builder(name).with_repetition(repetition);
            return group.with_fields(fields.collect::<Result<_, _>>()?).build();
        }
        ColumnType::Array(item) => {
            let element = of("element", item, Repetition::OPTIONAL, scale)?;
            let list = Type::group_type_builder("list")
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![Arc::new(element)])
                .build()?;
            let group = Type::group_type_builder(name).with_repetition(repetition);
            let group = group.with_logical_type(Some(LogicalType::List));
            return group.with_fields(vec![Arc::new(list)]).build();
        }
        ColumnType::Numeric => {
            let digits = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
            let (scale, precision) = (digits(scale), digits(PRECISION));
            return Type::primitive_type_builder(name, Physical::FIXED_LEN_BYTE_ARRAY)
                .with_repetition(repetition)
                .with_length(16)
                .with_logical_type(Some(LogicalType::decimal(scale, precision)))
                .with_precision(precision)
                .with_scale(scale)
                .build();
        }
        ColumnType::Bool => (Physical::BOOLEAN, None),
        ColumnType::Int64 => (Physical::INT64, None),
        ColumnType::Float64 => (Physical::DOUBLE, None),
        ColumnType::Bytes => (Physical::BYTE_ARRAY, None),
        ColumnType::String => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnType::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
        ColumnType::Date => (Physical::INT32, Some(LogicalType::Date)),
        ColumnType::Time => (Physical::INT64, Some(LogicalType::time(true, TimeUnit::MICROS))),
        ColumnType::DateTime => (
            Physical::INT64,
            Some(LogicalType::timestamp(false, TimeUnit::MICROS)),
        ),
        ColumnType::Timestamp => (
            Physical::INT64,
            Some(LogicalType::timestamp(true, TimeUnit::MICROS)),
        ),
    };
    Type::primitive_type_builder(name, physical)
        .with_repetition(repetition)
        .with_logical_type(logical)
        .build()
}
