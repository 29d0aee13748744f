//! What must hold on every release. Each case has a pipeline of its own, so they run side by side.

use crate::cdap::{Record, Release, Server};
use crate::lab::{Lab, Row};
use crate::proxy::Proxy;
use std::collections::BTreeSet;

fn statuses(runs: &[Record]) -> Vec<&str> {
    let mut all: Vec<_> = runs.iter().map(|run| run.status.as_str()).collect();
    all.sort_unstable();
    all
}

/// One token for each run, and none twice.
fn tokens(runs: &[Record]) -> BTreeSet<&str> {
    let all: BTreeSet<_> = runs
        .iter()
        .map(|run| run.arguments["downbeat.token"].as_str())
        .collect();
    assert_eq!(all.len(), runs.len(), "a token was used twice: {runs:?}");
    all
}

pub fn every_active_row_is_run_and_counted(release: &'static Release) {
    let rows = [Row::new("a", 25, 0), Row::new("b", 3, 0), Row::new("c", 117, 0)];
    let lab = Lab::new(release, release.shared(), "counted", &rows, "");
    let end = lab.fly().end();
    assert_eq!(end.code, 0, "{}", end.all());
    for row in rows {
        let task = end.task(&row.task());
        assert_eq!(
            (&task["state"], &task["tries"]),
            (&"success".into(), &1.into()),
            "{}",
            end.all()
        );
        assert_eq!(task["records_read"], row.lines, "{}", end.all());
        let runs = lab.runs_of(&row);
        assert_eq!(statuses(&runs), ["COMPLETED"]);
        assert_eq!(task["pipeline_run"], runs[0].id.as_str());
        assert_eq!(lab.written(&row, &runs[0]), row.input());
    }
    tokens(&lab.runs());
    // The pipeline looks up the token, which every start gives: only its sink, which is not BigQuery's, is noticed.
    let noticed = end.facts.iter().filter(|fact| fact["event"] == "noticed");
    let about: Vec<_> = noticed
        .filter(|fact| fact["finding"]["about"] == "counted")
        .map(|fact| fact["finding"]["message"].as_str().unwrap())
        .collect();
    let sink = "None of the pipeline's sinks is a BigQuery sink: write (LabSink).";
    assert_eq!(about, [sink], "{}", end.all());
}

pub fn a_broken_record_fails_its_task_with_the_stages_words(release: &'static Release) {
    let bad = Row {
        fail_at: "bad-0003",
        retries: Some(0),
        ..Row::new("bad", 5, 0)
    };
    let good = Row::new("good", 5, 0);
    let lab = Lab::new(release, release.shared(), "broken", &[bad, good], "");
    let end = lab.fly().end();
    assert_eq!(end.code, 1, "{}", end.all());
    let task = end.task(&bad.task());
    assert_eq!(
        (&task["state"], &task["tries"]),
        (&"failed".into(), &1.into()),
        "{}",
        end.all()
    );
    let reason = task["reason"].as_str().unwrap();
    assert!(reason.contains("lab: bad record 'bad-0003'"), "{reason}");
    assert_eq!(end.task(&good.task())["state"], "success");
    assert_eq!(statuses(&lab.runs()), ["COMPLETED", "FAILED"], "{}", end.all());
}

pub fn a_second_try_succeeds_and_keeps_its_window(release: &'static Release) {
    let row = Row {
        fail_at: "once-0004",
        retries: Some(1),
        ..Row::new("once", 9, 0)
    };
    let lab = Lab::new(release, release.shared(), "retried", &[row], "");
    let mut flight = lab.fly();
    flight.wait_for("the first try to fail", |fact| fact["event"] == "try_failed");
    let mut mended = row.input();
    mended[3] = "once-mended".into();
    lab.write_input(&row, &mended);
    let end = flight.end();
    assert_eq!(end.code, 0, "{}", end.all());
    assert_eq!(end.task(&row.task())["tries"], 2);
    let runs = lab.runs();
    assert_eq!(statuses(&runs), ["COMPLETED", "FAILED"]);
    tokens(&runs);
    let windows: BTreeSet<_> = runs
        .iter()
        .map(|run| &run.arguments["logical.start.time"])
        .collect();
    assert_eq!(windows.len(), 1, "the window has moved: {runs:?}");
    let completed = runs.iter().find(|run| run.status == "COMPLETED").unwrap();
    mended.sort();
    assert_eq!(lab.written(&row, completed), mended);
}

pub fn an_interrupt_stops_the_runs_on_the_server(release: &'static Release) {
    let rows = [Row::new("long", 600, 200), Row::new("longer", 900, 200)];
    let lab = Lab::new(release, release.shared(), "stopped", &rows, "");
    let mut flight = lab.fly();
    for row in rows {
        flight.wait_for_state(&row.task(), "RUNNING");
    }
    flight.signal("INT");
    let end = flight.end();
    assert_eq!(end.code, 130, "{}", end.all());
    for row in rows {
        assert_eq!(end.task(&row.task())["state"], "stopped", "{}", end.all());
    }
    assert_eq!(statuses(&lab.runs()), ["KILLED", "KILLED"]);
}

pub fn a_time_out_ends_the_run_on_the_server(release: &'static Release) {
    let slow = Row {
        timeout: Some(20),
        retries: Some(0),
        ..Row::new("slow", 900, 200)
    };
    let quick = Row::new("quick", 2, 0);
    let lab = Lab::new(release, release.shared(), "timed", &[slow, quick], "");
    let end = lab.fly().end();
    assert_eq!(end.code, 3, "{}", end.all());
    assert_eq!(end.task(&slow.task())["state"], "timed_out", "{}", end.all());
    assert_eq!(end.task(&quick.task())["state"], "success", "{}", end.all());
    assert_eq!(statuses(&lab.runs()), ["COMPLETED", "KILLED"]);
}

pub fn a_start_whose_answer_was_cut_off_is_adopted(release: &'static Release) {
    let rows = [Row::new("a", 4, 0), Row::new("b", 5, 0), Row::new("c", 6, 0)];
    let server = release.shared();
    let proxy = Proxy::new(server.host(), rows.len());
    let lab = Lab::through(release, server, &proxy.address(), "adopted", &rows, "");
    let end = lab.fly().end();
    assert_eq!(end.code, 0, "{}", end.all());
    assert_eq!(proxy.left(), 0, "no answer was cut off: {}", end.all());
    let runs = lab.runs();
    assert_eq!(statuses(&runs), ["COMPLETED"; 3], "{}", end.all());
    tokens(&runs);
    for row in rows {
        let (task, name) = (end.task(&row.task()), row.task());
        assert_eq!(task["tries"], 1, "{}", end.all());
        assert_eq!(end.count("start_doubted", Some(&name)), 1, "{}", end.all());
        let found = end
            .facts
            .iter()
            .find(|fact| fact["event"] == "pipeline_started" && fact["task"] == *name);
        assert_ne!(found.unwrap()["found"], "answered", "{}", end.all());
        assert_eq!(lab.written(&row, &lab.runs_of(&row)[0]), row.input());
    }
    if release.cdap == "6.11.0" {
        // The look-up saw records that did not show their arguments yet, and judged none of them a stranger.
        assert!(
            proxy.answered("clusterMode"),
            "no record was seen in its first seconds"
        );
    }
}

pub fn a_redeploy_leaves_a_run_alone(release: &'static Release) {
    let row = Row::new("steady", 40, 200);
    let lab = Lab::new(release, release.shared(), "redeployed", &[row], "");
    let mut flight = lab.fly();
    flight.wait_for_state(&row.task(), "RUNNING");
    lab.deploy();
    let end = flight.end();
    assert_eq!(end.code, 0, "{}", end.all());
    let runs = lab.runs();
    assert_eq!(statuses(&runs), ["COMPLETED"]);
    assert_eq!(lab.written(&row, &runs[0]), row.input());
    assert_eq!(end.task(&row.task())["records_read"], row.lines, "{}", end.all());
}

pub fn flow_control_delays_and_uses_up_no_try(release: &'static Release) {
    let site = "app.max.concurrent.runs=2\napp.max.concurrent.launching=1";
    let server = Server::start(release, "limited", site);
    let rows = ["a", "b", "c", "d"].map(|source| Row::new(source, 5, 100));
    let lab = Lab::new(release, &server, "limited", &rows, "max_active_pipelines = 4\n");
    let end = lab.fly().end();
    assert_eq!(end.code, 0, "{}", end.all());
    assert!(end.count("start_refused", None) > 0, "{}", end.all());
    let runs = lab.runs();
    assert_eq!(
        statuses(&runs)
            .iter()
            .filter(|status| **status == "COMPLETED")
            .count(),
        4
    );
    assert!(
        runs.iter()
            .all(|run| ["COMPLETED", "REJECTED"].contains(&run.status.as_str())),
        "{runs:?}"
    );
    for row in rows {
        let task = end.task(&row.task());
        assert_eq!(
            (&task["state"], &task["tries"]),
            (&"success".into(), &1.into()),
            "{}",
            end.all()
        );
        let runs = lab.runs_of(&row);
        let completed = runs.iter().find(|run| run.status == "COMPLETED").unwrap();
        assert_eq!(lab.written(&row, completed), row.input());
    }
}

pub fn a_killed_server_comes_back_and_nothing_runs_twice(release: &'static Release) {
    let server = Server::start(release, "killed", "");
    let row = |source| Row {
        timeout: Some(60),
        retries: Some(1),
        ..Row::new(source, 900, 200)
    };
    let dead = [row("dead"), row("gone")];
    let later = Row::new("later", 5, 0);
    let rows = [dead[0], dead[1], later];
    let lab = Lab::new(release, &server, "killed", &rows, "max_active_pipelines = 2\n");
    let mut flight = lab.fly();
    for row in dead {
        flight.wait_for_state(&row.task(), "RUNNING");
    }
    server.kill();
    // The second tries will not take as long.
    for row in dead {
        lab.write_input(&row, &row.input()[..10]);
    }
    flight.wait_for("the connection to be lost", |fact| {
        fact["event"] == "connection_degraded"
    });
    server.again();
    flight.wait_for("the connection to be back", |fact| {
        fact["event"] == "connection_restored"
    });
    let end = flight.end();
    assert_eq!(end.code, 0, "{}", end.all());
    for row in dead {
        // The server never ends a run that it was killed in: it is RUNNING until the time-out stops it.
        let task = end.task(&row.task());
        assert_eq!(
            (&task["state"], &task["tries"]),
            (&"success".into(), &2.into()),
            "{}",
            end.all()
        );
        let runs = lab.runs_of(&row);
        assert_eq!(statuses(&runs), ["COMPLETED", "KILLED"], "{}", end.all());
        let completed = runs.iter().find(|run| run.status == "COMPLETED").unwrap();
        assert_eq!(lab.written(&row, completed), row.input()[..10]);
    }
    assert_eq!(end.task(&later.task())["state"], "success", "{}", end.all());
    let runs = lab.runs_of(&later);
    assert_eq!(statuses(&runs), ["COMPLETED"]);
    assert_eq!(lab.written(&later, &runs[0]), later.input());
    assert_eq!(tokens(&lab.runs()).len(), 5);
}

pub fn every_log_line_arrives_once(release: &'static Release) {
    let row = Row {
        level: "INFO",
        ..Row::new("chatty", 300, 20)
    };
    let lab = Lab::new(release, release.shared(), "logged", &[row], "");
    let end = lab.fly().end();
    assert_eq!(end.code, 0, "{}", end.all());
    let log = lab.log(&row, 1);
    for line in row.input() {
        let told = log.matches(&format!("worked on <{line}>")).count();
        assert_eq!(told, 1, "{line} is there {told} times in:\n{log}");
    }
    assert!(log.contains("running") && log.contains("succeeded"), "{log}");
}
