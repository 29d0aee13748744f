//! The syntax tree of expressions.

use super::{Identifier, OrderItem, Position, Query};
use crate::value::{Column, ColumnType};

#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    pub node: Node,
    pub at: Position,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Null,
    Bool(bool),
    Int(i64),
    /// A FLOAT64 and its text, which a NUMERIC of it is read from.
    Float(f64, String),
    Text(String),
    Bytes(Vec<u8>),
    /// `DATE '2024-02-29'`.
    Typed(ColumnType, String),
    /// `@name`.
    Named(String),
    /// The index of a `?`, counted from 1.
    Positional(usize),
    Name(Identifier),
    Field(Box<Expression>, Identifier),
    Index(Box<Expression>, Subscript, Box<Expression>),
    Call(Box<Call>),
    Cast {
        value: Box<Expression>,
        kind: ColumnType,
        format: Option<Box<Expression>>,
        safe: bool,
    },
    Extract {
        part: String,
        value: Box<Expression>,
        zone: Option<Box<Expression>>,
    },
    Interval(Box<Expression>, String),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    BitNot(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    Is {
        value: Box<Expression>,
        what: Option<bool>,
        not: bool,
    },
    DistinctFrom {
        left: Box<Expression>,
        right: Box<Expression>,
        not: bool,
    },
    Between {
        value: Box<Expression>,
        low: Box<Expression>,
        high: Box<Expression>,
        not: bool,
    },
    In {
        value: Box<Expression>,
        operand: InOperand,
        not: bool,
    },
    Like {
        value: Box<Expression>,
        pattern: Box<Expression>,
        not: bool,
    },
    Case {
        operand: Option<Box<Expression>>,
        whens: Vec<(Expression, Expression)>,
        otherwise: Option<Box<Expression>>,
    },
    Array(Option<ColumnType>, Vec<Expression>),
    ArrayQuery(Box<Query>),
    Struct(Option<Vec<Column>>, Vec<(Option<String>, Expression)>),
    Query(Box<Query>),
    Exists(Box<Query>),
    /// The `*` of `COUNT(*)`.
    Star,
}

/// How `[…]` selects an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscript {
    /// `[0]`: an OFFSET, or a field of JSON.
    Plain,
    Offset,
    Ordinal,
    SafeOffset,
    SafeOrdinal,
}

#[derive(Clone, Debug, PartialEq)]
pub enum InOperand {
    List(Vec<Expression>),
    Unnest(Box<Expression>),
    Query(Box<Query>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    BitOr,
    BitXor,
    BitAnd,
    ShiftLeft,
    ShiftRight,
    Add,
    Subtract,
    Multiply,
    Divide,
    Concatenate,
}

/// A function call, with the clauses that only aggregates and window functions have.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// In capitals, with `SAFE.` or `NET.` before it.
    pub name: String,
    pub arguments: Vec<Expression>,
    pub distinct: bool,
    pub ignore_nulls: bool,
    pub order: Vec<OrderItem>,
    pub limit: Option<Expression>,
    pub having: Option<HavingExtreme>,
    pub over: Option<Over>,
}

/// `HAVING MAX x` or `HAVING MIN x`: only the rows whose `x` is the largest or smallest count.
#[derive(Clone, Debug, PartialEq)]
pub struct HavingExtreme {
    pub max: bool,
    pub expression: Expression,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Over {
    Named(String),
    Window(Window),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// The named window that this one extends.
    pub base: Option<String>,
    pub partition: Vec<Expression>,
    pub order: Vec<OrderItem>,
    pub frame: Option<FrameBounds>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FrameBounds {
    /// ROWS if true, else RANGE.
    pub rows: bool,
    pub start: FrameBound,
    pub end: FrameBound,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FrameBound {
    UnboundedPreceding,
    Preceding(i64),
    Current,
    Following(i64),
    UnboundedFollowing,
}

impl Call {
    /// A call without arguments and clauses; `name` in capitals.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            arguments: Vec::new(),
            distinct: false,
            ignore_nulls: false,
            order: Vec::new(),
            limit: None,
            having: None,
            over: None,
        }
    }
}

impl Expression {
    /// The column `a`, or the path `a.b.c`.
    pub fn from_path<'p>(parts: impl IntoIterator<Item = &'p str>, at: Position) -> Self {
        let mut parts = parts.into_iter();
        let first = Identifier(parts.next().unwrap_or_default().to_owned());
        let start = Self {
            node: Node::Name(first),
            at,
        };
        parts.fold(start, |inner, part| Self {
            node: Node::Field(Box::new(inner), Identifier(part.to_owned())),
            at,
        })
    }
}

impl Node {
    /// The expressions directly inside this one, without those of subqueries.
    pub fn children(&self) -> Vec<&Expression> {
        match self {
            Self::Field(inner, _)
            | Self::Interval(inner, _)
            | Self::Not(inner)
            | Self::Negative(inner)
            | Self::BitNot(inner)
            | Self::Is { value: inner, .. } => vec![inner],
            Self::Cast { value, format, .. } => [Some(value), format.as_ref()]
                .into_iter()
                .flatten()
                .map(|e| &**e)
                .collect(),
            Self::Extract { value, zone, .. } => [Some(value), zone.as_ref()]
                .into_iter()
                .flatten()
                .map(|e| &**e)
                .collect(),
            Self::Index(left, _, right)
            | Self::Binary(_, left, right)
            | Self::DistinctFrom { left, right, .. }
            | Self::Like {
                value: left,
                pattern: right,
                ..
            } => vec![left, right],
            Self::Between { value, low, high, .. } => vec![value, low, high],
            Self::In { value, operand, .. } => match operand {
                InOperand::List(items) => std::iter::once(&**value).chain(items).collect(),
                InOperand::Unnest(array) => vec![value, array],
                InOperand::Query(_) => vec![value],
            },
            Self::Call(call) => {
                let mut children: Vec<&Expression> = call.arguments.iter().collect();
                if let Some(Over::Window(window)) = &call.over {
                    children.extend(&window.partition);
                    children.extend(window.order.iter().map(|order| &order.expression));
                }
                children
            }
            Self::Case {
                operand,
                whens,
                otherwise,
            } => {
                let ends = operand.iter().chain(otherwise).map(|e| &**e);
                ends.chain(whens.iter().flat_map(|(when, then)| [when, then]))
                    .collect()
            }
            Self::Array(_, items) => items.iter().collect(),
            Self::Struct(_, items) => items.iter().map(|(_, item)| item).collect(),
            _ => Vec::new(),
        }
    }
}
