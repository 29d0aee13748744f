//! Runs for the tests: live, failed, degraded, huge, and with unusual names.

use crate::sample::{Scenario, at, configuration, empty, lines, log, ready, row, table};
use domain::event::Fact;
use domain::failure::Failure;
use domain::finding::Finding;
use domain::id::TaskId;
use domain::pipeline::PipelineState;
use domain::row::Configuration;
use domain::service::Service;
use domain::state::RunState;
use domain::task::StopReason;
use domain::truncate::JobProgress;
use downbeat::tui::model::Model;

const HR: &str = "start_pipeline_hr_engineer";
const RECRUITER: &str = "start_pipeline_hr_recruiter";
const LEDGER: &str = "start_pipeline_finance_ledger";
const ORDERS: &str = "start_pipeline_sales_orders";
const CUSTOMERS: &str = "start_pipeline_sales_customers";

/// A live run: one task done, one waiting for its next try, others at work.
pub fn running(width: u16, height: u16) -> Model {
    let failure = Failure::transient("Read MySQL failed with error: Communications link failure")
        .with_remedy("Check that the source database accepts connections.");
    let scenario = Scenario::new(ready(width, height))
        .chain(&table())
        .started(HR, 1)
        .started(RECRUITER, 1)
        .started(LEDGER, 1)
        .started(ORDERS, 1)
        .at(4)
        .seen(HR, PipelineState::Running)
        .seen(LEDGER, PipelineState::Pending)
        .seen(ORDERS, PipelineState::Running)
        .counted(HR, 1_204, Some(1_204))
        .counted(ORDERS, 250_311, None)
        .at(9)
        .fact(Fact::TaskSucceeded { task: HR.into() })
        .fact(Fact::TryFailed {
            task: RECRUITER.into(),
            failure,
            retry_at: at(75),
        })
        .fact(Fact::StartIntended {
            task: CUSTOMERS.into(),
            number: 1,
            token: "t".into(),
        })
        .at(65);
    let mut model = scenario.model;
    model.grid.selected = Some(TaskId::from(RECRUITER));
    log(&mut model, &lines(40));
    model
}

/// A run that failed.
pub fn failed(width: u16, height: u16) -> Model {
    let failure = Failure::permanent("BigQuery load failed: no such field 'salary' in table landing")
        .with_remedy("Add the column to the table, or remove it from the Projection stage.");
    let scenario = Scenario::new(ready(width, height))
        .chain(&table())
        .started(HR, 1)
        .seen(HR, PipelineState::Failed)
        .at(20)
        .fact(Fact::TaskFailed {
            task: HR.into(),
            failure,
        })
        .started(RECRUITER, 1)
        .fact(Fact::TaskLostSight {
            task: RECRUITER.into(),
            reason: Failure::transient("the run is in no list of the last 60 s"),
        })
        .started(LEDGER, 1)
        .fact(Fact::TaskTimedOut {
            task: LEDGER.into(),
            failure: Failure::permanent("60 s had passed; the run was stopped and is KILLED"),
        })
        .fact(Fact::TaskGivenUp {
            task: RECRUITER.into(),
            reason: Failure::permanent("its end was not seen"),
        })
        .fact(Fact::UpstreamFailed { task: "end".into() })
        .at(60)
        .fact(Fact::RunEnded {
            state: RunState::Failed,
        });
    let mut model = scenario.model;
    model.grid.selected = Some(TaskId::from(HR));
    log(&mut model, &lines(8));
    model
}

/// A run that emptied the output table and failed then.
pub fn emptied(width: u16, height: u16) -> Model {
    let truncate = || TaskId::from("truncate_table");
    let scenario = Scenario::new(ready(width, height))
        .begin()
        .done("start")
        .at(1)
        .fact(Fact::TryStarted { task: truncate() })
        .fact(Fact::TruncateIntended { job: "j".into() })
        .fact(Fact::OutputEmptied {
            task: truncate(),
            started: Some(at(1)),
            rows: Some(1_915),
        })
        .fact(Fact::TaskSucceeded { task: truncate() })
        .fact(Fact::TryStarted {
            task: "get_configuration".into(),
        })
        .at(3)
        .fact(Fact::TaskFailed {
            task: "get_configuration".into(),
            failure: Failure::permanent("BigQuery: running a query failed: 403, Access Denied."),
        })
        .fact(Fact::UpstreamFailed {
            task: "filter_arguments".into(),
        })
        .fact(Fact::UpstreamFailed { task: "end".into() })
        .fact(Fact::RunEnded {
            state: RunState::Failed,
        });
    let mut model = scenario.model;
    model.grid.selected = Some(truncate());
    model
}

/// The configuration without an active row.
pub fn nothing_active(width: u16, height: u16) -> Model {
    let mut table = table();
    table.rows.iter_mut().for_each(|row| row.active = false);
    table.findings.push(Finding::warning(
        "is_active",
        "None of the 8 rows of the configuration is active, so there is nothing to run.",
        "Set is_active of a row to TRUE.",
    ));
    let mut model = ready(width, height);
    configuration(&mut model, 0, Ok(table));
    model
}

/// A run of that.
pub fn idle(width: u16, height: u16) -> Model {
    let skipped = |task: &str| Fact::TaskSkipped {
        task: task.into(),
        reason: Failure::permanent("No row of the configuration is active."),
    };
    let scenario = Scenario::new(nothing_active(width, height))
        .begin()
        .fact(Fact::TryStarted { task: "start".into() })
        .at(1)
        .fact(Fact::ConfigurationChecked { active: 0 })
        .fact(Fact::TaskSucceeded { task: "start".into() })
        .fact(skipped("truncate_table"))
        .fact(skipped("get_configuration"))
        .fact(skipped("filter_arguments"))
        .done("end")
        .fact(Fact::RunEnded {
            state: RunState::Empty,
        });
    scenario.model
}

/// The job that empties the output table waits in a queue, and is to stop.
pub fn truncate_pending(width: u16, height: u16) -> Model {
    let truncate = || TaskId::from("truncate_table");
    let scenario = Scenario::new(ready(width, height))
        .begin()
        .done("start")
        .at(1)
        .fact(Fact::TryStarted { task: truncate() })
        .fact(Fact::TruncateIntended { job: "j".into() })
        .fact(Fact::TruncateSeen {
            task: truncate(),
            progress: JobProgress::Pending,
        })
        .at(301)
        .fact(Fact::StopIntended {
            task: truncate(),
            why: StopReason::TryLimit,
        })
        .at(310);
    let mut model = scenario.model;
    model.grid.selected = Some(truncate());
    model
}

/// CDAP does not answer, and there is a finding.
pub fn degraded(width: u16, height: u16) -> Model {
    let mut model = running(width, height);
    let scenario = Scenario { model, now: 66 }
        .fact(Fact::ConnectionDegraded {
            service: Service::Cdap,
            reason: Failure::transient("connection refused"),
        })
        .fact(Fact::Noticed {
            finding: Finding::warning(
                "configuration",
                "Row 'it / platform' has the is_active value 'maybe'.",
                "Write true or false.",
            ),
        });
    model = scenario.model;
    model
}

/// Five hundred pipelines.
pub fn huge(width: u16, height: u16) -> Model {
    let rows: Vec<_> = (0..500)
        .map(|n| row("unit", &format!("source_{n:03}"), true, n))
        .collect();
    let table = Configuration {
        total_rows: 500,
        rows,
        findings: Vec::new(),
    };
    let mut scenario = Scenario::new(empty(width, height)).chain(&table).at(30);
    for n in 0..300 {
        let task = format!("start_pipeline_unit_source_{n:03}");
        scenario = scenario
            .started(&task, 1)
            .counted(&task, 1_000_000 + n, Some(1_000_000 + n));
        scenario = if n < 280 {
            scenario.fact(Fact::TaskSucceeded {
                task: task.as_str().into(),
            })
        } else {
            scenario.seen(&task, PipelineState::Running)
        };
    }
    let mut model = scenario.model;
    model.grid.selected = Some(TaskId::from("start_pipeline_unit_source_290"));
    log(&mut model, &lines(3));
    model
}

/// Unusual names and reasons: wide, right to left, long, with control characters.
pub fn odd(width: u16, height: u16) -> Model {
    let rows = vec![
        row("人事部", "エンジニア", true, 1),
        row("مبيعات", "طلبات", true, 2),
        row("e\u{301}quipe", "\u{1b}[31mred\u{202e}evil", true, 3),
        row("👩‍👩‍👧‍👦", "family", false, 4),
        row(&"long".repeat(30), "name", true, 5),
    ];
    let table = Configuration {
        total_rows: 5,
        findings: vec![Finding::error(
            "configuration",
            "Two rows have the key 人事部 / エンジニア.",
            "Remove one of them.",
        )],
        rows,
    };
    let task = table.rows[0].task.to_string();
    let scenario = Scenario::new(empty(width, height))
        .chain(&table)
        .started(&task, 1)
        .at(5)
        .fact(Fact::TaskFailed {
            task: task.as_str().into(),
            failure: Failure::permanent("列がありません\n\tat io.cdap.Some\u{7}thing"),
        });
    let mut model = scenario.model;
    model.grid.selected = Some(TaskId::from(task.as_str()));
    log(
        &mut model,
        &[
            "2026-11-23T10:00:03.001Z INFO  読む | 百二十行を読みました 👩‍👩‍👧‍👦".into(),
            "2026-11-23T10:00:03.002Z ERROR مبيعات | فشل".into(),
            "    at continuation e\u{301}".into(),
            "no stamp at all".into(),
        ],
    );
    model
}
