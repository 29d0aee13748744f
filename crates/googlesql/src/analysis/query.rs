//! WITH, ORDER BY and LIMIT around a query; set operators are in `set.rs`.

use super::scope::{Ctes, Named, Scope};
use super::set::Operand;
use super::sort;
use super::{Analyst, Relation, Typed};
use crate::compare;
use crate::error::SqlError;
use crate::session::{Row, Rows};
use crate::syntax::tree::{Body, Expression, From, Node, Order, Query, SetOperator};
use crate::value::Value;
use std::cell::{OnceCell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;

/// How often a recursive query may go round.
const MOST_TURNS: usize = 500;

impl Analyst<'_> {
    /// A query, seen from this scope.
    ///
    /// # Errors
    /// What BigQuery says of it.
    pub(crate) fn query(&self, scope: &Scope<'_>, query: &Query) -> Result<Relation, SqlError> {
        let (relation, reached) = self.session.reached(|| self.query_inside(scope, query));
        let mut relation = relation?;
        // What looks at nothing around it has the same rows each time: once is enough.
        if reached > scope.level {
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
            let relation = if query.recursive && reads(tree, name) {
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
            Body::Select(select) => self.select(&scope, select, &query.order)?,
            body => {
                let relation = self.body(&scope, body)?;
                self.ordered(&scope, relation, &query.order)?
            }
        };
        self.limited(relation, query)
    }

    pub(super) fn body(&self, scope: &Scope<'_>, body: &Body) -> Result<Relation, SqlError> {
        match body {
            Body::Select(select) => self.select(scope, select, &[]),
            Body::Query(query) => self.query(scope, query),
            Body::Set {
                operator,
                distinct,
                left,
                right,
                at,
            } => {
                let columns = |body: &Body| self.body(scope, body);
                let (left, right) = (Operand::new(left, columns)?, Operand::new(right, columns)?);
                self.set(*operator, *distinct, left, right, *at)
            }
        }
    }

    /// ORDER BY behind a set operator: only the result's columns can be named.
    fn ordered(&self, scope: &Scope<'_>, relation: Relation, order: &[Order]) -> Result<Relation, SqlError> {
        if order.is_empty() {
            return Ok(relation);
        }
        let names = Named::all(None, &relation.columns);
        let inside = scope.inner(&names);
        let mut keys = Vec::new();
        for one in order {
            keys.push(
                match self.ordinal(&one.expression, relation.columns.len(), "ORDER BY")? {
                    Some(place) => {
                        let cell = Typed::cell(relation.columns[place].kind.clone(), 0, place);
                        sort::SortKey::of_order(cell.run, one)
                    }
                    None => self.sort_key(&inside, one)?,
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

    /// A number that is known before any row: of LIMIT and OFFSET.
    pub(super) fn whole_number(&self, tree: &Expression) -> Result<usize, SqlError> {
        let value = match &tree.node {
            Node::Int(number) => Value::Int(*number),
            Node::Named(_) | Node::Positional(_) => {
                let typed = self.expression(&Scope::EMPTY, tree)?;
                (typed.run)(&crate::session::Frame::root(self.session))?
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

    /// A query that reads what it made the turn before, until it makes nothing.
    fn recursive(&self, scope: &Scope<'_>, name: &str, tree: &Query) -> Result<Relation, SqlError> {
        let Body::Set {
            operator: SetOperator::Union,
            distinct,
            left,
            right,
            at,
        } = &tree.body
        else {
            return Err(self.wrong(
                tree.at,
                format!("Recursive query {name} must be a UNION of a base term and a recursive term"),
            ));
        };
        let base = self.body(scope, left)?;
        let last: Rc<RefCell<Rows>> = Rc::default();
        let own = last.clone();
        let itself = Relation {
            columns: base.columns.clone(),
            rows: Rc::new(move |_| Ok(own.borrow().clone())),
            fresh: true,
        };
        let mut ctes: Ctes = scope.ctes.clone();
        ctes.push((name.to_owned(), itself));
        let inside = Scope {
            ctes: &ctes,
            ..*scope
        };
        let step = match &**right {
            Body::Select(select) => self.select(&inside, select, &[])?,
            _ => return Err(self.unsupported(*at, "A recursive term that is no plain SELECT")),
        };
        let step = Operand {
            relation: step,
            body: right,
        };
        let base = Operand {
            relation: base,
            body: left,
        };
        let (columns, base, step) = self.common(base, step, SetOperator::Union, *at)?;
        let distinct = *distinct;
        Ok(Relation::new(columns, move |frame| {
            let mut seen = HashSet::new();
            let mut fresh = |rows: &[Row]| -> Vec<Row> {
                rows.iter()
                    .filter(|row| !distinct || seen.insert(compare::key(row.iter())))
                    .cloned()
                    .collect()
            };
            let mut turn = fresh(&(base.rows)(frame)?);
            let mut all = Vec::new();
            for _ in 0..MOST_TURNS {
                if turn.is_empty() {
                    return Ok(Rc::new(all));
                }
                all.extend(turn.iter().cloned());
                *last.borrow_mut() = Rc::new(turn);
                turn = fresh(&(step.rows)(frame)?);
            }
            Err(SqlError::invalid(format!(
                "A recursive CTE has reached the maximum number of iterations: {MOST_TURNS}"
            )))
        }))
    }
}

/// Whether the query reads from this one, as a recursive term does: in FROM. Inside of an expression no query may
/// refer to itself, so that its name is looked up like any other there.
fn reads(query: &Query, name: &str) -> bool {
    let hidden = query
        .with
        .iter()
        .any(|(inner, _)| inner.eq_ignore_ascii_case(name));
    let inner = query.with.iter().any(|(_, inner)| reads(inner, name));
    inner || (!hidden && body_reads(&query.body, name))
}

fn body_reads(body: &Body, name: &str) -> bool {
    match body {
        Body::Select(select) => select.from.as_ref().is_some_and(|from| from_reads(from, name)),
        Body::Query(query) => reads(query, name),
        Body::Set { left, right, .. } => body_reads(left, name) || body_reads(right, name),
    }
}

fn from_reads(from: &From, name: &str) -> bool {
    match from {
        From::Table { path, .. } => matches!(&path.parts[..], [only] if only.eq_ignore_ascii_case(name)),
        From::Query { query, .. } => reads(query, name),
        From::Unnest { .. } => false,
        From::Join { left, right, .. } => from_reads(left, name) || from_reads(right, name),
    }
}
