//! What is copied for the clipboard, and what is said of it.

use crate::sample::{self, press, send};
use crate::scene;
use domain::failure::Failure;
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;
use std::path::PathBuf;

/// The text that the keys copy.
fn copied(model: &mut Model, keys: &str) -> String {
    let effects = press(model, keys);
    let [Effect::Copy { text, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    text.clone()
}

#[test]
fn the_id_of_the_pipeline_run_is_copied_and_without_one_the_name() {
    let mut model = scene::running(120, 40);
    assert_eq!(copied(&mut model, "3 y"), "0f3c9a1e-c84b-11f0-9d2a-0242ac110002");
    press(&mut model, "G");
    assert_eq!(copied(&mut model, "y"), "end");
    let mut model = sample::empty(120, 40);
    assert_eq!(press(&mut model, "3 y"), []);
    assert!(model.notice().unwrap().text.contains("no task"));
}

#[test]
fn it_is_said_where_the_text_is() {
    let mut model = scene::running(120, 40);
    let mut said = |outcome| {
        let what = "the log".into();
        send(&mut model, 66, Msg::Copied { what, outcome });
        model.notice().unwrap().text.clone()
    };
    assert_eq!(said(Ok(None)), "Sent to the clipboard: the log.");
    assert!(said(Ok(Some(PathBuf::from("/home/copied/1.txt")))).contains("/home/copied/1.txt"));
    assert!(said(Err(Failure::permanent("the disk is full"))).contains("the disk is full"));
}

#[test]
fn a_failure_is_copied_as_markdown_with_what_the_log_says() {
    let mut model = scene::failed(120, 40);
    press(&mut model, "3 Y");
    let text = copied(&mut model, "m");
    for part in [
        "**start_pipeline_hr_engineer**: failed, try 1 of 3",
        "> BigQuery load failed: no such field 'salary' in table landing",
        "Run `2026-11-23T10-00-00-4f2a`, pipeline run `0f3c9a1e",
        "```text\n2026-11-23T10:00:0",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    press(&mut model, "Y");
    assert_eq!(copied(&mut model, "i"), "2026-11-23T10-00-00-4f2a");
    press(&mut model, "Y");
    let seen = copied(&mut model, "v");
    assert!(
        seen.lines().last().unwrap().contains("BigQuerySink.java"),
        "{seen}"
    );
}
