//! A home of its own for each test, and the built program in it.
//!
//! The environment is said in full, so that nothing of the machine's owner leaks in.

use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_downbeat");

/// The variables of a profile that reaches a sandbox by its address; the way there is to be added.
pub const PROFILE: &str = "project_id = 'downbeat-sandbox'\ncdf_instance = 'sandbox'\nbq_dataset_id = 'cdf_output'\n\
    bq_output_table = 'landing'\ncdf_pipeline_name = 'cdf_mysql_to_bigquery'\ndag_retry_interval_minutes = 0.01\n";

/// How long anything may take; `DOWNBEAT_TEST_SECONDS` gives a slow machine more. A run with a start that was lost does
/// not end before that start cannot arrive any more, which takes two minutes.
pub fn patience() -> Duration {
    let given = std::env::var("DOWNBEAT_TEST_SECONDS").ok();
    Duration::from_secs(given.and_then(|text| text.parse().ok()).unwrap_or(240))
}

/// Asks again and again until there is an answer; what was waited for is said if there never is one.
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + patience();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Sends a signal by its name.
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -{name} {pid}")])
        .status();
    assert!(sent.unwrap().success(), "no {name} for {pid}");
}

/// A folder with everything that Downbeat keeps.
pub struct Home {
    folder: TempDir,
}

/// What a finished start of the program left.
pub struct Told {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Home {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        Self { folder }
    }

    /// The folder that `--home` names.
    pub fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("home")
    }

    /// The program in this home, with nothing else of this machine.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .arg("--home")
            .arg(self.path())
            .args(arguments)
            .env_clear()
            .envs(self.environment())
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// The variables of the environment that a start gets; what a killed one leaves goes with this home.
    pub fn environment(&self) -> [(&'static str, String); 4] {
        let folder = self.folder.path().to_string_lossy().into_owned();
        let path = std::env::var("PATH").unwrap_or_default();
        [
            ("HOME", folder.clone()),
            ("TMPDIR", folder),
            ("PATH", path),
            ("LANG", "C.UTF-8".into()),
        ]
    }

    /// Starts the program and waits for its end.
    pub fn start(&self, arguments: &[&str]) -> Told {
        finish(self.command(arguments))
    }

    /// Starts the program with its standard output piped.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Writes `config.toml`.
    pub fn configure(&self, text: &str) {
        std::fs::write(self.path().join("config.toml"), text).unwrap();
    }

    /// Every file and folder of this home.
    pub fn files(&self) -> Vec<std::path::PathBuf> {
        below(&self.path())
    }
}

/// Runs a command to its end, and kills it if there is none.
pub fn finish(command: Command) -> Told {
    let output = assert_cmd::Command::from_std(command)
        .timeout(patience())
        .output()
        .unwrap();
    Told {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Told {
    /// The lines of JSON.
    pub fn lines(&self) -> Vec<Value> {
        let parsed = self.out.lines().map(serde_json::from_str);
        parsed.collect::<Result<_, _>>().unwrap()
    }

    /// The last line of a run.
    pub fn summary(&self) -> Value {
        let last = self.lines().pop().unwrap();
        assert_eq!(last["event"], "summary", "{}", self.all());
        last
    }

    /// Everything that was said, for a failing assertion.
    pub fn all(&self) -> String {
        format!("exit {}\n{}\n{}", self.code, self.out, self.err)
    }
}

/// Files and folders below a folder, the folder included.
fn below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(below(&path));
        } else {
            found.push(path);
        }
    }
    found
}
