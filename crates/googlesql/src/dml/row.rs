//! Rows for a table: values coerced to its columns, defaults, and the assignments of an UPDATE.

use super::target::Target;
use crate::analysis::scope::Scope;
use crate::analysis::{Analyzer, Typed};
use crate::error::SqlError;
use crate::execution::Run;
use crate::kind;
use crate::session::Frame;
use crate::storage::catalog;
use crate::syntax;
use crate::syntax::ast::{Assignment, Expression, Node, Position, Query, QueryBody};
use crate::value::{Column, ColumnType as T, Row, Value};
use std::rc::Rc;

/// A new value for a column.
pub(super) struct ColumnAssignment {
    column: usize,
    run: Run,
}

impl Analyzer<'_> {
    /// A row of VALUES, each coerced to its column's type.
    pub(super) fn row_of_values(
        &self,
        scope: &Scope<'_>,
        target: &Target,
        columns: &[usize],
        row: &[Option<Expression>],
        at: Position,
    ) -> Result<Vec<Run>, SqlError> {
        let at = row.iter().flatten().next().map_or(at, |first| first.at);
        self.check_width(row.len(), columns.len(), at)?;
        let runs = row.iter().zip(columns).map(|(value, &column)| match value {
            Some(tree) => {
                let typed = self.expression(scope, tree)?;
                self.value_for(&typed, &target.columns[column], tree.at)
            }
            None => self.default(target, column),
        });
        runs.collect()
    }

    pub(super) fn check_width(&self, width: usize, expected: usize, at: Position) -> Result<(), SqlError> {
        if width == expected {
            return Ok(());
        }
        Err(self.wrong(
            at,
            format!("Inserted row has wrong column count; Has {width}, expected {expected}"),
        ))
    }

    /// The value coerced to its column's type.
    pub(crate) fn value_for(&self, typed: &Typed, column: &Column, at: Position) -> Result<Run, SqlError> {
        match self.coerced(typed, &column.kind, at)? {
            Some(typed) => Ok(typed.run),
            None => Err(self.wrong(
                at,
                format!(
                    "Value has type {} which cannot be inserted into column {}, which has type {}",
                    kind::name(&typed.kind),
                    column.name,
                    kind::name(&column.kind)
                ),
            )),
        }
    }

    /// The column `index` of a query coerced to the type of a table's column.
    ///
    /// A literal in the SELECT list coerces as a literal, but not with QUALIFY, DISTINCT or a set operation: there BigQuery
    /// takes a NULL for an INT64.
    pub(super) fn query_column_for(
        &self,
        query: &Query,
        kind: &T,
        index: usize,
        column: &Column,
    ) -> Result<Run, SqlError> {
        let select = match &query.body {
            QueryBody::Select(select) if !select.distinct && select.qualify.is_none() => Some(select),
            _ => None,
        };
        if let Some(tree) = select.and_then(|select| select.output_expression(index))
            && is_literal(tree)
            && let literal = self.expression(&Scope::EMPTY, tree)?
            && let Some(typed) = self.coerced(&literal, &column.kind, tree.at)?
        {
            return Ok(typed.run);
        }
        let cell = Typed::cell(kind.clone(), 0, index);
        match self.coerced(&cell, &column.kind, query.at)? {
            Some(typed) => Ok(typed.run),
            None => Err(self.wrong(
                query.at,
                format!(
                    "Query column {} has type {} which cannot be inserted into column {}, which has type {}",
                    index + 1,
                    kind::name(kind),
                    column.name,
                    kind::name(&column.kind)
                ),
            )),
        }
    }

    /// A column's DEFAULT; without one, NULL or an empty array.
    pub(super) fn default(&self, target: &Target, column: usize) -> Result<Run, SqlError> {
        let column = &target.columns[column];
        let defaults = catalog::defaults(self.session.connection, &target.full)?;
        if let Some((_, text)) = defaults.iter().find(|(name, _)| *name == column.name) {
            return self.default_for(text, column);
        }
        let empty = match column.kind {
            T::Array(_) => Value::Array(Vec::new()),
            _ => Value::Null,
        };
        Ok(Typed::constant(column.kind.clone(), empty).run)
    }

    /// A DEFAULT expression coerced to its column's type.
    pub(crate) fn default_for(&self, text: &str, column: &Column) -> Result<Run, SqlError> {
        let inside = Analyzer { sql: text, ..*self };
        let typed = inside.expression(&Scope::EMPTY, &syntax::expression(text)?)?;
        inside.value_for(&typed, column, Position(0))
    }

    /// Rows of some columns as rows of all columns, with the defaults of the others.
    pub(super) fn complete_rows(
        &self,
        target: &Target,
        columns: &[usize],
        rows: Vec<Row>,
    ) -> Result<Vec<Row>, SqlError> {
        let missing: Vec<usize> = (0..target.columns.len())
            .filter(|column| !columns.contains(column))
            .collect();
        let defaults = missing
            .iter()
            .map(|&column| self.default(target, column))
            .collect::<Result<Vec<_>, _>>()?;
        let root = Frame::root(self.session);
        let complete = |row: Row| {
            let mut complete = vec![Value::Null; target.columns.len()];
            for (&column, value) in columns.iter().zip(row) {
                complete[column] = value;
            }
            for (&column, run) in missing.iter().zip(&defaults) {
                complete[column] = run(&root)?;
            }
            Ok(complete)
        };
        rows.into_iter().map(complete).collect()
    }

    /// The assignments of SET.
    pub(super) fn assignments(
        &self,
        scope: &Scope<'_>,
        target: &Target,
        set: &[Assignment],
    ) -> Result<Vec<ColumnAssignment>, SqlError> {
        let mut assignments: Vec<ColumnAssignment> = Vec::new();
        for one in set {
            // The table's alias may come before the column.
            let path = match one.path.as_slice() {
                [first, rest @ ..]
                    if !rest.is_empty() && self.target_column(target, first, one.at).is_err() =>
                {
                    rest
                }
                all => all,
            };
            let [name, inside @ ..] = path else {
                return Err(self.wrong(one.at, "Syntax error: Expected a column"));
            };
            let column = self.target_column(target, name, one.at)?;
            let run = match (&one.value, inside) {
                (None, []) => self.default(target, column)?,
                (Some(tree), []) => {
                    let typed = self.expression(scope, tree)?;
                    self.value_for(&typed, &target.columns[column], tree.at)?
                }
                (Some(tree), [field]) => self.field_assignment(scope, target, column, field, tree)?,
                _ => return Err(self.unsupported(one.at, "SET of a field of a field")),
            };
            if inside.is_empty() && assignments.iter().any(|other| other.column == column) {
                return Err(self.wrong(one.at, format!("Update item {name} assigned more than once")));
            }
            assignments.push(ColumnAssignment { column, run });
        }
        Ok(assignments)
    }

    /// `SET struct.field = value`: the STRUCT with this field replaced.
    fn field_assignment(
        &self,
        scope: &Scope<'_>,
        target: &Target,
        column: usize,
        field: &str,
        tree: &Expression,
    ) -> Result<Run, SqlError> {
        let owner = &target.columns[column];
        let T::Struct(fields) = &owner.kind else {
            return Err(self.wrong(
                tree.at,
                format!(
                    "Cannot access field {field} on a value with type {}",
                    kind::name(&owner.kind)
                ),
            ));
        };
        let Some(index) = fields
            .iter()
            .position(|known| known.name.eq_ignore_ascii_case(field))
        else {
            return Err(self.wrong(
                tree.at,
                format!("Field name {field} does not exist in {}", kind::name(&owner.kind)),
            ));
        };
        let typed = self.expression(scope, tree)?;
        let run = self.value_for(&typed, &fields[index], tree.at)?;
        let width = fields.len();
        Ok(Rc::new(move |frame| {
            let mut fields = match frame.cell(0, column) {
                Value::Struct(fields) => fields,
                _ => vec![Value::Null; width],
            };
            fields[index] = run(frame)?;
            Ok(Value::Struct(fields))
        }))
    }
}

fn is_literal(tree: &Expression) -> bool {
    match &tree.node {
        Node::Negative(number) => matches!(number.node, Node::Float(..) | Node::Int(_)),
        node => matches!(node, Node::Null | Node::Text(_) | Node::Float(..) | Node::Int(_)),
    }
}

/// The target's row with its new values. The assignments are evaluated on `both`: the row and its source row.
///
/// All see the values from before the statement, but the assignment of a field also sees those of the same STRUCT before it.
pub(super) fn apply_assignments(
    row: &[Value],
    assignments: &[ColumnAssignment],
    both: &Row,
    root: &Frame<'_>,
) -> Result<Row, SqlError> {
    let mut changed = row.to_vec();
    let mut seen = both.clone();
    for assignment in assignments {
        let value = (assignment.run)(&root.inner(&seen))?;
        if let (Value::Struct(_), Some(cell)) = (&value, seen.get_mut(assignment.column)) {
            *cell = value.clone();
        }
        changed[assignment.column] = value;
    }
    Ok(changed)
}
