//! The worlds of the matrix: the same screen with nothing to show, before answers have come, when they say that something
//! failed, with very much and with unusual text. Each is made of facts and answers, so that no impossible state is drawn.

use crate::doctor;
use crate::former::unwatched;
use crate::history::{know, record, records, task};
use crate::sample::{self, COLOUR, Scenario, lines, press, send};
use crate::scene;
use domain::arguments::RuntimeArguments;
use domain::call::ServiceCall;
use domain::deployed::DeployedPipeline;
use domain::doctor::{Check, Examined, Point, Report};
use domain::draft::ArgumentEdit;
use domain::failure::Failure;
use domain::history::RunRecord;
use domain::row::{Configuration, ConfigurationRow};
use domain::service::Service;
use domain::state::TaskState;
use downbeat::engine::{Connected, Update};
use downbeat::tui::model::Model;
use downbeat::tui::model::logs::view::{LogSpan, LogWindow};
use downbeat::tui::msg::Msg;
use downbeat::tui::preferences::{Guard, ProfileChoice};
use downbeat::tui::theme::Meaning;
use downbeat::tui::update::init;
use serde_json::json;
use std::collections::BTreeMap;

/// The size in which the worlds are made.
pub const SIZE: (u16, u16) = (120, 40);
const ORDERS: &str = "start_pipeline_sales_orders";
const HOSTILE: &str = "\u{1b}[31m列 مبيعات\u{202e} e\u{301} 👩‍👩‍👧‍👦";

/// Without rows, runs, presets or notices.
pub fn empty() -> Model {
    let mut model = sample::empty(SIZE.0, SIZE.1);
    sample::configuration(&mut model, 0, Ok(Configuration::default()));
    connect(&mut model);
    model
}

/// Before anything has answered; the list of former runs is known, what became of their tasks is not.
pub fn loading() -> Model {
    let mut setup = sample::setup();
    setup.history = records(3).into_iter().map(|record| record.summary).collect();
    let mut model = setup.model();
    init(&mut model);
    send(&mut model, 0, Msg::Resized(SIZE.0, SIZE.1));
    model
}

/// The next run is prepared.
pub fn ready() -> Model {
    let mut model = sample::ready(SIZE.0, SIZE.1);
    know(&mut model, records(30));
    deploy(&mut model);
    model.profiles = ["prod", "sandbox", "test"].map(profile).to_vec();
    for (name, value) in [("full reload", "0"), ("one day", "2026-11-22")] {
        let edit = edit("watermark_from", value);
        model.kept.presets.insert(name.into(), edit);
    }
    model
}

/// No service could be reached, and the profile could not be written.
pub fn broken() -> Model {
    let mut model = sample::empty(SIZE.0, SIZE.1);
    let refused = Failure::permanent(
        "BigQuery: reading downbeat-sandbox.cdf_output.configuration failed: 403, Access Denied.",
    )
    .with_remedy("Ask for the role BigQuery Data Viewer on the dataset cdf_output.");
    sample::configuration(&mut model, 1, Err(refused));
    let full = Failure::permanent("config.toml: no space left on device").with_remedy("Free some space.");
    send(&mut model, 2, Msg::Saved(Err(full)));
    model
}

/// The list of runs was asked for, and cannot be read.
pub fn without_journal() -> Model {
    let mut model = broken();
    press(&mut model, "H");
    let why = Failure::permanent("downbeat.db: disk I/O error").with_remedy("Check the disk.");
    send(&mut model, 3, Msg::HistoryRead(Err(why)));
    model
}

/// Names and texts of all scripts, and such that would drive the terminal.
pub fn odd() -> Model {
    let mut model = sample::empty(SIZE.0, SIZE.1);
    let read = scene::odd(SIZE.0, SIZE.1).configuration;
    let mut rows = read.rows().to_vec();
    rows[0].description = Some(HOSTILE.into());
    rows[0].arguments.insert("名前", HOSTILE);
    sample::configuration(&mut model, 0, Ok(table(rows)));
    connect(&mut model);
    let tasks = || {
        vec![
            task("start", TaskState::Success, 2),
            task("start_pipeline_人事部_エンジニア", TaskState::Failed, 9),
        ]
    };
    know(&mut model, (1..=3).map(|hours| record(hours, tasks())).collect());
    model.kept.presets.insert(HOSTILE.into(), edit("名前", HOSTILE));
    model.profiles = ["sandbox", "生産", HOSTILE].map(profile).to_vec();
    model.notify(Meaning::Danger, HOSTILE);
    model.notices.hide();
    model
}

/// A live run, with a past: what is left is known, and a task is late.
pub fn running() -> Model {
    let mut model = with_stages(scene::running(SIZE.0, SIZE.1));
    let past = (1..=30).map(|hours| {
        let quick = |name: &str| task(name, TaskState::Success, 40 + u64::from(hours % 3));
        record(
            hours,
            vec![
                quick(ORDERS),
                quick("start_pipeline_finance_ledger"),
                quick("start_pipeline_hr_recruiter"),
            ],
        )
    });
    remember(&mut model, past.collect());
    model
}

/// A run that has just begun: its first pipelines are asked for, and nothing of them is known yet.
pub fn beginning() -> Model {
    let scenario = Scenario::new(loading()).chain(&sample::table());
    let mut model = scenario.started(ORDERS, 1).model;
    press(&mut model, "3 g g j j j j j j j");
    model
}

/// A run while CDAP does not answer, the disk is full and the log cannot be read.
pub fn in_trouble() -> Model {
    let mut model = scene::degraded(SIZE.0, SIZE.1);
    let full = Failure::transient("The journal cannot be written: no space left on device.")
        .with_remedy("Free some space; the run goes on by itself then.");
    send(&mut model, 66, Msg::Engine(Box::new(Update::Trouble(Some(full)))));
    let unreadable = Msg::LogRead {
        request: Box::new(model.logs.request_of(LogSpan::Last(40))),
        window: Err("/nowhere/1.log cannot be read: permission denied".into()),
        has_more: false,
    };
    send(&mut model, 66, unreadable);
    model
}

/// What a run needs was looked at, and something is missing.
pub fn examined() -> Model {
    let mut model = ready();
    doctor::examined(&mut model, doctor::report());
    model
}

/// Nothing could be asked.
pub fn unasked() -> Model {
    let mut model = ready();
    let failure = Failure::permanent("Google credentials: no identity was found.");
    doctor::examined(&mut model, Report::unasked(&failure));
    model
}

/// The same with text of all scripts, and hostile text.
pub fn examined_oddly() -> Model {
    let mut model = ready();
    let point = Point::missing("There is no table エンジニア\u{1b}[31m in مبيعات.").run("bq mk 'エンジニア'");
    let checks = vec![Examined::new(Check::Tables, vec![point])];
    doctor::examined(&mut model, Report { checks });
    model
}

/// A run that failed, with its failures at hand.
pub fn failed() -> Model {
    let mut model = scene::failed(SIZE.0, SIZE.1);
    remember(&mut model, records(30));
    model
}

/// A live run of unusual names.
pub fn odd_run() -> Model {
    let mut model = scene::odd(SIZE.0, SIZE.1);
    let scenario = Scenario { model, now: 6 };
    let task = scenario.model.run.as_ref().unwrap().tasks[5].id.to_string();
    model = scenario.started(&task, 1).counted(&task, 7, None).model;
    let asked = call("starting 読む", Some("列がありません \u{1b}[2J"));
    send(&mut model, 7, Msg::Engine(Box::new(Update::Called(asked))));
    model.notify(Meaning::Warning, HOSTILE);
    model.notices.hide();
    model
}

/// A run that nobody watches, found at the start.
pub fn found() -> Model {
    crate::former::opened_on(unwatched(), false, SIZE.0, SIZE.1)
}

/// The same run, driven by another process.
pub fn found_driven() -> Model {
    crate::former::opened_on(crate::former::driven(), false, SIZE.0, SIZE.1)
}

/// The same run after a later one on its table.
pub fn found_overtaken() -> Model {
    crate::former::opened_on(crate::former::overtaken(), false, SIZE.0, SIZE.1)
}

/// A run of another process, watched here.
pub fn watching() -> Model {
    crate::former::watching(SIZE.0, SIZE.1)
}

/// The run of another day, on the screen instead of the own.
pub fn former() -> Model {
    let mut model = ready();
    let mut past = scene::failed(80, 24).run.unwrap();
    past.id = "past".into();
    model.history.insert(0, domain::summary::RunSummary::new(&past));
    press(&mut model, "H enter");
    crate::former::read(&mut model, downbeat::tui::model::opened_run::Purpose::Show, past);
    model
}

/// A world of the scenes in the size of the matrix.
pub fn of(make: fn(u16, u16) -> Model) -> Model {
    make(SIZE.0, SIZE.1)
}

/// What the shell answers when lines of the log are asked for: some lines, or that they cannot be read.
pub struct LogLines(pub bool);

impl LogLines {
    pub fn give(&self, model: &mut Model, seconds: u64) {
        if model.logs.target.is_none() {
            return;
        }
        let window = if self.0 {
            Ok(LogWindow::whole(&lines(120)))
        } else {
            Err("/nowhere/1.log cannot be read: permission denied".into())
        };
        let read = Msg::LogRead {
            request: Box::new(model.logs.request_of(LogSpan::Last(120))),
            window,
            has_more: false,
        };
        send(model, seconds, read);
    }
}

/// A profile in which nothing may be started.
pub fn read_only() -> Model {
    guarded(true, false, ready())
}

/// A profile in which names are typed first.
pub fn protected() -> Model {
    guarded(false, true, ready())
}

fn guarded(is_read_only: bool, is_protected: bool, mut model: Model) -> Model {
    model.preferences.guard = Guard {
        is_read_only,
        is_protected,
    };
    model
}

/// With requests in the log of what was done.
pub fn after_requests() -> Model {
    let mut model = running();
    for failure in [None, Some("503, Service Unavailable")] {
        let called = call("starting cdf_mysql_to_bigquery", failure);
        send(&mut model, 66, Msg::Engine(Box::new(Update::Called(called))));
    }
    model
}

pub fn call(operation: &str, failure: Option<&str>) -> ServiceCall {
    ServiceCall {
        service: Service::Cdap,
        operation: operation.into(),
        method: "POST".into(),
        path: "/api/v3/namespaces/default/start".into(),
        failure: failure.map(str::to_owned),
    }
}

pub fn connect(model: &mut Model) {
    let connected = Connected {
        version: "6.11.0".into(),
        state: "ACTIVE".into(),
        console: None,
        caller: sample::nobody(),
    };
    send(model, 0, Msg::Engine(Box::new(Update::Connected(connected))));
}

pub fn deploy(model: &mut Model) {
    let stage = |name: &str, kind: &str| {
        json!({"name": name, "plugin": {"name": kind, "type": "batchsink",
        "properties": {"dataset": "${bq_dataset_id}", "table": "${bq_output_table}"}}})
    };
    let leads = |from: &str, to: &str| json!({"from": from, "to": to});
    let configuration = json!({
        "stages": [stage("Read MySQL", "Database"), stage("BigQuery", "BigQueryTable"), stage("Archive", "GCS")],
        "connections": [leads("Read MySQL", "BigQuery"), leads("Read MySQL", "Archive")],
    });
    let deployed = DeployedPipeline::read(&configuration, &BTreeMap::new(), RuntimeArguments::default());
    let update = Update::Deployed {
        of: Box::new(model.variables.working.clone()),
        pipeline: Some(deployed),
    };
    send(model, model_seconds(model), Msg::Engine(Box::new(update)));
}

fn model_seconds(model: &Model) -> u64 {
    model.now.since(sample::START).as_secs()
}

/// With the pipeline's stages known, and a task with counts selected.
fn with_stages(mut model: Model) -> Model {
    deploy(&mut model);
    model
}

fn remember(model: &mut Model, past: Vec<RunRecord>) {
    let seconds = model_seconds(model);
    model
        .history
        .extend(past.iter().map(|record| record.summary.clone()));
    send(model, seconds, Msg::RecordsRead(past));
    send(model, seconds, Msg::RecordsDone);
}

pub fn profile(name: &str) -> ProfileChoice {
    ProfileChoice {
        name: name.into(),
        colour: Some("red".into()),
        project: format!("{name}-project"),
        instance: "main".into(),
        guard: Guard {
            is_read_only: name == "test",
            is_protected: name == "prod",
        },
    }
}

pub fn edit(name: &str, value: &str) -> ArgumentEdit {
    let mut edit = ArgumentEdit::default();
    edit.set.insert(name, value);
    edit
}

pub fn table(rows: Vec<ConfigurationRow>) -> Configuration {
    Configuration {
        total_rows: rows.len() as u64,
        rows,
        findings: Vec::new(),
    }
}

/// What the band of a profile of a person looks like.
pub fn banded() -> (Model, downbeat::tui::look::Look) {
    let mut model = running();
    (model.is_sandbox, model.profile) = (false, "prod".into());
    model.preferences.guard.is_protected = true;
    let mut look = COLOUR;
    look.theme.band = Some(ratatui::style::Color::Red);
    (model, look)
}
