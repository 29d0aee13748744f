//! Queries: WITH, ORDER BY and LIMIT.

use super::recursive::refers_to;
use super::scope::{Ctes, NamedColumn, Scope};
use super::set::Operand;
use super::{Analyzer, Relation, Typed};
use crate::error::SqlError;
use crate::execution::sort::{self, SortKey, Sorting};
use crate::kind;
use crate::limits::MAX_RECORD_DEPTH;
use crate::memory;
use crate::session::{Frame, Rows};
use crate::syntax::ast::{Expression, Node, OrderItem, Query, QueryBody};
use crate::value::{Column, Value};
use std::cell::OnceCell;
use std::rc::Rc;

impl Analyzer<'_> {
    /// The meaning of a query in a scope.
    ///
    /// # Errors
    /// BigQuery's, with its position.
    pub(crate) fn query(&self, scope: &Scope<'_>, query: &Query) -> Result<Relation, SqlError> {
        self.query_once(scope, query, false)
    }

    /// The meaning of a statement's query, of whose tables only the columns that it uses are read.
    ///
    /// # Errors
    /// As [`Analyzer::query`].
    pub(crate) fn whole_query(&self, query: &Query) -> Result<Relation, SqlError> {
        let columns = &self.session.columns;
        columns.find();
        let relation = self.query(&Scope::EMPTY, query);
        let relation = if relation.is_ok() && columns.found() {
            self.session.plan_again();
            self.query(&Scope::EMPTY, query)
        } else {
            relation
        };
        columns.forget();
        relation
    }

    /// As [`Analyzer::query`]; `is_shared` says that several may read the same rows: a query of WITH.
    fn query_once(&self, scope: &Scope<'_>, query: &Query, is_shared: bool) -> Result<Relation, SqlError> {
        let (relation, outermost) = self.session.with_outermost(|| self.query_inside(scope, query));
        let mut relation = relation?;
        // A subquery that is not correlated has the same rows each time, so it runs once.
        if outermost > scope.level {
            let (rows, known) = (relation.rows.clone(), OnceCell::<Rows>::new());
            relation.rows = Rc::new(move |frame| {
                // Without an outer row it is read once, and nobody else is to hold its rows.
                if !is_shared && frame.outer.is_none() {
                    return rows(frame);
                }
                if let Some(known) = known.get() {
                    return Ok(known.clone());
                }
                let rows = rows(frame)?;
                Ok(known.get_or_init(|| rows).clone())
            });
        }
        Ok(relation)
    }

    fn query_inside(&self, scope: &Scope<'_>, query: &Query) -> Result<Relation, SqlError> {
        self.session.plan(1)?;
        let mut ctes: Ctes = scope.ctes.clone();
        for (name, tree) in &query.with {
            // Each is given those before it.
            self.session.plan(ctes.len())?;
            let inside = Scope {
                ctes: &ctes,
                level: scope.level,
                ..Scope::EMPTY
            };
            let relation = if query.recursive && refers_to(tree, name) {
                self.recursive(&inside, name, tree)?
            } else {
                self.query_once(&inside, tree, true)?
            };
            ctes.push((name.clone(), relation));
        }
        let scope = Scope {
            ctes: &ctes,
            ..*scope
        };
        let relation = match &query.body {
            QueryBody::Select(select) => self.select(&scope, select, &query.order)?,
            body => {
                let relation = self.body(&scope, body)?;
                self.ordered(&scope, relation, &query.order)?
            }
        };
        self.check_types(&relation)?;
        self.limited(relation, query)
    }

    /// Counts the types of a query's columns: queries that read queries could make them endlessly large.
    fn check_types(&self, relation: &Relation) -> Result<(), SqlError> {
        for Column { name, kind, .. } in &relation.columns {
            self.session.plan(kind::count(kind))?;
            if kind::depth(kind) > MAX_RECORD_DEPTH {
                return Err(SqlError::invalid(format!(
                    "Field {name} nests deeper than the maximum of {MAX_RECORD_DEPTH} levels"
                )));
            }
        }
        Ok(())
    }

    pub(super) fn body(&self, scope: &Scope<'_>, body: &QueryBody) -> Result<Relation, SqlError> {
        match body {
            QueryBody::Select(select) => self.select(scope, select, &[]),
            QueryBody::Query(query) => self.query(scope, query),
            QueryBody::Set {
                operator,
                distinct,
                left,
                right,
                at,
            } => {
                let left = self.operand(scope, left)?;
                let right = self.operand(scope, right)?;
                self.set_operation(*operator, *distinct, left, right, *at)
            }
        }
    }

    /// One side of a set operation.
    pub(super) fn operand<'t>(
        &self,
        scope: &Scope<'_>,
        body: &'t QueryBody,
    ) -> Result<Operand<'t>, SqlError> {
        let relation = self.body(scope, body)?;
        Ok(Operand { relation, body })
    }

    /// ORDER BY after a set operation, which can name only the result's columns.
    fn ordered(
        &self,
        scope: &Scope<'_>,
        relation: Relation,
        order: &[OrderItem],
    ) -> Result<Relation, SqlError> {
        if order.is_empty() {
            return Ok(relation);
        }
        let names = NamedColumn::from_table(None, &relation.columns);
        let inside = scope.inner(&names);
        let mut keys = Vec::new();
        for item in order {
            keys.push(
                match self.ordinal(&item.expression, relation.columns.len(), "ORDER BY")? {
                    Some(index) => {
                        let cell = Typed::cell(relation.columns[index].kind.clone(), 0, index);
                        SortKey::new(cell.run, item)
                    }
                    None => self.sort_key(&inside, item)?,
                },
            );
        }
        let rows = relation.rows;
        Ok(Relation::new(relation.columns, move |frame| {
            let mut sorting = Sorting::new(frame.session);
            memory::consume(rows(frame)?, |row| {
                sorting.push(sort::values(&keys, &frame.inner(&row))?, row.into_owned())
            })?;
            Ok(Rc::new(sorting.finish(&keys)))
        }))
    }

    fn limited(&self, relation: Relation, query: &Query) -> Result<Relation, SqlError> {
        let Some(limit) = &query.limit else {
            return Ok(relation);
        };
        let limit = self.whole_number(limit)?;
        let offset = query
            .offset
            .as_ref()
            .map_or(Ok(0), |tree| self.whole_number(tree))?;
        if let Some(wanted) = &relation.limit {
            wanted.set(Some(offset.saturating_add(limit)));
        }
        let rows = relation.rows;
        Ok(Relation::new(relation.columns, move |frame| {
            let mut kept = frame.session.rows();
            for row in rows(frame)?.iter().skip(offset).take(limit) {
                kept.push(row.clone())?;
            }
            Ok(Rc::new(kept))
        }))
    }

    /// The number of a LIMIT or OFFSET.
    pub(super) fn whole_number(&self, tree: &Expression) -> Result<usize, SqlError> {
        let value = match &tree.node {
            Node::Int(number) => Value::Int(*number),
            Node::Named(_) | Node::Positional(_) => {
                let typed = self.expression(&Scope::EMPTY, tree)?;
                (typed.run)(&Frame::root(self.session))?
            }
            _ => Value::Null,
        };
        match value {
            Value::Int(number) => {
                usize::try_from(number).map_err(|_| self.wrong(tree.at, "Integer value must be non-negative"))
            }
            _ => Err(self.wrong(
                tree.at,
                "Syntax error: Expected an integer literal or a parameter",
            )),
        }
    }
}
