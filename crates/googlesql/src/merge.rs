//! MERGE: each pair of rows meets the first WHEN that it fits.

use super::analysis::scope::{Named, Scope};
use super::analysis::{Analyst, Run};
use super::catalogue;
use super::change::{Set, Target, assigned, stored};
use super::session::{Frame, Row};
use super::store;
use super::syntax::tree::{Action, Branch, Expression, InsertSource, Matched, Merge, Node, Place, Word};
use super::{QueryOutcome, RowChanges, SqlError};
use crate::value::Value;
use std::collections::HashSet;

/// A WHEN, ready to run.
struct When {
    matched: Matched,
    condition: Option<Run>,
    action: Ready,
}

enum Ready {
    Delete,
    Update(Vec<Set>),
    /// The places of the columns, and their values.
    Insert(Vec<usize>, Vec<Run>),
}

/// What is to be done when all rows have been looked at.
#[derive(Default)]
struct Changes {
    inserted: Vec<Row>,
    updated: Vec<(i64, Row)>,
    deleted: Vec<i64>,
}

impl Analyst<'_> {
    pub(super) fn merge(&self, merge: &Merge) -> Result<QueryOutcome, SqlError> {
        let target = self.target(&merge.path)?;
        let own = Self::target_names(&merge.path, merge.alias.as_deref(), &target);
        let source = self.source(&Scope::EMPTY, &[], &merge.source)?;
        let both: Vec<Named> = own.iter().chain(&source.names).cloned().collect();
        let scope = Scope::EMPTY.inner(&both);
        let on = self.condition(&scope, &merge.on, "MERGE ON")?.run;
        let whens = merge
            .branches
            .iter()
            .map(|branch| self.when(branch, &target, &own, &source.names, &scope))
            .collect::<Result<Vec<_>, _>>()?;
        if self.session.settings.dry_run {
            return Ok(changes_of(&Changes::default()));
        }
        let root = Frame::root(self.session);
        let rows = store::read_with_ids(self.session.connection, &target.full)?;
        let others = (source.rows)(&root)?;
        let mut changes = Changes::default();
        let mut met = HashSet::new();
        let mut touched = HashSet::new();
        for (id, row) in &rows {
            let mut found = false;
            for (place, other) in others.iter().enumerate() {
                self.session.step()?;
                let pair: Row = row.iter().chain(other).cloned().collect();
                if on(&root.inner(&pair))? != Value::Bool(true) {
                    continue;
                }
                found = true;
                met.insert(place);
                if let Some(when) = first(&whens, Matched::Yes, &root.inner(&pair))? {
                    if !touched.insert(*id) {
                        return Err(SqlError::invalid(
                            "UPDATE/MERGE must match at most one source row for each target row",
                        ));
                    }
                    changes.note(when, *id, row, &pair, &root)?;
                }
            }
            if !found {
                let nulls = vec![Value::Null; source.names.len()];
                let pair: Row = row.iter().cloned().chain(nulls).collect();
                if let Some(when) = first(&whens, Matched::NotBySource, &root.inner(&pair))? {
                    changes.note(when, *id, row, &pair, &root)?;
                }
            }
        }
        for (_, other) in others
            .iter()
            .enumerate()
            .filter(|(place, _)| !met.contains(place))
        {
            let frame = root.inner(other);
            if let Some(When {
                action: Ready::Insert(columns, runs),
                ..
            }) = first(&whens, Matched::NotByTarget, &frame)?
            {
                let row = runs.iter().map(|run| run(&frame)).collect::<Result<Row, _>>()?;
                changes
                    .inserted
                    .extend(self.completed(&target, columns, vec![row])?);
            }
        }
        self.apply(&target, &changes)?;
        let outcome = changes_of(&changes);
        if outcome.changes.is_some_and(|changes| changes.total() > 0) {
            catalogue::touch(self.session.connection, &target.full)?;
        }
        Ok(outcome)
    }

    fn when(
        &self,
        branch: &Branch,
        target: &Target,
        own: &[Named],
        source: &[Named],
        both: &Scope<'_>,
    ) -> Result<When, SqlError> {
        // A row that is only on one side sees that side alone.
        let (in_source, in_target) = (Scope::EMPTY.inner(source), Scope::EMPTY.inner(own));
        let scope = match branch.matched {
            Matched::Yes => both,
            Matched::NotByTarget => &in_source,
            Matched::NotBySource => &in_target,
        };
        let condition = branch
            .condition
            .as_ref()
            .map(|tree| self.condition(scope, tree, "MERGE WHEN"));
        let action = match &branch.action {
            Action::Delete => Ready::Delete,
            Action::Update(set) => Ready::Update(self.sets(scope, target, set)?),
            Action::Insert { columns, values } => {
                let places = self.inserted_columns(target, columns)?;
                let runs = match values {
                    InsertSource::Values(rows) => {
                        let row = rows.first().map_or(&[][..], Vec::as_slice);
                        self.row_of(scope, target, &places, row, Place::default())?
                    }
                    _ => places
                        .iter()
                        .map(|&place| {
                            let column = &target.columns[place];
                            let name = Expression {
                                node: Node::Name(Word(column.name.clone())),
                                at: Place::default(),
                            };
                            let typed = self.expression(scope, &name)?;
                            self.fitting(&typed, column, Place::default())
                        })
                        .collect::<Result<_, _>>()?,
                };
                Ready::Insert(places, runs)
            }
        };
        Ok(When {
            matched: branch.matched,
            condition: condition.transpose()?.map(|typed| typed.run),
            action,
        })
    }

    fn apply(&self, target: &Target, changes: &Changes) -> Result<(), SqlError> {
        let connection = self.session.connection;
        store::delete(connection, &target.full, &changes.deleted)?;
        for (id, row) in &changes.updated {
            let row = stored(row.clone(), &target.columns);
            store::update(connection, &target.full, &target.columns, *id, &row)?;
        }
        store::insert(connection, &target.full, &target.columns, &changes.inserted)
    }
}

impl Changes {
    fn note(
        &mut self,
        when: &When,
        id: i64,
        row: &Row,
        pair: &Row,
        root: &Frame<'_>,
    ) -> Result<(), SqlError> {
        match &when.action {
            Ready::Delete => self.deleted.push(id),
            Ready::Update(sets) => self.updated.push((id, assigned(row, sets, pair, root)?)),
            Ready::Insert(..) => {}
        }
        Ok(())
    }
}

fn changes_of(changes: &Changes) -> QueryOutcome {
    let count = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
    QueryOutcome {
        changes: Some(RowChanges {
            inserted: count(changes.inserted.len()),
            updated: count(changes.updated.len()),
            deleted: count(changes.deleted.len()),
        }),
        ..QueryOutcome::plain("MERGE")
    }
}

/// The first WHEN of the kind whose condition holds.
fn first<'w>(whens: &'w [When], matched: Matched, frame: &Frame<'_>) -> Result<Option<&'w When>, SqlError> {
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
