//! What the deployed pipeline means for a plan: variables as arguments, and missing macros.

use super::*;
use crate::deployed::DeployedPipeline;
use crate::finding::Severity;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) fn stage(name: &str, plugin: &str, kind: &str, properties: &Value) -> Value {
    json!({"name": name, "plugin": {"name": plugin, "type": kind, "properties": properties}})
}

pub(super) fn sink(properties: &Value) -> Value {
    stage("Out", "BigQueryTable", "batchsink", properties)
}

/// Each stage leads to the next.
pub(super) fn deployed(stages: &[Value], preferences: &[(&str, &str)]) -> DeployedPipeline {
    let names: Vec<_> = stages.iter().map(|stage| stage["name"].clone()).collect();
    let connections: Vec<_> = names
        .windows(2)
        .map(|pair| json!({"from": pair[0], "to": pair[1]}))
        .collect();
    let configuration = json!({"stages": stages, "connections": connections});
    DeployedPipeline::read(
        &configuration,
        &BTreeMap::new(),
        preferences.iter().copied().collect(),
    )
}

pub(super) fn judged(request: RunRequest, rows: Vec<ConfigurationRow>, deployed: &DeployedPipeline) -> Plan {
    let mut plan = Plan::new(request, Some(&configuration(rows)));
    let findings = plan.judge(deployed);
    plan.add(findings);
    plan
}

pub(super) fn with_argument(source: &str, name: &str, value: &str) -> ConfigurationRow {
    let mut row = row("hr", source, 1);
    row.arguments.insert(name, value);
    row
}

pub(super) fn messages(plan: &Plan, severity: Severity) -> Vec<&str> {
    let found = plan
        .findings
        .iter()
        .filter(|finding| finding.severity == severity);
    found.map(|finding| finding.message.as_str()).collect()
}

#[test]
fn variables_go_along_where_the_pipeline_looks_them_up() {
    let names =
        json!({"project": "auto-detect", "dataset": "${bq_dataset_id}", "table": "${bq_output_table}"});
    let deployed = deployed(&[sink(&names)], &[("bq_dataset_id", "from_preferences")]);
    let mut request = request(Scope::Chain);
    let edited = row("hr", "edited", 1);
    let mut arguments = edited.arguments.clone();
    arguments.insert("bq_output_table", "landing");
    request.edits.insert(edited.task.clone(), arguments);
    let rows = vec![
        row("hr", "plain", 1),
        with_argument("own", "bq_output_table", "landing"),
        edited,
    ];
    let plan = judged(request, rows, &deployed);
    assert_eq!(plan.findings, []);
    let sources: Vec<_> = plan
        .pipelines
        .iter()
        .flatten()
        .map(|start| {
            let arguments = start.arguments();
            let of = |name: &str| {
                let found = arguments.iter().find(|argument| argument.name == name);
                found.map(|argument| (argument.value.unwrap().to_owned(), argument.source))
            };
            (
                of("bq_output_table").unwrap(),
                of("bq_dataset_id").unwrap(),
                of("project_id"),
            )
        })
        .collect();
    let landing = |source| ("landing".to_owned(), source);
    let dataset = ("cdf_output".to_owned(), ArgumentSource::Variable);
    assert_eq!(
        sources,
        [
            (landing(ArgumentSource::Added), dataset.clone(), None),
            (landing(ArgumentSource::Row), dataset.clone(), None),
            (landing(ArgumentSource::Variable), dataset, None),
        ]
    );
    let shown = texts(&plan, Detail::Arguments);
    assert!(
        shown
            .iter()
            .any(|line| line == "bq_output_table = landing (the variable)"),
        "{shown:?}"
    );
    let shown = texts(&plan, Detail::Changes).join("\n");
    assert!(
        shown.contains("bq_dataset_id = cdf_output, bq_output_table = landing"),
        "{shown}"
    );
}

#[test]
fn a_plan_after_a_restart_passes_the_same() {
    let names = json!({"dataset": "${bq_dataset_id}", "table": "${bq_output_table}"});
    let first = judged(
        request(Scope::Chain),
        vec![row("hr", "leave", 1)],
        &deployed(&[sink(&names)], &[]),
    );
    let mut again = Plan::new(
        request(Scope::Chain),
        Some(&configuration(vec![row("hr", "leave", 1)])),
    );
    again.pass(&first.passed);
    assert_eq!(again.pipelines, first.pipelines);
}

#[test]
fn a_pipeline_by_hand_gets_them_too() {
    let arguments = [("bq_output_table", "by_hand")].into_iter().collect();
    let names = json!({"dataset": "${bq_dataset_id}", "table": "${bq_output_table}"});
    let plan = judged(
        request(Scope::Single(arguments)),
        vec![],
        &deployed(&[sink(&names)], &[]),
    );
    let found: Vec<_> = plan.pipelines.as_ref().unwrap()[0]
        .arguments()
        .iter()
        .map(|argument| argument.source)
        .collect();
    assert_eq!(found, [ArgumentSource::Variable, ArgumentSource::ByHand]);
    // Nothing is emptied: a sink elsewhere is worth a warning and no more.
    assert_eq!(messages(&plan, Severity::Error), [""; 0]);
    let warnings = messages(&plan, Severity::Warning);
    assert!(
        warnings[0].contains("fills my-project.cdf_output.by_hand"),
        "{warnings:?}"
    );
}

#[test]
fn every_missing_macro_is_named_with_its_stages_and_tasks() {
    let deployed = deployed(
        &[
            stage(
                "In",
                "GCSFile",
                "batchsource",
                &json!({"path": "gs://${bucket}/${region}", "format": "${format}"}),
            ),
            sink(&json!({"dataset": "cdf_output", "table": "landing", "bucket": "${bucket}"})),
        ],
        &[("format", "${kind}")],
    );
    let rows = vec![with_argument("a", "region", "eu"), row("hr", "b", 1)];
    let plan = judged(request(Scope::Chain), rows, &deployed);
    assert_eq!(
        messages(&plan, Severity::Error),
        [
            "The pipeline uses macros without a value: bucket (in In, Out), kind (in In), \
          region (in In; start_pipeline_hr_b)."
        ]
    );
}

#[test]
fn a_macro_that_a_column_gives_in_other_case_is_told() {
    let pipeline = deployed(
        &[sink(
            &json!({"dataset": "cdf_output", "table": "landing", "bucket": "${region}/${other}"}),
        )],
        &[],
    );
    let remedies = |name: &str| {
        let rows = vec![with_argument("a", name, "eu")];
        let plan = judged(request(Scope::Chain), rows, &pipeline);
        let errors = plan.findings.into_iter();
        let errors = errors.filter(|finding| finding.severity == Severity::Error);
        errors
            .map(|finding| format!("{:?}", finding.remedies))
            .collect::<Vec<_>>()
            .concat()
    };
    let told = remedies("Region");
    assert!(
        told.contains(
            "The case of letters counts: name Region as region in the table, or in bq_config_query."
        ),
        "{told}"
    );
    assert!(!remedies("area").contains("case"));
}

#[test]
fn a_thousand_tasks_are_not_all_named() {
    let deployed = deployed(
        &[sink(
            &json!({"dataset": "cdf_output", "table": "landing", "bucket": "${b}"}),
        )],
        &[],
    );
    let mut rows: Vec<_> = (0..999)
        .map(|number| row("hr", &format!("s{number:03}"), 1))
        .collect();
    rows.push(with_argument("last", "b", "x"));
    let plan = judged(request(Scope::Chain), rows, &deployed);
    let errors = messages(&plan, Severity::Error);
    assert!(
        errors[0].contains("start_pipeline_hr_s009 and 989 more)"),
        "{errors:?}"
    );
}

#[test]
fn only_macros_behind_a_setter_are_excused_and_by_name() {
    let uses = json!({"path": "${before}", "rowAsArguments": "true", "sql": "SELECT 'found' AS known"});
    let behind = json!({"path": "${known}/${other}"});
    let target = sink(&json!({"dataset": "cdf_output", "table": "landing"}));
    let named = deployed(
        &[
            stage("Set", "BigQueryExecute", "action", &uses),
            stage("In", "File", "batchsource", &behind),
            target.clone(),
        ],
        &[],
    );
    let plan = judged(request(Scope::Chain), vec![row("hr", "a", 1)], &named);
    assert_eq!(
        messages(&plan, Severity::Error),
        ["The pipeline uses macros without a value: before (in Set), other (in In)."]
    );
    assert_eq!(plan.findings.len(), 1);
    let setter = stage("Set", "ArgumentSetter", "action", &json!({"url": "${before}"}));
    let unnamed = deployed(
        &[setter, stage("In", "File", "batchsource", &behind), target],
        &[],
    );
    let plan = judged(request(Scope::Chain), vec![row("hr", "a", 1)], &unnamed);
    assert_eq!(
        messages(&plan, Severity::Error),
        ["The pipeline uses macros without a value: before (in Set)."]
    );
    let warnings = messages(&plan, Severity::Warning);
    assert!(
        warnings[0].contains("the stage Set") && warnings[0].contains("known (in In), other (in In)"),
        "{warnings:?}"
    );
}

#[test]
fn what_the_server_evaluates_is_not_missing() {
    let properties = json!({"password": "${secure(pw)}", "path": "${logicalStartTime(yyyy-MM-dd)}/${logical.start.time}",
        "dataset": "cdf_output", "table": "landing"});
    let plan = judged(
        request(Scope::Chain),
        vec![row("hr", "a", 1)],
        &deployed(&[sink(&properties)], &[]),
    );
    assert_eq!(plan.findings, []);
    let endless = deployed(
        &[sink(
            &json!({"dataset": "cdf_output", "table": "landing", "x": "${a}"}),
        )],
        &[("a", "${a}")],
    );
    let plan = judged(request(Scope::Chain), vec![row("hr", "a", 1)], &endless);
    assert_eq!(
        messages(&plan, Severity::Error),
        ["The values of these arguments refer to themselves: a (in Out)."]
    );
}

#[test]
fn a_missing_macro_outside_the_stages_is_a_warning() {
    let configuration_ = json!({
        "stages": [sink(&json!({"dataset": "cdf_output", "table": "landing"}))],
        "postActions": [stage("Mail", "Email", "postaction", &json!({"recipients": "${team}"}))],
        "properties": {"system.spark.spark.executor.memory": "${memory}"},
    });
    let deployed = DeployedPipeline::read(&configuration_, &BTreeMap::new(), RuntimeArguments::default());
    let plan = judged(request(Scope::Chain), vec![row("hr", "a", 1)], &deployed);
    let warnings = messages(&plan, Severity::Warning);
    assert!(
        plan.error().is_none() && warnings[0].contains("memory (in engine properties), team (in Mail)"),
        "{:?}",
        plan.findings
    );
}

#[test]
fn a_streaming_pipeline_is_refused_by_its_artifact() {
    let batch = deployed(&[sink(&json!({"table": "${bq_output_table}"}))], &[]);
    for (artifact, is_refused) in [
        (None, false),
        (Some("cdap-data-pipeline"), false),
        (Some("cdap-data-streams"), true),
    ] {
        let deployed = batch.clone().of_artifact(artifact.map(Into::into));
        let plan = judged(request(Scope::Chain), vec![row("hr", "engineer", 1)], &deployed);
        let is_said = |message: &&str| message.contains("is a streaming pipeline");
        assert_eq!(
            messages(&plan, Severity::Error).iter().any(is_said),
            is_refused,
            "{artifact:?}"
        );
    }
}
