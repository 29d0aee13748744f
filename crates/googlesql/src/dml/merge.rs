//! MERGE: the first WHEN clause that fits a pair of rows, or a row without a partner, decides what happens to it.

use super::row::{ColumnAssignment, apply_assignments};
use super::target::Target;
use crate::analysis::Analyzer;
use crate::analysis::scope::{NamedColumn, Scope};
use crate::error::SqlError;
use crate::execution::{Run, evaluate};
use crate::memory;
use crate::outcome::{QueryOutcome, RowChanges};
use crate::session::{Frame, Rows};
use crate::storage::{catalog, table};
use crate::syntax::ast::{
    Expression, Identifier, Merge, MergeAction, MergeMatch, MergeValues, MergeWhen, Node, Position,
};
use crate::value::{Row, Value};
use std::collections::HashSet;

/// A WHEN clause, ready to run.
struct When {
    matched: MergeMatch,
    condition: Option<Run>,
    action: Action,
}

enum Action {
    Delete,
    Update(Vec<ColumnAssignment>),
    /// The indexes of the columns, and their values.
    Insert(Vec<usize>, Vec<Run>),
}

/// What is written once all rows have been compared.
#[derive(Default)]
struct Changes {
    inserted: Vec<Row>,
    updated: Vec<(i64, Row)>,
    deleted: Vec<i64>,
}

impl Analyzer<'_> {
    pub(crate) fn merge(&self, merge: &Merge) -> Result<QueryOutcome, SqlError> {
        let target = self.target(&merge.path)?;
        let own = target.named_columns(&merge.path, merge.alias.as_deref());
        let source = self.source(&Scope::EMPTY, &[], &merge.source)?;
        let both: Vec<NamedColumn> = own.iter().chain(&source.names).cloned().collect();
        let scope = Scope::EMPTY.inner(&both);
        let on = self.condition(&scope, &merge.on, "MERGE ON")?.run;
        let whens = merge
            .branches
            .iter()
            .map(|branch| self.when(branch, &target, &own, &source.names, &scope))
            .collect::<Result<Vec<_>, _>>()?;
        if self.session.settings.dry_run {
            return Ok(Changes::default().outcome(&target));
        }
        let root = Frame::root(self.session);
        let others = (source.rows)(&root)?;
        let mut held = self.session.memory.hold();
        let mut changes = Changes::default();
        let mut matched_others = HashSet::new();
        table::read_with_ids(self.session.connection, &target.scan(), |id, row| {
            let matches = self.matches(&row, &others, &on, &root)?;
            let updated = changes.updated.len();
            changes.add_matched(&whens, (id, &row), &matches, &root)?;
            if matches.is_empty() {
                let nulls = vec![Value::Null; source.names.len()];
                let pair: Row = row.iter().cloned().chain(nulls).collect();
                if let Some(when) = first(&whens, MergeMatch::NotBySource, &root.inner(&pair))? {
                    changes.add(when, id, &row, &pair, &root)?;
                }
            }
            matched_others.extend(matches.into_iter().map(|(index, _)| index));
            let new = changes.updated.iter().skip(updated);
            held.add(new.map(|(_, row)| memory::bytes_of_row(row)).sum())
        })?;
        for (index, other) in others.iter().enumerate() {
            if matched_others.contains(&index) {
                continue;
            }
            let frame = root.inner(other);
            if let Some(When {
                action: Action::Insert(columns, values),
                ..
            }) = first(&whens, MergeMatch::NotByTarget, &frame)?
            {
                let row = evaluate(values, &frame)?;
                held.add(memory::bytes_of_row(&row))?;
                changes
                    .inserted
                    .extend(self.complete_rows(&target, columns, vec![row])?);
            }
        }
        self.write(&target, &changes)?;
        Ok(changes.outcome(&target))
    }

    /// The source rows that match a row of the target: their indexes, and both rows as one.
    fn matches(
        &self,
        row: &Row,
        others: &Rows,
        on: &Run,
        root: &Frame<'_>,
    ) -> Result<Vec<(usize, Row)>, SqlError> {
        let mut matches = Vec::new();
        let mut held = self.session.memory.hold();
        for (index, other) in others.iter().enumerate() {
            self.session.step()?;
            let pair: Row = row.iter().chain(other).cloned().collect();
            if on(&root.inner(&pair))? == Value::Bool(true) {
                held.add(memory::bytes_of_row(&pair))?;
                matches.push((index, pair));
            }
        }
        Ok(matches)
    }

    fn when(
        &self,
        branch: &MergeWhen,
        target: &Target,
        own: &[NamedColumn],
        source: &[NamedColumn],
        both: &Scope<'_>,
    ) -> Result<When, SqlError> {
        // A row without a partner sees only its own side.
        let (source_scope, target_scope) = (Scope::EMPTY.inner(source), Scope::EMPTY.inner(own));
        let scope = match branch.matched {
            MergeMatch::Yes => both,
            MergeMatch::NotByTarget => &source_scope,
            MergeMatch::NotBySource => &target_scope,
        };
        let condition = branch
            .condition
            .as_ref()
            .map(|tree| self.condition(scope, tree, "MERGE WHEN"));
        let action = match &branch.action {
            MergeAction::Delete => Action::Delete,
            MergeAction::Update(set) => Action::Update(self.assignments(scope, target, set)?),
            MergeAction::Insert { columns, values } => {
                let columns = self.inserted_columns(target, columns)?;
                let values = match values {
                    MergeValues::Values(row) => {
                        self.row_of_values(scope, target, &columns, row, Position::default())?
                    }
                    MergeValues::Row => self.source_row(scope, target, &columns)?,
                };
                Action::Insert(columns, values)
            }
        };
        Ok(When {
            matched: branch.matched,
            condition: condition.transpose()?.map(|typed| typed.run),
            action,
        })
    }

    /// INSERT ROW: the source's columns that have the names of the target's.
    fn source_row(
        &self,
        scope: &Scope<'_>,
        target: &Target,
        columns: &[usize],
    ) -> Result<Vec<Run>, SqlError> {
        let at = Position::default();
        let values = columns.iter().map(|&column| {
            let column = &target.columns[column];
            let name = Expression {
                node: Node::Name(Identifier(column.name.clone())),
                at,
            };
            let typed = self.expression(scope, &name)?;
            self.value_for(&typed, column, at)
        });
        values.collect()
    }

    fn write(&self, target: &Target, changes: &Changes) -> Result<(), SqlError> {
        let connection = self.session.connection;
        table::delete(connection, &target.full, &changes.deleted)?;
        let written = changes
            .inserted
            .iter()
            .chain(changes.updated.iter().map(|(_, row)| row));
        written
            .into_iter()
            .try_for_each(|row| table::check_arrays(&target.columns, row))?;
        for (id, row) in &changes.updated {
            table::update(connection, &target.full, &target.columns, *id, row)?;
        }
        table::insert(connection, &target.full, &target.columns, &changes.inserted)?;
        if changes.row_changes().total() > 0 {
            catalog::mark_modified(connection, &target.full)?;
        }
        Ok(())
    }
}

impl Changes {
    /// Adds what WHEN MATCHED does to a row.
    fn add_matched(
        &mut self,
        whens: &[When],
        (id, row): (i64, &Row),
        matches: &[(usize, Row)],
        root: &Frame<'_>,
    ) -> Result<(), SqlError> {
        let mut is_changed = false;
        for (_, pair) in matches {
            if let Some(when) = first(whens, MergeMatch::Yes, &root.inner(pair))? {
                if is_changed {
                    return Err(SqlError::invalid(
                        "UPDATE/MERGE must match at most one source row for each target row",
                    ));
                }
                is_changed = true;
                self.add(when, id, row, pair, root)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, when: &When, id: i64, row: &Row, pair: &Row, root: &Frame<'_>) -> Result<(), SqlError> {
        match &when.action {
            Action::Delete => self.deleted.push(id),
            Action::Update(assignments) => {
                self.updated
                    .push((id, apply_assignments(row, assignments, pair, root)?));
            }
            Action::Insert(..) => {}
        }
        Ok(())
    }

    fn row_changes(&self) -> RowChanges {
        let count = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
        RowChanges {
            inserted: count(self.inserted.len()),
            updated: count(self.updated.len()),
            deleted: count(self.deleted.len()),
        }
    }

    fn outcome(&self, target: &Target) -> QueryOutcome {
        QueryOutcome {
            changes: Some(self.row_changes()),
            ..QueryOutcome::with_target("MERGE", &target.full)
        }
    }
}

/// The first WHEN of this kind whose condition is TRUE.
fn first<'w>(
    whens: &'w [When],
    matched: MergeMatch,
    frame: &Frame<'_>,
) -> Result<Option<&'w When>, SqlError> {
    for when in whens.iter().filter(|when| when.matched == matched) {
        let holds = match &when.condition {
            Some(condition) => condition(frame)? == Value::Bool(true),
            None => true,
        };
        if holds {
            return Ok(Some(when));
        }
    }
    Ok(None)
}
