//! What a statement says, as a tree. Two parts are equal when they say the same, wherever they stand:
//! that is how an item of a SELECT is found among its GROUP BY.

use crate::sandbox::value::{Column, ColumnType};

/// The byte at which a part starts; equal to any other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place(pub usize);

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The name of a column or field: its spelling is kept, its case does not count.
#[derive(Clone, Debug)]
pub struct Word(pub String);

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    Query(Query),
    Insert(Insert),
    Update(Update),
    Delete(Delete),
    Merge(Merge),
    Truncate(Path),
    CreateSchema {
        path: Path,
        calm: bool,
    },
    CreateTable(CreateTable),
    CreateView {
        path: Path,
        calm: bool,
        replace: bool,
        /// Where the query's text begins in the statement's.
        from: usize,
        query: Query,
    },
    Drop {
        what: Object,
        path: Path,
        calm: bool,
        cascade: bool,
    },
    AlterTable {
        path: Path,
        calm: bool,
        changes: Vec<TableChange>,
    },
}

/// What can be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    Schema,
    Table,
    View,
}

/// `project.dataset.table`, cut at its dots.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    pub parts: Vec<String>,
    pub at: Place,
}

/// A SELECT with all around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub with: Vec<(String, Query)>,
    pub recursive: bool,
    pub body: Body,
    pub order: Vec<Order>,
    pub limit: Option<Expression>,
    pub offset: Option<Expression>,
    pub at: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    Select(Box<Select>),
    Query(Box<Query>),
    Set {
        operator: SetOperator,
        distinct: bool,
        left: Box<Body>,
        right: Box<Body>,
        at: Place,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    Union,
    Intersect,
    Except,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    pub distinct: bool,
    pub shape: Shape,
    pub items: Vec<Item>,
    pub from: Option<From>,
    pub filter: Option<Expression>,
    pub group: Group,
    pub having: Option<Expression>,
    pub qualify: Option<Expression>,
    pub windows: Vec<(String, Window)>,
    pub at: Place,
}

/// What a row of the SELECT is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Columns,
    /// SELECT AS STRUCT.
    Struct,
    /// SELECT AS VALUE.
    Value,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Group {
    None,
    All,
    By(Vec<Expression>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Expression {
        expression: Expression,
        alias: Option<String>,
    },
    Star {
        /// What stands before the star's dot.
        of: Option<Expression>,
        except: Vec<String>,
        replace: Vec<(Expression, String)>,
        at: Place,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub enum From {
    Table {
        path: Path,
        alias: Option<String>,
    },
    Query {
        query: Box<Query>,
        alias: Option<String>,
    },
    Unnest {
        array: Expression,
        alias: Option<String>,
        offset: Option<String>,
    },
    Join {
        left: Box<From>,
        right: Box<From>,
        kind: Join,
        condition: Condition,
        at: Place,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    Cross,
    Inner,
    Left,
    Right,
    Full,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    None,
    On(Expression),
    Using(Vec<String>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub expression: Expression,
    pub descending: bool,
    /// NULLS FIRST or LAST, if said.
    pub nulls_first: Option<bool>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    pub path: Path,
    pub columns: Vec<(Word, Place)>,
    pub source: InsertSource,
}

#[derive(Clone, Debug, PartialEq)]
pub enum InsertSource {
    /// Rows of values; `None` is DEFAULT.
    Values(Vec<Vec<Option<Expression>>>),
    Query(Box<Query>),
    /// MERGE's INSERT ROW.
    Row,
}

/// `SET path = value`; no value is DEFAULT.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    pub path: Vec<String>,
    pub value: Option<Expression>,
    pub at: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    pub path: Path,
    pub alias: Option<String>,
    pub set: Vec<Assignment>,
    pub from: Option<From>,
    pub filter: Option<Expression>,
    pub at: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    pub path: Path,
    pub alias: Option<String>,
    pub filter: Option<Expression>,
    pub at: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Merge {
    pub path: Path,
    pub alias: Option<String>,
    pub source: From,
    pub on: Expression,
    pub branches: Vec<Branch>,
}

/// A WHEN of a MERGE.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    pub matched: Matched,
    pub condition: Option<Expression>,
    pub action: Action,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matched {
    Yes,
    NotByTarget,
    NotBySource,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Delete,
    Update(Vec<Assignment>),
    Insert {
        columns: Vec<(Word, Place)>,
        values: InsertSource,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateTable {
    pub path: Path,
    pub calm: bool,
    pub replace: bool,
    pub columns: Option<Vec<ColumnDefinition>>,
    pub description: Option<String>,
    pub query: Option<Query>,
    /// CREATE TABLE … LIKE and COPY.
    pub like: Option<(Path, bool)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDefinition {
    pub column: Column,
    /// Its default, as it is written.
    pub default: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TableChange {
    Add {
        definition: ColumnDefinition,
        calm: bool,
        at: Place,
    },
    DropColumn {
        name: String,
        calm: bool,
        at: Place,
    },
    RenameColumn {
        from: String,
        to: String,
        at: Place,
    },
    RenameTo(String),
    SetKind {
        name: String,
        kind: ColumnType,
        at: Place,
    },
    DropNotNull {
        name: String,
        at: Place,
    },
    SetDefault {
        name: String,
        default: Option<String>,
        at: Place,
    },
    Describe {
        column: Option<String>,
        description: Option<String>,
        at: Place,
    },
}

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
