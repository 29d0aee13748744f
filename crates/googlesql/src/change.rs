//! Statements that change rows: INSERT, UPDATE, DELETE, TRUNCATE. MERGE is in `merge.rs`, what a row must
//! be in `change/row.rs`.

mod row;

use super::analysis::scope::{Named, Scope};
use super::analysis::{Analyst, Run};
use super::catalogue;
use super::session::{Frame, Row};
use super::store;
use super::syntax::tree::{Delete, Insert, InsertSource, Path, Place, Update, Word};
use super::{QueryOutcome, SqlError};
use crate::value::{Column, Value};
use row::evaluated;
pub(super) use row::{assigned, stored};

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
                let runs = columns.iter().enumerate().map(|(place, &column)| {
                    let kind = &relation.columns[place].kind;
                    self.fitting_of_query(query, kind, place, &target.columns[column])
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
