//! What an expression says.

use super::{Order, Place, Query, Word};
use crate::value::{Column, ColumnType};

#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    pub node: Node,
    pub at: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// `DATE '2024-02-29'`.
    Typed(ColumnType, String),
    /// `@name`.
    Named(String),
    /// `?`, counted from 1.
    Positional(usize),
    Name(Word),
    Field(Box<Expression>, Word),
    Index(Box<Expression>, Position, Box<Expression>),
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
        among: Among,
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
    /// The star of `COUNT(*)`.
    Star,
}

/// How an array's element is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// `[0]`: an OFFSET, or a field of JSON.
    Plain,
    Offset,
    Ordinal,
    SafeOffset,
    SafeOrdinal,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Among {
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

/// A function's call; of an aggregate or a window function, with what only they have.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// In capitals, with `SAFE.` or `NET.` before it.
    pub name: String,
    pub arguments: Vec<Expression>,
    pub distinct: bool,
    pub ignore_nulls: bool,
    pub order: Vec<Order>,
    pub limit: Option<Expression>,
    /// `HAVING MAX x` (`true`) or `MIN`.
    pub extreme: Option<(bool, Expression)>,
    pub over: Option<Over>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Over {
    Named(String),
    Window(Window),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// The window that it starts from.
    pub base: Option<String>,
    pub partition: Vec<Expression>,
    pub order: Vec<Order>,
    pub frame: Option<FrameBounds>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FrameBounds {
    /// ROWS; else RANGE.
    pub rows: bool,
    pub start: Bound,
    pub end: Bound,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    UnboundedPreceding,
    Preceding(i64),
    Current,
    Following(i64),
    UnboundedFollowing,
}

impl Node {
    /// The expressions of which this one is made; not those inside of its subqueries.
    pub fn parts(&self) -> Vec<&Expression> {
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
            Self::In { value, among, .. } => match among {
                Among::List(items) => std::iter::once(&**value).chain(items).collect(),
                Among::Unnest(array) => vec![value, array],
                Among::Query(_) => vec![value],
            },
            Self::Call(call) => {
                let mut parts: Vec<&Expression> = call.arguments.iter().collect();
                if let Some(Over::Window(window)) = &call.over {
                    parts.extend(&window.partition);
                    parts.extend(window.order.iter().map(|order| &order.expression));
                }
                parts
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
