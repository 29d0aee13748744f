//! `downbeat doctor` with the built program: on a project that is ready, on one without anything, and where nobody answers.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[expect(dead_code, reason = "other tests wait and send signals")]
#[path = "support/home.rs"]
mod home;
#[expect(dead_code, reason = "other tests ask it themselves")]
#[path = "support/server.rs"]
mod server;

use home::{Home, PROFILE, Told};
use server::Sandbox;

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
