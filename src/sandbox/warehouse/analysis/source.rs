//! FROM: tables, views, subqueries, arrays, and how they are joined.

use super::scope::{Named, Scope};
use super::{Analyst, Relation, Run, Typed};
use crate::sandbox::value::{Column, ColumnType as T, Value};
use crate::sandbox::warehouse::catalogue;
use crate::sandbox::warehouse::compare;
use crate::sandbox::warehouse::error::SqlError;
use crate::sandbox::warehouse::kind;
use crate::sandbox::warehouse::session::{Frame, Row, Rows};
use crate::sandbox::warehouse::syntax;
use crate::sandbox::warehouse::syntax::tree::{
    Condition, Expression, From, Join, Node, Operator, Path, Place, Word,
};
use std::collections::HashMap;
use std::rc::Rc;

/// Rows, and how their columns are named.
pub(in crate::sandbox::warehouse) struct Source {
    pub names: Vec<Named>,
    pub rows: Rc<dyn Fn(&Frame<'_>) -> Result<Rows, SqlError>>,
    /// It was made of the row to its left: only where that row is known has it rows.
    lateral: bool,
}

impl Source {
    /// Rows that hang on nothing to their left.
    pub(super) fn new(names: Vec<Named>, rows: Rc<dyn Fn(&Frame<'_>) -> Result<Rows, SqlError>>) -> Self {
        Self {
            names,
            rows,
            lateral: false,
        }
    }
}

/// How deep views may stand in views.
const DEEPEST_VIEW: usize = 16;

impl Analyst<'_> {
    /// What FROM says; `left` are the columns of what stands to its left.
    pub(in crate::sandbox::warehouse) fn source(
        &self,
        scope: &Scope<'_>,
        left: &[Named],
        from: &From,
    ) -> Result<Source, SqlError> {
        match from {
            From::Table { path, alias } => self.table(scope, left, path, alias.as_deref()),
            From::Query { query, alias } => {
                let relation = self.query(scope, query)?;
                Ok(plain(relation, alias.as_deref()))
            }
            From::Unnest { array, alias, offset } => {
                self.unnest(scope, left, array, alias.as_deref(), offset.as_deref())
            }
            From::Join {
                left: first,
                right,
                kind,
                condition,
                at,
            } => {
                let first = self.source(scope, &[], first)?;
                // A join in brackets sees nothing of what stands before it.
                let is_join = matches!(**right, From::Join { .. });
                let visible = if is_join { &[][..] } else { &first.names };
                let second = self.source(scope, visible, right)?;
                self.join(scope, first, second, *kind, condition, *at)
            }
        }
    }

    fn table(
        &self,
        scope: &Scope<'_>,
        left: &[Named],
        path: &Path,
        alias: Option<&str>,
    ) -> Result<Source, SqlError> {
        let last = path.parts.last().map_or("", String::as_str);
        if let [name] = path.parts.as_slice()
            && let Some((_, relation)) = scope
                .ctes
                .iter()
                .rev()
                .find(|(cte, _)| cte.eq_ignore_ascii_case(name))
        {
            if relation.fresh {
                self.session.reach(0);
            }
            return Ok(plain(relation.clone(), Some(alias.unwrap_or(name))));
        }
        // `t.items`, where `t` stands to the left: an array of its row.
        if let [first, rest @ ..] = path.parts.as_slice()
            && !rest.is_empty()
            && left.iter().any(|named| {
                named
                    .table
                    .as_deref()
                    .is_some_and(|table| table.eq_ignore_ascii_case(first))
            })
        {
            let start = Expression {
                node: Node::Name(Word(first.clone())),
                at: path.at,
            };
            let array = rest.iter().fold(start, |inner, part| Expression {
                node: Node::Field(Box::new(inner), Word(part.clone())),
                at: path.at,
            });
            return self.unnest(scope, left, &array, Some(alias.unwrap_or(last)), None);
        }
        let relation = self.stored(scope, path)?;
        Ok(plain(relation, Some(alias.unwrap_or(last))))
    }

    /// A table or view of the warehouse.
    fn stored(&self, scope: &Scope<'_>, path: &Path) -> Result<Relation, SqlError> {
        if let Some(relation) = self.information_schema(path)? {
            return Ok(relation);
        }
        let full = self.full_name(path)?;
        let connection = self.session.connection;
        if let Some(view) = catalogue::view(connection, &full)? {
            if self.depth >= DEEPEST_VIEW {
                return Err(SqlError::invalid(
                    "Resources exceeded during query execution: too many nested views",
                ));
            }
            let tree = syntax::query(&view.query)?;
            let inside = Analyst {
                sql: &view.query,
                dataset: view.dataset.as_deref(),
                depth: self.depth + 1,
                ..*self
            };
            let nothing = Scope {
                level: scope.level,
                ..Scope::EMPTY
            };
            return inside.query(&nothing, &tree);
        }
        if !catalogue::exists(connection, &full)? {
            return Err(catalogue::not_found(
                connection,
                self.session.project,
                self.session.location,
                &full,
            ));
        }
        let columns = catalogue::columns_of(connection, &full)?;
        Ok(Relation {
            columns,
            rows: Rc::new(move |frame| frame.session.table(&full)),
            fresh: false,
        })
    }

    fn unnest(
        &self,
        scope: &Scope<'_>,
        left: &[Named],
        array: &Expression,
        alias: Option<&str>,
        offset: Option<&str>,
    ) -> Result<Source, SqlError> {
        let inside = scope.inner(left);
        let array_at = array.at;
        let array = self.expression(&inside, array)?;
        let T::Array(element) = &array.kind else {
            let name = kind::name(&array.kind);
            return Err(self.wrong(
                array_at,
                format!(
                    "Values referenced in UNNEST must be arrays. UNNEST contains expression of type {name}"
                ),
            ));
        };
        let (mut names, fields) = match &**element {
            T::Struct(fields) => (Named::all(alias, fields), Some(fields.len())),
            other => {
                let mut named = Named::all(
                    alias,
                    &[Column::nullable(alias.unwrap_or_default(), other.clone())],
                );
                named[0].element = true;
                (named, None)
            }
        };
        let counts = offset.is_some();
        names.extend(offset.map(|name| Named {
            table: None,
            column: Column::nullable(name, T::Int64),
            shadowed: false,
            element: false,
        }));
        let run = array.run;
        let lateral = !left.is_empty();
        Ok(Source {
            names,
            lateral,
            rows: Rc::new(move |frame| {
                let array = if lateral {
                    run(frame)?
                } else {
                    run(&frame.inner(&[]))?
                };
                let Value::Array(items) = array else {
                    return Ok(Rc::default());
                };
                let rows = items.into_iter().zip(0..).map(|(item, place)| {
                    let mut row = match (item, fields) {
                        (Value::Struct(parts), Some(_)) => parts,
                        (Value::Null, Some(width)) => vec![Value::Null; width],
                        (item, _) => vec![item],
                    };
                    if counts {
                        row.push(Value::Int(place));
                    }
                    row
                });
                Ok(Rc::new(rows.collect()))
            }),
        })
    }

    fn join(
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

fn plain(relation: Relation, alias: Option<&str>) -> Source {
    Source {
        names: Named::all(alias, &relation.columns),
        rows: relation.rows,
        lateral: false,
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
    left: Rc<dyn Fn(&Frame<'_>) -> Result<Rows, SqlError>>,
    right: Rc<dyn Fn(&Frame<'_>) -> Result<Rows, SqlError>>,
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
