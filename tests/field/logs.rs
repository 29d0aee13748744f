//! The logs of the tries, compared with what the server itself has of them: each whole, or with a word about what
//! is missing.

use super::home::wait_for;
use super::lab::Lab;
use super::program::Program;
use domain::id::TaskId;
use downbeat::engine::{Command, Update};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const WORKFLOW: &str = "/api/v3/namespaces/default/apps/cdf_mysql_to_bigquery/workflows/DataPipelineWorkflow";

/// A try: where its log is kept, and its run on the server.
struct Try {
    name: String,
    file: PathBuf,
    run: String,
}

/// All tries of the server, with their files in this data directory.
fn tries(lab: &Lab, data: &Path) -> Vec<Try> {
    let runs = lab.sandbox.get(&format!("{WORKFLOW}/runs?limit=10000"));
    let runs = runs.as_array().unwrap().iter();
    let tries = runs.filter(|run| run["status"] != "REJECTED").map(|run| {
        let arguments = run["properties"]["runtimeArgs"].as_str().unwrap();
        let arguments: Value = serde_json::from_str(arguments).unwrap();
        // RUN/TASK/TRY.REFUSALS
        let token = arguments["downbeat.token"].as_str().unwrap();
        let (name, _) = token.rsplit_once('.').unwrap();
        Try {
            name: name.to_owned(),
            file: data.join("logs").join(format!("{name}.log")),
            run: run["runid"].as_str().unwrap().to_owned(),
        }
    });
    tries.collect()
}

/// The lines of a log without their sources, and those that are ours.
fn written(file: &Path) -> (Vec<String>, Vec<String>) {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut lines: Vec<String> = Vec::new();
    for row in text.lines() {
        match lines.last_mut() {
            Some(line) if row.starts_with("    ") => *line = format!("{line}\n{}", &row[4..]),
            _ => lines.push(row.to_owned()),
        }
    }
    let (ours, theirs): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.contains(" Downbeat | "));
    let without_source = |line: &String| {
        let (head, message) = line.split_once(" | ").unwrap();
        format!("{}{message}", &head[..31])
    };
    let mut theirs: Vec<_> = theirs.iter().map(without_source).collect();
    theirs.sort();
    (theirs, ours)
}

/// The server's own log of a run, once its last line can be read.
fn events(lab: &Lab, run: &str) -> Vec<Value> {
    let path = format!("{WORKFLOW}/runs/{run}/logs/next?format=json&max=1000000");
    wait_for("the end of the server's log", || {
        let events = lab.sandbox.get(&path).as_array().unwrap().clone();
        let last = events.last().and_then(|event| event["log"]["message"].as_str());
        let is_last = |text: &str| text.starts_with("Workflow service '") || text.ends_with(" succeeded.");
        last.is_some_and(is_last).then_some(events)
    })
}

/// A text of an event.
fn part<'a>(event: &'a Value, name: &str) -> &'a str {
    event["log"][name].as_str().unwrap()
}

/// The lines of the server's own log, in the same form.
fn of_server(lab: &Lab, run: &str) -> Vec<String> {
    let text = |event: &Value| {
        let at = event["log"]["timestamp"].as_i64().unwrap();
        let at = chrono::DateTime::from_timestamp_millis(at).unwrap();
        let at = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let text = format!(
            "{}\n{}",
            part(event, "message"),
            part(event, "stackTrace").trim_end()
        );
        let text = text.trim_end().replace('\t', "    ");
        format!("{at} {:<5} {text}", part(event, "logLevel"))
    };
    let mut texts: Vec<_> = events(lab, run).iter().map(text).collect();
    texts.sort();
    texts
}

/// Every try has a log with each line of the server's, once.
fn all_are_whole(lab: &Lab, data: &Path) {
    let tries = tries(lab, data);
    assert_eq!(tries.len(), 7, "six pipelines, one of them twice");
    for one in tries {
        let (theirs, ours) = written(&one.file);
        assert_eq!(theirs, of_server(lab, &one.run), "{}: {ours:?}", one.name);
    }
}

fn late(by: &str) -> String {
    format!("[[run]]\nname = 'late lines'\nlogs_late = '{by}'\n")
}

#[test]
fn late_logs_are_whole_at_any_speed() {
    let shipped = include_str!("../../crates/sandbox/assets/scenarios/late-logs.toml");
    std::thread::scope(|scope| {
        for speed in ["3", "8", "20"] {
            scope.spawn(move || {
                let lab = Lab::at_speed(speed);
                lab.configure(&[]);
                lab.play(shipped);
                let told = lab.run(&[]);
                assert_eq!(told.code, 0, "{}", told.all());
                all_are_whole(&lab, &lab.home.path());
            });
        }
    });
}

#[test]
fn a_log_that_never_comes_says_so() {
    let lab = Lab::at_speed("50");
    lab.configure(&[]);
    lab.play(&late("10h"));
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    for one in tries(&lab, &lab.home.path()) {
        let (theirs, ours) = written(&one.file);
        assert!(theirs.is_empty());
        assert!(
            ours[0].contains("has shown no line of this log"),
            "{}: {ours:?}",
            one.name
        );
    }
    assert!(
        told.err.contains("has shown no line of this log"),
        "{}",
        told.all()
    );
}

/// Plays a run whose log is answered like this; what is written and said of it holds the words.
fn is_said_of_an_answer(status: u16, text: &str, words: &str) {
    let lab = Lab::at_speed("50");
    lab.configure(&[]);
    lab.play(&format!(
        "[[request]]\noperation = 'logs'\nanswer = {status}\n{text}"
    ));
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    for one in tries(&lab, &lab.home.path()) {
        let (_, ours) = written(&one.file);
        let last = ours.last().map(String::as_str).unwrap_or_default();
        assert!(
            last.contains(words) && last.ends_with("Lines may be missing."),
            "{}: {ours:?}",
            one.name
        );
    }
    assert!(told.err.contains(words), "{}", told.all());
}

#[test]
fn a_log_that_the_server_does_not_have_says_so() {
    let missing = "text = \"'program_run:default.p.-SNAPSHOT.workflow.w.r' was not found.\"\n";
    is_said_of_an_answer(
        404,
        missing,
        "The server has no log of this run: CDAP: reading the log",
    );
}

#[test]
fn a_log_that_the_server_fails_to_give_says_why() {
    is_said_of_an_answer(500, "", "The log cannot be read: CDAP: reading the log");
}

#[test]
fn a_log_that_something_else_answers_for_says_why() {
    // These are not CDAP's own words.
    is_said_of_an_answer(404, "", "The log cannot be read: CDAP: reading the log");
}

#[test]
fn a_huge_line_is_cut_and_says_by_how_much() {
    let lab = Lab::new();
    lab.configure(&[]);
    let text = "y".repeat(1_000_000);
    lab.play(&format!(
        "[[run]]\nwhere = {{ data_source = 'payroll' }}\nfirst = 1\nfail = {{ stage = 'Import To BigQuery', text = '{text}' }}\n"
    ));
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    let tries = tries(&lab, &lab.home.path());
    let failed = tries
        .iter()
        .find(|one| one.name.ends_with("hr_payroll/1"))
        .unwrap();
    let (theirs, full) = (written(&failed.file).0, of_server(&lab, &failed.run));
    assert_eq!(theirs.len(), full.len());
    let bytes = |event: &Value| match part(event, "stackTrace") {
        "" => part(event, "message").len(),
        trace => part(event, "message").len() + 1 + trace.len(),
    };
    let mut sizes: Vec<_> = events(&lab, &failed.run).iter().map(bytes).collect();
    sizes.retain(|size| *size > 1_000_000);
    let mut told_sizes = Vec::new();
    for line in &theirs {
        let Some((kept, note)) = line.split_once(" … [cut: ") else {
            assert!(full.contains(line), "{line}");
            continue;
        };
        assert!(full.iter().any(|line| line.starts_with(kept)));
        let left_out: usize = note.strip_suffix(" bytes left out]").unwrap().parse().unwrap();
        told_sizes.push(kept[31..].len() + left_out);
    }
    assert!(!sizes.is_empty(), "no line is huge");
    sizes.sort_unstable();
    told_sizes.sort_unstable();
    assert_eq!(told_sizes, sizes);
}

#[test]
fn lines_that_come_after_the_end_are_read_while_the_program_lives() {
    let (lab, data) = (Lab::new(), TempDir::new().unwrap());
    lab.play(&late("2m"));
    let mut program = Program::new(&lab, data.path());
    program.start();
    program.until_the_run_ends();
    let lines = |one: &Try| written(&one.file).0;
    wait_for("the late logs", || {
        let tries = tries(&lab, data.path());
        tries
            .iter()
            .all(|one| lines(one) == of_server(&lab, &one.run))
            .then_some(())
    });
    program.close(Command::CloseWithLogs);
    all_are_whole(&lab, data.path());
    for one in tries(&lab, data.path()) {
        let (_, ours) = written(&one.file);
        assert!(ours.is_empty(), "{}: {ours:?}", one.name);
    }
}

#[test]
fn a_program_that_leaves_early_says_what_is_missing() {
    let (lab, data) = (Lab::new(), TempDir::new().unwrap());
    lab.play(&late("10h"));
    let mut program = Program::new(&lab, data.path());
    program.start();
    program.until_the_run_ends();
    program.close(Command::Close);
    for one in tries(&lab, data.path()) {
        let (theirs, ours) = written(&one.file);
        assert!(theirs.is_empty() && ours.len() == 1, "{}: {ours:?}", one.name);
    }
}

#[test]
fn a_resume_goes_on_where_the_file_ends() {
    let (lab, data) = (Lab::at_speed("8"), TempDir::new().unwrap());
    lab.play(&late("16s"));
    let mut killed = Program::new(&lab, data.path());
    killed.start();
    // The tasks before the pipelines have logs too.
    let of_pipeline = |task: &TaskId| task.as_str().starts_with("start_pipeline");
    assert!(killed.until(|update, _| matches!(update, Update::LogGrew { task, .. } if of_pipeline(task))));
    let run = killed.kill();
    // A process that is killed while it writes leaves half a line.
    let some = tries(&lab, data.path())
        .into_iter()
        .find(|one| one.file.exists())
        .unwrap();
    let text = std::fs::read(&some.file).unwrap();
    std::fs::write(&some.file, &text[..text.len() - 20]).unwrap();
    let torn = String::from_utf8_lossy(&text[..text.len() - 20])
        .lines()
        .last()
        .unwrap()
        .to_owned();

    let mut next = Program::new(&lab, data.path());
    next.send(Command::Resume(run));
    next.until_the_run_ends();
    next.close(Command::CloseWithLogs);
    let file = std::fs::read_to_string(&some.file).unwrap();
    let mended: Vec<_> = file.lines().filter(|row| *row != torn).collect();
    std::fs::write(&some.file, mended.join("\n")).unwrap();
    all_are_whole(&lab, data.path());
}
