//! `Conditional`: an expression over `token`, `runtime` and `global` decides which branch a run takes (the classes
//! `EL` and `Conditional` of condition-plugins).

use super::wrangler::BooleanExpression;
use super::{ConditionContext, Implementation, Plugin, StageContext, failure};
use crate::event::Failure;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

pub(super) const PLUGINS: &[Plugin] = &[Plugin::new(
    "Conditional",
    "condition",
    // The version in Data Fusion 6.10 and 6.11 is not known; this one belongs to that release line of CDAP.
    ("condition-plugins", "1.12.0", "SYSTEM"),
    &["expression"],
    Implementation::Condition(decide),
)];

/// Validates the properties at deploy time, with the plugin's messages; JEXL's own messages are not known.
pub(crate) fn configure(properties: &BTreeMap<String, String>) -> Result<(), String> {
    let expression = properties.get("expression").map_or("", String::as_str);
    if expression.is_empty() || expression.contains("${") {
        return Ok(());
    }
    compile(expression)
        .map(drop)
        .map_err(|text| format!("Error encountered while compiling the expression : {text}"))
}

fn compile(expression: &str) -> Result<(BooleanExpression, Vec<Vec<String>>), String> {
    let compiled = BooleanExpression::compile(expression)?;
    let variables = compiled.variables();
    for variable in &variables {
        match (variable[0].as_str(), variable.len()) {
            ("token", 3) | ("runtime" | "global", 2) => {}
            ("token", _) => {
                return Err("Incorrect 'token' access, a token is represented as \
                     token['<stage-name>']['input'|'output'|'error']"
                    .to_owned());
            }
            (name @ ("runtime" | "global"), _) => {
                return Err(format!(
                    "Incorrect '{name}' access, a {name} is represented as {name}['<field-name>']"
                ));
            }
            _ => {
                return Err(
                    "Condition can only specify either 'token', 'runtime', or 'global' in an expression."
                        .to_owned(),
                );
            }
        }
    }
    Ok((compiled, variables))
}

fn decide(context: &StageContext<'_>, condition: &ConditionContext<'_>) -> Result<bool, Failure> {
    let (compiled, variables) = compile(&context.property("expression", "")).map_err(|text| {
        failure(
            "io.cdap.cdap.etl.api.validation.ValidationException",
            format!(
                "Errors were encountered during validation. Error encountered while compiling the expression : {text}"
            ),
        )
    })?;
    let (mut runtime, mut tokens, mut globals) = (json!({}), json!({}), json!({}));
    for variable in &variables {
        let name = variable[1].as_str();
        match variable[0].as_str() {
            "runtime" => {
                let value = condition.arguments.get(name).ok_or_else(|| {
                    let text = format!("Condition includes a runtime argument '{name}' that does not exist.");
                    failure("java.lang.Exception", text)
                })?;
                runtime[name] = json!(value);
            }
            // A stage without records, or one that does not exist, has counts of 0.
            "token" => {
                let count = |kind: &str| {
                    let counts = condition.counts.get(name);
                    counts
                        .and_then(|counts| counts.get(kind))
                        .copied()
                        .unwrap_or_default()
                };
                tokens[name] = json!({
                    "input": count("input"), "output": count("output"), "error": count("error"),
                });
            }
            _ => {
                let start = condition.arguments.get("logical.start.time");
                globals = json!({
                    "pipeline": condition.pipeline,
                    "namespace": condition.namespace,
                    "logical_start_time": start.and_then(|millis| millis.parse::<i64>().ok()),
                    "plugin": context.stage,
                });
            }
        }
    }
    let scope: BTreeMap<&str, Json> = [("runtime", runtime), ("token", tokens), ("global", globals)].into();
    match compiled.evaluate(scope) {
        Ok(Some(way)) => Ok(way),
        // The plugin unboxes a null `Boolean`.
        Ok(None) => Err(Failure {
            class_name: "java.lang.NullPointerException".to_owned(),
            message: None,
            cause: None,
        }),
        Err(text) => Err(failure("io.cdap.plugin.condition.ELException", text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(expression: &str) -> String {
        configure(&[("expression".to_owned(), expression.to_owned())].into()).unwrap_err()
    }

    #[test]
    fn expressions_are_checked_when_they_are_deployed() {
        for good in [
            "token['File']['output'] > 0",
            "runtime['a'] == 'x' && global['namespace'] != 'y'",
            "math:max(token['A']['error'], token['B']['error']) le 3",
            "${any macro}",
            "",
        ] {
            let properties = [("expression".to_owned(), good.to_owned())].into();
            assert_eq!(configure(&properties), Ok(()), "{good}");
        }
        assert!(refusal("token['File'] > 1").contains("Incorrect 'token' access"));
        assert!(refusal("runtime['a']['b'] == 1").contains("Incorrect 'runtime' access"));
        assert!(refusal("other['a'] == 1").contains("can only specify either 'token'"));
        assert!(refusal("1 +").starts_with("Error encountered while compiling the expression : "));
    }
}
