//! FROM: tables, views, subqueries, arrays, and how they are joined.

use super::scope::{Named, Scope};
use super::{Analyst, Relation};
use crate::catalogue;
use crate::error::SqlError;
use crate::kind;
use crate::session::{Frame, Rows};
use crate::syntax;
use crate::syntax::tree::{Expression, From, Node, Path, Word};
use crate::value::{Column, ColumnType as T, Value};
use std::rc::Rc;

/// How rows are found, for a row of the queries around.
pub(super) type RowsOf = Rc<dyn Fn(&Frame<'_>) -> Result<Rows, SqlError>>;

/// Rows, and how their columns are named.
pub(crate) struct Source {
    pub names: Vec<Named>,
    pub rows: RowsOf,
    /// It was made of the row to its left: only where that row is known has it rows.
    pub(super) lateral: bool,
}

impl Source {
    /// Rows that hang on nothing to their left.
    pub(super) fn new(names: Vec<Named>, rows: RowsOf) -> Self {
        Self {
            names,
            rows,
            lateral: false,
        }
    }
}

/// How deep views may stand in views.
const DEEPEST_VIEW: usize = 16;

impl Analyst<'_> {
    /// What FROM says; `left` are the columns of what stands to its left.
    pub(crate) fn source(&self, scope: &Scope<'_>, left: &[Named], from: &From) -> Result<Source, SqlError> {
        match from {
            From::Table { path, alias } => self.table(scope, left, path, alias.as_deref()),
            From::Query { query, alias } => {
                let relation = self.query(scope, query)?;
                Ok(plain(relation, alias.as_deref()))
            }
            From::Unnest { array, alias, offset } => {
                self.unnest(scope, left, array, alias.as_deref(), offset.as_deref())
            }
            From::Join {
                left: first,
                right,
                kind,
                condition,
                at,
            } => {
                let first = self.source(scope, &[], first)?;
                // A join in brackets sees nothing of what stands before it.
                let is_join = matches!(**right, From::Join { .. });
                let visible = if is_join { &[][..] } else { &first.names };
                let second = self.source(scope, visible, right)?;
                self.join(scope, first, second, *kind, condition, *at)
            }
        }
    }

    fn table(
        &self,
        scope: &Scope<'_>,
        left: &[Named],
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
            if relation.fresh {
                self.session.reach(0);
            }
            return Ok(plain(relation.clone(), Some(alias.unwrap_or(name))));
        }
        // `t.items`, where `t` stands to the left: an array of its row.
        if let [first, rest @ ..] = path.parts.as_slice()
            && !rest.is_empty()
            && left.iter().any(|named| {
                named
                    .table
                    .as_deref()
                    .is_some_and(|table| table.eq_ignore_ascii_case(first))
            })
        {
            let start = Expression {
                node: Node::Name(Word(first.clone())),
                at: path.at,
            };
            let array = rest.iter().fold(start, |inner, part| Expression {
                node: Node::Field(Box::new(inner), Word(part.clone())),
                at: path.at,
            });
            return self.unnest(scope, left, &array, Some(alias.unwrap_or(last)), None);
        }
        let relation = self.stored(scope, path)?;
        Ok(plain(relation, Some(alias.unwrap_or(last))))
    }

    /// A table or view of the warehouse.
    fn stored(&self, scope: &Scope<'_>, path: &Path) -> Result<Relation, SqlError> {
        if let Some(relation) = self.information_schema(path)? {
            return Ok(relation);
        }
        if let Some(relation) = self.meta_tables(path)? {
            return Ok(relation);
        }
        if path.parts.last().is_some_and(|name| name.ends_with('*')) {
            return Err(self.unsupported(path.at, "A wildcard table"));
        }
        let full = self.full_name(path)?;
        let connection = self.session.connection;
        if let Some(view) = catalogue::view(connection, &full)? {
            if self.depth >= DEEPEST_VIEW {
                return Err(SqlError::invalid(
                    "Resources exceeded during query execution: too many nested views",
                ));
            }
            let tree = syntax::query(&view.query)?;
            let inside = Analyst {
                sql: &view.query,
                dataset: view.dataset.as_deref(),
                depth: self.depth + 1,
                ..*self
            };
            let nothing = Scope {
                level: scope.level,
                ..Scope::EMPTY
            };
            return inside.query(&nothing, &tree);
        }
        if !catalogue::exists(connection, &full)? {
            return Err(catalogue::not_found(
                connection,
                self.session.project,
                self.session.location,
                &full,
            ));
        }
        let columns = catalogue::columns_of(connection, &full)?;
        Ok(Relation {
            columns,
            rows: Rc::new(move |frame| frame.session.table(&full)),
            fresh: false,
        })
    }

    fn unnest(
        &self,
        scope: &Scope<'_>,
        left: &[Named],
        array: &Expression,
        alias: Option<&str>,
        offset: Option<&str>,
    ) -> Result<Source, SqlError> {
        let inside = scope.inner(left);
        let array_at = array.at;
        let (array, reached) = self.session.reached(|| self.expression(&inside, array));
        let array = array?;
        let T::Array(element) = &array.kind else {
            let name = kind::name(&array.kind);
            return Err(self.wrong(
                array_at,
                format!(
                    "Values referenced in UNNEST must be arrays. UNNEST contains expression of type {name}"
                ),
            ));
        };
        let (mut names, fields) = match &**element {
            T::Struct(fields) => (Named::all(alias, fields), Some(fields.len())),
            other => {
                let mut named = Named::all(
                    alias,
                    &[Column::nullable(alias.unwrap_or_default(), other.clone())],
                );
                named[0].element = true;
                (named, None)
            }
        };
        let counts = offset.is_some();
        names.extend(offset.map(|name| Named {
            table: None,
            column: Column::nullable(name, T::Int64),
            shadowed: false,
            element: false,
        }));
        let run = array.run;
        // An array that names nothing is the same beside every row, and can be joined by a hash.
        let lateral = !left.is_empty() && reached != usize::MAX;
        Ok(Source {
            names,
            lateral,
            rows: Rc::new(move |frame| {
                let array = if lateral {
                    run(frame)?
                } else {
                    run(&frame.inner(&[]))?
                };
                let Value::Array(items) = array else {
                    return Ok(Rc::default());
                };
                let rows = items.into_iter().zip(0..).map(|(item, place)| {
                    let mut row = match (item, fields) {
                        (Value::Struct(parts), Some(_)) => parts,
                        (Value::Null, Some(width)) => vec![Value::Null; width],
                        (item, _) => vec![item],
                    };
                    if counts {
                        row.push(Value::Int(place));
                    }
                    row
                });
                Ok(Rc::new(rows.collect()))
            }),
        })
    }
}

fn plain(relation: Relation, alias: Option<&str>) -> Source {
    Source {
        names: Named::all(alias, &relation.columns),
        rows: relation.rows,
        lateral: false,
    }
}
