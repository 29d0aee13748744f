//! Runs that were left unfinished, and the start that follows: it carries on, closes, refuses, watches or tries again.
//! The program is killed as a power cut would.

use super::home::{Home, Told, finish, signal, wait_for};
use super::lab::{Lab, PROFILE, PROJECT};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::Child;

/// How often the output table was emptied.
pub(super) fn truncates(lab: &Lab) -> usize {
    let path = format!("/bigquery/v2/projects/{PROJECT}/jobs?maxResults=1000&projection=full");
    let jobs = lab.sandbox.get(&path)["jobs"].clone();
    let jobs = jobs.as_array().cloned().unwrap_or_default();
    let is_truncate = |job: &&Value| {
        let statement = &job["configuration"]["query"]["query"];
        statement.as_str().is_some_and(|sql| sql.starts_with("TRUNCATE"))
    };
    jobs.iter().filter(is_truncate).count()
}

/// The state of each run, the newest one first.
pub(super) fn states(lab: &Lab) -> Vec<String> {
    let listed = lab.home.start(&["runs", "--output", "json"]).lines();
    let state = |line: &Value| line["state"].as_str().unwrap().to_owned();
    listed.iter().map(state).collect()
}

/// The newest run.
pub(super) fn newest(lab: &Lab) -> String {
    let listed = lab.home.start(&["runs", "--output", "json"]).lines();
    listed[0]["run"].as_str().unwrap().to_owned()
}

fn spawn(lab: &Lab, arguments: &[&str]) -> Child {
    let line = ["run", "--profile", PROFILE, "--output", "json"];
    lab.home.spawn(&[&line[..], arguments].concat())
}

/// Reads what a run prints until a line of this event was printed so often.
fn until(child: &mut Child, event: &str, times: usize) {
    let out = child.stdout.take().unwrap();
    let mut left = times;
    for line in BufReader::new(out).lines() {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        left -= usize::from(line["event"] == event);
        if left == 0 {
            return;
        }
    }
    panic!("the run ended before {event}");
}

/// A run that is killed as soon as something has happened.
pub(super) fn killed_at(lab: &Lab, arguments: &[&str], event: &str, times: usize) {
    let mut child = spawn(lab, arguments);
    until(&mut child, event, times);
    child.kill().unwrap();
    child.wait().unwrap();
}

pub(super) fn live(lab: &Lab) -> usize {
    let is_live = |state: &&String| !["COMPLETED", "FAILED", "KILLED"].contains(&state.as_str());
    lab.sandbox.run_states().iter().filter(is_live).count()
}

pub(super) fn json(lab: &Lab, arguments: &[&str]) -> Told {
    lab.run(&[arguments, &["--output", "json"]].concat())
}

/// A command on a run of the journal.
pub(super) fn on_run(lab: &Lab, command: &str, arguments: &[&str]) -> Told {
    lab.home.start(&[&[command], arguments].concat())
}

/// The rows of one run that nobody disturbs.
pub(super) fn rows_of_one_run() -> u64 {
    let lab = Lab::new();
    lab.configure(&[]);
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    lab.count("landing")
}

/// The next start carried the run on to a green end, as if nothing had been.
#[track_caller]
fn is_carried_on(lab: &Lab, told: &Told, run: &str, rows: u64) {
    assert_eq!(told.code, 0, "{}", told.all());
    let first = &told.lines()[0];
    assert_eq!(
        (&first["event"], &first["doing"], &first["run"]),
        (&json!("target"), &json!("carry_on"), &json!(run))
    );
    assert_eq!(told.summary()["run"], run);
    assert_eq!(truncates(lab), 1, "{}", told.all());
    assert_eq!(lab.count("landing"), rows, "{}", told.all());
    assert_eq!(states(lab), ["success"]);
}

#[test]
fn the_next_start_carries_on_wherever_the_run_was_killed() {
    let rows = rows_of_one_run();
    for (event, times) in [
        ("run_started", 1),
        ("configuration_checked", 1),
        ("truncate_intended", 1),
        ("output_emptied", 1),
        ("pipelines_planned", 1),
        // The fifth of five: a start that never left is looked for until it is certain that it did not arrive.
        ("pipeline_started", 5),
        ("try_failed", 1),
    ] {
        let lab = Lab::new();
        lab.configure(&[]);
        killed_at(&lab, &[], event, times);
        let run = newest(&lab);
        is_carried_on(&lab, &json(&lab, &[]), &run, rows);
    }
}

#[test]
fn what_ended_while_nobody_watched_is_written_down() {
    let rows = rows_of_one_run();
    let lab = Lab::new();
    lab.configure(&[]);
    // As many as may run at the same time.
    killed_at(&lab, &[], "pipeline_started", 5);
    let run = newest(&lab);
    wait_for("the end of the pipeline runs", || (live(&lab) == 0).then_some(()));
    // Killed again while the one that failed waits for its next try.
    killed_at(
        &lab,
        &["--set", "dag_retry_interval_minutes=0.1"],
        "watch_resumed",
        1,
    );
    is_carried_on(&lab, &json(&lab, &[]), &run, rows);
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "the next turn begins a new run: {}", told.all());
    assert_eq!(truncates(&lab), 2);
}

#[test]
fn the_first_line_and_a_dry_run_say_that_a_run_is_carried_on() {
    let lab = Lab::at_speed("5");
    lab.configure(&[]);
    killed_at(&lab, &[], "pipeline_started", 5);
    let run = newest(&lab);
    let before = lab.sandbox.runs().len();
    let plan = lab.run(&["--dry-run"]);
    assert_eq!(plan.code, 0, "{}", plan.all());
    plan.has(&[&format!("carries on run {run}, which began"), "this is a dry run"]);
    let plan = json(&lab, &["--dry-run"]).lines();
    assert_eq!(
        (&plan[0]["run"], &plan[0]["emptied_table"]),
        (&json!(run), &Value::Null)
    );
    assert_eq!(
        (lab.sandbox.runs().len(), states(&lab)),
        (before, vec!["running".into()])
    );

    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    let first = told.out.lines().next().unwrap();
    assert!(
        first.contains(&format!("carries on run {run}, which began")),
        "{first}"
    );
    assert!(
        first.contains("not watched since") && first.contains("profile lab"),
        "{first}"
    );
}

#[test]
fn a_fresh_start_stops_what_lives_and_begins_anew() {
    let lab = Lab::at_speed("2");
    lab.configure(&[]);
    killed_at(&lab, &[], "pipeline_started", 5);
    let run = newest(&lab);
    assert!(live(&lab) > 0);

    let told = lab.run(&["--no-resume"]);
    assert_eq!(told.code, 5, "{}", told.all());
    told.has(&[
        &format!("`downbeat resume {run}`"),
        "--fresh`",
        "not watched since",
    ]);
    assert_eq!(states(&lab), ["running"]);

    let plan = lab.run(&["--fresh", "--dry-run"]);
    assert_eq!(plan.code, 0, "{}", plan.all());
    let told = json(&lab, &["--fresh"]);
    assert_eq!(told.code, 0, "{}", told.all());
    let first = &told.lines()[0];
    assert_eq!(
        (&first["doing"], &first["closes"]),
        (&json!("new"), &json!([run]))
    );
    assert_ne!(told.summary()["run"], run);
    assert_eq!(states(&lab), ["success", "stopped"]);
    assert_eq!(truncates(&lab), 2);
    assert!(lab.sandbox.run_states().iter().any(|state| state == "KILLED"));
}

#[test]
fn a_run_that_a_process_drives_is_watched_and_not_touched() {
    let lab = Lab::at_speed("5");
    lab.configure(&[]);
    let mut first = spawn(&lab, &[]);
    wait_for("a pipeline run", || {
        (!lab.sandbox.runs().is_empty()).then_some(())
    });
    let run = newest(&lab);
    for arguments in [&[][..], &["--fresh"], &["--no-resume"], &["--dry-run"]] {
        let told = lab.run(arguments);
        assert_eq!(told.code, 5, "{arguments:?}: {}", told.all());
        told.has(&[&format!("`downbeat attach {run}`"), "process "]);
    }
    for told in [on_run(&lab, "resume", &[&run]), on_run(&lab, "retry", &[&run])] {
        assert_eq!(told.code, 5, "{}", told.all());
        told.has(&[&format!("`downbeat attach {run}`")]);
    }
    // Whoever leaves it does not end it.
    let mut watcher = lab.home.spawn(&["attach", &run[..]]);
    let mut lines = BufReader::new(watcher.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("began in profile")));
    signal(watcher.id(), "INT");
    assert_eq!(watcher.wait().unwrap().code(), Some(130));

    let told = on_run(&lab, "attach", &[&run, "--output", "json"]);
    assert_eq!(told.code, 0, "{}", told.all());
    let out = first.stdout.take().unwrap();
    let driven: Vec<Value> = BufReader::new(out)
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    assert!(first.wait().unwrap().success());
    let facts = |lines: &[Value]| {
        let lines = lines.iter().filter(|line| line["at"].is_number());
        lines.cloned().collect::<Vec<_>>()
    };
    assert_eq!(facts(&told.lines()), facts(&driven));
    assert_eq!((&told.lines()[0]["doing"], truncates(&lab)), (&json!("watch"), 1));
    let ended = on_run(&lab, "attach", &[&run]);
    assert_eq!((ended.code, ended.out.lines().count()), (0, 2), "{}", ended.all());
}

#[test]
fn an_abandoned_run_is_resumed_by_the_beginning_of_its_id() {
    let rows = rows_of_one_run();
    let lab = Lab::new();
    lab.configure(&[]);
    let told = on_run(&lab, "resume", &["--profile", PROFILE]);
    assert_eq!(told.code, 0, "{}", told.all());
    told.has(&["has no unfinished run"]);
    killed_at(&lab, &[], "pipeline_started", 5);
    let run = newest(&lab);
    let told = on_run(&lab, "attach", &[&run]);
    assert_eq!(told.code, 1, "{}", told.all());
    told.has(&["not watched since", &format!("`downbeat resume {run}`")]);
    for (text, words) in [("nothing", "begins with 'nothing'"), ("", "begins with ''")] {
        let told = on_run(&lab, "resume", &[text]);
        assert_eq!(told.code, 2, "{}", told.all());
        told.has(&[words]);
    }
    let told = on_run(&lab, "resume", &[&run[..13], "--output", "json"]);
    is_carried_on(&lab, &told, &run, rows);
    let again = on_run(&lab, "resume", &[&run]);
    assert_eq!(again.code, 0, "{}", again.all());
    again.has(&["success"]);
    assert_eq!(truncates(&lab), 1);
}

#[test]
fn an_interrupted_run_that_was_left_is_carried_on() {
    let rows = rows_of_one_run();
    let lab = Lab::new();
    lab.configure(&[]);
    let child = spawn(&lab, &["--on-interrupt", "leave"]);
    wait_for("a pipeline run", || {
        (!lab.sandbox.runs().is_empty()).then_some(())
    });
    signal(child.id(), "HUP");
    let told = Told::until_end(child);
    assert_eq!(told.code, 130, "{}", told.all());
    let run = newest(&lab);
    told.has(&[&format!("resume {run}` carries it on")]);
    is_carried_on(&lab, &json(&lab, &[]), &run, rows);
}

#[test]
fn a_hangup_stops_the_run_unless_it_is_ignored() {
    let lab = Lab::at_speed("5");
    lab.configure(&[]);
    let child = spawn(&lab, &[]);
    wait_for("a pipeline run", || {
        (!lab.sandbox.runs().is_empty()).then_some(())
    });
    signal(child.id(), "HUP");
    let told = Told::until_end(child);
    assert_eq!(told.code, 130, "{}", told.all());
    assert_eq!((states(&lab), live(&lab)), (vec!["stopped".into()], 0));

    let runs = lab.sandbox.runs().len();
    let line = lab.home.command(&["run", "--profile", PROFILE]);
    let words: Vec<_> = [line.get_program()].into_iter().chain(line.get_args()).collect();
    let mut nohup = std::process::Command::new("sh");
    nohup.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]).args(words);
    nohup.env_clear().envs(lab.home.environment());
    let child = nohup
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    wait_for("another pipeline run", || {
        (lab.sandbox.runs().len() > runs).then_some(())
    });
    signal(child.id(), "HUP");
    let told = Told::until_end(child);
    assert_eq!(told.code, 0, "{}", told.all());
}

#[test]
fn an_unfinished_run_of_another_profile_is_not_taken_over() {
    let lab = Lab::new();
    lab.configure(&[]);
    killed_at(&lab, &[], "pipeline_started", 5);
    let run = newest(&lab);
    let config = lab.home.path().join("config.toml");
    let profile = std::fs::read_to_string(&config).unwrap();
    let other = profile.replace(&format!("[profile.{PROFILE}]"), "[profile.other]");
    lab.home.configure(&format!("{profile}\n{other}"));
    for arguments in [&["--profile", "other"][..], &["--profile", "other", "--fresh"]] {
        let told = lab.home.start(&[&["run"], arguments].concat());
        assert_eq!(told.code, 5, "{}", told.all());
        told.has(&["in profile lab, is not over", &format!("`downbeat resume {run}`")]);
    }
    let told = on_run(&lab, "resume", &[&run, "--profile", "other"]);
    assert_eq!(told.code, 2, "{}", told.all());
    // Without a profile it is that of the run.
    let told = on_run(&lab, "resume", &[&run]);
    assert_eq!((told.code, truncates(&lab)), (0, 1), "{}", told.all());
}

/// Of several machines on one table only the one that left the run can carry it on.
#[test]
fn another_home_is_refused_and_the_first_one_goes_on() {
    let lab = Lab::at_speed("5");
    lab.configure(&[]);
    let other = Home::new();
    other.configure(&std::fs::read_to_string(lab.home.path().join("config.toml")).unwrap());
    killed_at(&lab, &[], "pipeline_started", 5);
    let told = finish(other.command(&["run", "--profile", PROFILE]));
    assert_eq!(told.code, 5, "{}", told.all());
    let told = lab.run(&[]);
    assert_eq!((told.code, truncates(&lab)), (0, 1), "{}", told.all());
}
