//! Calls: the few functions that are grammar (IF, COALESCE …), and all others by their signatures.

use super::scope::Scope;
use super::{Analyst, Loose, Typed};
use crate::error::SqlError;
use crate::function::{self, Function, json};
use crate::kind;
use crate::syntax::tree::{Call, Expression, Node, Place, Word};
use crate::value::{ColumnType as T, Value};

type Made = Result<Typed, SqlError>;

impl Analyst<'_> {
    pub(super) fn call(&self, scope: &Scope<'_>, call: &Call, at: Place) -> Made {
        if call.over.is_some() {
            return self.window_call(scope, call, at);
        }
        if super::grouping::is_aggregate(&call.name) {
            return self.aggregate_call(scope, call, at);
        }
        if super::window::is_window_only(&call.name) {
            return Err(self.wrong(
                at,
                format!(
                    "Analytic function {} cannot be called without an OVER clause",
                    call.name
                ),
            ));
        }
        if call.distinct || call.ignore_nulls || !call.order.is_empty() || call.limit.is_some() {
            return Err(self.wrong(at, format!("{} is no aggregate function", call.name)));
        }
        let arguments: Vec<&Expression> = call.arguments.iter().collect();
        let (name, safe) = match call.name.strip_prefix("SAFE.") {
            Some(name) => (name, true),
            None => (call.name.as_str(), false),
        };
        let typed = self.named_call(scope, name, &arguments, &call.name, at)?;
        if !safe {
            return Ok(typed);
        }
        let run = typed.run;
        Ok(Typed::new(typed.kind, move |frame| {
            Ok(run(frame).unwrap_or(Value::Null))
        }))
    }

    /// A call by its name in capitals; `shown` is how errors name it.
    pub(super) fn named_call(
        &self,
        scope: &Scope<'_>,
        name: &str,
        arguments: &[&Expression],
        shown: &str,
        at: Place,
    ) -> Made {
        match (name, arguments) {
            ("IF", [condition, yes, no]) => {
                let condition = self.condition(scope, condition, "IF")?.run;
                let both = vec![self.expression(scope, yes)?, self.expression(scope, no)?];
                let (kind, both) = self.unified(both, "Arguments of IF", at)?;
                Ok(Typed::new(kind, move |frame| {
                    let chosen = usize::from(condition(frame)? != Value::Bool(true));
                    (both[chosen].run)(frame)
                }))
            }
            ("COALESCE" | "IFNULL", [_, ..]) if name == "COALESCE" || arguments.len() == 2 => {
                let all = arguments
                    .iter()
                    .map(|tree| self.expression(scope, tree))
                    .collect::<Result<_, _>>()?;
                let (kind, all) = self.unified(all, &format!("Arguments of {name}"), at)?;
                Ok(Typed::new(kind, move |frame| {
                    for typed in &all {
                        match (typed.run)(frame)? {
                            Value::Null => {}
                            value => return Ok(value),
                        }
                    }
                    Ok(Value::Null)
                }))
            }
            ("NULLIF", [value, other]) => {
                let same = self.equality(scope, value, other)?.run;
                let value = self.expression(scope, value)?;
                let run = value.run;
                Ok(Typed::new(value.kind, move |frame| {
                    Ok(if same(frame)? == Value::Bool(true) {
                        Value::Null
                    } else {
                        run(frame)?
                    })
                }))
            }
            ("ERROR", [message]) => {
                let message = self.expression(scope, message)?.run;
                let mut typed = Typed::new(T::Int64, move |frame| {
                    let text = crate::cast::text(&message(frame)?).unwrap_or_default();
                    Err(SqlError::invalid(text))
                });
                // It has no value, so it fits everywhere.
                typed.loose = Loose::Null;
                Ok(typed)
            }
            ("TO_JSON" | "TO_JSON_STRING", [value]) => {
                let value = self.expression(scope, value)?;
                let (run, kind, as_text) = (value.run, value.kind, name == "TO_JSON_STRING");
                Ok(Typed::new(
                    if as_text { T::String } else { T::Json },
                    move |frame| {
                        let value = run(frame)?;
                        Ok(if as_text {
                            Value::Text(json::text_of(&value, &kind))
                        } else {
                            Value::Json(json::of_value(&value, &kind).to_string())
                        })
                    },
                ))
            }
            _ => self.function(scope, name, arguments, shown, at),
        }
    }

    /// No such function, here or at all.
    pub(super) fn unknown_function(&self, shown: &str, at: Place) -> SqlError {
        if function::absent::is_google(&shown.to_ascii_uppercase()) {
            self.unsupported(at, &format!("Function {shown}"))
        } else {
            self.wrong(at, format!("Function not found: {shown}"))
        }
    }

    fn function(&self, scope: &Scope<'_>, name: &str, trees: &[&Expression], shown: &str, at: Place) -> Made {
        if !function::is_known(name) {
            return Err(self.unknown_function(shown, at));
        }
        let mut arguments = Vec::with_capacity(trees.len());
        let mut places = Vec::with_capacity(trees.len());
        for tree in trees {
            match &tree.node {
                // `INTERVAL 1 DAY` is two arguments: how many, and of what.
                Node::Interval(count, unit) => {
                    arguments.push(self.expression(scope, count)?);
                    arguments.push(Typed::constant(T::String, Value::Text(unit.clone())));
                    places.extend([count.at, tree.at]);
                    continue;
                }
                _ => arguments.push(match part(name, arguments.len(), tree) {
                    Some(part) => Typed::constant(T::String, Value::Text(part)),
                    None => self.expression(scope, tree)?,
                }),
            }
            places.push(tree.at);
        }
        for candidate in function::of_name(name) {
            if let Some(typed) = self.fitted(&candidate, &arguments, &places)? {
                return Ok(typed);
            }
        }
        let kinds: Vec<_> = arguments.iter().map(|typed| kind::name(&typed.kind)).collect();
        let what = if shown == "||" {
            "operator ||".into()
        } else {
            format!("function {shown}")
        };
        if kinds.is_empty() {
            return Err(self.wrong(at, format!("No matching signature for {what} with no arguments")));
        }
        Err(self.wrong(
            at,
            format!(
                "No matching signature for {what} for argument types: {}",
                kinds.join(", ")
            ),
        ))
    }

    /// The call with this signature, if the arguments fit it.
    fn fitted(
        &self,
        function: &Function,
        arguments: &[Typed],
        places: &[Place],
    ) -> Result<Option<Typed>, SqlError> {
        let Some(wanted) = function.wants(arguments) else {
            return Ok(None);
        };
        let mut runs = Vec::with_capacity(arguments.len());
        for ((typed, wanted), at) in arguments.iter().zip(&wanted.arguments).zip(places) {
            match self.coerced(typed, wanted, *at)? {
                Some(typed) => runs.push(typed.run),
                None => return Ok(None),
            }
        }
        let (compute, keeps_null) = (function.compute, function.takes_null);
        Ok(Some(Typed::new(wanted.result, move |frame| {
            let mut values = Vec::with_capacity(runs.len());
            for run in &runs {
                let value = run(frame)?;
                if value == Value::Null && !keeps_null {
                    return Ok(Value::Null);
                }
                values.push(value);
            }
            let context = function::Context {
                session: frame.session,
            };
            compute(&values, &context).map_err(SqlError::invalid)
        })))
    }

    /// EXTRACT, as the function that it is.
    pub(super) fn extract(
        &self,
        scope: &Scope<'_>,
        part: &str,
        value: &Expression,
        zone: Option<&Expression>,
        at: Place,
    ) -> Made {
        let part = Expression {
            node: Node::Text(part.to_owned()),
            at,
        };
        let typed = self.expression(scope, value)?;
        let name = match (&part.node, &typed.kind) {
            (Node::Text(part), T::Timestamp | T::DateTime) if part == "DATE" => "DATE",
            (Node::Text(part), T::Timestamp | T::DateTime) if part == "TIME" => "TIME",
            (Node::Text(part), T::Timestamp) if part == "DATETIME" => "DATETIME",
            _ => {
                let all: Vec<&Expression> = [Some(&part), Some(value), zone].into_iter().flatten().collect();
                return self.named_call(scope, "EXTRACT", &all, "EXTRACT", at);
            }
        };
        let all: Vec<&Expression> = [Some(value), zone].into_iter().flatten().collect();
        self.named_call(scope, name, &all, "EXTRACT", at)
    }
}

/// `DAY` or `WEEK(MONDAY)`, where a function has a part of a date: a column of the name is not meant.
fn part(function: &str, place: usize, tree: &Expression) -> Option<String> {
    let wanted = match function {
        "LAST_DAY" => 1,
        _ if function.ends_with("_TRUNC") => 1,
        _ if function.ends_with("_DIFF") => 2,
        _ => return None,
    };
    match &tree.node {
        _ if place != wanted => None,
        Node::Name(Word(name)) => Some(name.to_ascii_uppercase()),
        Node::Call(call) if call.name == "WEEK" => match call.arguments.as_slice() {
            [
                Expression {
                    node: Node::Name(Word(day)),
                    ..
                },
            ] => Some(format!("WEEK({})", day.to_ascii_uppercase())),
            _ => None,
        },
        _ => None,
    }
}
