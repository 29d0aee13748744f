//! The end of a run is told to a webhook: of a good run and of one that could not begin, and what is said if nobody listens.

use crate::home::{Home, Told, finish};
use crate::listener::listen;
use serde_json::Value;

fn start(home: &Home, webhook: &str, arguments: &[&str]) -> Told {
    let mut command = home.command(arguments);
    command.env("DOWNBEAT_WEBHOOK", webhook);
    finish(command)
}

#[test]
fn the_end_of_a_run_is_told_to_a_webhook() {
    let home = Home::new();
    let (address, messages) = listen("200 OK", "");
    let address = format!("{address}/services/hunter2");
    let one = ["run", "--only", "hr/engineer", "--output", "json"];
    let told = start(&home, &address, &one);
    assert_eq!(told.code, 0, "{}", told.all());
    let message: Value = serde_json::from_str(&messages.recv().unwrap().body).unwrap();
    assert_eq!(message.as_object().unwrap().len(), 1, "{message}");
    let run = told.summary()["run"].as_str().unwrap().to_owned();
    let text = message["text"].as_str().unwrap();
    assert!(text.starts_with("Downbeat, profile sandbox: "), "{text}");
    assert!(text.contains(&run) && text.contains("success"), "{text}");

    let failing = [
        "run",
        "--set",
        "cdf_pipeline_name=nothing",
        "--set",
        "webhook_format=json",
        "--output",
        "json",
    ];
    let failed = start(&home, &address, &failing);
    assert_eq!(failed.code, 2, "{}", failed.all());
    let line: Value = serde_json::from_str(&messages.recv().unwrap().body).unwrap();
    let text = line["text"].as_str().unwrap();
    assert!(text.contains("nothing"), "the reason is said: {text}");
    let summary = failed.summary();
    for name in ["event", "run", "state", "exit", "tasks"] {
        assert_eq!(line[name], summary[name], "{name}");
    }
    assert_eq!(line["profile"], "sandbox");
    assert!(messages.try_recv().is_err(), "each end is told once");
}

#[test]
fn a_webhook_that_does_not_take_it_changes_nothing_of_the_run() {
    let home = Home::new();
    let (address, messages) = listen("410 Gone", "");
    let address = format!("{address}/services/hunter2");
    let told = start(&home, &address, &["run", "--only", "hr/engineer"]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert!(messages.recv().is_ok());
    let all = told.all();
    assert!(
        all.contains("The webhook at 127.0.0.1 was not told: 410"),
        "{all}"
    );
    assert!(!all.contains("hunter2"), "{all}");
    let files = home.files().into_iter().filter(|path| path.is_file());
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        assert!(
            !String::from_utf8_lossy(&bytes).contains("hunter2"),
            "{}",
            file.display()
        );
    }
}
