//! What a statement says, as a tree. Two parts are equal when they say the same, wherever they stand:
//! that is how an item of a SELECT is found among its GROUP BY.

mod expression;

use crate::value::{Column, ColumnType};
pub use expression::{Among, Bound, Call, Expression, FrameBounds, Node, Operator, Over, Position, Window};

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

impl Select {
    /// The expression of a column; none behind a star, which moves it to another place.
    pub fn written(&self, place: usize) -> Option<&Expression> {
        let is_plain = |item: &Item| matches!(item, Item::Expression { .. });
        if !self.items.iter().take(place).all(is_plain) {
            return None;
        }
        match self.items.get(place)? {
            Item::Expression { expression, .. } => Some(expression),
            Item::Star { .. } => None,
        }
    }
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
