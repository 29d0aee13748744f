//! The demo: a terminal on a sandbox that goes with it, and nothing of it in the home of a person.

use crate::home::{Home, PROGRAM, finish};
use crate::screen::Session;
use std::path::Path;
use std::process::Command;

#[test]
fn a_demo_plays_its_scenario_and_leaves_nothing_behind() {
    let home = Home::new();
    let mut session = Session::spawn(Path::new(PROGRAM), &home, &["demo", "failing-stages"], 120, 40);
    session.wait_for("SANDBOX");
    session.wait_for("6 of 8 rows active");
    let folders = || {
        let entries = std::fs::read_dir(home.path().parent().unwrap()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with("downbeat-demo-")).count()
    };
    assert_eq!(folders(), 1);
    crate::run(&mut session);
    // The scenario has made an action fail; the demo alone has no row that fails for good.
    session.wait_until("a failure that the scenario plays", |screen| {
        screen.contains("up_for_retry")
    });
    session.keys(&["q"]);
    session.wait_for("Leave");
    session.keys(&["y"]);
    assert_eq!(session.end(), 0);
    assert_eq!(folders(), 0);
    let files: Vec<_> = home.files().into_iter().filter(|path| path.is_file()).collect();
    assert!(files.is_empty(), "{files:?}");
}

#[test]
fn a_demo_of_an_unknown_scenario_names_the_known_ones() {
    let home = Home::new();
    for (arguments, words) in [
        (&["demo", "earthquake"][..], "flaky-network"),
        (
            &["--profile", "prod", "demo"],
            "Leave --home, --profile and --set out",
        ),
    ] {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).env_clear().envs(home.environment());
        let told = finish(command);
        assert_eq!(told.code, 2, "{}", told.all());
        assert!(told.all().contains(words), "{}", told.all());
    }
}
