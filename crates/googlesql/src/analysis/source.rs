//! FROM: tables, views, subqueries and arrays.

use super::scope::{NamedColumn, Scope};
use super::{Analyzer, Relation, TableScan};
use crate::error::SqlError;
use crate::execution::join::Join;
use crate::execution::{RowSource, Run};
use crate::kind;
use crate::memory::RowSet;
use crate::session::{Frame, Rows};
use crate::storage::catalog;
use crate::storage::table::Scan;
use crate::syntax;
use crate::syntax::ast::{Expression, FromItem, Path};
use crate::value::{Column, ColumnType as T, Value};
use std::rc::Rc;

/// Rows whose columns have names.
pub(crate) struct Source {
    pub names: Vec<NamedColumn>,
    pub rows: RowSource,
    /// Whether it is computed from each row to its left: an array of that row.
    pub lateral: bool,
    /// The table that it is.
    pub table: Option<TableScan>,
    /// The join that it is.
    pub join: Option<Rc<Join>>,
}

impl Source {
    fn new(relation: Relation, alias: Option<&str>) -> Self {
        Self {
            names: NamedColumn::from_table(alias, &relation.columns),
            rows: relation.rows,
            lateral: false,
            table: None,
            join: None,
        }
    }

    /// One row without columns: the source of a SELECT without FROM.
    pub fn single_row() -> Self {
        Self {
            names: Vec::new(),
            rows: Rc::new(|_| Ok(Rc::new(RowSet::uncounted(vec![Vec::new()])))),
            lateral: false,
            table: None,
            join: None,
        }
    }
}

/// How many expressions a view counts for beside its own.
const VIEW: usize = 50;

/// How deep views may be nested.
const MAX_VIEW_DEPTH: usize = 16;

impl Analyzer<'_> {
    /// An item of FROM; `left` are the columns of the items to its left.
    pub(crate) fn source(
        &self,
        scope: &Scope<'_>,
        left: &[NamedColumn],
        from: &FromItem,
    ) -> Result<Source, SqlError> {
        match from {
            FromItem::Table { path, alias } => self.table(scope, left, path, alias.as_deref()),
            FromItem::Query { query, alias } => {
                let relation = self.query(scope, query)?;
                Ok(Source::new(relation, alias.as_deref()))
            }
            FromItem::Unnest { array, alias, offset } => {
                self.unnest(scope, left, array, alias.as_deref(), offset.as_deref())
            }
            FromItem::Join {
                left: first,
                right,
                kind,
                condition,
                at,
            } => {
                let first = self.source(scope, &[], first)?;
                // A join in parentheses does not see the columns before it.
                let is_join = matches!(**right, FromItem::Join { .. });
                let visible = if is_join { &[][..] } else { &first.names };
                let second = self.source(scope, visible, right)?;
                self.join(scope, first, second, *kind, condition, *at)
            }
        }
    }

    fn table(
        &self,
        scope: &Scope<'_>,
        left: &[NamedColumn],
        path: &Path,
        alias: Option<&str>,
    ) -> Result<Source, SqlError> {
        let last = path.parts.last().map_or("", String::as_str);
        if let [name] = path.parts.as_slice()
            && let Some((_, relation)) = scope
                .ctes
                .iter()
                .rev()
                .find(|(cte, _)| cte.eq_ignore_ascii_case(name))
        {
            if relation.volatile {
                // Its rows must not be cached, as if it were correlated.
                self.session.found_in(0);
            }
            return Ok(Source::new(relation.clone(), Some(alias.unwrap_or(name))));
        }
        // `t.items`, where `t` is a table to the left: an array of its row.
        if let [first, _, ..] = path.parts.as_slice()
            && left.iter().any(|named| named.is_of_table(first))
        {
            let array = Expression::from_path(path.parts.iter().map(String::as_str), path.at);
            return self.unnest(scope, left, &array, Some(alias.unwrap_or(last)), None);
        }
        let relation = self.stored_relation(scope, path)?;
        let table = relation.table.clone();
        let mut source = Source::new(relation, Some(alias.unwrap_or(last)));
        if let Some(table) = &table {
            self.session.columns.begin(&table.scan.full, source.names.len());
            let full: Rc<str> = table.scan.full.as_str().into();
            for (index, named) in source.names.iter_mut().enumerate() {
                named.origin = Some((Rc::clone(&full), index));
            }
        }
        source.table = table;
        Ok(source)
    }

    /// A table or view of the catalog.
    fn stored_relation(&self, scope: &Scope<'_>, path: &Path) -> Result<Relation, SqlError> {
        if let Some(relation) = self.information_schema(path)? {
            return Ok(relation);
        }
        if let Some(relation) = self.tables_list(path)? {
            return Ok(relation);
        }
        if path.parts.last().is_some_and(|name| name.ends_with('*')) {
            return Err(self.unsupported(path.at, "A wildcard table"));
        }
        let full = self.full_name(path)?;
        let connection = self.session.connection;
        if let Some(view) = catalog::view(connection, &full)? {
            if self.depth >= MAX_VIEW_DEPTH {
                return Err(SqlError::exceeded(
                    "Not enough resources for query planning - too many nested views.",
                ));
            }
            self.session.plan(VIEW)?;
            let tree = syntax::query(&view.query)?;
            let inside = Analyzer {
                sql: &view.query,
                dataset: view.dataset.as_deref(),
                depth: self.depth + 1,
                ..*self
            };
            let empty = Scope {
                level: scope.level,
                ..Scope::EMPTY
            };
            return inside.query(&empty, &tree);
        }
        if !catalog::table_exists(connection, &full)? {
            return Err(catalog::not_found(
                connection,
                self.session.project,
                self.session.location,
                &full,
            ));
        }
        let columns = catalog::columns_of(connection, &full)?;
        let wanted = self.session.columns.wanted(&full);
        let columns = match &wanted {
            Some(wanted) => wanted.iter().map(|&index| columns[index].clone()).collect(),
            None => columns,
        };
        let table = TableScan {
            scan: Scan {
                full,
                columns: wanted,
                ..Scan::default()
            },
            limit: Rc::default(),
        };
        let read = table.clone();
        let mut relation = Relation::new(columns, move |frame| {
            // A correlated subquery reads it for each row of the outer query.
            frame.session.table(&read.scan(), frame.outer.is_some())
        });
        relation.table = Some(table);
        Ok(relation)
    }

    fn unnest(
        &self,
        scope: &Scope<'_>,
        left: &[NamedColumn],
        array: &Expression,
        alias: Option<&str>,
        offset: Option<&str>,
    ) -> Result<Source, SqlError> {
        let inside = scope.inner(left);
        let at = array.at;
        let (array, outermost) = self.session.with_outermost(|| self.expression(&inside, array));
        let array = array?;
        let T::Array(element) = &array.kind else {
            let name = kind::name(&array.kind);
            return Err(self.wrong(
                at,
                format!(
                    "Values referenced in UNNEST must be arrays. UNNEST contains expression of type {name}"
                ),
            ));
        };
        let unnest = Unnest {
            array: array.run.clone(),
            fields: match &**element {
                T::Struct(fields) => Some(fields.len()),
                _ => None,
            },
            with_offset: offset.is_some(),
            // An array without names is the same for every row, and can be joined by a hash.
            lateral: !left.is_empty() && outermost != usize::MAX,
        };
        Ok(Source {
            names: unnest_columns(element, alias, offset),
            lateral: unnest.lateral,
            rows: Rc::new(move |frame| unnest.rows(frame)),
            table: None,
            join: None,
        })
    }
}

/// The columns of an UNNEST: the fields of a STRUCT, else the element itself.
fn unnest_columns(element: &T, alias: Option<&str>, offset: Option<&str>) -> Vec<NamedColumn> {
    let mut names = match element {
        T::Struct(fields) => NamedColumn::from_table(alias, fields),
        other => {
            let column = Column::nullable(alias.unwrap_or_default(), other.clone());
            let mut names = NamedColumn::from_table(alias, &[column]);
            names.iter_mut().for_each(|named| named.is_element = true);
            names
        }
    };
    names.extend(offset.map(|name| NamedColumn {
        table: None,
        column: Column::nullable(name, T::Int64),
        shadowed: false,
        is_element: false,
        origin: None,
    }));
    names
}

/// An UNNEST, ready to run.
struct Unnest {
    array: Run,
    /// How many fields its elements have, if they are STRUCTs.
    fields: Option<usize>,
    with_offset: bool,
    lateral: bool,
}

impl Unnest {
    fn rows(&self, frame: &Frame<'_>) -> Result<Rows, SqlError> {
        let array = if self.lateral {
            (self.array)(frame)?
        } else {
            (self.array)(&frame.inner(&[]))?
        };
        let Value::Array(items) = array else {
            return Ok(Rc::default());
        };
        let rows = items.into_iter().zip(0..).map(|(item, offset)| {
            let mut row = match (item, self.fields) {
                (Value::Struct(fields), Some(_)) => fields,
                (Value::Null, Some(width)) => vec![Value::Null; width],
                (item, _) => vec![item],
            };
            if self.with_offset {
                row.push(Value::Int(offset));
            }
            row
        });
        let mut set = frame.session.rows();
        for row in rows {
            frame.session.step()?;
            set.push(row)?;
        }
        Ok(Rc::new(set))
    }
}
