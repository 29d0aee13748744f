//! What the checks learn of the deployed pipeline decides what is started, also after a restart.

use super::*;
use domain::plan::PlannedPipeline;
use domain::variable::VariableName;

fn passes(variables: &[VariableName]) -> Preflight {
    Preflight {
        passed: variables.iter().copied().collect(),
        ..Preflight::default()
    }
}

fn played(inspections: [Preflight; 2], restart: Option<u64>) -> FakeServer {
    let mut variables = Variables::default();
    variables.set_by_name("bq_output_table", "landing").unwrap();
    let script = Script {
        configuration: configuration(vec![row("s", 1)]),
        inspections,
        restart,
        ..Script::default()
    };
    let mut server = FakeServer::new(request(variables), script);
    server.run_until_idle();
    server
}

fn planned(server: &FakeServer) -> Vec<PlannedPipeline> {
    let plans = server.events.iter().filter_map(|event| match &event.fact {
        Fact::PipelinesPlanned { pipelines } => Some(pipelines.clone()),
        _ => None,
    });
    plans.flatten().collect()
}

#[test]
fn what_goes_along_is_the_same_after_a_restart() {
    let inspection = passes(&[VariableName::BqOutputTable, VariableName::BqDatasetId]);
    for restart in (0..20).map(Some).chain([None]) {
        let server = played([inspection.clone(), inspection.clone()], restart);
        let planned = planned(&server);
        assert_eq!(planned.len(), 1, "{restart:?}");
        let arguments = &planned[0].arguments;
        assert_eq!(arguments.get("bq_output_table"), Some("landing"), "{restart:?}");
        assert_eq!(arguments.get("bq_dataset_id"), Some("cdf_output"), "{restart:?}");
        assert_eq!(arguments.get("project_id"), None, "{restart:?}");
    }
}

#[test]
fn the_pipeline_as_it_is_after_the_truncate_decides() {
    let server = played(
        [
            passes(&[VariableName::BqOutputTable]),
            passes(&[VariableName::BqLocation]),
        ],
        None,
    );
    let arguments = &planned(&server)[0].arguments;
    assert_eq!(
        (arguments.get("bq_output_table"), arguments.get("bq_location")),
        (None, Some("US"))
    );
}

#[test]
fn rows_that_fit_no_more_end_the_run_before_the_pipelines() {
    let error = Finding::error("Out", "The stage Out fills another table.", "Correct it.");
    let found = Preflight {
        findings: vec![error],
        ..Preflight::default()
    };
    let server = played([Preflight::default(), found], None);
    let run = server.scheduler.run();
    assert_eq!(run.state.as_str(), "failed");
    let task = run.task(&task_of("get_configuration")).unwrap();
    assert_eq!(task.state.as_str(), "failed");
    assert_eq!(
        task.reason.as_ref().unwrap().reason,
        "The stage Out fills another table."
    );
    assert_eq!((server.jobs.truncations(), planned(&server)), (1, Vec::new()));
}
