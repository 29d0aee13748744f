//! Function calls. The few whose arguments are not all evaluated (IF, COALESCE …) are built here; all others have a
//! signature in a table of `function`.

use super::aggregate::is_aggregate;
use super::scope::Scope;
use super::signature::Signature;
use super::window::is_window_only;
use super::{Analyzer, Literal, Typed};
use crate::cast;
use crate::error::SqlError;
use crate::function::{self, json};
use crate::kind;
use crate::syntax::ast::{Call, Expression, Identifier, Node, Position};
use crate::value::{ColumnType as T, Value};

type TypedResult = Result<Typed, SqlError>;

impl Analyzer<'_> {
    pub(super) fn call(&self, scope: &Scope<'_>, call: &Call, at: Position) -> TypedResult {
        if call.over.is_some() {
            return self.window_call(scope, call, at);
        }
        if is_aggregate(&call.name) {
            return self.aggregate_call(scope, call, at);
        }
        if is_window_only(&call.name) {
            return Err(self.wrong(
                at,
                format!(
                    "Analytic function {} cannot be called without an OVER clause",
                    call.name
                ),
            ));
        }
        if call.distinct || call.ignore_nulls || !call.order.is_empty() || call.limit.is_some() {
            return Err(self.wrong(at, format!("{} is not an aggregate function", call.name)));
        }
        let arguments: Vec<&Expression> = call.arguments.iter().collect();
        let (name, is_safe) = match call.name.strip_prefix("SAFE.") {
            Some(name) => (name, true),
            None => (call.name.as_str(), false),
        };
        let typed = self.named_call(scope, name, &arguments, &call.name, at)?;
        if !is_safe {
            return Ok(typed);
        }
        let run = typed.run;
        Ok(Typed::new(typed.kind, move |frame| {
            Ok(run(frame).unwrap_or(Value::Null))
        }))
    }

    /// A call by its name in capitals; `shown` is the name in errors.
    pub(super) fn named_call(
        &self,
        scope: &Scope<'_>,
        name: &str,
        arguments: &[&Expression],
        shown: &str,
        at: Position,
    ) -> TypedResult {
        match (name, arguments) {
            ("IF", [condition, yes, no]) => self.if_call(scope, condition, yes, no, at),
            ("COALESCE", [_, ..]) | ("IFNULL", [_, _]) => self.coalesce(scope, name, arguments, at),
            ("NULLIF", [value, other]) => self.nullif(scope, value, other),
            ("ERROR", [message]) => self.error_call(scope, message),
            ("TO_JSON", [value]) => {
                let value = self.expression(scope, value)?;
                let (run, kind) = (value.run, value.kind);
                Ok(Typed::new(T::Json, move |frame| {
                    Ok(Value::Json(json::to_json(&run(frame)?, &kind).to_string()))
                }))
            }
            ("TO_JSON_STRING", [value]) => {
                let value = self.expression(scope, value)?;
                let (run, kind) = (value.run, value.kind);
                Ok(Typed::new(T::String, move |frame| {
                    Ok(Value::Text(json::to_json_text(&run(frame)?, &kind)))
                }))
            }
            _ => self.function_call(scope, name, arguments, shown, at),
        }
    }

    fn if_call(
        &self,
        scope: &Scope<'_>,
        condition: &Expression,
        yes: &Expression,
        no: &Expression,
        at: Position,
    ) -> TypedResult {
        let condition = self.condition(scope, condition, "IF")?.run;
        let branches = vec![self.expression(scope, yes)?, self.expression(scope, no)?];
        let (kind, branches) = self.unified(branches, "Arguments of IF", at)?;
        Ok(Typed::new(kind, move |frame| {
            let chosen = usize::from(condition(frame)? != Value::Bool(true));
            (branches[chosen].run)(frame)
        }))
    }

    fn coalesce(
        &self,
        scope: &Scope<'_>,
        name: &str,
        arguments: &[&Expression],
        at: Position,
    ) -> TypedResult {
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

    fn nullif(&self, scope: &Scope<'_>, value: &Expression, other: &Expression) -> TypedResult {
        let is_equal = self.equality(scope, value, other)?.run;
        let value = self.expression(scope, value)?;
        let run = value.run;
        Ok(Typed::new(value.kind, move |frame| {
            if is_equal(frame)? == Value::Bool(true) {
                Ok(Value::Null)
            } else {
                run(frame)
            }
        }))
    }

    fn error_call(&self, scope: &Scope<'_>, message: &Expression) -> TypedResult {
        let message = self.expression(scope, message)?.run;
        let mut typed = Typed::new(T::Int64, move |frame| {
            let text = cast::text(&message(frame)?).unwrap_or_default();
            Err(SqlError::invalid(text))
        });
        // It never has a value, so it coerces to any type.
        typed.literal = Literal::Null;
        Ok(typed)
    }

    /// The error for a function that is unknown, or known to BigQuery but not supported.
    pub(super) fn unknown_function(&self, shown: &str, at: Position) -> SqlError {
        if function::unsupported::is_known(&shown.to_ascii_uppercase()) {
            self.unsupported(at, &format!("Function {shown}"))
        } else {
            self.wrong(at, format!("Function not found: {shown}"))
        }
    }

    /// A function from the tables.
    fn function_call(
        &self,
        scope: &Scope<'_>,
        name: &str,
        trees: &[&Expression],
        shown: &str,
        at: Position,
    ) -> TypedResult {
        if !function::is_known(name) {
            return Err(self.unknown_function(shown, at));
        }
        let mut arguments = Vec::with_capacity(trees.len());
        let mut positions = Vec::with_capacity(trees.len());
        for tree in trees {
            if let Node::Interval(count, unit) = &tree.node {
                // `INTERVAL 1 DAY` is two arguments: the count and the unit.
                arguments.push(self.expression(scope, count)?);
                arguments.push(Typed::constant(T::String, Value::Text(unit.clone())));
                positions.extend([count.at, tree.at]);
                continue;
            }
            arguments.push(match date_part(name, arguments.len(), tree) {
                Some(part) => Typed::constant(T::String, Value::Text(part)),
                None => self.expression(scope, tree)?,
            });
            positions.push(tree.at);
        }
        for function in function::with_name(name) {
            if let Some(signature) = Signature::new(&function, &arguments)
                && let Some(typed) = self.apply(signature, &arguments, &positions)?
            {
                return Ok(typed);
            }
        }
        let kinds: Vec<_> = arguments.iter().map(|typed| kind::name(&typed.kind)).collect();
        let what = if shown == "||" {
            "operator ||".into()
        } else {
            format!("function {shown}")
        };
        Err(self.wrong(
            at,
            if kinds.is_empty() {
                format!("No matching signature for {what} with no arguments")
            } else {
                let kinds = kinds.join(", ");
                format!("No matching signature for {what} for argument types: {kinds}")
            },
        ))
    }

    /// The call with this signature, if the arguments coerce to its types.
    fn apply(
        &self,
        signature: Signature,
        arguments: &[Typed],
        positions: &[Position],
    ) -> Result<Option<Typed>, SqlError> {
        let mut runs = Vec::with_capacity(arguments.len());
        for ((typed, wanted), at) in arguments.iter().zip(&signature.arguments).zip(positions) {
            match self.coerced(typed, wanted, *at)? {
                Some(typed) => runs.push(typed.run),
                None => return Ok(None),
            }
        }
        let (compute, takes_null) = (signature.compute, signature.takes_null);
        Ok(Some(Typed::new(signature.result, move |frame| {
            let mut values = Vec::with_capacity(runs.len());
            for run in &runs {
                let value = run(frame)?;
                if value == Value::Null && !takes_null {
                    return Ok(Value::Null);
                }
                values.push(value);
            }
            let context = function::Context {
                now: frame.session.now,
                project: frame.session.project,
            };
            compute(&values, &context).map_err(SqlError::invalid)
        })))
    }

    /// EXTRACT, which is a call with the part as its first argument.
    pub(super) fn extract(
        &self,
        scope: &Scope<'_>,
        part: &str,
        value: &Expression,
        zone: Option<&Expression>,
        at: Position,
    ) -> TypedResult {
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

/// The date part `DAY` or `WEEK(MONDAY)`, if the function has one as this argument. It is not a column's name there.
fn date_part(function: &str, index: usize, tree: &Expression) -> Option<String> {
    let wanted = match function {
        "LAST_DAY" => 1,
        _ if function.ends_with("_TRUNC") => 1,
        _ if function.ends_with("_DIFF") => 2,
        _ => return None,
    };
    match &tree.node {
        _ if index != wanted => None,
        Node::Name(Identifier(name)) => Some(name.to_ascii_uppercase()),
        Node::Call(call) if call.name == "WEEK" => match call.arguments.as_slice() {
            [
                Expression {
                    node: Node::Name(Identifier(day)),
                    ..
                },
            ] => Some(format!("WEEK({})", day.to_ascii_uppercase())),
            _ => None,
        },
        _ => None,
    }
}
