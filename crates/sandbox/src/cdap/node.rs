//! The calls about the inside of a run: the states of its nodes, its token, the classification of its failure.

use super::Cdap;
use super::answer::{Answer, Outcome};
use super::call::Call;
use super::json::{Ordered, gson_text};
use super::run::{Exception, NodeState, Run};
use crate::Personality;
use crate::run_status::RunStatus;
use pipelines::event::Failure;
use pipelines::execution::ExecutionRequest;
use pipelines::macros::Scope;
use pipelines::{hash_order, pipeline};
use serde::Serialize;
use std::collections::BTreeMap;

/// Answers with the run of the path; 404 and 500 as measured.
pub fn with_run(call: &Call, show: impl FnOnce(&Run) -> Outcome) -> Outcome {
    let program = call.program(400)?;
    let id = call.path_param("run");
    let state = call.cdap.state();
    let run = state.find_run(&program, id)?;
    show(run)
}

struct ById<'a>(&'a [NodeState]);

impl Serialize for ById<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|node| (&node.node_id, node)))
    }
}

/// `GET …/nodes/state`
pub fn states(call: &Call) -> Outcome {
    with_run(call, |run| Ok(Answer::json(&ById(&run.nodes))))
}

#[derive(Serialize)]
struct TokenValue<'a> {
    node: &'a str,
    value: &'a str,
}

/// `GET …/token`
pub fn token(call: &Call) -> Outcome {
    let scope = call.query_param("scope").unwrap_or("user").to_ascii_uppercase();
    if !matches!(scope.as_str(), "USER" | "SYSTEM") {
        let text = format!("No enum constant io.cdap.cdap.api.workflow.WorkflowToken.Scope.{scope}");
        return Err(Answer::refuse(500, text));
    }
    with_run(call, |run| {
        let mut keys: BTreeMap<&str, Vec<TokenValue<'_>>> = BTreeMap::new();
        for (key, node, value) in run.token.iter().filter(|_| scope == "USER") {
            keys.entry(key).or_default().push(TokenValue { node, value });
        }
        match call.query_param("key") {
            None => Ok(Answer::json(&keys)),
            Some(key) if keys.contains_key(key) => {
                keys.retain(|known, _| *known == key);
                Ok(Answer::json(&keys))
            }
            // The key alone is the body (measured).
            Some(key) => Err(Answer::refuse(404, key)),
        }
    })
}

/// `GET …/nodes/{node}/token`: key to value.
pub fn node_token(call: &Call) -> Outcome {
    with_run(call, |run| {
        if call
            .query_param("scope")
            .is_some_and(|scope| scope.eq_ignore_ascii_case("system"))
        {
            return Ok(Answer::raw_json(b"{}".to_vec()));
        }
        let mine = run
            .token
            .iter()
            .filter(|(_, node, _)| node == call.path_param("node"));
        let keys: BTreeMap<_, _> = mine.map(|(key, _, value)| (key, value)).collect();
        Ok(Answer::json(&keys))
    })
}

/// `GET …/localdatasets`: pipelines have none.
pub fn local_datasets(call: &Call) -> Outcome {
    with_run(call, |_| Ok(Answer::raw_json(b"{}".to_vec())))
}

/// `DELETE …/localdatasets`
pub fn delete_local_datasets(call: &Call) -> Outcome {
    with_run(call, |_| Ok(Answer::empty()))
}

/// One reason for a failure.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Classified {
    #[serde(skip_serializing_if = "Option::is_none")]
    stage_name: Option<String>,
    error_category: String,
    error_reason: String,
    error_message: String,
    error_type: &'static str,
    dependency: &'static str,
}

/// `POST …/classify`
pub fn classify(call: &Call) -> Outcome {
    with_run(call, |run| {
        if run.status != RunStatus::Failed {
            return Err(Answer::refuse(
                500,
                "Classification is only supported for failed runs",
            ));
        }
        let of_node = run.nodes.iter().find_map(|node| node.failure_cause.as_ref());
        let cause = of_node.or(run.cause.as_ref());
        Ok(Answer::json(
            &cause.and_then(classify_cause).into_iter().collect::<Vec<_>>(),
        ))
    })
}

fn classify_cause(cause: &Exception) -> Option<Classified> {
    let chain: Vec<&Exception> = std::iter::successors(Some(cause), |cause| cause.cause.as_deref()).collect();
    let innermost = chain.last()?;
    if innermost.class_name.ends_with("InvalidMacroException") {
        let text = innermost.message.clone().unwrap_or_default();
        return Some(Classified {
            stage_name: None,
            error_category: "Macros".to_owned(),
            error_reason: text.clone(),
            error_message: text,
            error_type: "USER",
            dependency: "false",
        });
    }
    let (stage, text) = chain.iter().find_map(|cause| {
        let text = cause.message.as_deref()?;
        Some((stage_of(text)?, text))
    })?;
    Some(Classified {
        error_category: format!("Plugin-'{stage}'"),
        stage_name: Some(stage.to_owned()),
        error_reason: text.to_owned(),
        error_message: text.to_owned(),
        error_type: error_type_of(innermost),
        dependency: "false",
    })
}

/// The stage that a wrapped failure names: `Stage 'Import To BigQuery' encountered : …`.
fn stage_of(text: &str) -> Option<&str> {
    let (stage, rest) = text.strip_prefix("Stage '")?.split_once('\'')?;
    rest.trim_start().starts_with("encountered").then_some(stage)
}

/// `SYSTEM` for the network, `USER` for data and settings, else `UNKNOWN`.
fn error_type_of(cause: &Exception) -> &'static str {
    let class = cause.class_name.rsplit('.').next().unwrap_or_default();
    let text = cause.message.as_deref().unwrap_or_default();
    if text.contains("Communications link failure")
        || matches!(class, "UnknownHostException" | "ConnectException")
    {
        return "SYSTEM";
    }
    let settings = [
        "SQLException",
        "SQLSyntaxErrorException",
        "InvalidConfigPropertyException",
        "ValidationException",
    ];
    if settings.contains(&class) || class.starts_with("SQL") || text.contains("Not found") {
        return "USER";
    }
    "UNKNOWN"
}

/// What a pipeline writes into the token at its end: the properties of all stages with their macros expanded, in clear
/// text. Nothing if a macro cannot be expanded (measured).
pub fn resolved_properties(job: &ExecutionRequest, set: &[(String, String, String)]) -> Option<String> {
    let mut scope = Scope {
        arguments: job.arguments.clone(),
        secure: job.secure_keys.clone(),
    };
    scope
        .arguments
        .extend(set.iter().map(|(name, _, value)| (name.clone(), value.clone())));
    let stages = pipeline::resolved_properties(&job.config, &job.macros, &scope)?;
    let stages = stages.into_iter().map(|(stage, properties)| {
        let properties = properties
            .into_iter()
            .map(|(name, value)| (name, Ordered::Text(value)));
        let properties = hash_order::sorted(properties, |(name, _)| name.as_str());
        (stage, Ordered::Map(properties))
    });
    Some(gson_text(&Ordered::Map(hash_order::sorted(
        stages,
        |(stage, _)| stage.as_str(),
    ))))
}

impl Cdap {
    /// The text of a failure in its log line: 6.11 names the stage, 6.10 shows the innermost message.
    pub(super) fn failure_text(&self, failure: &Failure) -> String {
        let chain = || std::iter::successors(Some(failure), |failure| failure.cause.as_deref());
        let wrapped = chain().find_map(|failure| {
            let text = failure.message.as_deref()?;
            stage_of(text).map(|_| text.to_owned())
        });
        let deepest = failure.innermost();
        let deepest = deepest
            .message
            .clone()
            .unwrap_or_else(|| deepest.class_name.clone());
        match self.personality {
            Personality::V6_11 => wrapped.unwrap_or(deepest),
            Personality::V6_10 => deepest,
        }
    }
}
