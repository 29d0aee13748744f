//! Which sinks prevent a run, which must be accepted, and which are only a warning.

use super::deployment::{deployed, judged, messages, sink, stage, with_argument};
use super::*;
use crate::finding::Severity;
use crate::remedy::Remedy;
use serde_json::{Value, json};

/// The properties of a sink, and the table that it fills if it is not the one that is emptied.
#[test]
fn a_sink_that_writes_elsewhere_prevents_the_run() {
    for (properties, elsewhere) in [
        (json!({"dataset": "cdf_output", "table": "landing"}), None),
        (
            json!({"project": "auto-detect", "dataset": "cdf_output", "table": "landing"}),
            None,
        ),
        (
            json!({"project": "other", "datasetProject": "my-project", "dataset": "cdf_output", "table": "landing"}),
            None,
        ),
        (
            json!({"project": "other", "datasetProject": "Auto-Detect", "dataset": "cdf_output", "table": "landing"}),
            None,
        ),
        (
            json!({"dataset": "${bq_dataset_id}", "table": "${bq_output_table}", "project": "${project_id}"}),
            None,
        ),
        (
            json!({"dataset": "cdf_output", "table": "customers"}),
            Some("my-project.cdf_output.customers"),
        ),
        (
            json!({"dataset": "cdf_output", "table": "Landing"}),
            Some("my-project.cdf_output.Landing"),
        ),
        (
            json!({"dataset": "prod", "table": "landing"}),
            Some("my-project.prod.landing"),
        ),
        (
            json!({"project": "other", "dataset": "cdf_output", "table": "landing"}),
            Some("other.cdf_output.landing"),
        ),
        (
            json!({"project": "my-project", "datasetProject": "other", "dataset": "cdf_output", "table": "landing"}),
            Some("other.cdf_output.landing"),
        ),
        (
            json!({"dataset": "cdf_output", "table": "${t}"}),
            Some("my-project.cdf_output.preferred"),
        ),
        (
            json!({"dataset": "prod", "table": "${secure(t)}"}),
            Some("my-project.prod.?"),
        ),
        (
            json!({"useConnection": "true", "connection": "${conn(c)}", "dataset": "prod", "table": "landing"}),
            Some("?.prod.landing"),
        ),
    ] {
        let deployed = deployed(&[sink(&properties)], &[("t", "preferred")]);
        let plan = judged(request(Scope::Chain), vec![row("hr", "a", 1)], &deployed);
        let expected: Vec<_> = elsewhere
            .iter()
            .map(|table| {
                format!("The run would empty my-project.cdf_output.landing, but the stage Out fills {table}.")
            })
            .collect();
        assert_eq!(messages(&plan, Severity::Error), expected, "{properties}");
        let mut keeping = request(Scope::Chain);
        keeping.variables.bq_truncate = false;
        let plan = judged(keeping, vec![row("hr", "a", 1)], &deployed);
        assert!(plan.error().is_none());
        assert_eq!(
            messages(&plan, Severity::Warning).len(),
            expected.len(),
            "{properties}"
        );
    }
}

#[test]
fn each_row_has_its_own_sink() {
    let deployed = deployed(
        &[sink(
            &json!({"dataset": "cdf_output", "table": "${bq_output_table}"}),
        )],
        &[],
    );
    let rows = vec![row("hr", "a", 1), with_argument("b", "bq_output_table", "other")];
    let plan = judged(request(Scope::Chain), rows, &deployed);
    let errors = messages(&plan, Severity::Error);
    assert!(
        errors[0].ends_with("fills my-project.cdf_output.other (start_pipeline_hr_b)."),
        "{errors:?}"
    );
}

#[test]
fn a_run_on_another_table_is_told_by_its_arguments() {
    let named = json!({"project": "${project}", "dataset": "${dataset}", "table": "${table}"});
    let fixed = json!({"dataset": "cdf_output", "table": "landing"});
    let ours = [
        ("project", "my-project"),
        ("dataset", "cdf_output"),
        ("table", "landing"),
    ];
    let with = |name: &str, value: &str| -> RuntimeArguments {
        let given = ours.iter().filter(|(other, _)| *other != name);
        let mut given: RuntimeArguments = given.map(|(name, value)| (*name, *value)).collect();
        given.insert(name, value);
        given
    };
    let none = RuntimeArguments::default;
    for (sinks, arguments, elsewhere) in [
        (vec![sink(&named)], with("table", "landing"), false),
        (vec![sink(&named)], with("table", "other"), true),
        (vec![sink(&named)], with("dataset", "prod"), true),
        (vec![sink(&named)], with("project", "other"), true),
        // Nothing tells where it writes: it may be here.
        (vec![sink(&named)], none(), false),
        (vec![sink(&fixed)], with("table", "other"), false),
        (vec![sink(&named), sink(&fixed)], with("table", "other"), false),
        (vec![], with("bq_output_table", "other"), true),
        (vec![], with("bq_dataset_id", "prod"), true),
        (vec![], with("bq_output_table", "landing"), false),
        (vec![], none(), false),
    ] {
        let deployed = deployed(&sinks, &[]);
        let plan = judged(request(Scope::Chain), vec![row("hr", "a", 1)], &deployed);
        assert_eq!(
            plan.fills_elsewhere(&deployed, &arguments),
            elsewhere,
            "{arguments:?}"
        );
    }
}

#[test]
fn a_sink_that_cannot_be_known_must_be_accepted() {
    let names = |table: &str| json!({"dataset": "cdf_output", "table": table});
    let setter = |plugin: &str, properties: &Value| stage("Set", plugin, "action", properties);
    let connected = json!({"useConnection": "true", "connection": "${conn(c)}", "dataset": "cdf_output", "table": "landing"});
    let multi = stage(
        "Out",
        "BigQueryMultiTable",
        "batchsink",
        &json!({"dataset": "cdf_output"}),
    );
    let query = json!({"rowAsArguments": "true", "sql": "SELECT 't' AS t"});
    for (stages, words) in [
        (
            vec![sink(&names("${secure(t)}"))],
            "table is ${secure(t)}, which only the server can evaluate",
        ),
        (
            vec![setter("BigQueryExecute", &query), sink(&names("${t}"))],
            "table is ${t}, which the stage Set sets",
        ),
        (
            vec![
                setter("ArgumentSetter", &json!({})),
                sink(&names("${bq_output_table}")),
            ],
            "which the stage Set may set",
        ),
        (
            vec![sink(&connected)],
            "its project is in the connection ${conn(c)}",
        ),
        (vec![multi], "BigQueryMultiTable chooses its tables"),
        (
            vec![stage("Trash", "Trash", "batchsink", &json!({}))],
            "None of the pipeline's sinks is a BigQuery sink: Trash (Trash)",
        ),
        (vec![], "The pipeline has no sink"),
    ] {
        let deployed = deployed(&stages, &[]);
        let rows = || vec![row("hr", "a", 1)];
        let refused = judged(request(Scope::Chain), rows(), &deployed);
        let error = refused.error().unwrap_or_else(|| panic!("{words}"));
        assert!(error.message.contains(words), "{error:?}");
        assert!(error.remedies.contains(&Remedy::AllowUnresolvedSink));
        let accepted = RunRequest {
            allow_unresolved_sink: true,
            ..request(Scope::Chain)
        };
        let plan = judged(accepted, rows(), &deployed);
        assert!(
            plan.error().is_none() && messages(&plan, Severity::Warning)[0].contains(words),
            "{:?}",
            plan.findings
        );
        let mut keeping = request(Scope::Chain);
        keeping.variables.bq_truncate = false;
        assert_eq!(
            judged(keeping, rows(), &deployed).findings,
            [],
            "nothing is emptied"
        );
    }
}

/// The statements of an action may fill it, but that is not known.
#[test]
fn without_a_sink_only_an_empty_table_may_be_emptied() {
    let action = stage(
        "Load",
        "BigQueryExecute",
        "action",
        &json!({"sql": "INSERT INTO t SELECT 1"}),
    );
    let deployed = deployed(&[action], &[]);
    for (is_empty, severity) in [(false, Severity::Error), (true, Severity::Warning)] {
        let mut plan = Plan::new(
            request(Scope::Chain),
            Some(&configuration(vec![row("hr", "a", 1)])),
        );
        plan.output_is_empty = is_empty;
        let severities: Vec<_> = plan.judge(&deployed).iter().map(|found| found.severity).collect();
        assert_eq!(severities, [severity]);
    }
}

#[test]
fn data_in_another_project_is_compared_with_that_project() {
    for (settings, properties, elsewhere) in [
        (
            &[("bq_project_id", "data-project")][..],
            json!({"project": "data-project", "dataset": "cdf_output", "table": "landing"}),
            None,
        ),
        (
            &[("bq_project_id", "data-project")],
            json!({"project": "${bq_project_id}", "dataset": "${bq_dataset_id}", "table": "${bq_output_table}"}),
            None,
        ),
        // The project that the pipeline runs in is still the instance's.
        (
            &[("bq_project_id", "data-project")],
            json!({"project": "auto-detect", "dataset": "cdf_output", "table": "landing"}),
            Some("my-project.cdf_output.landing"),
        ),
        (
            &[("bq_output_table", "data-project.ds.t")],
            json!({"project": "data-project", "dataset": "ds", "table": "${bq_output_table}"}),
            None,
        ),
        (
            &[("bq_dataset_id", "data-project.ds")],
            json!({"project": "data-project", "dataset": "${bq_dataset_id}", "table": "landing"}),
            None,
        ),
        (
            &[("bq_output_table", "ds.landing")],
            json!({"dataset": "${bq_dataset_id}", "table": "landing"}),
            Some("my-project.cdf_output.landing"),
        ),
    ] {
        let mut request = request(Scope::Chain);
        for (name, text) in settings {
            request.variables.set_by_name(name, text).unwrap();
        }
        let plan = judged(
            request,
            vec![row("hr", "a", 1)],
            &deployed(&[sink(&properties)], &[]),
        );
        let found = messages(&plan, Severity::Error);
        match elsewhere {
            None => assert_eq!(found, [""; 0], "{settings:?} {properties}"),
            Some(table) => assert!(
                found[0].contains(&format!("but the stage Out fills {table}.")),
                "{found:?}"
            ),
        }
    }
}

#[test]
fn without_an_output_table_no_sink_is_elsewhere_and_nothing_is_emptied() {
    let deployed = deployed(
        &[sink(&json!({"dataset": "any", "table": "${t}"}))],
        &[("t", "x")],
    );
    let mut request = request(Scope::Chain);
    request.variables.bq_output_table.clear();
    assert!(
        judged(request.clone(), Vec::new(), &deployed).error().is_some(),
        "bq_truncate needs it"
    );
    request.variables.bq_truncate = false;
    let plan = judged(request, vec![row("hr", "a", 1)], &deployed);
    assert_eq!(plan.findings, []);
    assert!(!plan.empties_output());
    let shown = texts(&plan, Detail::Changes).join("\n");
    assert!(
        shown.contains("truncate_table: left out, because no output table is named"),
        "{shown}"
    );
    assert!(
        plan.head(false).ends_with("no table is emptied"),
        "{}",
        plan.head(false)
    );
    assert!(!plan.fills_elsewhere(&deployed, &RuntimeArguments::default()));
    let given = [("business_unit", "hr"), ("data_source", "a")]
        .into_iter()
        .collect();
    let mut by_hand = super::request(Scope::Single(given));
    by_hand.variables.bq_output_table.clear();
    assert_eq!(judged(by_hand, Vec::new(), &deployed).findings, []);
}
