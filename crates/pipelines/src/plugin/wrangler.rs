//! `Wrangler`: a recipe of directives on every row (wrangler-transform 4.10.0).
//!
//! ```text
//! wrangler/migrate.rs     recipes of the first form         wrangler/directive.rs   what is executed
//! wrangler/lexer.rs       words                             wrangler/expression.rs  JEXL
//! wrangler/recipe.rs      statements and arguments          wrangler/row.rs         rows under way
//! wrangler/usage.rs       what each directive takes         wrangler/schema.rs      the row that leaves
//! ```
//!
//! A recipe is compiled when the first row comes, as in the plugin: what is wrong with it meets
//! `on-error` like a bad record, and an empty window never shows it. What only the sandbox cannot do ends
//! the run in any case.

mod decimal;
mod directive;
mod expression;
mod lexer;
mod migrate;
mod recipe;
mod row;
mod schema;
mod trouble;
mod usage;

use super::{Batch, Implementation, Plugin, StageContext, failure};
use crate::event::Failure;
use directive::{Context, Directive};
pub(super) use expression::Decision;
use expression::{Expression, Scope};
use googlesql::value::{Column, Value};
use recipe::Recipe;
use row::{Cell, Row};
use schema::Field;
use std::collections::BTreeMap;
use trouble::Trouble;

pub(super) const PLUGINS: &[Plugin] = &[Plugin::new(
    "Wrangler",
    "transform",
    ("wrangler-transform", "4.10.0", "SYSTEM"),
    &["field", "schema"],
    Implementation::Transform(apply),
)];

/// What is refused when a pipeline is deployed; properties that hold a macro are not looked at.
///
/// A recipe with a syntax error is not refused: the plugin asks such a recipe for its directives, finds
/// none, and leaves it to the run.
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
        if let Some(first) = recipe.loaded.first() {
            return Err(not_deployed(first));
        }
        if let Some(unknown) = recipe.statements.iter().find(|s| !usage::is_known(&s.name)) {
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
        // What the script engine says there is not known; these are the directives' words.
        Expression::compile(given("precondition"))?;
    }
    Ok(())
}

fn not_deployed(name: &str) -> String {
    format!("User Defined Directive '{name}' is not deployed or is not available.")
}

/// A floating number as Java tells it.
pub(super) fn double(number: f64) -> String {
    row::java_double(number)
}

fn apply(context: &StageContext<'_>, batch: Batch) -> Result<Batch, Failure> {
    let stage = Stage::of(context)?;
    let columns: Vec<Column> = stage.fields.iter().map(|field| field.column.clone()).collect();
    let mut output = Batch {
        columns,
        rows: Vec::new(),
    };
    if batch.rows.is_empty() {
        return Ok(output);
    }
    let compiled = stage.compile(context);
    for values in &batch.rows {
        let outcome = match &compiled {
            Ok(directives) => stage.record(directives, &batch.columns, values),
            Err(trouble) => Err(trouble.clone()),
        };
        match outcome {
            Ok(rows) => output.rows.extend(rows),
            Err(Trouble::Unsupported(text)) => {
                let text = format!("Stage:{} - {text}", context.stage);
                return Err(failure("java.lang.UnsupportedOperationException", text));
            }
            Err(Trouble::Failed(text) | Trouble::Record(text, _) | Trouble::Reported(text, _))
                if stage.fails =>
            {
                return Err(failing(context.stage, &text));
            }
            // An error record goes to the error port in any case, a broken one only where the stage says so.
            Err(Trouble::Record(text, code) | Trouble::Reported(text, code)) => {
                context.emit_error(&batch.columns, values, code, text);
            }
            Err(Trouble::Failed(text)) if stage.proceeds => {
                context.emit_error(&batch.columns, values, 0, text)
            }
            Err(Trouble::Failed(_)) => {}
        }
    }
    Ok(output)
}

fn failing(stage: &str, text: &str) -> Failure {
    Failure {
        class_name: "java.lang.Exception".to_owned(),
        message: Some(format!("Stage:{stage} - Failing pipeline due to error : {text}")),
        cause: Some(Box::new(failure("io.cdap.wrangler.api.RecipeException", text))),
    }
}

/// The stage's settings, their macros expanded.
struct Stage {
    field: String,
    recipe: String,
    precondition: Option<Expression>,
    condition: String,
    fields: Vec<Field>,
    /// `fail-pipeline`, the default.
    fails: bool,
    /// `send-to-error-port`.
    proceeds: bool,
}

impl Stage {
    fn of(context: &StageContext<'_>) -> Result<Self, Failure> {
        let illegal = |text: String| failure("java.lang.IllegalArgumentException", text);
        let language = context.property("expressionLanguage", "jexl");
        if !language.eq_ignore_ascii_case("jexl") {
            return Err(context.unsupported("expressionLanguage", &language));
        }
        let fields = schema::fields(&context.property("schema", "")).map_err(|_| {
            illegal(format!(
                "Stage:{} - Format of output schema specified is invalid. Please check the format.",
                context.stage
            ))
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
            fails: strategy.eq_ignore_ascii_case("fail-pipeline"),
            proceeds: strategy.eq_ignore_ascii_case("send-to-error-port"),
        })
    }

    fn compile(&self, context: &StageContext<'_>) -> Result<Vec<Directive>, Trouble> {
        let recipe = Recipe::read(&self.recipe).map_err(|text| {
            Trouble::Failed(format!(
                "Encountered syntax error, please ensure the directive is valid:\n{text}"
            ))
        })?;
        let udd = context.property("udd", "");
        if let Some(name) = recipe.loaded.first().or((!udd.is_empty()).then_some(&udd)) {
            return Err(Trouble::Unsupported(format!(
                "User Defined Directive '{name}' is not supported by the sandbox"
            )));
        }
        recipe.statements.iter().map(Directive::of).collect()
    }

    /// What becomes of one record.
    fn record(
        &self,
        directives: &[Directive],
        columns: &[Column],
        values: &[Value],
    ) -> Result<Vec<Vec<Value>>, Trouble> {
        let mut row = Row::of(columns, values);
        if self.field != "*" {
            row.0.retain(|(name, _)| *name == self.field);
        }
        let mut context = Context::default();
        if let Some(precondition) = &self.precondition {
            let scope = Scope {
                row: &row,
                variables: &context.variables,
            };
            match precondition.value(&scope)? {
                Cell::Bool(true) => return Ok(Vec::new()),
                Cell::Bool(false) => {}
                _ => {
                    return Err(Trouble::Failed(format!(
                        "Precondition '{}' does not result in true or false.",
                        self.condition
                    )));
                }
            }
        }
        let mut rows = vec![row];
        for directive in directives {
            rows = directive.apply(rows, &mut context).map_err(told)?;
            if rows.is_empty() {
                break;
            }
        }
        let fitted = rows.iter().map(|row| {
            let values = self
                .fields
                .iter()
                .map(|field| field.value(row.get(&field.column.name)));
            values.collect::<Result<Vec<_>, _>>()
        });
        fitted.collect::<Result<_, _>>().map_err(|reason| {
            Trouble::Failed(format!(
                "Problem converting into output record. Reason : {reason}"
            ))
        })
    }
}

/// An error record has its own words in front when it ends a pipeline.
fn told(trouble: Trouble) -> Trouble {
    let errors = |text: &str| format!("Errors in Wrangler Transformation - {text}");
    match trouble {
        Trouble::Record(text, code) => Trouble::Record(errors(&text), code),
        Trouble::Reported(text, code) => Trouble::Reported(errors(&format!("{text} (ecode: {code})")), code),
        other => other,
    }
}

#[cfg(test)]
mod tests;
