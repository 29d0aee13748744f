//! Function calls. The few whose arguments are not all evaluated (IF, COALESCE …) are built here; all others have a
//! signature in a table of `function`.

use super::aggregate::is_aggregate;
use super::scope::Scope;
use super::signature::Signature;
use super::window::is_window_only;
use super::{Analyzer, Literal, Typed};
use crate::cancel;
use crate::cast;
use crate::error::SqlError;
use crate::function;
use crate::function::json::{self, Writer};
use crate::kind;
use crate::memory;
use crate::syntax::ast::{Call, Expression, Identifier, Node, Position};
use crate::value::{ColumnType as T, Value};
use std::rc::Rc;

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
        Ok(Typed::new(typed.kind, move |frame| match run(frame) {
            Err(error) if error.reason == "invalidQuery" => Ok(Value::Null),
            done => done,
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
                    let value = run(frame)?;
                    let text = json::written(&value, &kind, Writer::Json);
                    text.map(Value::Json).map_err(SqlError::invalid)
                }))
            }
            ("TO_JSON_STRING", [value]) => {
                let value = self.expression(scope, value)?;
                let (run, kind) = (value.run, value.kind);
                Ok(Typed::new(T::String, move |frame| {
                    let value = run(frame)?;
                    let text = json::written(&value, &kind, Writer::Text);
                    text.map(Value::Text).map_err(SqlError::invalid)
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
        let at = value.at;
        let value = self.expression(scope, value)?;
        let is_equal = self.equal_to(&value, self.expression(scope, other)?, at)?;
        let run = value.run;
        Ok(Typed::new(value.kind, move |frame| {
            let value = run(frame)?;
            if is_equal(&value, frame)? == Value::Bool(true) {
                Ok(Value::Null)
            } else {
                Ok(value)
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
                arguments.extend(self.interval(scope, count, unit)?);
                positions.extend([count.at, tree.at]);
                continue;
            }
            arguments.push(match date_part(name, arguments.len(), tree) {
                Some(part) => Typed::constant(T::String, Value::Text(part)),
                None => self.expression(scope, tree)?,
            });
            positions.push(tree.at);
        }
        self.typed_call(name, &arguments, &positions, shown, at)
    }

    /// `INTERVAL 1 DAY` as two arguments.
    pub(super) fn interval(
        &self,
        scope: &Scope<'_>,
        count: &Expression,
        unit: &str,
    ) -> Result<[Typed; 2], SqlError> {
        let unit = Typed::constant(T::String, Value::Text(unit.to_owned()));
        Ok([self.expression(scope, count)?, unit])
    }

    /// A call of a function of the tables with arguments that are already typed.
    pub(super) fn typed_call(
        &self,
        name: &str,
        arguments: &[Typed],
        positions: &[Position],
        shown: &str,
        at: Position,
    ) -> TypedResult {
        for function in function::with_name(name) {
            if let Some(signature) = Signature::new(&function, arguments)
                && let Some(typed) = self.apply(signature, arguments, positions, shown)?
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
        shown: &str,
    ) -> Result<Option<Typed>, SqlError> {
        let mut runs = Vec::with_capacity(arguments.len());
        for ((typed, wanted), at) in arguments.iter().zip(&signature.arguments).zip(positions) {
            match self.coerced(typed, wanted, *at)? {
                Some(typed) => runs.push(typed.run),
                None => return Ok(None),
            }
        }
        let (compute, takes_null) = (signature.compute, signature.takes_null);
        let name: Rc<str> = shown.into();
        Ok(Some(Typed::new(signature.result, move |frame| {
            let mut values = Vec::with_capacity(runs.len());
            let mut held = frame.session.memory.hold();
            for run in &runs {
                let value = run(frame)?;
                if value == Value::Null && !takes_null {
                    return Ok(Value::Null);
                }
                held.add(memory::bytes_of(&value))?;
                values.push(value);
            }
            let context = function::Context {
                now: frame.session.now,
                project: frame.session.project,
            };
            let value = compute(&values, &context).map_err(|error| {
                if cancel::is_cancelled() {
                    SqlError::stopped()
                } else {
                    SqlError::invalid(error)
                }
            })?;
            memory::check_size(memory::size(&value), &name).map_err(SqlError::invalid)?;
            Ok(value)
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
        let typed = self.expression(scope, value)?;
        let (name, with_part) = match (part, &typed.kind) {
            ("DATE", T::Timestamp | T::DateTime) => ("DATE", false),
            ("TIME", T::Timestamp | T::DateTime) => ("TIME", false),
            ("DATETIME", T::Timestamp) => ("DATETIME", false),
            _ => ("EXTRACT", true),
        };
        let mut arguments = vec![Typed::constant(T::String, Value::Text(part.to_owned())), typed];
        let mut positions = vec![at, value.at];
        if let Some(zone) = zone {
            arguments.push(self.expression(scope, zone)?);
            positions.push(zone.at);
        }
        let skipped = usize::from(!with_part);
        self.typed_call(name, &arguments[skipped..], &positions[skipped..], "EXTRACT", at)
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
