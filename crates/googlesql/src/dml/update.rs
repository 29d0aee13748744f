//! UPDATE, DELETE and TRUNCATE.

use super::row::apply_assignments;
use crate::analysis::Analyzer;
use crate::analysis::scope::Scope;
use crate::error::SqlError;
use crate::memory::{self, RowSet};
use crate::outcome::QueryOutcome;
use crate::session::Frame;
use crate::storage::table;
use crate::syntax::ast::{Delete, Path, Update};
use crate::value::{Row, Value};
use std::rc::Rc;

impl Analyzer<'_> {
    pub(crate) fn update(&self, update: &Update) -> Result<QueryOutcome, SqlError> {
        let Some(filter) = &update.filter else {
            return Err(self.wrong(update.at, "UPDATE must have a WHERE clause"));
        };
        let target = self.target(&update.path)?;
        let mut names = target.named_columns(&update.path, update.alias.as_deref());
        let source = update
            .from
            .as_ref()
            .map(|from| self.source(&Scope::EMPTY, &[], from))
            .transpose()?;
        names.extend(source.iter().flat_map(|source| source.names.clone()));
        let scope = Scope::EMPTY.inner(&names);
        let filter = self.condition(&scope, filter, "WHERE")?.run;
        let assignments = self.assignments(&scope, &target, &update.set)?;
        if self.session.settings.dry_run {
            return Ok(QueryOutcome::changed("UPDATE", 0, &target.full));
        }
        let root = Frame::root(self.session);
        let others = match &source {
            Some(source) => (source.rows)(&root)?,
            None => Rc::new(RowSet::uncounted(vec![Vec::new()])),
        };
        let mut changed = Vec::new();
        let mut held = self.session.memory.hold();
        table::read_with_ids(self.session.connection, &target.scan(), |id, row| {
            let mut found = false;
            for other in others.iter() {
                self.session.step()?;
                let both: Row = row.iter().chain(other).cloned().collect();
                if filter(&root.inner(&both))? != Value::Bool(true) {
                    continue;
                }
                if found {
                    return Err(SqlError::invalid(
                        "UPDATE/MERGE must match at most one source row for each target row",
                    ));
                }
                found = true;
                let row = apply_assignments(&row, &assignments, &both, &root)?;
                held.add(memory::bytes_of_row(&row))?;
                changed.push((id, row));
            }
            Ok(())
        })?;
        for (id, row) in &changed {
            table::check_arrays(&target.columns, row)?;
            table::update(self.session.connection, &target.full, &target.columns, *id, row)?;
        }
        self.finish(&target, "UPDATE", changed.len())
    }

    pub(crate) fn delete(&self, delete: &Delete) -> Result<QueryOutcome, SqlError> {
        let Some(filter) = &delete.filter else {
            return Err(self.wrong(delete.at, "DELETE must have a WHERE clause"));
        };
        let target = self.target(&delete.path)?;
        let names = target.named_columns(&delete.path, delete.alias.as_deref());
        let filter = self.condition(&Scope::EMPTY.inner(&names), filter, "WHERE")?.run;
        if self.session.settings.dry_run {
            return Ok(QueryOutcome::changed("DELETE", 0, &target.full));
        }
        let root = Frame::root(self.session);
        let mut deleted = Vec::new();
        table::read_with_ids(self.session.connection, &target.scan(), |id, row| {
            self.session.step()?;
            if filter(&root.inner(&row))? == Value::Bool(true) {
                deleted.push(id);
            }
            Ok(())
        })?;
        table::delete(self.session.connection, &target.full, &deleted)?;
        self.finish(&target, "DELETE", deleted.len())
    }

    pub(crate) fn truncate(&self, path: &Path) -> Result<QueryOutcome, SqlError> {
        let target = self.target(path)?;
        if self.session.settings.dry_run {
            return Ok(QueryOutcome::changed("TRUNCATE_TABLE", 0, &target.full));
        }
        let count = table::truncate(self.session.connection, &target.full)?;
        self.finish(&target, "TRUNCATE_TABLE", count)
    }
}
