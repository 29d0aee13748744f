//! Rows as a table takes them: fitting, complete, with the assignments of an UPDATE.

use super::{Set, Target};
use crate::analysis::scope::Scope;
use crate::analysis::{Analyst, Run, Typed};
use crate::catalogue;
use crate::numeric::Numeric;
use crate::session::{Frame, Row};
use crate::syntax::tree::{Assignment, Body, Expression, Node, Place, Query};
use crate::value::{Column, ColumnType as T, Value};
use crate::{SqlError, kind, syntax};

impl Analyst<'_> {
    /// A row of values, each fit for its column.
    pub(crate) fn row_of(
        &self,
        scope: &Scope<'_>,
        target: &Target,
        columns: &[usize],
        row: &[Option<Expression>],
        at: Place,
    ) -> Result<Vec<Run>, SqlError> {
        let at = row.iter().flatten().next().map_or(at, |first| first.at);
        self.check_width(row.len(), columns.len(), at)?;
        let runs = row.iter().zip(columns).map(|(value, &column)| match value {
            Some(tree) => {
                let typed = self.expression(scope, tree)?;
                self.fitting(&typed, &target.columns[column], tree.at)
            }
            None => self.default(target, column),
        });
        runs.collect()
    }

    /// The value as one of its column's type.
    pub(crate) fn fitting(&self, typed: &Typed, column: &Column, at: Place) -> Result<Run, SqlError> {
        // What is written may be narrower than what is computed: NUMERIC takes a FLOAT64 literal, nothing more.
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

    /// The cell of a query's column as one of the type of a table's.
    ///
    /// What stands in the SELECT as a literal is read as what is wanted, but not from behind QUALIFY, DISTINCT or
    /// a set operator: a NULL is an INT64 there (reported of the real one).
    pub(crate) fn fitting_of_query(
        &self,
        query: &Query,
        kind: &T,
        place: usize,
        column: &Column,
    ) -> Result<Run, SqlError> {
        let select = match &query.body {
            Body::Select(select) if !select.distinct && select.qualify.is_none() => Some(select),
            _ => None,
        };
        if let Some(written) = select.and_then(|select| select.written(place))
            && matches!(
                written.node,
                Node::Null | Node::Text(_) | Node::Float(_) | Node::Int(_)
            )
            && let literal = self.expression(&Scope::EMPTY, written)?
            && let Some(typed) = self.coerced(&literal, &column.kind, written.at)?
        {
            return Ok(typed.run);
        }
        let cell = Typed::cell(kind.clone(), 0, place);
        match self.coerced(&cell, &column.kind, query.at)? {
            Some(typed) => Ok(typed.run),
            None => Err(self.wrong(
                query.at,
                format!(
                    "Query column {} has type {} which cannot be inserted into column {}, which has type {}",
                    place + 1,
                    kind::name(kind),
                    column.name,
                    kind::name(&column.kind)
                ),
            )),
        }
    }

    /// A column's default; NULL, or an array of nothing, without one.
    pub(crate) fn default(&self, target: &Target, column: usize) -> Result<Run, SqlError> {
        let column = &target.columns[column];
        let defaults = catalogue::defaults(self.session.connection, &target.full)?;
        let Some((_, text)) = defaults.iter().find(|(name, _)| *name == column.name) else {
            let empty = if matches!(column.kind, T::Array(_)) {
                Value::Array(Vec::new())
            } else {
                Value::Null
            };
            return Ok(Typed::constant(column.kind.clone(), empty).run);
        };
        let inside = Analyst { sql: text, ..*self };
        let typed = inside.expression(&Scope::EMPTY, &syntax::expression(text)?)?;
        inside.fitting(&typed, column, Place(0))
    }

    /// Rows with a cell for every column of the table.
    pub(crate) fn completed(
        &self,
        target: &Target,
        columns: &[usize],
        rows: Vec<Row>,
    ) -> Result<Vec<Row>, SqlError> {
        let missing: Vec<usize> = (0..target.columns.len())
            .filter(|place| !columns.contains(place))
            .collect();
        let defaults = missing
            .iter()
            .map(|&place| self.default(target, place))
            .collect::<Result<Vec<_>, _>>()?;
        let root = Frame::root(self.session);
        let complete = |row: Row| {
            let mut whole = vec![Value::Null; target.columns.len()];
            for (&place, value) in columns.iter().zip(row) {
                whole[place] = value;
            }
            for (&place, run) in missing.iter().zip(&defaults) {
                whole[place] = run(&root)?;
            }
            Ok(stored(whole, &target.columns))
        };
        rows.into_iter().map(complete).collect()
    }

    /// What SET says, seen from the rows of the scope.
    pub(crate) fn sets(
        &self,
        scope: &Scope<'_>,
        target: &Target,
        set: &[Assignment],
    ) -> Result<Vec<Set>, SqlError> {
        let mut sets: Vec<Set> = Vec::new();
        for one in set {
            // The table's alias may stand before the column.
            let path = match one.path.as_slice() {
                [_, rest @ ..]
                    if !rest.is_empty() && self.target_column(target, &one.path[0], one.at).is_err() =>
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
                    self.fitting(&typed, &target.columns[column], tree.at)?
                }
                (Some(tree), [field]) => self.field_set(scope, target, column, field, tree)?,
                _ => return Err(self.unsupported(one.at, "SET of a field so deep")),
            };
            if inside.is_empty() && sets.iter().any(|set| set.column == column) {
                return Err(self.wrong(one.at, format!("Update item {name} assigned more than once")));
            }
            sets.push(Set { column, run });
        }
        Ok(sets)
    }

    /// `SET s.f = value`: the struct with another field in it.
    pub(super) fn field_set(
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
        let Some(place) = fields
            .iter()
            .position(|known| known.name.eq_ignore_ascii_case(field))
        else {
            return Err(self.wrong(
                tree.at,
                format!("Field name {field} does not exist in {}", kind::name(&owner.kind)),
            ));
        };
        let typed = self.expression(scope, tree)?;
        let run = self.fitting(&typed, &fields[place], tree.at)?;
        let width = fields.len();
        Ok(std::rc::Rc::new(move |frame| {
            let mut parts = match frame.cell(0, column) {
                Value::Struct(parts) => parts,
                _ => vec![Value::Null; width],
            };
            parts[place] = run(frame)?;
            Ok(Value::Struct(parts))
        }))
    }
}

/// The target's row with what SET says, the rows in sight being `both`. Each SET of a field looks at what
/// the ones before it have done.
pub(crate) fn assigned(row: &[Value], sets: &[Set], both: &Row, root: &Frame<'_>) -> Result<Row, SqlError> {
    let mut made = row.to_vec();
    let mut seen = both.clone();
    for set in sets {
        let value = (set.run)(&root.inner(&seen))?;
        // Only a struct's own fields are looked at anew: all other values are those before the statement.
        if let (Value::Struct(_), Some(cell)) = (&value, seen.get_mut(set.column)) {
            *cell = value.clone();
        }
        made[set.column] = value;
    }
    Ok(made)
}

/// A row as a table keeps it: an ARRAY is never NULL there, a NUMERIC has no zeros at its end.
pub(crate) fn stored(mut row: Row, columns: &[Column]) -> Row {
    for (cell, column) in row.iter_mut().zip(columns) {
        match (&*cell, &column.kind) {
            (Value::Null, T::Array(_)) => *cell = Value::Array(Vec::new()),
            (Value::Numeric(text), _) => {
                if let Some(number) = Numeric::parse(text) {
                    *cell = Value::Numeric(number.to_string());
                }
            }
            _ => {}
        }
    }
    row
}

pub(super) fn evaluated(runs: &[Run], frame: &Frame<'_>) -> Result<Row, SqlError> {
    runs.iter().map(|run| run(frame)).collect()
}
