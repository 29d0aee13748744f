//! Scopes: which names an expression can use, and what they refer to.

mod resolve;

pub(super) use resolve::Resolved;

use super::{Relation, Typed};
use crate::execution::aggregate::Aggregate;
use crate::execution::select::GroupingPlan;
use crate::execution::window::WindowCall;
use crate::syntax::ast::{Expression, Window};
use crate::value::{Column, ColumnType};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A column that can be named.
#[derive(Clone)]
pub(crate) struct NamedColumn {
    /// The alias of its table.
    pub table: Option<String>,
    pub column: Column,
    /// Found only with its table's name before it: a merged column of USING has the bare name.
    pub shadowed: bool,
    /// The table is an UNNEST, whose alias names the element itself.
    pub is_element: bool,
    /// The table of the catalog that it is read from, and its index there.
    pub origin: Option<(Rc<str>, usize)>,
}

impl NamedColumn {
    /// All columns of a table.
    pub fn from_table(table: Option<&str>, columns: &[Column]) -> Vec<Self> {
        let one = |column: &Column| Self {
            table: table.map(str::to_owned),
            column: column.clone(),
            shadowed: false,
            is_element: false,
            origin: None,
        };
        columns.iter().map(one).collect()
    }

    pub fn has_name(&self, name: &str) -> bool {
        self.column.name.eq_ignore_ascii_case(name)
    }

    pub fn is_of_table(&self, table: &str) -> bool {
        self.table
            .as_deref()
            .is_some_and(|own| own.eq_ignore_ascii_case(table))
    }
}

/// The queries of WITH, by name.
pub(super) type Ctes = Vec<(String, Relation)>;

/// What an expression can name.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s> {
    pub columns: &'s [NamedColumn],
    /// The scope of the outer query.
    pub parent: Option<&'s Scope<'s>>,
    pub ctes: &'s Ctes,
    /// After GROUP BY: the rows are groups.
    pub grouping: Option<&'s Grouping<'s>>,
    /// Where window functions are allowed.
    pub windows: Option<&'s Windows>,
    /// The aliases of the SELECT list.
    pub aliases: &'s [(String, Expression)],
    /// Whether an alias is preferred to a column of the same name (ORDER BY).
    pub aliases_first: bool,
    /// How many scopes are around this one.
    pub level: usize,
}

/// The groups of a SELECT, as its expressions see them.
pub(crate) struct Grouping<'s> {
    /// The scope of the rows before grouping.
    pub input: &'s Scope<'s>,
    pub keys: Vec<GroupKey>,
    /// The aggregates that the clauses of the SELECT use; in a group's row they follow the keys.
    pub aggregates: RefCell<Vec<Aggregate>>,
}

/// One item of GROUP BY.
pub(crate) struct GroupKey {
    pub tree: Expression,
    pub typed: Typed,
    /// The index of the input column, if the item is one.
    pub column: Option<usize>,
}

/// The windows of a SELECT.
pub(crate) struct Windows {
    /// Those of the WINDOW clause.
    pub named: Vec<(String, Window)>,
    /// The calls that the clauses of the SELECT use.
    pub calls: RefCell<Vec<WindowCall>>,
    /// The index of the first call's column, known once all columns before it are.
    pub first_column: Rc<Cell<usize>>,
}

const NO_CTES: &Ctes = &Vec::new();

impl<'s> Scope<'s> {
    /// A scope without names.
    pub const EMPTY: Scope<'static> = Scope {
        columns: &[],
        parent: None,
        ctes: NO_CTES,
        grouping: None,
        windows: None,
        aliases: &[],
        aliases_first: false,
        level: 0,
    };

    /// The scope of an inner query with these columns.
    pub const fn inner<'t>(&'t self, columns: &'t [NamedColumn]) -> Scope<'t>
    where
        's: 't,
    {
        Scope {
            columns,
            parent: Some(self),
            ctes: self.ctes,
            level: self.level + 1,
            ..Scope::EMPTY
        }
    }

    /// The scope `depth` queries outward.
    pub fn outward(&self, depth: usize) -> &Scope<'s> {
        let mut scope = self;
        for _ in 0..depth {
            scope = scope.parent.unwrap_or(scope);
        }
        scope
    }

    /// The depth and column indexes of the table that has this column. A table's name hides a column of the same name.
    pub fn table_with_column(&self, table: &str, name: &str) -> Option<(usize, Vec<usize>)> {
        let mut here = Some(self);
        let mut depth = 0;
        while let Some(scope) = here {
            let indexes = scope.columns_of_table(table);
            if indexes.iter().any(|&index| scope.columns[index].has_name(name)) {
                return Some((depth, indexes));
            }
            if scope.columns.iter().any(|column| column.has_name(table)) {
                return None;
            }
            here = scope.parent;
            depth += 1;
        }
        None
    }

    /// The indexes of the columns of this table.
    pub fn columns_of_table(&self, table: &str) -> Vec<usize> {
        let all = self.columns.iter().enumerate();
        all.filter(|(_, named)| named.is_of_table(table))
            .map(|(i, _)| i)
            .collect()
    }
}

impl<'s> Grouping<'s> {
    pub fn new(input: &'s Scope<'s>, keys: Vec<GroupKey>) -> Self {
        Self {
            input,
            keys,
            aggregates: RefCell::default(),
        }
    }

    /// How to group the rows; takes the aggregates.
    pub fn plan(&self, is_single_group: bool) -> GroupingPlan {
        GroupingPlan {
            keys: self.keys.iter().map(|key| key.typed.run.clone()).collect(),
            aggregates: self.aggregates.take(),
            is_single_group,
        }
    }

    /// The type and index of the key that is the same expression.
    pub fn key(&self, tree: &Expression) -> Option<(ColumnType, usize)> {
        let index = self.keys.iter().position(|key| key.tree == *tree)?;
        Some((self.keys[index].typed.kind.clone(), index))
    }

    /// The index of the key that is this input column.
    pub fn key_of_column(&self, column: usize) -> Option<usize> {
        self.keys.iter().position(|key| key.column == Some(column))
    }
}

impl Windows {
    /// The windows of a SELECT with this WINDOW clause.
    pub fn new(named: Vec<(String, Window)>) -> Self {
        Self {
            named,
            calls: RefCell::default(),
            first_column: Rc::default(),
        }
    }
}
