//! Classifies a request for the rules of a scenario: its service, its operation by name, and its runs.
//!
//! Pure: from method, path and body. The paths are those of `cdap/route.rs`, `bigquery.rs`, `fusion.rs`.

#[cfg(test)]
mod tests;

use super::{RequestMatcher, Service};
use crate::storage::is_object;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The arguments of a run.
pub type Arguments = BTreeMap<String, String>;

/// The operations that rules can name, by service. Rules can match other calls by their path.
pub const OPERATIONS: &[(Service, &[&str])] = &[
    (
        Service::Cdap,
        &[
            "start",
            "stop",
            "list",
            "record",
            "status",
            "logs",
            "metrics",
            "nodes",
            "token",
            "classify",
            "app",
            "apps",
            "deploy",
            "delete",
            "plugins",
            "preferences",
        ],
    ),
    (
        Service::BigQuery,
        &[
            "query", "results", "insert", "job", "cancel", "data", "table", "dataset",
        ],
    ),
    (
        Service::DataFusion,
        &["instance", "instances", "create", "restart", "operation"],
    ),
    (Service::Storage, &["upload", "object", "objects", "bucket"]),
    (Service::Accounts, &["grant", "metadata"]),
];

/// Whether a service has an operation of this name.
pub fn has_operation(service: Service, word: &str) -> bool {
    OPERATIONS
        .iter()
        .any(|(of, words)| *of == service && words.contains(&word))
}

/// A request as the rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiRequest<'a> {
    /// The API.
    pub service: Service,
    /// One of [`OPERATIONS`]; empty when the call has no name.
    pub operation: &'static str,
    /// The HTTP method.
    pub method: &'a str,
    /// The path, without the query.
    pub path: &'a str,
    /// The id of the run in the path.
    pub run: Option<&'a str>,
    /// Empty if no rule needs it.
    pub body: &'a str,
    /// The arguments of each run that the request is about.
    pub arguments: Vec<Arguments>,
}

impl<'a> ApiRequest<'a> {
    /// `None` if the path is not one of Google's APIs (`/sandbox/…`).
    pub fn new(method: &'a str, path: &'a str) -> Option<Self> {
        let (service, rest) = service(path)?;
        let segments: Vec<&str> = rest.split('/').filter(|segment| !segment.is_empty()).collect();
        let (operation, run) = match service {
            Service::Cdap => cdap(method, &segments),
            Service::BigQuery => (bigquery(method, &segments), None),
            Service::DataFusion => (fusion(method, &segments), None),
            Service::Storage => (storage(method, path, &segments), None),
            Service::Accounts if path == "/token" => ("grant", None),
            Service::Accounts => ("metadata", None),
        };
        Some(Self {
            service,
            operation,
            method,
            path,
            run,
            body: "",
            arguments: Vec::new(),
        })
    }

    /// Sets the body, and takes the arguments of a start from it.
    #[must_use]
    pub fn with_body(mut self, body: &'a str) -> Self {
        self.body = body;
        if self.operation == "start" {
            self.arguments = start_arguments(body);
        }
        self
    }

    /// Whether a rule is for this request.
    pub(super) fn matches(&self, matcher: &RequestMatcher) -> bool {
        let RequestMatcher {
            service,
            operations,
            method,
            path,
            body,
            arguments,
        } = matcher;
        service.is_none_or(|service| service == self.service)
            && (operations.is_empty() || operations.iter().any(|word| word == self.operation))
            && method.as_deref().is_none_or(|method| method == self.method)
            && path.as_deref().is_none_or(|pattern| glob(pattern, self.path))
            && body.as_deref().is_none_or(|text| self.body.contains(text))
            && (arguments.is_empty() || self.arguments.iter().any(|own| has_arguments(own, arguments)))
    }

    /// The value by which a rule with `per` counts.
    pub fn key(&self, per: &str) -> String {
        if per == "run" {
            return self.run.unwrap_or_default().to_owned();
        }
        let value = self.arguments.iter().find_map(|own| own.get(per));
        value.cloned().unwrap_or_default()
    }
}

/// Whether arguments contain all of the wanted ones.
pub fn has_arguments(own: &Arguments, wanted: &Arguments) -> bool {
    wanted.iter().all(|(name, value)| own.get(name) == Some(value))
}

/// Whether a text matches a pattern in which `*` stands for any characters.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(rest) = text.strip_prefix(head) else {
        return false;
    };
    let starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    starts.into_iter().any(|at| glob(tail, &rest[at..]))
}

fn service(path: &str) -> Option<(Service, &str)> {
    let below = |prefix: &str| {
        let rest = path.strip_prefix(prefix)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    };
    if let Some(rest) = below("/api") {
        return Some((Service::Cdap, rest));
    }
    if let Some(rest) = below("/bigquery/v2").or_else(|| below("/upload/bigquery/v2")) {
        return Some((Service::BigQuery, rest));
    }
    let prefixes = [
        "/storage/v1",
        "/upload/storage/v1",
        "/download/storage/v1",
        "/batch/storage/v1",
    ];
    if let Some(rest) = prefixes.into_iter().find_map(below) {
        return Some((Service::Storage, rest));
    }
    if let Some(rest) = below("/token").or_else(|| below("/computeMetadata")) {
        return Some((Service::Accounts, rest));
    }
    if let Some(rest) = below("/v1").or_else(|| below("/v1beta1")) {
        return Some((Service::DataFusion, rest));
    }
    is_object(path).then_some((Service::Storage, path))
}

fn cdap<'a>(method: &str, segments: &[&'a str]) -> (&'static str, Option<&'a str>) {
    let ["v3", "namespaces", _, rest @ ..] = segments else {
        let metrics = segments.starts_with(&["v3", "metrics"]);
        return (if metrics { "metrics" } else { "" }, None);
    };
    // A version of an app does not change the operation.
    let program = match rest {
        ["apps", _, "versions", _, tail @ ..] if !tail.is_empty() => tail,
        ["apps", _, tail @ ..] => tail,
        ["start"] => return ("start", None),
        ["stop"] => return ("stop", None),
        ["status"] => return ("status", None),
        ["runs"] => return ("list", None),
        ["apps" | "appdetail"] => return ("apps", None),
        ["preferences"] => return ("preferences", None),
        _ => return ("", None),
    };
    match (method, program) {
        ("PUT", []) | ("POST", ["create"]) => ("deploy", None),
        ("DELETE", []) => ("delete", None),
        (_, []) => ("app", None),
        (_, ["plugins"]) => ("plugins", None),
        (_, ["preferences"] | [_, _, "preferences"]) => ("preferences", None),
        ("POST", [_, _, "start"]) => ("start", None),
        ("POST", [_, _, "stop"]) => ("stop", None),
        (_, [_, _, "status"]) => ("status", None),
        (_, [_, _, "runs"]) => ("list", None),
        (_, [_, _, "logs", ..]) => ("logs", None),
        (_, [_, _, "runs", run]) => ("record", Some(run)),
        (_, [_, _, "runs", run, "stop"]) => ("stop", Some(run)),
        (_, [_, _, "runs", run, "logs", ..]) => ("logs", Some(run)),
        (_, [_, _, "runs", run, "nodes", "state"]) => ("nodes", Some(run)),
        (_, [_, _, "runs", run, "classify"]) => ("classify", Some(run)),
        (_, [_, _, "runs", run, .., "token"]) => ("token", Some(run)),
        (_, [_, _, "runs", run, ..]) => ("", Some(run)),
        _ => ("", None),
    }
}

fn bigquery(method: &str, segments: &[&str]) -> &'static str {
    match (method, segments) {
        ("POST", ["projects", _, "queries"]) => "query",
        (_, ["projects", _, "queries", _]) => "results",
        ("POST", ["projects", _, "jobs"]) => "insert",
        (_, ["projects", _, "jobs", _, "cancel"]) => "cancel",
        (_, ["projects", _, "jobs", _]) => "job",
        (_, ["projects", _, "datasets", _, "tables", _, "data" | "insertAll"]) => "data",
        (_, ["projects", _, "datasets", _, "tables", ..]) => "table",
        (_, ["projects", _, "datasets", ..]) => "dataset",
        _ => "",
    }
}

fn fusion(method: &str, segments: &[&str]) -> &'static str {
    match (method, segments) {
        ("POST", ["projects", _, "locations", _, "instances"]) => "create",
        (_, ["projects", _, "locations", _, "instances"]) => "instances",
        ("POST", ["projects", _, "locations", _, "instances", name]) if name.ends_with(":restart") => {
            "restart"
        }
        (_, ["projects", _, "locations", _, "instances", _]) => "instance",
        (_, ["projects", _, "locations", _, "operations", ..]) => "operation",
        _ => "",
    }
}

fn storage(method: &str, path: &str, segments: &[&str]) -> &'static str {
    match (method, segments) {
        _ if path.starts_with("/upload/") => "upload",
        _ if is_object(path) => "object",
        (_, ["b", _, "o"]) => "objects",
        (_, ["b", _, "o", ..]) => "object",
        (_, ["b", ..]) => "bucket",
        _ => "",
    }
}

/// The arguments of all runs that a start asks for: a list of programs, or the arguments of one.
fn start_arguments(body: &str) -> Vec<Arguments> {
    let texts = |object: &Json| -> Arguments {
        let pairs = object.as_object().into_iter().flatten();
        pairs
            .map(|(name, value)| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                (name.clone(), text)
            })
            .collect()
    };
    match serde_json::from_str(body) {
        Ok(Json::Array(items)) => items.iter().map(|item| texts(&item["runtimeargs"])).collect(),
        Ok(object @ Json::Object(_)) => vec![texts(&object)],
        _ => Vec::new(),
    }
}
