//! GROUP BY and the aggregate functions.
//!
//! A group's row has the keys first, then a value for each aggregate that any clause of the SELECT asks for:
//!
//! ```text
//! | key 0 | key 1 | SUM(a) | COUNT(*) |
//! ```

use super::scope::Scope;
use super::sort::{self, SortKey};
use super::{Analyst, Run, Typed};
use crate::compare;
use crate::error::SqlError;
use crate::kind;
use crate::session::Frame;
use crate::syntax::tree::{Call, Expression, Node, Place};
use crate::value::{ColumnType as T, Value};
use std::cell::RefCell;
use std::collections::HashSet;

/// The aggregates, and what they return: a type's name, `T` for that of the argument, `ARRAY` for many of it.
const AGGREGATES: [(&str, &str); 16] = [
    ("COUNT", "INT64"),
    ("COUNTIF", "INT64"),
    ("SUM", "SUM"),
    ("AVG", "AVG"),
    ("MIN", "T"),
    ("MAX", "T"),
    ("ANY_VALUE", "T"),
    ("MAX_BY", "T"),
    ("MIN_BY", "T"),
    ("LOGICAL_AND", "BOOL"),
    ("LOGICAL_OR", "BOOL"),
    ("STRING_AGG", "STRING"),
    ("ARRAY_AGG", "ARRAY"),
    ("ARRAY_CONCAT_AGG", "T"),
    ("APPROX_COUNT_DISTINCT", "INT64"),
    ("STDDEV", "FLOAT64"),
];

pub(crate) fn is_aggregate(name: &str) -> bool {
    AGGREGATES.iter().any(|(known, _)| *known == name)
}

/// One aggregate of a SELECT.
#[derive(Clone)]
pub(crate) struct Aggregate {
    name: &'static str,
    argument: Option<Run>,
    /// The second argument: of `STRING_AGG` what stands between, of `MAX_BY` what is compared.
    second: Option<Run>,
    distinct: bool,
    ignore_nulls: bool,
    order: Vec<SortKey>,
    limit: Option<usize>,
    /// `HAVING MAX x` (`true`) or `MIN`.
    extreme: Option<(bool, Run)>,
    kind: T,
}

/// The groups of a SELECT, as its expressions see them.
pub(crate) struct Grouping<'s> {
    /// What the rows before grouping have.
    pub input: &'s Scope<'s>,
    pub keys: Vec<Key>,
    pub aggregates: RefCell<Vec<Aggregate>>,
}

/// One item of GROUP BY.
pub(crate) struct Key {
    pub tree: Expression,
    pub typed: Typed,
    /// The column that it is, if it is one.
    pub column: Option<usize>,
}

impl Grouping<'_> {
    /// The type and the place of the key that says the same as the expression.
    pub fn key(&self, tree: &Expression) -> Option<(T, usize)> {
        let found = self.keys.iter().position(|key| key.tree == *tree)?;
        Some((self.keys[found].typed.kind.clone(), found))
    }

    /// The place of the key that is this column of the input.
    pub fn key_of_column(&self, column: usize) -> Option<usize> {
        self.keys.iter().position(|key| key.column == Some(column))
    }
}

impl Analyst<'_> {
    /// An aggregate, in a SELECT that has groups.
    pub(super) fn aggregate_call(
        &self,
        scope: &Scope<'_>,
        call: &Call,
        at: Place,
    ) -> Result<Typed, SqlError> {
        let Some(grouping) = scope.grouping else {
            return Err(self.wrong(at, format!("Aggregate function {} not allowed here", call.name)));
        };
        let aggregate = self.aggregate(grouping.input, call, at)?;
        let kind = aggregate.kind.clone();
        let mut all = grouping.aggregates.borrow_mut();
        all.push(aggregate);
        Ok(Typed::cell(kind, 0, grouping.keys.len() + all.len() - 1))
    }

    /// What the call computes from rows of this scope; also for windows.
    pub(super) fn aggregate(&self, scope: &Scope<'_>, call: &Call, at: Place) -> Result<Aggregate, SqlError> {
        let Some((name, gives)) = AGGREGATES.iter().find(|(known, _)| *known == call.name) else {
            return Err(self.unknown_function(&call.name, at));
        };
        let wrong_count = || self.wrong(at, format!("No matching signature for aggregate function {name}"));
        let star = matches!(call.arguments.as_slice(), [Expression { node: Node::Star, .. }]);
        let (argument, kind) = match call.arguments.first() {
            None if *name != "COUNT" => return Err(wrong_count()),
            None => return Err(wrong_count()),
            Some(_) if star && *name == "COUNT" => (None, T::Int64),
            Some(tree) if matches!(*name, "COUNTIF" | "LOGICAL_AND" | "LOGICAL_OR") => {
                (Some(self.condition(scope, tree, name)?.run), T::Bool)
            }
            Some(tree) => {
                let typed = self.expression(scope, tree)?;
                (Some(typed.run), typed.kind)
            }
        };
        let numeric = matches!(kind, T::Int64 | T::Float64 | T::Numeric);
        let kind = match *gives {
            "SUM" if numeric => kind,
            "AVG" if kind == T::Numeric => kind,
            "AVG" | "FLOAT64" if numeric => T::Float64,
            "SUM" | "AVG" | "FLOAT64" => {
                return Err(self.wrong(
                    at,
                    format!(
                        "No matching signature for aggregate function {name} for argument types: {}",
                        kind::name(&kind)
                    ),
                ));
            }
            "T" => kind,
            "ARRAY" if matches!(kind, T::Array(_)) => {
                return Err(self.wrong(at, "The argument to ARRAY_AGG must not be an array type"));
            }
            "ARRAY" => T::Array(Box::new(kind)),
            "STRING" if matches!(kind, T::String | T::Bytes) => kind,
            "STRING" => return Err(wrong_count()),
            "BOOL" => T::Bool,
            _ => T::Int64,
        };
        let second = call
            .arguments
            .get(1)
            .map(|tree| self.expression(scope, tree))
            .transpose()?;
        if second.is_none() && matches!(*name, "MAX_BY" | "MIN_BY") {
            return Err(wrong_count());
        }
        Ok(Aggregate {
            name,
            argument,
            second: second.map(|typed| typed.run),
            distinct: call.distinct || *name == "APPROX_COUNT_DISTINCT",
            ignore_nulls: call.ignore_nulls,
            order: call
                .order
                .iter()
                .map(|order| self.sort_key(scope, order))
                .collect::<Result<_, _>>()?,
            limit: call
                .limit
                .as_ref()
                .map(|tree| self.whole_number(tree))
                .transpose()?,
            extreme: match &call.extreme {
                Some((most, tree)) => Some((*most, self.expression(scope, tree)?.run)),
                None => None,
            },
            kind,
        })
    }
}

impl Aggregate {
    pub fn kind(&self) -> T {
        self.kind.clone()
    }

    /// Its value over these rows.
    ///
    /// # Errors
    /// Overflow, and what its arguments complain of.
    pub fn compute<'f>(&self, rows: impl Iterator<Item = Frame<'f>>) -> Result<Value, SqlError> {
        let mut taken: Vec<(Vec<Value>, Value)> = Vec::new();
        let mut seen = HashSet::new();
        let mut best: Option<Value> = None;
        let mut between = None;
        for frame in rows {
            let Some(argument) = &self.argument else {
                taken.push((Vec::new(), Value::Null));
                continue;
            };
            let mut value = argument(&frame)?;
            if value == Value::Null
                && (self.ignore_nulls
                    || self.name != "ARRAY_AGG" && self.name != "ANY_VALUE" && !self.name.ends_with("_BY"))
            {
                continue;
            }
            if self.distinct && !seen.insert(compare::key([&value])) {
                continue;
            }
            if let Some((most, run)) = &self.extreme {
                let measure = run(&frame)?;
                let better = best.as_ref().map(|best| compare::order(&measure, best));
                let wanted = if *most {
                    std::cmp::Ordering::Greater
                } else {
                    std::cmp::Ordering::Less
                };
                if better.is_none_or(|order| order == wanted) {
                    taken.clear();
                    best = Some(measure);
                } else if better != Some(std::cmp::Ordering::Equal) {
                    continue;
                }
            }
            if let Some(second) = &self.second {
                let second = second(&frame)?;
                if self.name.ends_with("_BY") {
                    if second == Value::Null {
                        continue;
                    }
                    value = Value::Struct(vec![second, value]);
                } else {
                    between = Some(second);
                }
            }
            taken.push((sort::values(&self.order, &frame)?, value));
        }
        if !self.order.is_empty() {
            taken.sort_by(|(a, _), (b, _)| sort::compare(&self.order, a, b));
        }
        if let Some(limit) = self.limit {
            taken.truncate(limit);
        }
        let values: Vec<Value> = taken.into_iter().map(|(_, value)| value).collect();
        self.reduce(values, between)
    }

    fn reduce(&self, values: Vec<Value>, between: Option<Value>) -> Result<Value, SqlError> {
        use std::cmp::Ordering;
        let extreme = |wanted: Ordering| {
            let nan = values.iter().find(|value| compare::is_nan(value));
            let best = values.iter().reduce(|best, value| {
                if compare::order(value, best) == wanted {
                    value
                } else {
                    best
                }
            });
            nan.or(best).cloned().unwrap_or(Value::Null)
        };
        let by = |wanted: Ordering| {
            let first = |value: &Value| match value {
                Value::Struct(pair) => pair.first().cloned().unwrap_or(Value::Null),
                _ => Value::Null,
            };
            let best = values.iter().reduce(|best, value| {
                if compare::order(&first(value), &first(best)) == wanted {
                    value
                } else {
                    best
                }
            });
            match best {
                Some(Value::Struct(pair)) => pair.last().cloned().unwrap_or(Value::Null),
                _ => Value::Null,
            }
        };
        Ok(match self.name {
            "COUNT" | "APPROX_COUNT_DISTINCT" => whole(values.len()),
            "COUNTIF" => whole(values.iter().filter(|value| **value == Value::Bool(true)).count()),
            "MIN" => extreme(Ordering::Less),
            "MAX" => extreme(Ordering::Greater),
            "MIN_BY" => by(Ordering::Less),
            "MAX_BY" => by(Ordering::Greater),
            "ANY_VALUE" => values.into_iter().next().unwrap_or(Value::Null),
            "LOGICAL_AND" if !values.is_empty() => {
                Value::Bool(values.iter().all(|value| *value == Value::Bool(true)))
            }
            "LOGICAL_OR" if !values.is_empty() => Value::Bool(values.contains(&Value::Bool(true))),
            "LOGICAL_AND" | "LOGICAL_OR" => Value::Null,
            "ARRAY_AGG" if values.is_empty() => Value::Null,
            "ARRAY_AGG" => Value::Array(values),
            "ARRAY_CONCAT_AGG" => Value::Array(
                values
                    .into_iter()
                    .flat_map(|value| {
                        if let Value::Array(items) = value {
                            items
                        } else {
                            Vec::new()
                        }
                    })
                    .collect(),
            ),
            "STRING_AGG" if values.is_empty() => Value::Null,
            "STRING_AGG" => joined(&values, between.as_ref()),
            _ => super::super::function::number::sum(self.name, &self.kind, &values)
                .map_err(SqlError::invalid)?,
        })
    }
}

fn joined(values: &[Value], between: Option<&Value>) -> Value {
    if let Some(Value::Bytes(_)) = values.first() {
        let gap = match between {
            Some(Value::Bytes(gap)) => gap.clone(),
            _ => b",".to_vec(),
        };
        let parts = values.iter().map(|value| {
            if let Value::Bytes(bytes) = value {
                bytes.as_slice()
            } else {
                &[]
            }
        });
        return Value::Bytes(parts.collect::<Vec<_>>().join(gap.as_slice()));
    }
    let gap = match between {
        Some(Value::Text(gap)) => gap.as_str(),
        _ => ",",
    };
    let parts = values.iter().filter_map(|value| {
        if let Value::Text(text) = value {
            Some(text.as_str())
        } else {
            None
        }
    });
    Value::Text(parts.collect::<Vec<_>>().join(gap))
}

fn whole(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}
