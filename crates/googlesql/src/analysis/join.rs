//! Joins: ON and USING.

use super::coerce;
use super::scope::{NamedColumn, Scope};
use super::source::Source;
use super::{Analyzer, Typed};
use crate::error::SqlError;
use crate::execution::Run;
use crate::execution::join::Join;
use crate::syntax::ast::{Expression, JoinCondition, JoinKind, Node, Operator, Position};
use crate::value::{Column, ColumnType as T};
use std::rc::Rc;

/// A join's condition, and the names of the joined columns.
struct Condition {
    names: Vec<NamedColumn>,
    keys: Vec<(Run, Run)>,
    residual: Option<Run>,
    merged: Vec<(usize, usize)>,
}

impl Analyzer<'_> {
    pub(super) fn join(
        &self,
        scope: &Scope<'_>,
        left: Source,
        right: Source,
        kind: JoinKind,
        condition: &JoinCondition,
        at: Position,
    ) -> Result<Source, SqlError> {
        if right.lateral && matches!(kind, JoinKind::Right | JoinKind::Full) {
            return Err(self.wrong(at, "Array scan is not allowed with RIGHT JOIN or FULL JOIN"));
        }
        self.session.plan(left.names.len() + right.names.len())?;
        let condition = match condition {
            JoinCondition::None => Condition {
                names: both(&left, &right),
                keys: Vec::new(),
                residual: None,
                merged: Vec::new(),
            },
            JoinCondition::On(tree) => self.on(scope, &left, &right, tree)?,
            JoinCondition::Using(columns) => self.using(&left, &right, columns, at)?,
        };
        let join = Rc::new(Join {
            widths: (left.names.len(), right.names.len()),
            left: left.rows,
            right: right.rows,
            lateral: right.lateral,
            kind,
            keys: condition.keys,
            residual: condition.residual,
            merged: condition.merged,
        });
        let all = Rc::clone(&join);
        Ok(Source {
            names: condition.names,
            lateral: false,
            table: None,
            join: Some(join),
            rows: Rc::new(move |frame| all.rows(frame, None).map(Rc::new)),
        })
    }

    fn on(
        &self,
        scope: &Scope<'_>,
        left: &Source,
        right: &Source,
        tree: &Expression,
    ) -> Result<Condition, SqlError> {
        let names = both(left, right);
        let mut parts = Vec::new();
        conjuncts(tree, &mut parts);
        let keys: Vec<_> = parts
            .iter()
            .filter_map(|part| self.hash_key(scope, &left.names, &right.names, part))
            .collect();
        let whole = self.condition(&scope.inner(&names), tree, "JOIN ON")?;
        // The whole condition is evaluated again unless every part of it is a key.
        let residual = (keys.len() < parts.len()).then_some(whole.run);
        Ok(Condition {
            names,
            keys,
            residual,
            merged: Vec::new(),
        })
    }

    fn using(
        &self,
        left: &Source,
        right: &Source,
        columns: &[String],
        at: Position,
    ) -> Result<Condition, SqlError> {
        let mut names = both(left, right);
        let width = left.names.len();
        let (mut keys, mut merged, mut merged_names) = (Vec::new(), Vec::new(), Vec::new());
        for name in columns {
            let a = self.using_column(&left.names, name, "left", at)?;
            let b = self.using_column(&right.names, name, "right", at)?;
            keys.push(self.key_pair(
                Typed::cell(left.names[a].column.kind.clone(), 0, a),
                Typed::cell(right.names[b].column.kind.clone(), 0, b),
                at,
            )?);
            self.session.columns.use_column(names[a].origin.as_ref());
            self.session.columns.use_column(names[width + b].origin.as_ref());
            names[a].shadowed = true;
            names[width + b].shadowed = true;
            merged.push((a, width + b));
            merged_names.push(NamedColumn {
                table: None,
                column: Column {
                    name: name.clone(),
                    ..left.names[a].column.clone()
                },
                shadowed: false,
                is_element: false,
                origin: None,
            });
        }
        names.splice(0..0, merged_names);
        Ok(Condition {
            names,
            keys,
            residual: None,
            merged,
        })
    }

    fn using_column(
        &self,
        names: &[NamedColumn],
        name: &str,
        side: &str,
        at: Position,
    ) -> Result<usize, SqlError> {
        let found = names
            .iter()
            .position(|named| !named.shadowed && named.has_name(name));
        found.ok_or_else(|| {
            self.wrong(
                at,
                format!("Column {name} in USING clause not found on {side} side of join"),
            )
        })
    }

    /// `left = right` as a key of each side, if it is one.
    fn hash_key(
        &self,
        scope: &Scope<'_>,
        left: &[NamedColumn],
        right: &[NamedColumn],
        part: &Expression,
    ) -> Option<(Run, Run)> {
        let Node::Binary(Operator::Equal, a, b) = &part.node else {
            return None;
        };
        // Without the outer scopes: a name that only the other side has must not be found further out.
        let only = |columns| Scope {
            parent: None,
            ..scope.inner(columns)
        };
        let (on_left, on_right) = (only(left), only(right));
        let both = match (self.expression(&on_left, a), self.expression(&on_right, b)) {
            (Ok(a), Ok(b)) => (a, b),
            _ => (
                self.expression(&on_left, b).ok()?,
                self.expression(&on_right, a).ok()?,
            ),
        };
        self.key_pair(both.0, both.1, part.at).ok()
    }

    fn key_pair(&self, left: Typed, right: Typed, at: Position) -> Result<(Run, Run), SqlError> {
        // Only for its error: whether the two can be compared at all.
        self.typed_equality(left.clone(), right.clone(), at)?;
        let kind = coerce::common_supertype(&[left.clone(), right.clone()]).unwrap_or(T::String);
        match (self.coerced(&left, &kind, at)?, self.coerced(&right, &kind, at)?) {
            (Some(left), Some(right)) => Ok((left.run, right.run)),
            _ => Err(self.wrong(at, "Columns of a join cannot be compared")),
        }
    }
}

fn both(left: &Source, right: &Source) -> Vec<NamedColumn> {
    left.names.iter().chain(&right.names).cloned().collect()
}

/// The parts of a condition that AND connects.
fn conjuncts<'t>(tree: &'t Expression, parts: &mut Vec<&'t Expression>) {
    match &tree.node {
        Node::Binary(Operator::And, left, right) => {
            conjuncts(left, parts);
            conjuncts(right, parts);
        }
        _ => parts.push(tree),
    }
}
