//! `Wrangler`: applies a recipe of directives to every row (wrangler-transform 4.10.0).
//!
//! ```text
//! wrangler/migrate.rs     recipes in version 1 syntax       wrangler/directive.rs   executes directives
//! wrangler/lexer.rs       tokens                            wrangler/expression.rs  JEXL expressions
//! wrangler/recipe.rs      statements and arguments          wrangler/row.rs         rows while they are changed
//! wrangler/usage.rs       the arguments of each directive   wrangler/schema.rs      converts to the output schema
//! ```
//!
//! As in the plugin, a recipe is compiled when the first row arrives: an error in it is handled by `on-error` like
//! a bad record, and does not show in a run without rows. What only the sandbox does not support always fails the
//! run.

mod decimal;
mod directive;
mod error;
mod expression;
mod lexer;
mod migrate;
mod recipe;
mod row;
mod schema;
mod usage;

use super::{Batch, Headers, Implementation, Plugin, StageContext, failure};
use crate::event::Failure;
use directive::{Directive, TransientStore};
use error::DirectiveError;
pub(super) use expression::BooleanExpression;
use expression::{Expression, Scope};
use googlesql::value::{Column, Value};
use recipe::Recipe;
use row::{Cell, Row};
use schema::{Field, SchemaError};
use std::collections::BTreeMap;

pub(super) const PLUGINS: &[Plugin] = &[Plugin::new(
    "Wrangler",
    "transform",
    ("wrangler-transform", "4.10.0", "SYSTEM"),
    &["field", "schema"],
    Implementation::Transform(apply),
)];

/// Validates the properties at deploy time; those with macros are not checked.
///
/// A recipe with a syntax error is accepted: the plugin finds no directives in it, and the run fails.
pub(crate) fn configure(properties: &BTreeMap<String, String>) -> Result<(), String> {
    let given = |name: &str| properties.get(name).map_or("", String::as_str);
    let plain = |name: &str| !given(name).contains("${");
    let sql = given("expressionLanguage").eq_ignore_ascii_case("sql");
    if sql && plain("preconditionSQL") && given("preconditionSQL").is_empty() {
        return Err("Precondition (SQL) must be present.".to_owned());
    }
    if sql && !given("directives").is_empty() {
        return Err("Directives are not supported for precondition of type SQL".to_owned());
    }
    if let Some(first) = given("udd")
        .split(',')
        .map(str::trim)
        .find(|name| !name.is_empty())
    {
        return Err(not_deployed(first));
    }
    if plain("directives")
        && let Ok(recipe) = Recipe::read(given("directives"))
    {
        if let Some(first) = recipe.user_directives.first() {
            return Err(not_deployed(first));
        }
        if let Some(unknown) = recipe.statements.iter().find(|s| !usage::is_directive(&s.name)) {
            return Err(format!(
                "Wrangler plugin has a directive '{}' that does not exist in system or user space.",
                unknown.name
            ));
        }
    }
    if plain("schema") && serde_json::from_str::<serde_json::Value>(given("schema")).is_err() {
        return Err("Invalid output schema.".to_owned());
    }
    if !sql && plain("precondition") && !given("precondition").trim().is_empty() {
        // The script engine's message is not known; this is the one of directives.
        Expression::compile(given("precondition"))?;
    }
    Ok(())
}

fn not_deployed(name: &str) -> String {
    format!("User Defined Directive '{name}' is not deployed or is not available.")
}

/// A floating-point number in Java's format.
pub(super) fn double(number: f64) -> String {
    row::java_double(number)
}

fn apply(context: &StageContext<'_>, batch: Batch) -> Result<Batch, Failure> {
    let settings = Settings::from_properties(context)?;
    let columns: Vec<Column> = settings.fields.iter().map(|field| field.column.clone()).collect();
    let mut output = Batch {
        columns,
        rows: Vec::new(),
    };
    if batch.rows.is_empty() {
        return Ok(output);
    }
    let mut memory = context.memory.of_output();
    let compiled = settings.compile(context);
    for values in &batch.rows {
        let result = match &compiled {
            Ok(directives) => settings.transform(directives, &context.headers, &batch.columns, values),
            Err(error) => Err(error.clone()),
        };
        match result {
            Ok(rows) => {
                for row in rows {
                    memory.row(&row).map_err(|text| context.too_large(&text))?;
                    output.rows.push(row);
                }
            }
            Err(error) => settings.handle_error(context, &batch.columns, values, error)?,
        }
    }
    Ok(output)
}

fn failing_pipeline(stage: &str, text: &str) -> Failure {
    Failure {
        class_name: "java.lang.Exception".to_owned(),
        message: Some(format!("Stage:{stage} - Failing pipeline due to error : {text}")),
        cause: Some(Box::new(failure("io.cdap.wrangler.api.RecipeException", text))),
    }
}

/// The settings of the stage.
struct Settings {
    field: String,
    recipe: String,
    precondition: Option<Expression>,
    condition: String,
    fields: Vec<Field>,
    on_error: OnError,
}

/// What happens to a record that fails: the property `on-error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnError {
    /// The default.
    FailPipeline,
    SendToErrorPort,
    SkipError,
}

impl OnError {
    fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "fail-pipeline" => Self::FailPipeline,
            "send-to-error-port" => Self::SendToErrorPort,
            _ => Self::SkipError,
        }
    }
}

impl Settings {
    fn from_properties(context: &StageContext<'_>) -> Result<Self, Failure> {
        let illegal = |text: String| failure("java.lang.IllegalArgumentException", text);
        let language = context.property("expressionLanguage", "jexl");
        if !language.eq_ignore_ascii_case("jexl") {
            return Err(context.unsupported("expressionLanguage", &language));
        }
        let fields = schema::fields(&context.property("schema", "")).map_err(|error| match error {
            SchemaError::Invalid => illegal(format!(
                "Stage:{} - Format of output schema specified is invalid. Please check the format.",
                context.stage
            )),
            SchemaError::Unsupported(what) => failure(
                "java.lang.UnsupportedOperationException",
                format!("Stage:{} - {what} is not supported by the sandbox", context.stage),
            ),
        })?;
        let condition = context.property("precondition", "");
        let precondition = match condition.trim() {
            "" => None,
            text => Some(Expression::compile(text).map_err(illegal)?),
        };
        let field = context.property("field", "*");
        let strategy = context.property("on-error", "fail-pipeline");
        if field == "#" {
            return Err(context.unsupported("field", "#"));
        }
        Ok(Self {
            field,
            recipe: context.property("directives", ""),
            precondition,
            condition,
            fields,
            on_error: OnError::parse(&strategy),
        })
    }

    fn compile(&self, context: &StageContext<'_>) -> Result<Vec<Directive>, DirectiveError> {
        let recipe = Recipe::read(&self.recipe).map_err(|text| {
            DirectiveError::Failed(format!(
                "Encountered syntax error, please ensure the directive is valid:\n{text}"
            ))
        })?;
        let udd = context.property("udd", "");
        if let Some(name) = recipe
            .user_directives
            .first()
            .or((!udd.is_empty()).then_some(&udd))
        {
            return Err(DirectiveError::Unsupported(format!(
                "User Defined Directive '{name}' is not supported by the sandbox"
            )));
        }
        recipe.statements.iter().map(Directive::from_statement).collect()
    }

    /// Fails the run, emits an error record or skips the record, as `on-error` says.
    fn handle_error(
        &self,
        context: &StageContext<'_>,
        columns: &[Column],
        values: &[Value],
        error: DirectiveError,
    ) -> Result<(), Failure> {
        match (error, self.on_error) {
            (DirectiveError::Unsupported(text), _) => {
                let text = format!("Stage:{} - {text}", context.stage);
                return Err(failure("java.lang.UnsupportedOperationException", text));
            }
            (
                DirectiveError::Failed(text)
                | DirectiveError::ErrorRow(text, _)
                | DirectiveError::ReportedErrorRow(text, _),
                OnError::FailPipeline,
            ) => return Err(failing_pipeline(context.stage, &text)),
            // An error row is always sent to the error port, a failed record only with `send-to-error-port`.
            (DirectiveError::ErrorRow(text, code) | DirectiveError::ReportedErrorRow(text, code), _) => {
                context.emit_error(columns, values, code, text);
            }
            (DirectiveError::Failed(text), OnError::SendToErrorPort) => {
                context.emit_error(columns, values, 0, text);
            }
            (DirectiveError::Failed(_), OnError::SkipError) => {}
        }
        Ok(())
    }

    /// Applies the recipe to one record.
    fn transform(
        &self,
        directives: &[Directive],
        headers: &Headers,
        columns: &[Column],
        values: &[Value],
    ) -> Result<Vec<Vec<Value>>, DirectiveError> {
        let mut row = Row::from_values(columns, values);
        if self.field != "*" {
            row.0.retain(|(name, _)| *name == self.field);
        }
        let mut store = TransientStore {
            headers: headers.clone(),
            ..TransientStore::default()
        };
        if self.meets_precondition(&row, &store)? {
            return Ok(Vec::new());
        }
        let mut rows = vec![row];
        for directive in directives {
            rows = directive.apply(rows, &mut store).map_err(with_prefix)?;
            if rows.is_empty() {
                break;
            }
        }
        let records = rows.iter().map(|row| {
            let values = self
                .fields
                .iter()
                .map(|field| field.value(row.get(&field.column.name)));
            values.collect::<Result<Vec<_>, _>>()
        });
        records.collect::<Result<_, _>>().map_err(|reason| {
            DirectiveError::Failed(format!(
                "Problem converting into output record. Reason : {reason}"
            ))
        })
    }

    /// Whether a record meets the precondition, in which case it is dropped.
    fn meets_precondition(&self, row: &Row, store: &TransientStore) -> Result<bool, DirectiveError> {
        let Some(precondition) = &self.precondition else {
            return Ok(false);
        };
        let scope = Scope::new(row, &store.variables);
        match precondition.value(&scope)? {
            Cell::Bool(is_met) => Ok(is_met),
            _ => Err(DirectiveError::Failed(format!(
                "Precondition '{}' does not result in true or false.",
                self.condition
            ))),
        }
    }
}

/// Adds the plugin's prefix to the message of an error row.
fn with_prefix(error: DirectiveError) -> DirectiveError {
    let errors = |text: &str| format!("Errors in Wrangler Transformation - {text}");
    match error {
        DirectiveError::ErrorRow(text, code) => DirectiveError::ErrorRow(errors(&text), code),
        DirectiveError::ReportedErrorRow(text, code) => {
            DirectiveError::ReportedErrorRow(errors(&format!("{text} (ecode: {code})")), code)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;
