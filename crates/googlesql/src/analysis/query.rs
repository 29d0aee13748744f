//! Queries: WITH, ORDER BY and LIMIT.

use super::recursive::refers_to;
use super::scope::{Ctes, NamedColumn, Scope};
use super::set::Operand;
use super::{Analyzer, Relation, Typed};
use crate::error::SqlError;
use crate::execution::sort::{self, SortKey};
use crate::session::{Frame, Rows};
use crate::syntax::ast::{Expression, Node, OrderItem, Query, QueryBody};
use crate::value::Value;
use std::cell::OnceCell;
use std::rc::Rc;

impl Analyzer<'_> {
    /// The meaning of a query in a scope.
    ///
    /// # Errors
    /// BigQuery's, with its position.
    pub(crate) fn query(&self, scope: &Scope<'_>, query: &Query) -> Result<Relation, SqlError> {
        let (relation, outermost) = self.session.with_outermost(|| self.query_inside(scope, query));
        let mut relation = relation?;
        // A subquery that is not correlated has the same rows each time, so it runs once.
        if outermost > scope.level {
            let (rows, known) = (relation.rows.clone(), OnceCell::<Rows>::new());
            relation.rows = Rc::new(move |frame| {
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
        let mut ctes: Ctes = scope.ctes.clone();
        for (name, tree) in &query.with {
            let inside = Scope {
                ctes: &ctes,
                level: scope.level,
                ..Scope::EMPTY
            };
            let relation = if query.recursive && refers_to(tree, name) {
                self.recursive(&inside, name, tree)?
            } else {
                self.query(&inside, tree)?
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
        self.limited(relation, query)
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
            let rows = rows(frame)?;
            let mut keyed = rows
                .iter()
                .map(|row| Ok((sort::values(&keys, &frame.inner(row))?, row.clone())))
                .collect::<Result<Vec<_>, SqlError>>()?;
            keyed.sort_by(|(a, _), (b, _)| sort::compare(&keys, a, b));
            Ok(Rc::new(keyed.into_iter().map(|(_, row)| row).collect()))
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
        let rows = relation.rows;
        Ok(Relation::new(relation.columns, move |frame| {
            let rows = rows(frame)?;
            Ok(Rc::new(rows.iter().skip(offset).take(limit).cloned().collect()))
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
