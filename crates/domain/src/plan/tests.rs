//! Plans of rows, edits and scopes.

use super::*;
use crate::finding::refusal;
use crate::key::KeyColumns;
use crate::row::task_id;

mod common;
mod deployment;
mod keys;
mod sinks;
mod unread;
mod wrangler;

fn row(unit: &str, source: &str, priority: i64) -> ConfigurationRow {
    ConfigurationRow {
        task: task_id(unit, source),
        name: RowName::usual(unit, source),
        active: true,
        priority,
        timeout: None,
        max_retries: None,
        description: None,
        arguments: [
            ("business_unit", unit),
            ("data_source", source),
            ("db_password", "old"),
        ]
        .into_iter()
        .collect(),
    }
}

fn configuration(rows: Vec<ConfigurationRow>) -> Configuration {
    Configuration {
        total_rows: rows.len() as u64,
        rows,
        findings: Vec::new(),
    }
}

fn request(scope: Scope) -> RunRequest {
    let mut variables = Variables::default();
    for (name, text) in [
        ("project_id", "my-project"),
        ("cdf_instance", "fusion"),
        ("cdf_pipeline_name", "copy"),
        ("bq_output_table", "landing"),
        ("dag_timeout_minutes", "600"),
    ] {
        variables.set_by_name(name, text).unwrap();
    }
    RunRequest::new("test", variables, scope)
}

fn texts(plan: &Plan, detail: Detail) -> Vec<String> {
    plan.lines(detail).into_iter().map(|line| line.text).collect()
}

#[test]
fn rows_start_by_priority_then_by_unit_and_source() {
    let rows = vec![
        row("sales", "orders", 2),
        row("hr_b", "alpha", 1),
        row("hr", "zulu", 1),
        ConfigurationRow {
            active: false,
            ..row("hr", "leave", 0)
        },
    ];
    let plan = Plan::new(request(Scope::Chain), Some(&configuration(rows)));
    assert_eq!(plan.findings, []);
    assert!(plan.empties_output());
    let left_out = LeftOut {
        name: RowName::usual("hr", "leave"),
        reason: "is_active is not true".into(),
    };
    assert_eq!(plan.left_out, [left_out]);
    let tasks: Vec<_> = plan
        .into_pipelines()
        .into_iter()
        .map(|p| p.task.to_string())
        .collect();
    assert_eq!(
        tasks,
        [
            "start_pipeline_hr_zulu",
            "start_pipeline_hr_b_alpha",
            "start_pipeline_sales_orders"
        ]
    );
}

/// A plan of these rows only.
fn plan_of(only: &[&str]) -> Plan {
    let rows = vec![
        row("hr", "engineer", 2),
        row("hr", "payroll", 1),
        ConfigurationRow {
            active: false,
            ..row("hr", "leave", 0)
        },
    ];
    let mut request = request(Scope::Chain);
    let columns = KeyColumns::default();
    request.only = only
        .iter()
        .map(|name| columns.parse_name(name).unwrap())
        .collect();
    Plan::new(request, Some(&configuration(rows)))
}

#[test]
fn a_run_of_some_rows_empties_nothing_and_says_what_is_left_out() {
    let plan = plan_of(&["hr/engineer"]);
    assert_eq!(
        (plan.findings.as_slice(), plan.empties_output()),
        ([].as_slice(), false)
    );
    let left_out = plan
        .left_out
        .iter()
        .map(|row| (row.name.to_string(), row.reason.as_str()));
    let left_out: Vec<_> = left_out.collect();
    assert_eq!(
        left_out,
        [
            ("hr/payroll".to_owned(), LeftOut::NOT_CHOSEN),
            ("hr/leave".to_owned(), "is_active is not true")
        ]
    );
    let shown = texts(&plan, Detail::Changes);
    for words in [
        "truncate_table: left out, because only some rows run; cdf_output.landing keeps its rows, and theirs are added",
        "filter_arguments: keeps only hr/engineer",
        "Left out: 1 row active and not asked for",
        "Left out: 1 row not active",
    ] {
        assert!(shown.iter().any(|line| line == words), "{words} in {shown:#?}");
    }
    let tasks: Vec<_> = plan
        .into_pipelines()
        .into_iter()
        .map(|one| one.task.to_string())
        .collect();
    assert_eq!(tasks, ["start_pipeline_hr_engineer"]);
}

#[test]
fn rows_that_cannot_run_are_errors_with_the_names_that_may_be_meant() {
    for (only, message, remedy) in [
        (
            "hr/enginer",
            "hr/enginer was asked for, and the configuration table does not have it",
            "hr/engineer",
        ),
        (
            "hr/leave",
            "hr/leave was asked for, and it is inactive",
            "Set its is_active to TRUE",
        ),
        ("xyzzy/q", "does not have it", "Check its business_unit"),
    ] {
        let plan = plan_of(&["hr/payroll", only]);
        let error = plan.error().unwrap();
        assert!(error.message.contains(message), "{error:?}");
        assert!(format!("{:?}", error.remedies).contains(remedy), "{error:?}");
        assert_eq!(plan.outcome(), crate::outcome::Outcome::Refused);
    }
    assert_eq!(plan_of(&[]).findings, []);
}

#[test]
fn each_argument_has_its_source_and_secrets_are_masked() {
    let mut request = request(Scope::Chain);
    let edited = [("business_unit", "hr"), ("limit", "5"), ("db_password", "new")];
    request
        .edits
        .insert(task_id("hr", "leave"), edited.into_iter().collect());
    let plan = Plan::new(request, Some(&configuration(vec![row("hr", "leave", 1)])));
    let start = &plan.pipelines.as_ref().unwrap()[0];
    let arguments = start.arguments();
    let shown: Vec<_> = arguments
        .iter()
        .map(|a| (a.name, a.source.as_str(), a.value))
        .collect();
    assert_eq!(
        shown,
        [
            ("business_unit", "row", Some("hr")),
            ("data_source", "removed", None),
            ("db_password", "edited", Some("***")),
            ("limit", "added", Some("5")),
        ]
    );
    assert_eq!(start.pipeline.arguments.get("db_password"), Some("new"));
    let changes = [
        "edited: - data_source",
        "edited: db_password = *** (the row says ***)",
        "edited: + limit = 5",
    ];
    let shown = texts(&plan, Detail::Changes);
    assert!(shown.windows(3).any(|lines| lines == changes), "{shown:?}");
    let debug = format!("{plan:?} {:?}", start.arguments());
    assert!(!debug.contains("new") && !debug.contains("old"), "{debug}");
}

#[test]
fn a_row_overrides_time_and_tries() {
    let with_limits = ConfigurationRow {
        timeout: Some(Duration::from_secs(60)),
        max_retries: Some(0),
        ..row("hr", "leave", 1)
    };
    let plan = Plan::new(request(Scope::Chain), Some(&configuration(vec![with_limits])));
    let shown = texts(&plan, Detail::Changes);
    let expected = "start_pipeline_hr_leave (priority 1, 1m 00s a try, 0 more tries)";
    assert!(shown.iter().any(|line| line == expected), "{shown:?}");
    let pipeline = plan.into_pipelines().remove(0);
    assert_eq!((pipeline.timeout.as_secs(), pipeline.allowed_tries), (60, 1));
}

#[test]
fn a_pipeline_by_hand_empties_nothing_and_reads_no_table() {
    let arguments = [("business_unit", "hr"), ("data_source", "leave")]
        .into_iter()
        .collect();
    let table = configuration(vec![row("sales", "orders", 1)]);
    let plan = Plan::new(request(Scope::Single(arguments)), Some(&table));
    assert!(!plan.empties_output());
    let spelled = [("Business_Unit", "hr"), ("DATA_SOURCE", "leave")]
        .into_iter()
        .collect();
    let other = Plan::new(request(Scope::Single(spelled)), None);
    let start = &other.pipelines.as_ref().unwrap()[0].pipeline;
    assert_eq!(start.task, task_id("hr", "leave"));
    assert_eq!(start.arguments.get("Business_Unit"), Some("hr"));
    let shown = texts(&plan, Detail::Arguments).join("\n");
    assert!(
        shown.contains("start_pipeline_hr_leave") && shown.contains("business_unit = hr"),
        "{shown}"
    );
    assert!(
        !shown.contains("truncate") && !shown.contains("orders"),
        "{shown}"
    );
    assert_eq!(
        plan.pipelines.unwrap()[0].arguments()[0].source,
        ArgumentSource::ByHand
    );
}

#[test]
fn errors_come_first_and_prevent_the_run() {
    let mut request = request(Scope::Chain);
    request
        .variables
        .set_by_name("dag_timeout_minutes", "10")
        .unwrap();
    let mut plan = Plan::new(request, None);
    assert!(plan.error().is_none() && plan.pipelines.is_none());
    let table = Configuration {
        findings: vec![Finding::error(
            "hr.leave",
            "The configuration has hr.leave twice.",
            "Delete one.",
        )],
        ..Configuration::default()
    };
    plan.read(&table);
    assert_eq!(plan.findings.len(), 2);
    assert_eq!(plan.error(), table.findings.first());
    let failure = refusal(&plan.findings).unwrap();
    assert_eq!(failure.reason, "The configuration has hr.leave twice.");
}

#[test]
fn no_text_of_the_table_drives_the_terminal() {
    let mut hostile = row("hr", "leave", 1);
    hostile.arguments.insert("note", "a\u{1b}[2Jb\nc");
    let inactive = ConfigurationRow {
        active: false,
        ..row("x\u{1b}]0;t\u{7}", "y", 1)
    };
    let plan = Plan::new(
        request(Scope::Chain),
        Some(&configuration(vec![hostile, inactive])),
    );
    let shown = texts(&plan, Detail::Arguments);
    assert!(shown.iter().any(|line| line == "note = ab c"), "{shown:?}");
    assert!(
        shown.iter().all(|line| !line.contains(char::is_control)),
        "{shown:?}"
    );
}
