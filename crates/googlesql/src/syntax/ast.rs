//! The syntax tree. Two parts are equal when they say the same, whatever their positions: this is how an item of a
//! SELECT is matched with an item of GROUP BY.

mod expression;

use crate::value::{Column, ColumnType};
pub use expression::{
    Call, Expression, FrameBound, FrameBounds, HavingExtreme, InOperand, Node, Operator, Over, Subscript,
    Window,
};

/// The byte of the statement at which a part starts; equal to any other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Position(pub usize);

impl PartialEq for Position {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The name of a column or field. It keeps its spelling and is compared without case.
#[derive(Clone, Debug)]
pub struct Identifier(pub String);

impl PartialEq for Identifier {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    Query(Query),
    Insert(Insert),
    Update(Update),
    Delete(Delete),
    Merge(Merge),
    Truncate(Path),
    CreateSchema(CreateSchema),
    CreateTable(CreateTable),
    CreateView(CreateView),
    Drop(DropObject),
    AlterTable(AlterTable),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    Schema,
    Table,
    View,
}

/// `project.dataset.table`, split at its dots.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    pub parts: Vec<String>,
    pub at: Position,
}

/// A query with its WITH, ORDER BY and LIMIT.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub with: Vec<(String, Query)>,
    pub recursive: bool,
    pub body: QueryBody,
    pub order: Vec<OrderItem>,
    pub limit: Option<Expression>,
    pub offset: Option<Expression>,
    pub at: Position,
}

#[derive(Clone, Debug, PartialEq)]
pub enum QueryBody {
    Select(Box<Select>),
    Query(Box<Query>),
    Set {
        operator: SetOperator,
        distinct: bool,
        left: Box<QueryBody>,
        right: Box<QueryBody>,
        at: Position,
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
    pub shape: RowShape,
    pub items: Vec<SelectItem>,
    pub from: Option<FromItem>,
    pub filter: Option<Expression>,
    pub group: GroupBy,
    pub having: Option<Expression>,
    pub qualify: Option<Expression>,
    pub windows: Vec<(String, Window)>,
    pub at: Position,
}

impl Select {
    /// The expression of an output column; `None` if a star comes before it or is it.
    pub fn output_expression(&self, index: usize) -> Option<&Expression> {
        let is_plain = |item: &SelectItem| matches!(item, SelectItem::Expression { .. });
        if !self.items.iter().take(index).all(is_plain) {
            return None;
        }
        match self.items.get(index)? {
            SelectItem::Expression { expression, .. } => Some(expression),
            SelectItem::Star { .. } => None,
        }
    }
}

/// What a row of the SELECT is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowShape {
    Columns,
    /// SELECT AS STRUCT.
    Struct,
    /// SELECT AS VALUE.
    Value,
}

#[derive(Clone, Debug, PartialEq)]
pub enum GroupBy {
    None,
    All,
    By(Vec<Expression>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum SelectItem {
    Expression {
        expression: Expression,
        alias: Option<String>,
    },
    Star {
        /// The expression before `.*`.
        of: Option<Expression>,
        except: Vec<String>,
        replace: Vec<(Expression, String)>,
        at: Position,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub enum FromItem {
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
        left: Box<FromItem>,
        right: Box<FromItem>,
        kind: JoinKind,
        condition: JoinCondition,
        at: Position,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    Cross,
    Inner,
    Left,
    Right,
    Full,
}

#[derive(Clone, Debug, PartialEq)]
pub enum JoinCondition {
    None,
    On(Expression),
    Using(Vec<String>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct OrderItem {
    pub expression: Expression,
    pub descending: bool,
    /// NULLS FIRST or NULLS LAST; `None` without either.
    pub nulls_first: Option<bool>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    pub path: Path,
    pub columns: Vec<(Identifier, Position)>,
    pub source: InsertSource,
}

#[derive(Clone, Debug, PartialEq)]
pub enum InsertSource {
    /// Rows of values; `None` is DEFAULT.
    Values(Vec<Vec<Option<Expression>>>),
    Query(Box<Query>),
}

/// `SET path = value`; no value is DEFAULT.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    pub path: Vec<String>,
    pub value: Option<Expression>,
    pub at: Position,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    pub path: Path,
    pub alias: Option<String>,
    pub set: Vec<Assignment>,
    pub from: Option<FromItem>,
    pub filter: Option<Expression>,
    pub at: Position,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    pub path: Path,
    pub alias: Option<String>,
    pub filter: Option<Expression>,
    pub at: Position,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Merge {
    pub path: Path,
    pub alias: Option<String>,
    pub source: FromItem,
    pub on: Expression,
    pub branches: Vec<MergeWhen>,
}

/// A WHEN clause of a MERGE.
#[derive(Clone, Debug, PartialEq)]
pub struct MergeWhen {
    pub matched: MergeMatch,
    pub condition: Option<Expression>,
    pub action: MergeAction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeMatch {
    Yes,
    NotByTarget,
    NotBySource,
}

#[derive(Clone, Debug, PartialEq)]
pub enum MergeAction {
    Delete,
    Update(Vec<Assignment>),
    Insert {
        columns: Vec<(Identifier, Position)>,
        values: MergeValues,
    },
}

/// What the INSERT of a MERGE inserts.
#[derive(Clone, Debug, PartialEq)]
pub enum MergeValues {
    /// `None` is DEFAULT.
    Values(Vec<Option<Expression>>),
    /// INSERT ROW: the source's columns of the same names.
    Row,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateSchema {
    pub path: Path,
    pub if_not_exists: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateTable {
    pub path: Path,
    pub if_not_exists: bool,
    pub replace: bool,
    pub columns: Option<Vec<ColumnDefinition>>,
    pub description: Option<String>,
    pub query: Option<Query>,
    pub template: Option<Template>,
}

/// The table that CREATE TABLE takes its columns from.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub path: Path,
    /// COPY or CLONE, which take the rows too; else LIKE.
    pub with_rows: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDefinition {
    pub column: Column,
    /// The text of its DEFAULT expression.
    pub default: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateView {
    pub path: Path,
    pub if_not_exists: bool,
    pub replace: bool,
    /// The byte of the statement at which the query's text begins.
    pub query_start: usize,
    pub query: Query,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DropObject {
    pub kind: ObjectKind,
    pub path: Path,
    pub if_exists: bool,
    pub cascade: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterTable {
    pub path: Path,
    pub if_exists: bool,
    pub changes: Vec<TableChange>,
}

/// One action of ALTER TABLE.
#[derive(Clone, Debug, PartialEq)]
pub struct TableChange {
    pub action: AlterAction,
    pub at: Position,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AlterAction {
    AddColumn {
        definition: ColumnDefinition,
        if_not_exists: bool,
    },
    DropColumn {
        name: String,
        if_exists: bool,
    },
    RenameColumn {
        from: String,
        to: String,
    },
    RenameTo(String),
    SetDescription(Option<String>),
    /// ALTER COLUMN.
    Column {
        name: String,
        change: ColumnChange,
    },
}

/// What ALTER COLUMN does to a column.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnChange {
    SetDataType(ColumnType),
    DropNotNull,
    /// `None` is DROP DEFAULT.
    SetDefault(Option<String>),
    SetDescription(Option<String>),
}
