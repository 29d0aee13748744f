//! A Wrangler whose source has no schema: which versions fail, whose source counts, and that a person can decide otherwise.

use super::deployment::stage;
use super::*;
use crate::deployed::DeployedPipeline;
use crate::finding::Severity;
use serde_json::json;
use std::collections::BTreeMap;

/// A source, something between, a Wrangler; and another source that does not feed it.
fn pipeline(schema: &str, between_schema: &str, feeds: bool) -> DeployedPipeline {
    let source = |name: &str, schema: &str| stage(name, "MySQL", "batchsource", &json!({"schema": schema}));
    let between = json!({"schema": between_schema});
    let stages = [
        source("Read", schema),
        source("Other", ""),
        stage("Between", "Projection", "transform", &between),
        stage("Wrangle", "Wrangler", "transform", &json!({"directives": "x"})),
    ];
    let mut connections = vec![
        json!({"from": "Read", "to": "Between"}),
        json!({"from": "Other", "to": "Elsewhere"}),
    ];
    connections.extend(feeds.then(|| json!({"from": "Between", "to": "Wrangle"})));
    let configuration = json!({"stages": stages, "connections": connections});
    DeployedPipeline::read(&configuration, &BTreeMap::new(), RuntimeArguments::default())
}

fn judged(pipeline: &DeployedPipeline, version: &str, allow: bool) -> Option<(Severity, String)> {
    let mut request = request(Scope::Chain);
    request.variables.allow_schemaless_wrangler = allow;
    let found = Plan::new(request, None).judge_wrangler(pipeline, version)?;
    Some((found.severity, found.message))
}

#[test]
fn only_a_source_that_feeds_the_wrangler_counts() {
    let literal = "{\"type\":\"record\"}";
    for (schema, between, feeds, is_trap) in [
        ("", "", true, true),
        ("${schema}", "", true, true),
        (literal, "", true, false),
        ("", literal, true, false),
        ("", "", false, false),
    ] {
        let pipeline = pipeline(schema, between, feeds);
        let found = judged(&pipeline, "6.10.0", false);
        assert_eq!(found.is_some(), is_trap, "{schema} {between} {feeds}");
        assert!(
            found.is_none_or(|(_, message)| message.contains("('Wrangle')") && message.contains("('Read')"))
        );
    }
}

#[test]
fn it_holds_for_the_versions_where_it_was_measured_and_can_be_overridden() {
    let pipeline = pipeline("", "", true);
    for (version, allow, severity) in [
        ("6.9.0", false, Some(Severity::Error)),
        ("6.10.0", false, Some(Severity::Error)),
        ("6.10.0-1691234567890", false, Some(Severity::Error)),
        ("6.10.0", true, Some(Severity::Warning)),
        ("6.10.1", false, Some(Severity::Warning)),
        ("6.9.2", false, Some(Severity::Warning)),
        ("6.8.3", false, None),
        ("6.11.0", false, None),
    ] {
        let found = judged(&pipeline, version, allow);
        assert_eq!(found.map(|(severity, _)| severity), severity, "{version} {allow}");
    }
}
