//! What stands between the program and the services: proxies that answer in their place, connections that are
//! refused, records that are not complete yet, and clocks that differ.

use super::home::{Home, finish};
use super::lab::{Lab, PROFILE, PROJECT};
use super::proxy::{Act, Asked, Proxy, answer};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const HTML: &str = "content-type: text/html\r\n";
const PLAIN: &str = "content-type: text/plain; charset=utf-8\r\n";
const PAGE: &str = "<!DOCTYPE html><html><head><title>Please log in</title></head><body>x</body></html>";

/// A home whose CDAP is behind this proxy. Its BigQuery is behind `warehouse`, or the sandbox's own.
fn home_behind(lab: &Lab, proxy: &Proxy, warehouse: Option<&Proxy>) -> Home {
    lab.configure(&[]);
    let settings = std::fs::read_to_string(lab.home.path().join("config.toml")).unwrap();
    let (sandbox, proxy) = (lab.sandbox.address(), proxy.address());
    let warehouse = warehouse.map_or(sandbox.to_owned(), Proxy::address);
    let settings = settings
        .replace(
            &format!("datafusion_endpoint = 'http://{sandbox}'"),
            &format!("datafusion_endpoint = 'http://{proxy}'"),
        )
        .replace(
            &format!("bigquery_endpoint = 'http://{sandbox}'"),
            &format!("bigquery_endpoint = 'http://{warehouse}'"),
        );
    assert!(settings.contains(&proxy), "{settings}");
    let home = Home::new();
    home.configure(&settings);
    home
}

fn is_start(asked: &Asked) -> bool {
    asked.line.starts_with("POST ") && asked.line.contains("/namespaces/default/start ")
}

/// Gives out each of these once, and passes everything else on.
fn once_each(wanted: fn(&Asked) -> bool, acts: Vec<Act>) -> impl Fn(&Asked) -> Act + Send + Sync {
    let acts = Mutex::new(acts);
    move |asked| {
        let act = wanted(asked).then(|| acts.lock().unwrap().pop());
        act.flatten().unwrap_or(Act::Pass)
    }
}

/// Runs to the end, with one run of each try: the demo's ticket pipeline fails once by itself, and nothing else does.
#[track_caller]
fn runs_as_if_nothing_had_been(lab: &Lab, home: &Home) {
    let told = finish(home.command(&["run", "--profile", PROFILE, "--output", "json"]));
    assert_eq!(told.code, 0, "{}", told.all());
    let summary = told.summary();
    for task in summary["tasks"].as_array().unwrap() {
        let tries = if task["task"] == "start_pipeline_operations_ticket" {
            2
        } else {
            1
        };
        assert_eq!(task["tries"], tries, "{}", told.all());
    }
    let mut states = lab.sandbox.run_states();
    states.sort();
    let mut expected = vec!["COMPLETED"; 6];
    expected.push("FAILED");
    assert_eq!(states, expected, "{}", told.all());
    assert_eq!(truncates(lab), 1);
}

#[test]
fn a_page_in_place_of_the_answer_to_a_start_is_cleared_up_by_the_token() {
    let lab = Lab::at_speed("20");
    let pages = vec![
        Act::PassAndSay(answer("403 Forbidden", HTML, PAGE)),
        Act::PassAndSay(answer("302 Found", "location: http://login.example/\r\n", "")),
        Act::PassAndSay(answer("404 Not Found", PLAIN, "404 page not found")),
        Act::PassAndSay(answer("502 Bad Gateway", HTML, PAGE)),
        Act::PassAndReset,
    ];
    let proxy = Proxy::start(lab.sandbox.address(), once_each(is_start, pages));
    runs_as_if_nothing_had_been(&lab, &home_behind(&lab, &proxy, None));
}

#[test]
#[ignore = "waits until no lost start can arrive any more, for minutes: DOWNBEAT_TEST_SECONDS=300"]
fn a_start_that_never_arrived_is_sent_again() {
    let lab = Lab::at_speed("20");
    let pages = vec![
        Act::Say(answer("403 Forbidden", HTML, PAGE)),
        Act::Say(answer("302 Found", "location: http://login.example/\r\n", "")),
        Act::Say(answer("404 Not Found", PLAIN, "404 page not found")),
        Act::Say(answer("503 Service Unavailable", PLAIN, "No discoverable found")),
        Act::Reset,
    ];
    let proxy = Proxy::start(lab.sandbox.address(), once_each(is_start, pages));
    runs_as_if_nothing_had_been(&lab, &home_behind(&lab, &proxy, None));
}

#[test]
fn a_refusal_that_comes_once_costs_a_start_nothing() {
    let lab = Lab::at_speed("20");
    let json = "content-type: application/json\r\n";
    let refusals = vec![
        Act::Say(answer(
            "401 Unauthorized",
            json,
            r#"{"auth_uri":["http://h:1/token"]}"#,
        )),
        Act::Say(answer("401 Unauthorized", HTML, PAGE)),
        Act::Say(answer(
            "403 Forbidden",
            PLAIN,
            "Principal 'a' has insufficient privileges.",
        )),
    ];
    let proxy = Proxy::start(lab.sandbox.address(), once_each(is_start, refusals));
    runs_as_if_nothing_had_been(&lab, &home_behind(&lab, &proxy, None));
}

#[test]
fn pages_while_it_looks_and_watches_change_nothing() {
    let lab = Lab::at_speed("20");
    let seen = AtomicUsize::new(0);
    let proxy = Proxy::start(lab.sandbox.address(), move |asked| {
        if is_start(asked) {
            return Act::Pass;
        }
        match seen.fetch_add(1, Ordering::SeqCst) % 5 {
            1 => Act::Say(answer("403 Forbidden", HTML, PAGE)),
            3 => Act::Say(answer("302 Found", "location: http://login.example/\r\n", "")),
            _ => Act::Pass,
        }
    });
    runs_as_if_nothing_had_been(&lab, &home_behind(&lab, &proxy, None));
}

#[test]
fn a_start_that_cannot_leave_waits_and_costs_no_try() {
    let lab = Lab::at_speed("20");
    let is_emptied = Arc::<AtomicBool>::default();
    let (emptied, last_reads) = (is_emptied.clone(), AtomicUsize::new(0));
    let cdap = Proxy::start_shuttable(lab.sandbox.address(), move |asked, shut| {
        let is_last_read = asked.line.contains("/plugins ") || asked.line.contains("/preferences?");
        // Behind these two come the starts.
        if emptied.load(Ordering::SeqCst) && is_last_read && last_reads.fetch_add(1, Ordering::SeqCst) == 1 {
            shut.store(true, Ordering::SeqCst);
            let shut = shut.clone();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_secs(4));
                shut.store(false, Ordering::SeqCst);
            });
        }
        Act::Pass
    });
    let warehouse = Proxy::start(lab.sandbox.address(), move |asked| {
        let is_job = asked.body.contains("TRUNCATE TABLE") && asked.body.contains("downbeat_");
        is_emptied.fetch_or(is_job, Ordering::SeqCst);
        Act::Pass
    });
    runs_as_if_nothing_had_been(&lab, &home_behind(&lab, &cdap, Some(&warehouse)));
}

/// As a young record shows them (measured): the system's arguments and none of the user's.
fn without_arguments(list: &str) -> String {
    let Ok(Value::Array(mut runs)) = serde_json::from_str(list) else {
        return list.to_owned();
    };
    for run in &mut runs {
        run["properties"]["runtimeArgs"] = json!(
            r#"{"app.cdap.version":"6.11.0","clusterMode":"ISOLATED","system.profile.provisioner":"gcp-dataproc"}"#
        );
    }
    Value::Array(runs).to_string()
}

fn is_list(asked: &Asked) -> bool {
    asked.line.starts_with("GET ") && asked.line.contains("/DataPipelineWorkflow/runs?")
}

fn truncates(lab: &Lab) -> usize {
    let path = format!("/bigquery/v2/projects/{PROJECT}/jobs?maxResults=1000&projection=full");
    let jobs = lab.sandbox.get(&path);
    let is_truncate = |job: &&Value| {
        let statement = &job["configuration"]["query"]["query"];
        statement.as_str().is_some_and(|sql| sql.starts_with("TRUNCATE"))
    };
    jobs["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .filter(is_truncate)
        .count()
}

#[test]
fn runs_that_hide_their_arguments_are_waited_for() {
    let lab = Lab::at_speed("1");
    lab.configure(&[]);
    let mut first = lab.home.spawn(&["run", "--profile", PROFILE]);
    super::home::wait_for("five starts", || (lab.sandbox.runs().len() == 5).then_some(()));
    first.kill().unwrap();
    first.wait().unwrap();

    let looks = Arc::new(AtomicUsize::new(0));
    let counted = looks.clone();
    let proxy = Proxy::start(lab.sandbox.address(), move |asked| {
        if is_list(asked) && counted.fetch_add(1, Ordering::SeqCst) < 3 {
            Act::Change(without_arguments)
        } else {
            Act::Pass
        }
    });
    let other = home_behind(&lab, &proxy, None);
    let told = finish(other.command(&["run", "--profile", PROFILE]));
    assert_eq!(told.code, 5, "{}", told.all());
    told.has(&["Another DAG run, ", "5 of its pipeline runs go on"]);
    assert!(!told.all().contains("did not start"), "{}", told.all());
    assert!(looks.load(Ordering::SeqCst) > 3);
    assert_eq!(
        (truncates(&lab), lab.sandbox.runs().len()),
        (1, 5),
        "{}",
        told.all()
    );
}

/// Ten minutes before now, by the clock of this machine.
fn date_of_a_slow_server() -> String {
    let then = std::time::SystemTime::now() - Duration::from_secs(600);
    format!("date: {}\r\n", httpdate::fmt_http_date(then))
}

#[test]
fn a_lost_answer_is_found_although_the_own_clock_is_ahead() {
    let lab = Lab::at_speed("20");
    let lost = AtomicUsize::new(0);
    // The sandbox's clock is this machine's: a server that is behind would know of what began ten minutes earlier.
    let proxy = Proxy::with_header(lab.sandbox.address(), date_of_a_slow_server(), move |asked| {
        if is_start(asked) && lost.fetch_add(1, Ordering::SeqCst) == 0 {
            return Act::PassAndReset;
        }
        let path = asked.line.split(' ').nth(1).unwrap();
        match path.split_once("runs?start=").filter(|_| is_list(asked)) {
            Some((head, rest)) => {
                let (start, rest) = rest.split_once('&').unwrap();
                let start: u64 = start.parse().unwrap();
                Act::PassAs(format!("{head}runs?start={}&{rest}", start + 600))
            }
            None => Act::Pass,
        }
    });
    let home = home_behind(&lab, &proxy, None);
    let told = finish(home.command(&["run", "--profile", PROFILE]));
    assert_eq!(told.code, 0, "{}", told.all());
    told.has(&["The clock of this machine is ", "ahead of the services'"]);
    assert_eq!(
        told.all().matches("The clock of this machine").count(),
        1,
        "{}",
        told.all()
    );
    let states = lab.sandbox.run_states();
    let completed = states.iter().filter(|state| *state == "COMPLETED").count();
    assert_eq!((completed, states.len()), (6, 7), "{}", told.all());
}
