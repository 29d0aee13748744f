//! What the client reads: settings, variables, arguments, log lines, and the answers of the services.

#[path = "client/answer.rs"]
mod answer;

use domain::arguments::{RuntimeArguments, parse_file, parse_list, parse_pairs};
use domain::log::{Level, LogLine, level_of_row, time_of_row};
use domain::sanitize;
use domain::time::Timestamp;
use domain::variable::{VariableName, Variables};
use downbeat::config::{Config, Overrides, Settings, WithoutChoice};
use std::path::Path;

pub use answer::{bigquery, cdap, fusion};

/// A function of any bytes.
pub type Target = fn(&[u8]);

/// Every target by the name of its folder of seeds.
pub const TARGETS: [(&str, Target); 7] = [
    ("settings", settings),
    ("variables", variables),
    ("arguments", arguments),
    ("log_lines", log_lines),
    ("cdap", cdap),
    ("fusion", fusion),
    ("bigquery", bigquery),
];

/// `config.toml`, and what a start makes of each of its profiles.
pub fn settings(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let config = match Config::parse(&text, Path::new("config.toml")) {
        Ok(config) => config,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    for name in config.names() {
        let overrides = Overrides::from_outside(Some(name.to_owned()), Vec::new(), std::iter::empty());
        if let Ok(settings) = Settings::resolve(&config, &overrides, WithoutChoice::Refuse) {
            assert_eq!(settings.profile, name);
        }
    }
}

/// Lines `NAME=VALUE`, as `--set` takes them.
pub fn variables(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut variables = Variables::default();
    for line in text.lines() {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        let Ok(name) = VariableName::from_name(name) else {
            continue;
        };
        let fault = Variables::fault(name, value);
        assert_eq!(
            variables.set(name, value).is_err(),
            fault.is_some(),
            "{name}={value}"
        );
        // What is shown can be written back, and means the same.
        let shown = variables.text(name);
        let mut again = variables.clone();
        assert!(again.set(name, &shown).is_ok(), "{name}={shown}");
        assert!(again == variables, "{name}={shown}");
    }
    let _ = variables.check();
}

/// Arguments on the command line, in a file, and in `cdf_pipeline_run_arguments`: JSON, and the sample's single quotes.
pub fn arguments(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = parse_pairs(&text);
    let _ = parse_file(&text);
    if let Ok(list) = parse_list(&text) {
        let written = serde_json::to_string(&list).unwrap_or_default();
        assert!(parse_list(&written).is_ok_and(|again| again == list), "{written}");
        for argument in list.iter().flat_map(RuntimeArguments::iter) {
            let _ = RuntimeArguments::fault(argument.0, argument.1);
        }
    }
}

/// A line of a log on its way to the file and the screen, and a row of such a file.
pub fn log_lines(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for row in text.lines() {
        let _ = (time_of_row(row), level_of_row(row));
    }
    let line = sanitize::line(&text);
    assert!(!line.chars().any(char::is_control), "{line:?}");
    assert_eq!(sanitize::line(&line), line);
    let clean = sanitize::text(&text);
    assert!(
        !clean
            .chars()
            .any(|letter| letter.is_control() && !"\n\t".contains(letter)),
        "{clean:?}"
    );
    let (source, message) = text.split_once('\n').unwrap_or(("Read", &text));
    let logged = LogLine::new(Timestamp::from_seconds(1), Level::Warn, source, message).to_string();
    assert!(
        !logged.chars().any(|letter| letter.is_control() && letter != '\n'),
        "{logged:?}"
    );
    for (number, row) in logged.split('\n').enumerate() {
        let is_head =
            time_of_row(row) == Some(Timestamp::from_seconds(1)) && level_of_row(row) == Some(Level::Warn);
        assert!(
            if number == 0 {
                is_head
            } else {
                row.starts_with("    ")
            },
            "{logged:?}"
        );
    }
}
