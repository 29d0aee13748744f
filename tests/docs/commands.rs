//! The commands of the pages, each as it is written there, in a shell with the built program, on a sandbox.

use crate::home::{Home, PROFILE, PROGRAM, Told, finish};
use crate::pages;
use crate::server::Sandbox;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

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
    ("cat /etc/", "needs the certificates of a company"),
];

/// Commands that end with another code here than 0, and why.
const CODES: &[(&str, i32, &str)] = &[
    ("downbeat retry", 1, "its task fails again: no such user of MySQL"),
    ("downbeat init  ", 2, "there is nobody to ask"),
    (
        "downbeat setup --profile prod --preference cloudsql",
        2,
        "there is nobody to ask",
    ),
];

/// Pages that make the profile `prod` themselves.
const MAKE_PROFILE: [&str; 2] = ["docs/commands.md", "docs/setup.md"];

/// Names of the pages, and what they are here.
const NAMES: [(&str, &str); 3] = [
    ("my-project", "downbeat-sandbox"),
    ("my-instance", "sandbox"),
    ("--cdf-instance etl", "--cdf-instance sandbox"),
];

/// So many pages are read at a time.
const READERS: usize = 3;

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

/// A home with the profile that the pages speak of, the sandbox that it leads to, and what the commands read.
struct Stage {
    home: Home,
    sandbox: Sandbox,
    _other: Home,
    run: String,
}

impl Stage {
    fn new(page: &Path) -> Self {
        let (home, other) = (Home::new(), Home::new());
        let sandbox = Sandbox::start(&other, &["--ephemeral", "--port", "0", "--speed", "20"]);
        home.configure(&format!("default_profile = 'prod'\n[profile.prod]\n{PROFILE}"));
        let file = |name: &str, text: &str| std::fs::write(home.path().join(name), text).unwrap();
        file("hr.args", "business_unit=hr\ndata_source=engineer\n");
        for name in ["variables.json", "airflow.json"] {
            file(name, r#"{"bq_location": "US", "of_another_dag": "x"}"#);
        }
        let pipeline = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/cdf-mysql-to-bigquery.json");
        std::fs::copy(pipeline, home.path().join("mine.json")).unwrap();
        let mut stage = Self {
            home,
            sandbox,
            _other: other,
            run: String::new(),
        };
        stage.run = stage.failed_run();
        if MAKE_PROFILE.iter().any(|name| page == Path::new(name)) {
            std::fs::remove_file(stage.home.path().join("config.toml")).unwrap();
        }
        stage
    }

    /// The id of a run in which one task has failed.
    fn failed_run(&self) -> String {
        let told = self.shell(
            "downbeat run --args business_unit=hr,data_source=engineer,mysql_user=nobody --output json",
        );
        assert_eq!(told.code, 1, "{}", told.all());
        told.summary()["run"].as_str().unwrap().to_owned()
    }

    /// What a shell in this home leaves, which finds the program by its name, and whose environment leads to the sandbox.
    fn shell(&self, text: &str) -> Told {
        let (_, port) = self.sandbox.address().rsplit_once(':').unwrap();
        let script = text.replace("0199c1d2", &self.run).replace("18080", port);
        let script = NAMES
            .iter()
            .fold(script, |text, (there, here)| text.replace(there, here));
        let mut command = Command::new("bash");
        let path = std::env::var("PATH").unwrap_or_default();
        let folder = PathBuf::from(PROGRAM).parent().unwrap().to_owned();
        let endpoint = format!("http://{}", self.sandbox.address());
        command
            .args(["-euo", "pipefail", "-c", &script])
            .env_clear()
            .envs(self.home.environment())
            .env("PATH", format!("{}:{path}", folder.display()))
            .env("DOWNBEAT_HOME", self.home.path())
            .env("DOWNBEAT_DATAFUSION_ENDPOINT", &endpoint)
            .env("DOWNBEAT_BIGQUERY_ENDPOINT", &endpoint)
            .env("DOWNBEAT_CREDENTIALS", "none")
            .current_dir(self.home.path())
            .stdin(Stdio::null());
        finish(command)
    }
}

#[test]
fn every_command_of_the_pages_works() {
    let lines = lines();
    for (start, reason) in ELSEWHERE {
        let used = lines.iter().any(|line| line.text.starts_with(start));
        assert!(
            used,
            "no page has a command that begins with '{start}' ({reason})"
        );
    }
    // Each page is read from its beginning, by somebody who has not read the others; most of the time is waited.
    let pages = Mutex::new(lines.chunk_by(|a, b| a.page == b.page));
    let next = || pages.lock().unwrap().next();
    let wrong = std::thread::scope(|scope| {
        let readers = [(); READERS].map(|()| {
            scope.spawn(|| {
                std::iter::from_fn(next)
                    .flat_map(wrong_of_page)
                    .collect::<Vec<_>>()
            })
        });
        readers.map(|reader| reader.join().unwrap()).concat()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let done = lines.iter().filter(|line| !is_elsewhere(&line.text)).count();
    assert!(done >= 30, "{done} commands were run");
}

/// What the commands of a page have printed that do not work.
fn wrong_of_page(page: &[Line]) -> Vec<String> {
    let lines: Vec<_> = page.iter().filter(|line| !is_elsewhere(&line.text)).collect();
    if lines.is_empty() {
        return Vec::new();
    }
    let stage = Stage::new(&page[0].page);
    let mut wrong = Vec::new();
    for line in lines {
        let told = stage.shell(&line.text);
        let code = CODES.iter().find(|(start, ..)| line.text.starts_with(start));
        let is_right = told.code == code.map_or(0, |(_, code, _)| *code) && !told.out.contains("\"error\":{");
        if !is_right {
            wrong.push(format!("{}: {}\n{}", line.page.display(), line.text, told.all()));
        }
    }
    wrong
}
