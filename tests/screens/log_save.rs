//! Rows of the logs for files and for the clipboard: all of them, what the filter shows, what is selected.

use crate::log_files::LogFiles;
use crate::memory::{Harness, start_with_logs};
use crate::sample::{self, COLOUR, press, send, type_text};
use crate::scene;
use downbeat::tui::clipboard::Clipboard;
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::model::logs::extract::{LogPart, LogPurpose, TakeFailure, TakenLog};
use downbeat::tui::msg::Msg;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// The loop with a run whose first task has a log of so many rows.
async fn log(rows: usize) -> (TempDir, Harness, Arc<Mutex<String>>) {
    let mut text = String::new();
    for row in 0..rows {
        let level = if row % 3 == 0 { "ERROR" } else { "INFO " };
        writeln!(text, "2026-11-23T10:00:00.000Z {level} Read | row {row}").unwrap();
    }
    let kept = Arc::new(Mutex::new(String::new()));
    let written = Arc::clone(&kept);
    let (folder, harness) = start_with_logs(&[("start", &text)], |_, setup| {
        setup.clipboard = Clipboard::Nowhere;
        setup.keep_text = Box::new(move |text| {
            text.clone_into(&mut written.lock().unwrap());
            Ok(PathBuf::from("/copied"))
        });
    })
    .await;
    (folder, harness, kept)
}

/// Types a name over the one that is offered.
fn name(harness: &Harness, path: &Path) {
    harness.press("ctrl-u");
    for letter in path.display().to_string().chars() {
        harness.press(&letter.to_string());
    }
    harness.press("enter");
}

#[tokio::test(start_paused = true)]
async fn a_log_is_saved_whole_or_as_it_is_filtered_and_never_over_another_file() {
    let (folder, mut harness, _) = log(4_500).await;
    let path = folder.path().join("mine.log");
    harness.press("s");
    harness.shows("save in: run-1_start_try1.log").await;
    harness.shows("the whole log").await;
    name(&harness, &path);
    harness.shows("Saved: 4,500 rows, the whole log, in ").await;
    let original = std::fs::read_to_string(folder.path().join("start.1")).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), original);
    // The same name again: it is said, and another one is taken.
    harness.press("L L L");
    harness.shows("1,500 lines").await;
    harness.press("s");
    harness.shows("Save what?").await;
    harness.shows("f the 1,500 rows that the filter shows").await;
    harness.press("f");
    harness.shows("run-1_start_try1_filtered.log").await;
    name(&harness, &path);
    harness.shows("not written over").await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), original);
    harness.press("2 enter");
    harness
        .shows("Saved: 1,500 rows, what the filter shows of the log, in ")
        .await;
    let saved = std::fs::read_to_string(folder.path().join("mine.log2")).unwrap();
    assert!(saved.lines().count() == 1_500 && saved.lines().all(|row| row.contains(" ERROR ")));
    // A folder that is not there: the reason and the place.
    harness.press("s w");
    harness.shows("save in: ").await;
    name(&harness, &folder.path().join("no/where.log"));
    harness.shows("The log was not saved: ").await;
    harness.shows("no/where.log cannot be made: No such file").await;
}

#[tokio::test(start_paused = true)]
async fn all_of_a_log_and_selections_beyond_what_is_loaded_are_copied_into_a_file_if_need_be() {
    let (folder, mut harness, kept) = log(6_000).await;
    let original = std::fs::read_to_string(folder.path().join("start.1")).unwrap();
    harness.press("Y l");
    harness
        .shows("cannot take the whole log. It is in the file /copied.")
        .await;
    assert_eq!(*kept.lock().unwrap(), original.trim_end());
    harness.press("esc g g");
    harness.shows("line 1 of 6,000").await;
    harness.press("j j v pgdn pgdn pgdn pgdn pgdn pgdn pgdn pgdn pgdn pgdn pgdn pgdn pgdn pgdn");
    harness.press("end g g v j j v G k");
    harness.shows("line 5,999 of 6,000").await;
    harness.press("v g g");
    harness.shows("line 1 of 6,000").await;
    harness.press("y");
    harness.shows("cannot take 5,999 rows of the log.").await;
    let rows: Vec<_> = original.lines().take(5_999).collect();
    assert_eq!(*kept.lock().unwrap(), rows.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn leaving_waits_for_a_file_that_is_being_written() {
    let (folder, harness, _) = log(4_500).await;
    let path = folder.path().join("last.log");
    harness.press("s");
    name(&harness, &path);
    harness.press("q y");
    harness.task.await.unwrap().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 4_500);
}

/// What is asked for of the logs.
fn wanted(effects: &[Effect]) -> (Option<String>, LogPurpose) {
    match effects {
        [.., Effect::TakeLog(extract, purpose)] => (
            extract.file().map(|target| target.task.to_string()),
            purpose.clone(),
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_failure_is_copied_with_all_of_its_log() {
    let mut model = scene::failed(120, 40);
    press(&mut model, "3 Y");
    let (file, purpose) = wanted(&press(&mut model, "a"));
    assert_eq!(file.as_deref(), Some("start_pipeline_hr_engineer"));
    let outcome = Ok(TakenLog::Text("one ```\ntwo\n".into()));
    let effects = send(&mut model, 66, Msg::LogTaken(purpose.clone(), outcome));
    match &effects[..] {
        [Effect::Copy { text, .. }] => {
            assert!(
                text.contains("**start_pipeline_hr_engineer**: failed, try 1 of 3"),
                "{text}"
            );
            assert!(
                text.ends_with("````text\none ```\ntwo\n````\n") || text.ends_with("two\n````"),
                "{text}"
            );
        }
        other => panic!("{other:?}"),
    }
    send(&mut model, 66, Msg::LogTaken(purpose, Err(TakeFailure::TooLarge)));
    let said = &model.notice().unwrap().text;
    assert!(
        said.contains("larger than 16 MiB. s in the log saves it"),
        "{said}"
    );
}

#[test]
fn names_and_errors_of_files_are_said() {
    let mut model = scene::running(120, 40);
    press(&mut model, "4 s ctrl-u");
    assert!(sample::picture(&model, &COLOUR).contains("A file needs a name."));
    assert_eq!(press(&mut model, "enter"), [], "nothing is saved without one");
    type_text(&mut model, "x.log");
    let (_, purpose) = wanted(&press(&mut model, "enter"));
    assert!(matches!(&purpose, LogPurpose::Save { name, part: LogPart::Whole } if name == "x.log"));
    let said = |model: &mut Model, failure| {
        send(model, 66, Msg::LogTaken(purpose.clone(), Err(failure)));
        sample::picture(model, &COLOUR)
    };
    let full = "/x.log cannot be written: No space left on device. What was written of /x.log is removed.";
    assert!(said(&mut model, TakeFailure::Other(full.into())).contains("No space left on device"));
    assert!(
        model
            .notice()
            .unwrap()
            .text
            .contains("The log itself is as it was; s in it saves it elsewhere.")
    );
    // While something else is typed, its field is not taken away.
    press(&mut model, "esc / a");
    said(&mut model, TakeFailure::Exists);
    assert_eq!(model.prompt.as_ref().unwrap().editor.text(), "a");
    assert!(model.notice().unwrap().text.contains("the file x.log exists"));
}

#[test]
fn several_logs_are_saved_with_their_names_in_front() {
    let mut files = LogFiles::new();
    files.add("start", 1, 1, "INFO  a | first");
    files.add("start_pipeline_hr_engineer", 1, 2, "INFO  b | second");
    let mut model = scene::running(120, 40);
    model.logs.is_stale = true;
    files.press(&mut model, "4 M");
    let effects = press(&mut model, "s");
    assert_eq!(effects, []);
    assert!(
        model
            .prompt
            .as_ref()
            .unwrap()
            .editor
            .text()
            .ends_with("_all_tasks.log")
    );
    let effects = press(&mut model, "enter");
    let [Effect::TakeLog(extract, _)] = &effects[..] else {
        panic!("{effects:?}")
    };
    let mut text = Vec::new();
    let folder = files.folder.path();
    let path = |target: &_| {
        let target: &downbeat::tui::model::logs::view::LogTarget = target;
        folder.join(format!("{}.{}", target.task, target.number))
    };
    let secrets = |text: &str| text.replace("second", "***");
    let rows = downbeat::tui::log_reader::extract::extract(extract, &path, &secrets, &mut text).unwrap();
    assert_eq!(rows, 2);
    let text = String::from_utf8(text).unwrap();
    let expected = "start | 2026-11-23T10:00:01.000Z INFO  a | first\nhr_engineer | 2026-11-23T10:00:02.000Z INFO  b | ***\n";
    assert_eq!(text, expected);
}
