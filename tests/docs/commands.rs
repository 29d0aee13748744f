//! The commands of the pages, each as it is written there, in a shell with the built program, on a sandbox.

use crate::home::{Home, PROFILE, PROGRAM, Told, finish};
use crate::pages;
use crate::server::Sandbox;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What cannot be run here, by the beginning of the line, and where it is run instead.
const ELSEWHERE: &[(&str, &str)] = &[
    ("cargo ", "is what runs this"),
    ("DOWNBEAT_SCHEDULES=", "is what runs this"),
    ("DOWNBEAT_SEED=", "is what runs this"),
    ("INSTA_UPDATE=", "is what runs this"),
    ("bq ", "needs Google's command line: clients.rs"),
    ("downbeat sandbox", "serves until it is ended: sandbox_process.rs"),
    ("downbeat demo", "needs a terminal: journeys.rs"),
    (
        "downbeat attach",
        "needs a run that another process drives: journeys.rs",
    ),
    ("downbeat resume", "needs a run that nobody drives: crash.rs"),
];

/// Commands that end with another code here than 0.
const CODES: &[(&str, i32)] = &[("downbeat retry", 1)];

/// A line of a page to run.
struct Line {
    page: PathBuf,
    text: String,
}

/// The lines of the blocks that are marked `sh`; one that ends with `\` goes on.
fn lines() -> Vec<Line> {
    let mut found = Vec::new();
    for (page, text) in pages() {
        let blocks = text.split("\n```sh\n").skip(1);
        for block in blocks.filter_map(|rest| rest.split_once("\n```").map(|(block, _)| block)) {
            if block.contains("\nfor ") || block.contains("for target in") {
                continue;
            }
            let joined = block.replace("\\\n", " ");
            let lines = joined.lines().map(str::trim);
            found.extend(
                lines
                    .filter(|line| !line.is_empty() && !line.starts_with('#'))
                    .map(|line| Line {
                        page: page.clone(),
                        text: line.to_owned(),
                    }),
            );
        }
    }
    found
}

fn is_elsewhere(text: &str) -> bool {
    ELSEWHERE.iter().any(|(start, _)| text.starts_with(start))
}

/// A shell in this home, which finds the program by its name.
fn shell(home: &Home, script: &str) -> Told {
    let mut command = Command::new("bash");
    let path = std::env::var("PATH").unwrap_or_default();
    let folder = PathBuf::from(PROGRAM).parent().unwrap().to_owned();
    command
        .args(["-euo", "pipefail", "-c", script])
        .env_clear()
        .envs(home.environment())
        .env("PATH", format!("{}:{path}", folder.display()))
        .env("DOWNBEAT_HOME", home.path())
        .current_dir(home.path())
        .stdin(Stdio::null());
    finish(command)
}

/// The id of a run in which nothing succeeded.
fn failed_run(home: &Home) -> String {
    let told = shell(
        home,
        "downbeat run --args business_unit=hr,data_source=nothing --output json",
    );
    assert_eq!(told.code, 1, "{}", told.all());
    told.summary()["run"].as_str().unwrap().to_owned()
}

#[test]
fn every_command_of_the_pages_works() {
    // Those that are only shown are written down as such.
    let lines = lines();
    for (start, reason) in ELSEWHERE {
        let used = lines.iter().any(|line| line.text.starts_with(start));
        assert!(
            used,
            "no page has a command that begins with '{start}' ({reason})"
        );
    }
    let (home, other) = (Home::new(), Home::new());
    let sandbox = Sandbox::start(&other, &["--ephemeral", "--port", "0", "--speed", "20"]);
    home.configure(&format!(
        "default_profile = 'prod'\n[profile.prod]\n{PROFILE}{}",
        sandbox.way()
    ));
    std::fs::write(
        home.path().join("hr.args"),
        "business_unit=hr\ndata_source=engineer\n",
    )
    .unwrap();
    let run = failed_run(&home);
    let (_, port) = sandbox.address().rsplit_once(':').unwrap();
    let mut done = 0;
    for line in lines.iter().filter(|line| !is_elsewhere(&line.text)) {
        let script = line.text.replace("0199c1d2", &run).replace("41231", port);
        let told = shell(&home, &script);
        let code = CODES.iter().find(|(start, _)| script.starts_with(start));
        let expected = code.map_or(0, |(_, code)| *code);
        assert_eq!(
            told.code,
            expected,
            "{}: {}\n{}",
            line.page.display(),
            line.text,
            told.all()
        );
        assert!(!told.out.contains("\"error\":{"), "{}", told.all());
        done += 1;
    }
    assert!(done >= 15, "{done} commands were run");
}
