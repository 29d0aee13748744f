//! `downbeat doctor` with the built program: on a project that is ready, on one without anything, where nobody answers, and
//! where one service or all of them refuse, fail, say nonsense or nothing at all.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[expect(dead_code, reason = "other tests wait and send signals")]
#[path = "support/home.rs"]
mod home;
#[expect(dead_code, reason = "each test binary uses a part of it")]
#[path = "support/proxy.rs"]
mod proxy;
#[expect(dead_code, reason = "each test binary uses a part of it")]
#[path = "support/server.rs"]
mod server;

use home::{Home, PROFILE, Told};
use proxy::{Act, Asked, Proxy, answer};
use serde_json::Value;
use server::Sandbox;
use std::collections::BTreeSet;

/// What the doctor must not exceed, in seconds.
const LIMIT: f64 = 5.0;

/// Every check by its name.
const ALL: [&str; 15] = [
    "project",
    "apis",
    "service_agent",
    "act_as",
    "worker_account",
    "caller_on_project",
    "caller_on_instance",
    "instance",
    "tables",
    "bucket",
    "source",
    "plugins",
    "pipeline",
    "arguments",
    "room",
];

/// The services, by what their paths have, and the checks that need an answer of theirs.
const SERVICES: [(&str, &[&str]); 9] = [
    (
        "/v3/projects",
        &[
            "project",
            "service_agent",
            "act_as",
            "worker_account",
            "caller_on_project",
        ],
    ),
    ("/services", &["apis"]),
    ("/serviceAccounts", &["act_as"]),
    (
        "/locations/",
        &[
            "act_as",
            "worker_account",
            "caller_on_instance",
            "instance",
            "bucket",
            "source",
            "plugins",
            "pipeline",
            "arguments",
        ],
    ),
    (
        "/api/v3/",
        &["instance", "bucket", "source", "plugins", "pipeline", "arguments"],
    ),
    ("/bigquery/", &["tables", "arguments"]),
    ("/storage/", &["bucket"]),
    ("/compute/", &["room"]),
    ("sandbox/instances/", &["source"]),
];

const REFUSAL: &str =
    r#"{"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED"}}"#;

/// What one start has told.
struct Report(Value, i32);

impl Report {
    /// The checks that stand so.
    fn that_are(&self, standing: &str) -> BTreeSet<&str> {
        let checks = self.0["checks"].as_array().unwrap().iter();
        let so = checks.filter(|one| one["standing"] == standing);
        so.map(|one| one["check"].as_str().unwrap()).collect()
    }

    /// It has ended in time, and each check that is not in order has said why.
    #[track_caller]
    fn is_whole(&self) {
        assert!(self.0["seconds"].as_f64().unwrap() < LIMIT, "{:#}", self.0);
        let checks = self.0["checks"].as_array().unwrap();
        let names: Vec<_> = checks.iter().map(|one| one["check"].as_str().unwrap()).collect();
        assert_eq!(names, ALL);
        for point in checks.iter().flat_map(|one| one["points"].as_array().unwrap()) {
            assert!(!point["text"].as_str().unwrap().is_empty(), "{:#}", self.0);
        }
    }
}

/// What the doctor says where this stands between it and a project that is ready.
fn behind(sandbox: &Sandbox, rule: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Report {
    let proxy = Proxy::start(sandbox.address(), rule);
    let home = Home::new();
    let way = sandbox.way().replace(sandbox.address(), &proxy.address());
    home.configure(&format!("[profile.p]\n{PROFILE}{way}"));
    let told = home.start(&["doctor", "--profile", "p", "--output", "json"]);
    let report = Report(told.lines().pop().unwrap(), told.code);
    report.is_whole();
    report
}

fn set(names: &[&'static str]) -> BTreeSet<&'static str> {
    names.iter().copied().collect()
}

/// What the doctor says of a profile that leads to this way.
fn doctor(way: &str) -> Told {
    let home = Home::new();
    home.configure(&format!("[profile.p]\n{PROFILE}{way}"));
    home.start(&["doctor", "--profile", "p"])
}

fn sandbox(home: &Home, more: &[&str]) -> Sandbox {
    Sandbox::start(home, &[&["--ephemeral", "--port", "0"], more].concat())
}

#[test]
fn a_project_that_is_ready_passes() {
    let home = Home::new();
    let told = doctor(&sandbox(&home, &[]).way());
    assert_eq!(told.code, 0, "{}", told.all());
    assert!(told.out.contains("15 of 15 checks ok"), "{}", told.all());
    assert!(told.out.contains("rows 8, active 6"), "{}", told.all());
}

#[test]
fn what_a_new_project_lacks_is_said_with_a_command() {
    let home = Home::new();
    let told = doctor(&sandbox(&home, &["--empty"]).way());
    assert_eq!(told.code, 2, "{}", told.all());
    let enable = "gcloud services enable datafusion.googleapis.com";
    assert!(told.out.contains(enable), "{}", told.all());
    // What may not be asked is not known, and not missing.
    assert!(told.out.contains("missing: APIs; unknown:"), "{}", told.all());
}

#[test]
fn where_nobody_answers_nothing_is_missing() {
    let way = "datafusion_endpoint = 'http://127.0.0.1:9'\nbigquery_endpoint = 'http://127.0.0.1:9'\ncredentials = 'none'\n";
    let told = doctor(way);
    assert_eq!(told.code, 4, "{}", told.all());
    assert!(!told.out.contains("missing:"), "{}", told.all());
}

#[test]
fn a_service_that_hangs_holds_up_no_check_of_another() {
    let home = Home::new();
    let sandbox = sandbox(&home, &[]);
    // All at once: they wait, and do nothing.
    std::thread::scope(|scope| {
        for (part, hung) in SERVICES {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let report = behind(sandbox, move |asked| {
                    if asked.line.contains(part) {
                        Act::Silence
                    } else {
                        Act::Pass
                    }
                });
                assert_eq!(report.that_are("unknown"), set(hung), "{part}: {:#}", report.0);
                assert_eq!(report.that_are("missing"), set(&[]), "{part}: {:#}", report.0);
                assert_eq!(report.1, 4, "{part}");
                let text = report.0.to_string();
                assert!(
                    text.contains("There was no answer within") && text.contains("Try again"),
                    "{text}"
                );
            });
        }
    });
}

#[test]
fn what_refuses_fails_or_says_nonsense_is_unknown_and_nothing_is_missing() {
    let home = Home::new();
    let sandbox = sandbox(&home, &[]);
    let json = "content-type: application/json\r\n";
    let html = "content-type: text/html\r\n";
    for (said, words) in [
        (answer("403 Forbidden", json, REFUSAL), "403"),
        (
            answer("500 Internal Server Error", html, "<html>oops</html>"),
            "500",
        ),
        (
            answer("200 OK", html, "<html>Please log in to the network</html>"),
            "a web page instead of an answer",
        ),
        (answer("200 OK", json, "{\"a\":"), "broke off in the middle"),
        (answer("204 No Content", "", ""), ""),
    ] {
        let every = said.clone();
        let report = behind(&sandbox, move |_| Act::Say(every.clone()));
        assert_eq!(report.that_are("missing"), set(&[]), "{said}: {:#}", report.0);
        assert_eq!(report.1, 4, "{said}");
        assert!(report.0.to_string().contains(words), "{words}: {:#}", report.0);
        std::thread::scope(|scope| {
            for (part, concerned) in SERVICES {
                let (one, sandbox) = (said.clone(), &sandbox);
                scope.spawn(move || {
                    let report = behind(sandbox, move |asked| {
                        if asked.line.contains(part) {
                            Act::Say(one.clone())
                        } else {
                            Act::Pass
                        }
                    });
                    let unknown = report.that_are("unknown");
                    assert!(
                        unknown.is_subset(&set(concerned)) && !unknown.is_empty(),
                        "{part} {words}: {:#}",
                        report.0
                    );
                    assert_eq!(
                        report.that_are("missing"),
                        set(&[]),
                        "{part} {words}: {:#}",
                        report.0
                    );
                });
            }
        });
    }
}

#[test]
fn a_service_that_finds_nothing_is_believed_only_of_what_it_was_asked_for() {
    let home = Home::new();
    let sandbox = sandbox(&home, &[]);
    let nothing = || {
        answer(
            "404 Not Found",
            "content-type: application/json\r\n",
            r#"{"error":{"code":404,"message":"Not found","status":"NOT_FOUND"}}"#,
        )
    };
    for (part, missing) in [
        ("/locations/", set(&["instance"])),
        ("/apps/cdf_mysql_to_bigquery", set(&["pipeline"])),
        (
            "/bigquery/v2/projects/downbeat-sandbox/datasets",
            set(&["tables"]),
        ),
        ("/storage/", set(&["bucket"])),
        ("/v3/projects", set(&[])),
        ("/services", set(&[])),
    ] {
        let report = behind(&sandbox, move |asked| {
            if asked.line.contains(part) {
                Act::Say(nothing())
            } else {
                Act::Pass
            }
        });
        assert_eq!(report.that_are("missing"), missing, "{part}: {:#}", report.0);
        assert_eq!(report.1, if missing.is_empty() { 4 } else { 2 }, "{part}");
    }
}

#[test]
fn with_the_rights_of_a_viewer_roles_are_unknown_and_what_a_run_needs_is_missing() {
    let home = Home::new();
    let sandbox = sandbox(&home, &[]);
    let json = "content-type: application/json\r\n";
    let report = behind(&sandbox, move |asked| {
        if asked.line.contains(":getIamPolicy") {
            Act::Say(answer("403 Forbidden", json, REFUSAL))
        } else if asked.line.contains("testIamPermissions") || asked.line.contains("testPermissions") {
            Act::Say(answer("200 OK", json, "{}"))
        } else {
            Act::Pass
        }
    });
    assert_eq!(
        report.that_are("unknown"),
        set(&["service_agent", "act_as", "worker_account"])
    );
    assert_eq!(
        report.that_are("missing"),
        set(&["caller_on_project", "caller_on_instance"])
    );
    assert_eq!(report.1, 2);
    // Nobody writes to the bucket as the viewer.
    assert!(
        report.0.to_string().contains("a run does without"),
        "{:#}",
        report.0
    );
}
