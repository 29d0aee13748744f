//! Models for the tests, made from the events of a real run, so that no impossible state is drawn.

use domain::arguments::RuntimeArguments;
use domain::draft::KeptEdits;
use domain::event::{Discovery, Fact, RunEvent};
use domain::failure::Failure;
use domain::id::{JobId, PipelineRunId, StartToken};
use domain::key::RowName;
use domain::pipeline::{PipelineState, StageCounts};
use domain::plan::PlannedPipeline;
use domain::request::{RunRequest, Scope};
use domain::row::{Configuration, ConfigurationRow, task_id};
use domain::target::{Credentials, Endpoints};
use domain::time::Timestamp;
use domain::variable::{VariableName, Variables};
use downbeat::engine::{Connected, Update};
use downbeat::tui::Setup;
use downbeat::tui::clipboard::Clipboard;
use downbeat::tui::effect::Effect;
use downbeat::tui::key::Key;
use downbeat::tui::look::Look;
use downbeat::tui::model::Model;
use downbeat::tui::model::logs::view::{LogSpan, LogWindow};
use downbeat::tui::msg::Msg;
use downbeat::tui::preferences::Preferences;
use downbeat::tui::symbol::Symbols;
use downbeat::tui::theme::{Ground, Palette, Theme};
use downbeat::tui::update::{init, update};
use downbeat::tui::view::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// 2026-11-23 10:00:00 UTC.
pub const START: Timestamp = Timestamp::from_seconds(1_795_428_000);

/// So many seconds after the start.
pub fn at(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

/// Colours and Unicode.
pub const COLOUR: Look = Look {
    theme: Theme {
        palette: Palette::Full,
        ground: Ground::Dark,
        band: None,
    },
    symbols: Symbols::UNICODE,
};

/// Neither colours nor Unicode.
pub const BARE: Look = Look {
    theme: Theme {
        palette: Palette::None,
        ground: Ground::Dark,
        band: None,
    },
    symbols: Symbols::ASCII,
};

pub fn variables() -> Variables {
    let mut variables = Variables::default();
    for (name, text) in [
        ("project_id", "downbeat-sandbox"),
        ("cdf_instance", "sandbox"),
        ("cdf_pipeline_name", "cdf_mysql_to_bigquery"),
        ("bq_output_table", "landing"),
        ("cdf_pipeline_timeout_seconds", "60"),
        ("dag_retry_interval_minutes", "0.1"),
    ] {
        variables.set_by_name(name, text).unwrap();
    }
    variables
}

pub fn setup() -> Setup {
    let profile = [
        VariableName::ProjectId,
        VariableName::CdfInstance,
        VariableName::CdfPipelineName,
        VariableName::BqOutputTable,
    ];
    Setup {
        profile: "sandbox".into(),
        is_sandbox: true,
        endpoints: Endpoints::default(),
        credentials: nobody(),
        look: COLOUR,
        profiles: Vec::new(),
        lacks_choice: false,
        preferences: Preferences::default(),
        variables: variables(),
        origins: profile.map(|name| (name, "profile".to_owned())).into(),
        findings: Vec::new(),
        common_arguments: RuntimeArguments::default(),
        secret_names: Vec::new(),
        last_run: None,
        unfinished: None,
        history: Vec::new(),
        log_path: Box::new(|_, _, _| PathBuf::from("/nowhere")),
        save: Box::new(|_| Ok(BTreeMap::new())),
        kept: KeptEdits::default(),
        open_page: Box::new(|_| false),
        keep_edits: Box::new(|_| Ok(KeptEdits::default())),
        read_run: Box::new(|_| Err(Failure::permanent("no history in a test"))),
        read_history: Box::new(|| Ok(Vec::new())),
        have_runs_begun: Box::new(|| false),
        read_records: Box::new(|_| tokio::sync::mpsc::channel(1).1),
        clipboard: Clipboard::Terminal,
        keep_text: Box::new(|_| Err(Failure::permanent("no disk in a test"))),
        viewer: None,
        has_mouse: true,
        learns: false,
        past_notices: Vec::new(),
        keep_notices: Box::new(|_| {}),
        ask_for_release: None,
        local_offset: |_| 3600,
        clock: || START,
    }
}

/// No credentials are sent, as in the sandbox.
pub fn nobody() -> Credentials {
    Credentials {
        source: "none",
        account: None,
        file: None,
        text: "none".into(),
    }
}

pub fn row(unit: &str, source: &str, active: bool, priority: i64) -> ConfigurationRow {
    ConfigurationRow {
        task: task_id(unit, source),
        name: RowName::usual(unit, source),
        active,
        priority,
        timeout: None,
        max_retries: None,
        description: None,
        arguments: [
            ("business_unit", unit),
            ("data_source", source),
            ("db_password", "hunter2"),
            ("source_table", &format!("{unit}_{source}")),
        ]
        .into_iter()
        .collect(),
    }
}

pub fn table() -> Configuration {
    let rows = vec![
        row("hr", "engineer", true, 10),
        row("hr", "recruiter", true, 10),
        row("finance", "ledger", true, 20),
        row("sales", "orders", true, 20),
        row("sales", "customers", true, 30),
        row("it", "assets", true, 100),
        row("it", "platform", false, 100),
        row("legal", "contracts", false, 100),
    ];
    Configuration {
        total_rows: rows.len() as u64,
        rows,
        findings: Vec::new(),
    }
}

/// A model before any run.
pub fn empty(width: u16, height: u16) -> Model {
    let mut model = setup().model();
    init(&mut model);
    send(&mut model, 0, Msg::Resized(width, height));
    model
}

/// The same with the configuration read.
pub fn ready(width: u16, height: u16) -> Model {
    let mut model = empty(width, height);
    configuration(&mut model, 0, Ok(table()));
    let connected = Connected {
        version: "6.11.0".into(),
        state: "ACTIVE".into(),
        console: None,
        caller: nobody(),
    };
    send(&mut model, 0, Msg::Engine(Box::new(Update::Connected(connected))));
    model
}

/// The table of the variables as they are now was read, or could not be.
pub fn configuration(model: &mut Model, seconds: u64, outcome: Result<Configuration, Failure>) {
    let of = Box::new(model.variables.working.clone());
    let update = Update::Configuration { of, outcome };
    send(model, seconds, Msg::Engine(Box::new(update)));
}

pub fn send(model: &mut Model, seconds: u64, msg: Msg) -> Vec<Effect> {
    update(model, at(seconds), msg)
}

/// Types keys by their names, separated by spaces; gives all effects.
pub fn press(model: &mut Model, names: &str) -> Vec<Effect> {
    let now = model.now;
    names
        .split_whitespace()
        .flat_map(|name| {
            let key = Key::parse(name).unwrap_or_else(|| panic!("{name} is not a key"));
            update(model, now, Msg::Key(key))
        })
        .collect()
}

/// Types a text, letter by letter.
pub fn type_text(model: &mut Model, text: &str) {
    for letter in text.chars() {
        let name = if letter == ' ' {
            "space".into()
        } else {
            letter.to_string()
        };
        press(model, &name);
    }
}

/// The events of a run, second by second.
pub struct Scenario {
    pub model: Model,
    pub now: u64,
}

impl Scenario {
    pub fn new(model: Model) -> Self {
        Self { model, now: 0 }
    }

    pub fn at(mut self, seconds: u64) -> Self {
        self.now = seconds;
        send(&mut self.model, seconds, Msg::Ticked);
        self
    }

    pub fn fact(mut self, fact: Fact) -> Self {
        let event = RunEvent {
            at: at(self.now),
            fact,
        };
        send(
            &mut self.model,
            self.now,
            Msg::Engine(Box::new(Update::Events(vec![event]))),
        );
        self
    }

    pub fn done(self, name: &str) -> Self {
        self.fact(Fact::TryStarted { task: name.into() })
            .fact(Fact::TaskSucceeded { task: name.into() })
    }

    /// A run of the whole chain begins.
    pub fn begin(self) -> Self {
        let request = RunRequest::new("sandbox", variables(), Scope::Chain);
        self.fact(Fact::RunStarted {
            run: "2026-11-23T10-00-00-4f2a".into(),
            request: Box::new(request),
        })
    }

    /// The chain up to the moment at which pipelines start.
    pub fn chain(self, table: &Configuration) -> Self {
        let pipelines = table.active().map(planned).collect();
        self.begin()
            .done("start")
            .at(1)
            .fact(Fact::TryStarted {
                task: "truncate_table".into(),
            })
            .fact(Fact::TruncateIntended { job: JobId::new("j") })
            .fact(Fact::TaskSucceeded {
                task: "truncate_table".into(),
            })
            .fact(Fact::TryStarted {
                task: "get_configuration".into(),
            })
            .fact(Fact::ConfigurationRead {
                configuration: table.clone(),
            })
            .fact(Fact::TaskSucceeded {
                task: "get_configuration".into(),
            })
            .done("filter_arguments")
            .at(2)
            .fact(Fact::PipelinesPlanned { pipelines })
    }

    pub fn started(self, task: &str, number: u32) -> Self {
        self.fact(Fact::StartIntended {
            task: task.into(),
            number,
            token: StartToken::new(format!("{task}-{number}")),
        })
        .fact(Fact::PipelineStarted {
            task: task.into(),
            run_id: PipelineRunId::new("0f3c9a1e-c84b-11f0-9d2a-0242ac110002"),
            found: Discovery::Answered,
        })
    }

    pub fn seen(self, task: &str, state: PipelineState) -> Self {
        self.fact(Fact::PipelineSeen {
            task: task.into(),
            cluster_ended: false,
            state,
        })
    }

    pub fn counted(self, task: &str, read: u64, loaded: Option<u64>) -> Self {
        let counts = vec![
            StageCounts {
                stage: "Read MySQL".into(),
                written: read,
                ..StageCounts::default()
            },
            StageCounts {
                stage: "BigQuery".into(),
                read,
                written: read,
                loaded,
                errors: 0,
            },
        ];
        self.fact(Fact::RecordsCounted {
            task: task.into(),
            counts,
        })
    }
}

pub fn planned(row: &ConfigurationRow) -> PlannedPipeline {
    PlannedPipeline {
        task: row.task.clone(),
        priority: row.priority,
        timeout: Duration::from_secs(60),
        allowed_tries: 3,
        arguments: row.arguments.clone(),
    }
}

/// Lines as the store writes them.
pub fn lines(number: usize) -> Vec<String> {
    let words = [
        "INFO  Read MySQL | 120 rows read from hr.engineer",
        "DEBUG Projection | dropped the field updated_by",
        "WARN  MySQLSource | the connection was opened again after a Communications link failure that took longer than usual to notice",
        "ERROR BigQuery | stage BigQuery failed with error: Not found: Table downbeat-sandbox:cdf_output.landing",
    ];
    let mut lines = Vec::new();
    for n in 0..number {
        let stamp = format!("2026-11-23T10:00:{:02}.{:03}Z", n % 60, n % 1000);
        lines.push(format!("{stamp} {}", words[n % words.len()]));
        if n % 4 == 3 {
            lines.push(
                "    at io.cdap.plugin.gcp.bigquery.sink.BigQuerySink.prepareRun(BigQuerySink.java:120)"
                    .into(),
            );
        }
    }
    lines
}

/// Gives the log pane a file with these lines, as the shell would.
pub fn log(model: &mut Model, lines: &[String]) {
    send(model, model.now.since(START).as_secs(), Msg::Ticked);
    assert!(model.logs.target.is_some(), "a task with a try is selected");
    let msg = Msg::LogRead {
        request: Box::new(model.logs.request_of(LogSpan::Last(lines.len()))),
        window: Ok(LogWindow::whole(lines)),
        has_more: false,
    };
    send(model, model.now.since(START).as_secs(), msg);
}

/// A frame.
pub fn frame(model: &Model, look: &Look) -> Buffer {
    let mut cells = Buffer::empty(Rect::new(0, 0, model.area.width, model.area.height));
    view(model, look, &mut cells);
    cells
}

/// A frame as text, one line a row, without the spaces at its end.
pub fn text(cells: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..cells.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < cells.area.width {
            let symbol = cells[(x, y)].symbol();
            line.push_str(symbol);
            // What a wide letter covers is not drawn.
            x += u16::try_from(unicode_width::UnicodeWidthStr::width(symbol))
                .unwrap()
                .max(1);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The whole help as text.
pub fn help() -> String {
    let mut model = ready(120, 240);
    press(&mut model, "?");
    picture(&model, &COLOUR)
}

/// A screen as text.
pub fn picture(model: &Model, look: &Look) -> String {
    text(&frame(model, look))
}
