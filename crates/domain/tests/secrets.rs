//! No fact that is written or shown holds a secret, wherever the secret came in.

use domain::arguments::{MASK, RuntimeArguments, TYPED_MASK};
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::finding::Finding;
use domain::key::RowName;
use domain::plan::{ArgumentSource, Plan};
use domain::request::{RunRequest, Scope};
use domain::row::{Configuration, ConfigurationRow, task_id};
use domain::secret::Secrets;
use domain::service::Service;
use domain::time::Timestamp;
use domain::variable::{ArgumentList, Variables};
use std::collections::BTreeMap;

const PASSWORD: &str = "hunter2-of-the-row";

fn arguments(password: &str) -> RuntimeArguments {
    RuntimeArguments::from_iter([
        ("business_unit", "hr"),
        ("data_source", "payroll"),
        ("db_word", password),
        ("note", PASSWORD),
    ])
}

fn secrets() -> Secrets {
    let mut secrets = Secrets::default();
    secrets.add_names(["db_word".to_owned()]);
    secrets.learn(&arguments(PASSWORD));
    secrets
}

fn configuration() -> Configuration {
    let row = ConfigurationRow {
        task: task_id("hr", "payroll"),
        name: RowName::usual("hr", "payroll"),
        active: true,
        priority: 1,
        timeout: None,
        max_retries: None,
        description: Some(format!("with {PASSWORD}")),
        arguments: arguments(PASSWORD),
    };
    Configuration {
        rows: vec![row],
        findings: vec![Finding::warning(
            "x",
            format!("priority is '{PASSWORD}'"),
            format!("not {PASSWORD}"),
        )],
        total_rows: 1,
    }
}

fn request(scope: Scope) -> RunRequest {
    let variables = Variables {
        cdf_pipeline_run_arguments: ArgumentList(vec![arguments(PASSWORD)]),
        ..Variables::default()
    };
    RunRequest {
        profile: "p".into(),
        variables,
        scope,
        arguments: RuntimeArguments::default(),
        edits: BTreeMap::from([(task_id("hr", "payroll"), arguments(PASSWORD))]),
        allow_unresolved_sink: false,
        only: [].into(),
        beside: false,
    }
}

#[test]
fn no_fact_holds_a_secret() {
    let task = || task_id("hr", "payroll");
    let failure = || Failure::transient(format!("said {PASSWORD}")).with_remedy(format!("not {PASSWORD}"));
    let at = Timestamp::from_seconds(1);
    let planned = Plan::new(request(Scope::Chain), Some(&configuration())).into_pipelines();
    for fact in [
        Fact::RunStarted {
            run: "r".into(),
            request: Box::new(request(Scope::Single(arguments(PASSWORD)))),
        },
        Fact::ConfigurationRead {
            configuration: configuration(),
        },
        Fact::PipelinesPlanned { pipelines: planned },
        Fact::StartDoubted {
            task: task(),
            reason: failure(),
        },
        Fact::StartRefused {
            task: task(),
            reason: failure(),
            again_at: at,
        },
        Fact::TaskLostSight {
            task: task(),
            reason: failure(),
        },
        Fact::TryFailed {
            task: task(),
            failure: failure(),
            retry_at: at,
        },
        Fact::TaskFailed {
            task: task(),
            failure: failure(),
        },
        Fact::TaskTimedOut {
            task: task(),
            failure: failure(),
        },
        Fact::TaskStopped {
            task: task(),
            failure: failure(),
        },
        Fact::TaskGivenUp {
            task: task(),
            reason: failure(),
        },
        Fact::TaskSkipped {
            task: task(),
            reason: failure(),
        },
        Fact::Noticed {
            finding: Finding::from_failure("x", failure()),
        },
        Fact::ConnectionDegraded {
            service: Service::Cdap,
            reason: failure(),
        },
    ] {
        let event = RunEvent { at, fact };
        let redacted = event.redacted(&secrets());
        let text = serde_json::to_string(&redacted).unwrap_or_default();
        assert!(text.contains(MASK) && !text.contains(PASSWORD), "{text}");
        assert_eq!(redacted.redacted(&secrets()), redacted, "once is enough");
        assert_eq!(
            serde_json::from_str::<RunEvent>(&text).ok(),
            Some(redacted),
            "it can be read again"
        );
    }
}

#[test]
fn an_edit_tells_what_was_typed_from_what_is_the_rows() {
    let task = task_id("hr", "payroll");
    let mut request = request(Scope::Chain);
    request.edits = BTreeMap::from([(task.clone(), arguments("typed-password"))]);
    request.redact(&secrets());
    assert_eq!(request.edits[&task].get("db_word"), Some(TYPED_MASK));

    // Who edits sees masks; a mask that is left alone is the row's value.
    request.edits = BTreeMap::from([(task.clone(), secrets().redact(&arguments(PASSWORD)))]);
    request.redact(&secrets());
    assert_eq!(request.edits[&task].get("db_word"), Some(MASK));
    let plan = Plan::new(request, Some(&configuration()));
    let pipelines = plan.into_pipelines();
    assert_eq!(pipelines[0].arguments, arguments(PASSWORD));
}

#[test]
fn a_plan_shows_that_a_secret_was_edited_and_not_which() {
    let mut request = request(Scope::Chain);
    request.edits = BTreeMap::from([(task_id("hr", "payroll"), arguments("typed-password"))]);
    let plan = Plan::new(request, Some(&configuration())).redacted(&secrets());
    let starts = plan.pipelines.unwrap_or_default();
    let shown = starts[0].arguments();
    let word = shown.iter().find(|argument| argument.name == "db_word");
    let word = word.map(|argument| (argument.value, argument.row_value, argument.source));
    assert_eq!(word, Some((Some(MASK), Some(MASK), ArgumentSource::Edited)));
    let note = shown.iter().find(|argument| argument.name == "note");
    assert_eq!(note.map(|argument| argument.source), Some(ArgumentSource::Row));
}
