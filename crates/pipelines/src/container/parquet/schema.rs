//! Converts a Parquet schema to a tree of nodes with levels, and columns to a Parquet schema.
//!
//! ```text
//!                               def rep
//! optional group tags (LIST)     1   0     ┐ with list inference an ARRAY,
//!   repeated group list          2   1     │ otherwise a STRUCT with an ARRAY of STRUCTs
//!     optional binary element    3   1     ┘
//! ```

use super::leaf::{Leaf, Meaning};
use crate::container::cell::PRECISION;
use googlesql::value::{Column, ColumnType};
use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::ParquetError;
use parquet::schema::types::Type;
use std::sync::Arc;

/// The deepest nesting of groups.
const MAX_DEPTH: usize = 45;

/// A field of the schema.
#[derive(Clone, Debug)]
pub struct Node {
    pub name: String,
    pub repetition: Repetition,
    /// The definition level of a value that is present.
    pub def_level: i16,
    /// The repetition level of its values.
    pub rep_level: i16,
    pub form: Form,
}

/// What a field is.
#[derive(Clone, Debug)]
pub enum Form {
    Leaf(Leaf),
    Group(Vec<Node>),
    /// A list: the repeated node, and whether its only child is the item.
    List(Box<Node>, bool),
}

/// The fields of a schema.
///
/// # Errors
/// A field whose type the sandbox does not support.
pub fn nodes(message: &Type, lists: bool) -> Result<Vec<Node>, String> {
    let fields = message.get_fields().iter();
    let nodes: Vec<_> = fields
        .map(|field| node(field, (0, 0), lists, MAX_DEPTH))
        .collect::<Result<_, _>>()?;
    if nodes.is_empty() {
        return Err("the file has no columns".into());
    }
    Ok(nodes)
}

fn node(kind: &Type, (def_level, rep_level): (i16, i16), lists: bool, depth: usize) -> Result<Node, String> {
    let info = kind.get_basic_info();
    let name = info.name().to_owned();
    let unknown = || format!("the type of {name} is not supported by the sandbox");
    let depth = depth.checked_sub(1).ok_or_else(unknown)?;
    let repetition = if info.has_repetition() {
        info.repetition()
    } else {
        Repetition::REQUIRED
    };
    let (def_level, rep_level) = match repetition {
        Repetition::REQUIRED => (def_level, rep_level),
        Repetition::OPTIONAL => (def_level + 1, rep_level),
        Repetition::REPEATED => (def_level + 1, rep_level + 1),
    };
    let form = if kind.is_primitive() {
        Form::Leaf(leaf(kind).ok_or_else(unknown)?)
    } else {
        let children = kind.get_fields().iter();
        let mut children: Vec<_> = children
            .map(|child| node(child, (def_level, rep_level), lists, depth))
            .collect::<Result<_, _>>()?;
        if children.is_empty() {
            return Err(unknown());
        }
        let is_list = lists
            && (info.converted_type() == ConvertedType::LIST
                || info.logical_type_ref() == Some(&LogicalType::List))
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
        def_level,
        rep_level,
        form,
    })
}

/// Whether the repeated group's only child is the item, by Parquet's compatibility rules for older writers.
fn is_wrapped(repeated: &Node, list: &str) -> bool {
    let is_item = repeated.name == "array" || repeated.name == format!("{list}_tuple");
    matches!(&repeated.form, Form::Group(children) if children.len() == 1) && !is_item
}

impl Node {
    /// The column of this field.
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

    /// The leaves below it in the order of the file, each with its node.
    pub fn leaves(&self) -> Vec<(&Leaf, &Self)> {
        match &self.form {
            Form::Leaf(leaf) => vec![(leaf, self)],
            Form::Group(children) => children.iter().flat_map(Self::leaves).collect(),
            Form::List(repeated, _) => repeated.leaves(),
        }
    }

    /// The number of leaves below it.
    pub fn width(&self) -> usize {
        match &self.form {
            Form::Leaf(_) => 1,
            Form::Group(children) => children.iter().map(Self::width).sum(),
            Form::List(repeated, _) => repeated.width(),
        }
    }
}

fn leaf(kind: &Type) -> Option<Leaf> {
    let (physical, info) = (kind.get_physical_type(), kind.get_basic_info());
    let unit = |unit: &TimeUnit| match unit {
        TimeUnit::MILLIS => 1_000,
        TimeUnit::MICROS => 1_000_000,
        TimeUnit::NANOS => 1_000_000_000,
    };
    let decimal = |scale: i32| {
        let scale = usize::try_from(scale).ok().filter(|scale| *scale <= PRECISION)?;
        Some(Meaning::Decimal(scale))
    };
    let meaning = match (info.logical_type_ref(), info.converted_type()) {
        (Some(LogicalType::Timestamp(info)), _) if info.is_adjusted_to_u_t_c => {
            Meaning::Timestamp(unit(&info.unit))
        }
        (Some(LogicalType::Timestamp(info)), _) => Meaning::DateTime(unit(&info.unit)),
        (Some(LogicalType::Time(info)), _) => Meaning::Time(unit(&info.unit)),
        (Some(LogicalType::Decimal(info)), _) => decimal(info.scale)?,
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

/// The schema of these columns, with decimals of this scale.
///
/// # Errors
/// A name that the format does not allow.
pub fn message(columns: &[Column], scale: usize) -> Result<Type, String> {
    let fields = columns.iter().map(|column| field(column, scale));
    let fields = fields.collect::<Result<Vec<_>, _>>();
    let message = fields.and_then(|fields| Type::group_type_builder("schema").with_fields(fields).build());
    message.map_err(super::error_text)
}

fn field(column: &Column, scale: usize) -> Result<Arc<Type>, ParquetError> {
    let repetition = if column.nullable {
        Repetition::OPTIONAL
    } else {
        Repetition::REQUIRED
    };
    field_type(&column.name, &column.kind, repetition, scale).map(Arc::new)
}

fn field_type(
    name: &str,
    kind: &ColumnType,
    repetition: Repetition,
    scale: usize,
) -> Result<Type, ParquetError> {
    let (physical, logical) = match kind {
        ColumnType::Struct(fields) => {
            let fields = fields.iter().map(|column| field(column, scale));
            let group = Type::group_type_builder(name).with_repetition(repetition);
            return group.with_fields(fields.collect::<Result<_, _>>()?).build();
        }
        ColumnType::Array(item) => {
            let element = field_type("element", item, Repetition::OPTIONAL, scale)?;
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
