//! Google's own clients and command lines, and Airflow's operators, unchanged, against the built sandbox.
//!
//! Kept out of `cargo test`: each makes a virtual environment from `PyPI` below `target/clients/` the first
//! time (Airflow's takes 1.5 GB). One command, which CI runs too:
//!
//! ```text
//! cargo test --test clients -- --ignored
//! ```
//!
//! The scripts in `clients/` assert values and end at the first wrong one; what they print is shown then.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[expect(dead_code, reason = "other journeys look at files")]
#[path = "support/home.rs"]
mod home;

use home::Home;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

/// The tool that installs: ten times faster than pip, and from `PyPI` itself.
const INSTALLER: &str = "uv==0.13.9";

/// A served sandbox; ended when it is dropped.
struct Sandbox {
    child: Child,
    ready: String,
    _home: Home,
}

impl Sandbox {
    fn start() -> Self {
        let home = Home::new();
        let mut child = home.spawn(&["sandbox", "--ephemeral", "--lab", "--port", "0"]);
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut ready)
            .unwrap();
        Self {
            child,
            ready,
            _home: home,
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// Runs a command to its end, which must be a good one.
fn must(command: &mut Command) {
    let output = command.output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
}

/// The Python of an environment with exactly these packages, made if it is not there. The tests of one environment
/// begin together: one of them makes it, and the others wait for that.
fn python(requirements: &str) -> PathBuf {
    let file = scripts().join(requirements);
    let mut hasher = DefaultHasher::new();
    (INSTALLER, fs::read_to_string(&file).unwrap()).hash(&mut hasher);
    let name = format!(
        "{}-{:016x}",
        requirements.trim_end_matches(".txt"),
        hasher.finish()
    );
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .with_file_name("clients")
        .join(name);
    let (python, ready) = (folder.join("bin/python"), folder.join("ready"));
    fs::create_dir_all(folder.parent().unwrap()).unwrap();
    let lock = fs::File::create(folder.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    if !ready.exists() {
        let _ = fs::remove_dir_all(&folder);
        must(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        must(Command::new(&python).args(["-m", "pip", "install", "--quiet", INSTALLER]));
        must(
            Command::new(folder.join("bin/uv"))
                .args(["pip", "install", "--quiet", "--python"])
                .arg(&python)
                .arg("-r")
                .arg(&file),
        );
        fs::write(ready, "").unwrap();
    }
    python
}

fn run(requirements: &str, script: &str) {
    let python = python(requirements);
    let sandbox = Sandbox::start();
    must(
        Command::new(python)
            .arg(scripts().join(script))
            .current_dir(scripts())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            // Whatever would leave this machine fails at once: google-auth asks Google in the background
            // which places a service account may use, and goes on without an answer.
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .env("NO_PROXY", "127.0.0.1,localhost")
            .env("SANDBOX", &sandbox.ready),
    );
}

#[test]
#[ignore = "installs from PyPI: cargo test --test clients -- --ignored"]
fn google_cloud_bigquery_believes_it() {
    run("google.txt", "google_bigquery.py");
}

#[test]
#[ignore = "installs from PyPI: cargo test --test clients -- --ignored"]
fn google_cloud_storage_believes_it() {
    run("google.txt", "google_storage.py");
}

#[test]
#[ignore = "installs from PyPI: cargo test --test clients -- --ignored"]
fn pandas_pyarrow_and_fastavro_exchange_files_with_it() {
    run("google.txt", "google_files.py");
}

#[test]
#[ignore = "installs from PyPI: cargo test --test clients -- --ignored"]
fn ordinary_credentials_work() {
    run("google.txt", "google_credentials.py");
}

#[test]
#[ignore = "installs from PyPI: cargo test --test clients -- --ignored"]
fn what_builds_itself_from_discovery_documents_believes_it() {
    run("google.txt", "google_discovery.py");
}

#[test]
#[ignore = "installs from PyPI: cargo test --test clients -- --ignored"]
fn sqlalchemy_believes_it() {
    run("analytics.txt", "google_sqlalchemy.py");
}

#[test]
#[ignore = "installs from PyPI: cargo test --test clients -- --ignored"]
fn ibis_believes_it() {
    run("analytics.txt", "google_ibis.py");
}

#[test]
#[ignore = "installs from PyPI: cargo test --test clients -- --ignored"]
fn dbt_believes_it() {
    run("analytics.txt", "google_dbt.py");
}

/// Where they are not installed nothing is tried.
#[test]
#[ignore = "needs gcloud and bq: cargo test --test clients -- --ignored"]
fn gcloud_and_bq_believe_it() {
    run("google.txt", "cloud_sdk.py");
}

#[test]
#[ignore = "installs Airflow from PyPI: cargo test --test clients -- --ignored"]
fn airflows_operators_believe_it() {
    run("airflow.txt", "airflow_operators.py");
}
