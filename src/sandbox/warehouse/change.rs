//! Statements that change rows: INSERT, UPDATE, DELETE, TRUNCATE. MERGE is in `merge.rs`.

use super::analysis::scope::{Named, Scope};
use super::analysis::{Analyst, Run, Typed};
use super::catalogue;
use super::numeric::Numeric;
use super::session::{Frame, Row};
use super::store;
use super::syntax::tree::{Assignment, Delete, Expression, Insert, InsertSource, Path, Place, Update, Word};
use super::{QueryOutcome, SqlError, kind, syntax};
use crate::sandbox::value::{Column, ColumnType as T, Value};

/// A table that a statement changes.
pub(super) struct Target {
    pub full: String,
    pub columns: Vec<Column>,
}

/// A value for a column, out of the rows in sight.
pub(super) struct Set {
    pub column: usize,
    pub run: Run,
}

impl Analyst<'_> {
    /// The table of the path, which must be one.
    pub(super) fn target(&self, path: &Path) -> Result<Target, SqlError> {
        let full = self.full_name(path)?;
        let session = self.session;
        if catalogue::view(session.connection, &full)?.is_some() {
            let message = format!(
                "Cannot modify {}:{full}: it is a VIEW, not a TABLE",
                session.project
            );
            return Err(SqlError::invalid(message));
        }
        if !catalogue::exists(session.connection, &full)? {
            return Err(catalogue::not_found(
                session.connection,
                session.project,
                session.location,
                &full,
            ));
        }
        let columns = catalogue::columns_of(session.connection, &full)?;
        Ok(Target { full, columns })
    }

    /// The names by which the target's columns are known.
    pub(super) fn target_names(path: &Path, alias: Option<&str>, target: &Target) -> Vec<Named> {
        let table = alias.or(path.parts.last().map(String::as_str));
        Named::all(table, &target.columns)
    }

    pub(super) fn insert(&self, insert: &Insert) -> Result<QueryOutcome, SqlError> {
        let target = self.target(&insert.path)?;
        let (rows, columns) = match &insert.source {
            InsertSource::Values(rows) => {
                let columns = self.inserted_columns(&target, &insert.columns)?;
                let runs = rows
                    .iter()
                    .map(|row| self.row_of(&Scope::EMPTY, &target, &columns, row, insert.path.at))
                    .collect::<Result<Vec<_>, _>>()?;
                if self.session.settings.dry_run {
                    return Ok(QueryOutcome::changed("INSERT", 0));
                }
                let root = Frame::root(self.session);
                let rows = runs
                    .iter()
                    .map(|row| evaluated(row, &root))
                    .collect::<Result<Vec<Row>, _>>()?;
                (rows, columns)
            }
            InsertSource::Query(query) => {
                let columns = self.inserted_columns(&target, &insert.columns)?;
                let relation = self.query(&Scope::EMPTY, query)?;
                self.check_width(relation.columns.len(), columns.len(), query.at)?;
                let names = Named::all(None, &relation.columns);
                let runs = columns.iter().enumerate().map(|(i, &column)| {
                    let cell = Typed::cell(names[i].column.kind.clone(), 0, i);
                    self.fitting(&cell, &target.columns[column], query.at)
                });
                let runs = runs.collect::<Result<Vec<_>, _>>()?;
                if self.session.settings.dry_run {
                    return Ok(QueryOutcome::changed("INSERT", 0));
                }
                let root = Frame::root(self.session);
                let source = (relation.rows)(&root)?;
                let rows = source.iter().map(|row| evaluated(&runs, &root.inner(row)));
                (rows.collect::<Result<Vec<Row>, _>>()?, columns)
            }
            InsertSource::Row => return Err(self.unsupported(insert.path.at, "INSERT ROW")),
        };
        let whole = self.completed(&target, &columns, rows)?;
        store::insert(self.session.connection, &target.full, &target.columns, &whole)?;
        self.finish(&target, "INSERT", whole.len())
    }

    /// The places of the columns that an INSERT names; all of them if it names none.
    pub(super) fn inserted_columns(
        &self,
        target: &Target,
        named: &[(Word, Place)],
    ) -> Result<Vec<usize>, SqlError> {
        if named.is_empty() {
            return Ok((0..target.columns.len()).collect());
        }
        let mut places = Vec::with_capacity(named.len());
        for (Word(name), at) in named {
            let place = self.target_column(target, name, *at)?;
            if places.contains(&place) {
                return Err(self.wrong(*at, format!("INSERT has columns with duplicate name: {name}")));
            }
            places.push(place);
        }
        Ok(places)
    }

    pub(super) fn target_column(&self, target: &Target, name: &str, at: Place) -> Result<usize, SqlError> {
        let found = target
            .columns
            .iter()
            .position(|column| column.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            self.wrong(
                at,
                format!("Column {name} is not present in table {}", target.full),
            )
        })
    }

    fn check_width(&self, has: usize, wanted: usize, at: Place) -> Result<(), SqlError> {
        if has == wanted {
            return Ok(());
        }
        Err(self.wrong(
            at,
            format!("Inserted row has wrong column count; Has {has}, expected {wanted}"),
        ))
    }

    /// A row of values, each fit for its column.
    pub(super) fn row_of(
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
    pub(super) fn fitting(&self, typed: &Typed, column: &Column, at: Place) -> Result<Run, SqlError> {
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

    /// A column's default; NULL, or an array of nothing, without one.
    pub(super) fn default(&self, target: &Target, column: usize) -> Result<Run, SqlError> {
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
    pub(super) fn completed(
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
    pub(super) fn sets(
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
    fn field_set(
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

    pub(super) fn update(&self, update: &Update) -> Result<QueryOutcome, SqlError> {
        let Some(filter) = &update.filter else {
            return Err(self.wrong(update.at, "UPDATE must have a WHERE clause"));
        };
        let target = self.target(&update.path)?;
        let mut names = Self::target_names(&update.path, update.alias.as_deref(), &target);
        let source = update
            .from
            .as_ref()
            .map(|from| self.source(&Scope::EMPTY, &[], from))
            .transpose()?;
        names.extend(source.iter().flat_map(|source| source.names.clone()));
        let scope = Scope::EMPTY.inner(&names);
        let filter = self.condition(&scope, filter, "WHERE")?.run;
        let sets = self.sets(&scope, &target, &update.set)?;
        if self.session.settings.dry_run {
            return Ok(QueryOutcome::changed("UPDATE", 0));
        }
        let root = Frame::root(self.session);
        let others = match &source {
            Some(source) => (source.rows)(&root)?,
            None => std::rc::Rc::new(vec![Vec::new()]),
        };
        let mut changed = Vec::new();
        for (id, row) in store::read_with_ids(self.session.connection, &target.full)? {
            let mut found = false;
            for other in others.iter() {
                self.session.step()?;
                let both: Row = row.iter().chain(other).cloned().collect();
                let frame = root.inner(&both);
                if filter(&frame)? != Value::Bool(true) {
                    continue;
                }
                if found {
                    return Err(SqlError::invalid(
                        "UPDATE/MERGE must match at most one source row for each target row",
                    ));
                }
                found = true;
                changed.push((id, assigned(&row, &sets, &both, &root)?));
            }
        }
        for (id, row) in &changed {
            let row = stored(row.clone(), &target.columns);
            store::update(self.session.connection, &target.full, &target.columns, *id, &row)?;
        }
        self.finish(&target, "UPDATE", changed.len())
    }

    pub(super) fn delete(&self, delete: &Delete) -> Result<QueryOutcome, SqlError> {
        let Some(filter) = &delete.filter else {
            return Err(self.wrong(delete.at, "DELETE must have a WHERE clause"));
        };
        let target = self.target(&delete.path)?;
        let names = Self::target_names(&delete.path, delete.alias.as_deref(), &target);
        let filter = self.condition(&Scope::EMPTY.inner(&names), filter, "WHERE")?.run;
        if self.session.settings.dry_run {
            return Ok(QueryOutcome::changed("DELETE", 0));
        }
        let root = Frame::root(self.session);
        let mut gone = Vec::new();
        for (id, row) in store::read_with_ids(self.session.connection, &target.full)? {
            self.session.step()?;
            if filter(&root.inner(&row))? == Value::Bool(true) {
                gone.push(id);
            }
        }
        store::delete(self.session.connection, &target.full, &gone)?;
        self.finish(&target, "DELETE", gone.len())
    }

    pub(super) fn truncate(&self, path: &Path) -> Result<QueryOutcome, SqlError> {
        let target = self.target(path)?;
        if self.session.settings.dry_run {
            return Ok(QueryOutcome::changed("TRUNCATE_TABLE", 0));
        }
        let count = store::empty(self.session.connection, &target.full)?;
        self.finish(&target, "TRUNCATE_TABLE", count)
    }

    /// Notes the change, and tells how many rows it was.
    pub(super) fn finish(
        &self,
        target: &Target,
        statement: &'static str,
        count: usize,
    ) -> Result<QueryOutcome, SqlError> {
        if count > 0 {
            catalogue::touch(self.session.connection, &target.full)?;
        }
        Ok(QueryOutcome::changed(statement, count))
    }
}

fn evaluated(runs: &[Run], frame: &Frame<'_>) -> Result<Row, SqlError> {
    runs.iter().map(|run| run(frame)).collect()
}

/// The target's row with what SET says, the rows in sight being `both`. Each SET of a field looks at what
/// the ones before it have done.
pub(super) fn assigned(row: &[Value], sets: &[Set], both: &Row, root: &Frame<'_>) -> Result<Row, SqlError> {
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
pub(super) fn stored(mut row: Row, columns: &[Column]) -> Row {
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
