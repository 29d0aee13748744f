//! WITH RECURSIVE: a UNION whose second term reads the rows of its previous iteration, until it returns none.

use super::scope::{Ctes, Scope};
use super::set::Operand;
use super::{Analyzer, Relation};
use crate::compare;
use crate::error::SqlError;
use crate::memory::RowSet;
use crate::session::{Frame, Rows};
use crate::syntax::ast::{FromItem, Query, QueryBody, SetOperator};
use crate::value::Row;
use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

/// How many steps a recursive query may take.
const MAX_ITERATIONS: usize = 500;

/// A recursive query, ready to run.
struct Recursion {
    base: Relation,
    step: Relation,
    /// The rows of the step before, which `step` reads.
    previous: Rc<RefCell<Rows>>,
    distinct: bool,
}

impl Recursion {
    fn rows(&self, frame: &Frame<'_>) -> Result<Rows, SqlError> {
        let mut seen = HashSet::new();
        let mut new_rows = |rows: &[Row]| -> Result<RowSet, SqlError> {
            let mut new = frame.session.rows();
            for row in rows {
                if !self.distinct || seen.insert(compare::key(row.iter())) {
                    new.push(row.clone())?;
                }
            }
            Ok(new)
        };
        let mut current = new_rows(&(self.base.rows)(frame)?)?;
        let mut all = frame.session.rows();
        for _ in 0..MAX_ITERATIONS {
            if current.is_empty() {
                return Ok(Rc::new(all));
            }
            current.iter().try_for_each(|row| all.push(row.clone()))?;
            *self.previous.borrow_mut() = Rc::new(current);
            current = new_rows(&(self.step.rows)(frame)?)?;
        }
        Err(SqlError::invalid(format!(
            "A recursive CTE has reached the maximum number of iterations: {MAX_ITERATIONS}"
        )))
    }
}

impl Analyzer<'_> {
    pub(super) fn recursive(
        &self,
        scope: &Scope<'_>,
        name: &str,
        query: &Query,
    ) -> Result<Relation, SqlError> {
        let QueryBody::Set {
            operator: SetOperator::Union,
            distinct,
            left,
            right,
            at,
        } = &query.body
        else {
            return Err(self.wrong(
                query.at,
                format!("Recursive query {name} must be a UNION of a base term and a recursive term"),
            ));
        };
        let base = self.operand(scope, left)?;
        let previous: Rc<RefCell<Rows>> = Rc::default();
        let read = previous.clone();
        let columns = base.relation.columns.clone();
        let mut itself = Relation::new(columns, move |_| Ok(read.borrow().clone()));
        itself.volatile = true;
        let mut ctes: Ctes = scope.ctes.clone();
        ctes.push((name.to_owned(), itself));
        let inside = Scope {
            ctes: &ctes,
            ..*scope
        };
        let step = match &**right {
            QueryBody::Select(select) => Operand {
                relation: self.select(&inside, select, &[])?,
                body: right,
            },
            _ => return Err(self.unsupported(*at, "A recursive term that is not a plain SELECT")),
        };
        let (columns, base, step) = self.coerce_operands(base, step, SetOperator::Union, *at)?;
        let recursion = Recursion {
            base,
            step,
            previous,
            distinct: *distinct,
        };
        Ok(Relation::new(columns, move |frame| recursion.rows(frame)))
    }
}

/// Whether the query reads the table of this name in its FROM. In expressions BigQuery does not allow a query to refer
/// to itself, so there the name is resolved like any other.
pub(super) fn refers_to(query: &Query, name: &str) -> bool {
    let is_hidden = query
        .with
        .iter()
        .any(|(inner, _)| inner.eq_ignore_ascii_case(name));
    let in_with = query.with.iter().any(|(_, inner)| refers_to(inner, name));
    in_with || (!is_hidden && body_refers_to(&query.body, name))
}

fn body_refers_to(body: &QueryBody, name: &str) -> bool {
    match body {
        QueryBody::Select(select) => select
            .from
            .as_ref()
            .is_some_and(|from| from_refers_to(from, name)),
        QueryBody::Query(query) => refers_to(query, name),
        QueryBody::Set { left, right, .. } => body_refers_to(left, name) || body_refers_to(right, name),
    }
}

fn from_refers_to(from: &FromItem, name: &str) -> bool {
    match from {
        FromItem::Table { path, .. } => {
            matches!(&path.parts[..], [only] if only.eq_ignore_ascii_case(name))
        }
        FromItem::Query { query, .. } => refers_to(query, name),
        FromItem::Unnest { .. } => false,
        FromItem::Join { left, right, .. } => from_refers_to(left, name) || from_refers_to(right, name),
    }
}
