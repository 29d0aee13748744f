//! Joins: what ON and USING say, and the pairs of rows that they leave.

use super::scope::{Named, Scope};
use super::source::{RowsOf, Source};
use super::{Analyst, Run, Typed};
use crate::compare;
use crate::error::SqlError;
use crate::session::{Frame, Row};
use crate::syntax::tree::{Condition, Expression, Join, Node, Operator, Place};
use crate::value::{Column, ColumnType as T, Value};
use std::collections::HashMap;
use std::rc::Rc;

/// How many cells the rows of a join may have together: about half a gigabyte.
const MOST_CELLS: usize = 20_000_000;

impl Analyst<'_> {
    pub(super) fn join(
        &self,
        scope: &Scope<'_>,
        left: Source,
        right: Source,
        kind: Join,
        condition: &Condition,
        at: Place,
    ) -> Result<Source, SqlError> {
        if right.lateral && matches!(kind, Join::Right | Join::Full) {
            return Err(self.wrong(at, "Array scan is not allowed with RIGHT JOIN or FULL JOIN"));
        }
        let widths = (left.names.len(), right.names.len());
        let mut names: Vec<Named> = left.names.iter().chain(&right.names).cloned().collect();
        let mut merged = Vec::new();
        let mut using = Vec::new();
        let mut keys: Vec<(Run, Run)> = Vec::new();
        let mut rest = None;
        match condition {
            Condition::None => {}
            Condition::On(tree) => {
                let mut parts = Vec::new();
                conjuncts(tree, &mut parts);
                for part in &parts {
                    if let Some(pair) = self.hashable(scope, &left.names, &right.names, part) {
                        keys.push(pair);
                    }
                }
                let inside = scope.inner(&names);
                // All of it, where not every part is a key.
                let whole = self.condition(&inside, tree, "JOIN ON")?;
                rest = (keys.len() < parts.len()).then_some(whole.run);
            }
            Condition::Using(columns) => {
                for name in columns {
                    let (a, b) = (
                        self.using(&left.names, name, "left", at)?,
                        self.using(&right.names, name, "right", at)?,
                    );
                    let (a_kind, b_kind) = (
                        left.names[a].column.kind.clone(),
                        right.names[b].column.kind.clone(),
                    );
                    keys.push(self.key_pair(
                        Typed::cell(a_kind.clone(), 0, a),
                        Typed::cell(b_kind, 0, b),
                        at,
                    )?);
                    names[a].shadowed = true;
                    names[widths.0 + b].shadowed = true;
                    merged.push((a, widths.0 + b));
                    using.push(Named {
                        table: None,
                        column: Column {
                            name: name.clone(),
                            ..left.names[a].column.clone()
                        },
                        shadowed: false,
                        element: false,
                    });
                }
            }
        }
        names.splice(0..0, using);
        let joined = Joined {
            left: left.rows,
            right: right.rows,
            lateral: right.lateral,
            kind,
            widths,
            keys,
            rest,
            merged,
        };
        Ok(Source {
            names,
            lateral: false,
            rows: Rc::new(move |frame| joined.rows(frame).map(Rc::new)),
        })
    }

    fn using(&self, names: &[Named], name: &str, side: &str, at: Place) -> Result<usize, SqlError> {
        let found = names
            .iter()
            .position(|named| !named.shadowed && named.column.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            self.wrong(
                at,
                format!("Column {name} in USING clause not found on {side} side of join"),
            )
        })
    }

    /// `left = right` as a key of each side, if it is one.
    fn hashable(
        &self,
        scope: &Scope<'_>,
        left: &[Named],
        right: &[Named],
        part: &Expression,
    ) -> Option<(Run, Run)> {
        let Node::Binary(Operator::Equal, a, b) = &part.node else {
            return None;
        };
        // Without what is around: a name that only the other side has must not be found further out.
        let (in_left, in_right) = (
            Scope {
                parent: None,
                ..scope.inner(left)
            },
            Scope {
                parent: None,
                ..scope.inner(right)
            },
        );
        let both = match (self.expression(&in_left, a), self.expression(&in_right, b)) {
            (Ok(a), Ok(b)) => (a, b),
            _ => (
                self.expression(&in_left, b).ok()?,
                self.expression(&in_right, a).ok()?,
            ),
        };
        self.key_pair(both.0, both.1, part.at).ok()
    }

    fn key_pair(&self, left: Typed, right: Typed, at: Place) -> Result<(Run, Run), SqlError> {
        // The comparison says whether the two can be compared at all.
        self.typed_equality(left.clone(), right.clone(), at)?;
        let kind = super::coerce::common(&[left.clone(), right.clone()]).unwrap_or(T::String);
        match (self.coerced(&left, &kind, at)?, self.coerced(&right, &kind, at)?) {
            (Some(left), Some(right)) => Ok((left.run, right.run)),
            _ => Err(self.wrong(at, "Columns of a join cannot be compared")),
        }
    }
}

/// The parts between ANDs.
fn conjuncts<'t>(tree: &'t Expression, parts: &mut Vec<&'t Expression>) {
    match &tree.node {
        Node::Binary(Operator::And, left, right) => {
            conjuncts(left, parts);
            conjuncts(right, parts);
        }
        _ => parts.push(tree),
    }
}

/// Two sources made one.
struct Joined {
    left: RowsOf,
    right: RowsOf,
    lateral: bool,
    kind: Join,
    widths: (usize, usize),
    /// What must be equal on both sides, each side's own row in sight.
    keys: Vec<(Run, Run)>,
    /// What else must hold, both rows in sight.
    rest: Option<Run>,
    /// The pairs of columns that USING makes one of.
    merged: Vec<(usize, usize)>,
}

impl Joined {
    fn rows(&self, outer: &Frame<'_>) -> Result<Vec<Row>, SqlError> {
        let left = (self.left)(outer)?;
        let right = if self.lateral {
            Rc::default()
        } else {
            (self.right)(outer)?
        };
        let hashed = self.hashed(&right, outer)?;
        let mut used = vec![false; right.len()];
        let mut out = Vec::new();
        for row in left.iter() {
            let own = if self.lateral {
                (self.right)(&outer.inner(row))?
            } else {
                right.clone()
            };
            let candidates: Vec<usize> = match &hashed {
                Some(hashed) => match self.key(row, outer, true)? {
                    Some(key) => hashed.get(&key).cloned().unwrap_or_default(),
                    None => Vec::new(),
                },
                None => (0..own.len()).collect(),
            };
            let mut matched = false;
            for place in candidates {
                outer.session.step()?;
                let both: Row = row.iter().chain(&own[place]).cloned().collect();
                let holds = match &self.rest {
                    Some(rest) => {
                        // Names of USING stand before; ON has none, so both rows are as they are.
                        rest(&outer.inner(&both))? == Value::Bool(true)
                    }
                    None => true,
                };
                // Without a hash the keys have not been looked at.
                let equal = hashed.is_some() || self.keys.is_empty() || {
                    let (a, b) = (self.key(row, outer, true)?, self.key(&own[place], outer, false)?);
                    a.is_some() && a == b
                };
                if holds && equal {
                    matched = true;
                    if let Some(used) = used.get_mut(place) {
                        *used = true;
                    }
                    out.push(self.merge(both));
                    self.check_size(&out)?;
                }
            }
            if !matched && matches!(self.kind, Join::Left | Join::Full) {
                let nulls = vec![Value::Null; self.widths.1];
                out.push(self.merge(row.iter().cloned().chain(nulls).collect()));
            }
        }
        if matches!(self.kind, Join::Right | Join::Full) {
            for (row, _) in right.iter().zip(&used).filter(|(_, used)| !**used) {
                let nulls = vec![Value::Null; self.widths.0];
                out.push(self.merge(nulls.into_iter().chain(row.iter().cloned()).collect()));
            }
        }
        Ok(out)
    }

    /// Rows are kept in memory, so there is an end to them.
    fn check_size(&self, rows: &[Row]) -> Result<(), SqlError> {
        // A row costs something beside its cells.
        let cells = rows.len().saturating_mul(self.widths.0 + self.widths.1 + 2);
        if cells < MOST_CELLS {
            return Ok(());
        }
        Err(SqlError {
            reason: "resourcesExceeded".into(),
            message: "Resources exceeded during query execution: The query could not be executed in the allotted memory. A join of the sandbox may have no more than about twenty million cells.".into(),
        })
    }

    fn hashed(
        &self,
        right: &[Row],
        outer: &Frame<'_>,
    ) -> Result<Option<HashMap<String, Vec<usize>>>, SqlError> {
        if self.keys.is_empty() || self.lateral {
            return Ok(None);
        }
        let mut hashed: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, row) in right.iter().enumerate() {
            if let Some(key) = self.key(row, outer, false)? {
                hashed.entry(key).or_default().push(place);
            }
        }
        Ok(Some(hashed))
    }

    /// The text of a row's keys; `None` where one is NULL, which equals nothing.
    fn key(&self, row: &[Value], outer: &Frame<'_>, left: bool) -> Result<Option<String>, SqlError> {
        let frame = outer.inner(row);
        let runs = self.keys.iter().map(|(a, b)| if left { a } else { b });
        let values = runs.map(|run| run(&frame)).collect::<Result<Vec<_>, _>>()?;
        let unknown = values
            .iter()
            .any(|value| *value == Value::Null || compare::is_nan(value));
        Ok((!unknown).then(|| compare::key(&values)))
    }

    /// Puts the columns of USING before the row's own.
    fn merge(&self, row: Row) -> Row {
        if self.merged.is_empty() {
            return row;
        }
        let first = self.merged.iter().map(|&(a, b)| {
            if row[a] == Value::Null {
                row[b].clone()
            } else {
                row[a].clone()
            }
        });
        first.chain(row.iter().cloned()).collect()
    }
}
