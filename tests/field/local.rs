//! Trouble of the machine that the program runs on: a disk that takes nothing, a journal that another program locks, too
//! few file descriptors, a gcloud that hangs. It is waited for and said, uses up no try, and keeps nobody from leaving.

use super::home::{Home, signal, wait_for};
use super::lab::{Lab, PROFILE, has_all};
use super::pipeline::{pipeline, source, statement, trash};
use rusqlite::Connection;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Far less than what hangs takes, and far more than a busy machine needs to end the program.
const SOON: Duration = Duration::from_secs(20);

/// A program that is read while it runs.
struct Watched {
    child: Child,
    told: Arc<Mutex<String>>,
}

impl Watched {
    fn run(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let told = Arc::new(Mutex::new(String::new()));
        let streams: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().unwrap()),
            Box::new(child.stderr.take().unwrap()),
        ];
        for stream in streams {
            let told = told.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let mut told = told.lock().unwrap();
                    told.push_str(&line);
                    told.push('\n');
                }
            });
        }
        Self { child, told }
    }

    fn told(&self) -> String {
        self.told.lock().unwrap().clone()
    }

    fn until_told(&self, words: &str) {
        wait_for(&format!("'{words}'"), || {
            self.told().contains(words).then_some(())
        });
    }

    fn end(&mut self) -> Option<i32> {
        let ended = wait_for("the end of the program", || self.child.try_wait().unwrap());
        ended.code()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a run that nobody disturbs leaves: rows, and pipeline runs.
fn undisturbed() -> (u64, usize) {
    let lab = Lab::at_speed("50");
    lab.configure(&[]);
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    (lab.count("landing"), lab.sandbox.runs().len())
}

fn journal(home: &Home) -> PathBuf {
    let files = home.files().into_iter();
    let mut found = files.filter(|path| path.file_name().is_some_and(|name| name == "downbeat.db"));
    found.next().unwrap()
}

/// Waits until a pipeline run has been asked for.
fn until_started(lab: &Lab) {
    wait_for("a pipeline run", || {
        (!lab.sandbox.runs().is_empty()).then_some(())
    });
}

/// The run ended green, and as if nothing had been in its way.
#[track_caller]
fn is_as_undisturbed(lab: &Lab, program: &mut Watched) {
    assert_eq!(program.end(), Some(0), "{}", program.told());
    let left = (lab.count("landing"), lab.sandbox.runs().len());
    assert_eq!(left, undisturbed(), "{}", program.told());
}

#[test]
fn a_journal_that_is_locked_for_a_while_uses_up_no_try() {
    let lab = Lab::at_speed("5");
    lab.configure(&[]);
    let mut program = Watched::run(
        lab.home
            .command(&["run", "--profile", PROFILE, "--output", "json"]),
    );
    until_started(&lab);
    let backup = Connection::open(journal(&lab.home)).unwrap();
    backup.execute_batch("BEGIN IMMEDIATE").unwrap();
    program.until_told("\"event\":\"waiting\"");
    has_all(
        &program.told(),
        &["is locked by another process", "goes on by itself"],
    );
    backup.execute_batch("ROLLBACK").unwrap();
    program.until_told("\"event\":\"goes_on\"");
    is_as_undisturbed(&lab, &mut program);
}

#[test]
fn a_start_waits_for_a_journal_that_is_locked() {
    let lab = Lab::at_speed("50");
    lab.configure(&[]);
    let refused = lab.run(&["--set", "bq_config_table=none"]);
    assert_ne!(refused.code, 0, "{}", refused.all());
    let backup = Connection::open(journal(&lab.home)).unwrap();
    backup
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
        .unwrap();
    let mut program = Watched::run(
        lab.home
            .command(&["run", "--profile", PROFILE, "--output", "json"]),
    );
    program.until_told("\"event\":\"waiting\"");
    has_all(&program.told(), &["is locked by another process"]);
    assert!(!program.told().contains("\"event\":\"target\""));
    drop(backup);
    program.until_told("\"event\":\"goes_on\"");
    is_as_undisturbed(&lab, &mut program);
}

/// The limit of a file's size stands for a full disk: a write fails, and works again when the limit is lifted.
#[cfg(target_os = "linux")]
mod full_disk {
    use super::*;

    /// The program, told nothing by the signal that such a write would kill it with.
    fn run(lab: &Lab, arguments: &[&str]) -> Watched {
        let plain = lab
            .home
            .command(&[&["run", "--profile", PROFILE], arguments].concat());
        let mut command = Command::new("sh");
        command
            .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
            .arg(plain.get_program())
            .args(plain.get_args())
            .env_clear()
            .envs(lab.home.environment())
            .stdin(Stdio::null());
        Watched::run(command)
    }

    fn limit(program: &Watched, bytes: &str) {
        let pid = program.child.id().to_string();
        let limited = Command::new("prlimit")
            .args(["--pid", &pid, &format!("--fsize={bytes}:")])
            .status();
        assert!(limited.unwrap().success());
    }

    #[test]
    fn a_full_disk_that_is_freed_uses_up_no_try() {
        let lab = Lab::at_speed("5");
        lab.configure(&[]);
        let mut program = run(&lab, &[]);
        until_started(&lab);
        limit(&program, "1");
        program.until_told("Nothing goes on for now");
        limit(&program, "unlimited");
        program.until_told("the run goes on");
        is_as_undisturbed(&lab, &mut program);
    }

    #[test]
    fn a_full_disk_keeps_nobody_from_leaving() {
        let lab = Lab::at_speed("1");
        lab.configure(&[]);
        let mut program = run(&lab, &["--on-interrupt", "leave"]);
        until_started(&lab);
        limit(&program, "1");
        program.until_told("Nothing goes on for now");
        signal(program.child.id(), "TERM");
        let asked = Instant::now();
        assert_eq!(program.end(), Some(130), "{}", program.told());
        assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
        program.until_told("What happened last is not in the journal");
    }
}

#[test]
fn a_gcloud_that_hangs_keeps_nobody_from_leaving() {
    let home = Home::new();
    let tools = home.path().join("tools");
    std::fs::create_dir(&tools).unwrap();
    let (gcloud, asked) = (tools.join("gcloud"), home.path().join("asked"));
    let script = format!("#!/bin/sh\necho $$ > '{}'\nexec sleep 130\n", asked.display());
    std::fs::write(&gcloud, script).unwrap();
    let made = Command::new("chmod").arg("+x").arg(&gcloud).status();
    assert!(made.unwrap().success());
    home.configure(
        "[profile.far]\nproject_id = 'far-project'\ncdf_instance = 'i'\ncdf_pipeline_name = 'n'\n\
        bq_dataset_id = 'd'\nbq_output_table = 't'\n",
    );
    let mut command = home.command(&["run", "--profile", "far", "--on-interrupt", "leave"]);
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .env("PATH", format!("{}:{path}", tools.display()))
        // No metadata server is asked in vain.
        .env("http_proxy", "http://127.0.0.1:9");
    let mut program = Watched::run(command);
    let hanging: String = wait_for("gcloud", || {
        let pid = std::fs::read_to_string(&asked).ok()?;
        pid.ends_with('\n').then(|| pid.trim().to_owned())
    });
    signal(program.child.id(), "INT");
    let left = Instant::now();
    assert_eq!(program.end(), Some(130), "{}", program.told());
    assert!(left.elapsed() < SOON, "{:?}", left.elapsed());
    // It is ended with the program that has asked it.
    let is_gone = || {
        let asked = Command::new("sh")
            .args(["-c", &format!("kill -0 {hanging}")])
            .output();
        (!asked.unwrap().status.success()).then_some(())
    };
    wait_for("the end of gcloud", is_gone);
}

#[cfg(target_os = "linux")]
#[test]
fn many_pipelines_at_once_need_few_file_descriptors() {
    let lab = Lab::at_speed("50");
    lab.sql("CREATE TABLE cdf_output.seen (v STRING)");
    lab.sql("CREATE TABLE cdf_output.out (a INT64)");
    lab.sql("CREATE TABLE cdf_output.many (business_unit STRING, data_source STRING, is_active BOOL)");
    let rows = (0..90).map(|number| format!("('hr', 't{number}', TRUE)"));
    let rows = rows.collect::<Vec<_>>().join(", ");
    lab.sql(&format!("INSERT cdf_output.many VALUES {rows}"));
    let take = "INSERT INTO cdf_output.seen (v) VALUES ('${data_source}')";
    let stages = [statement("Take", take, false), source("seen"), trash("Out")];
    lab.deploy("taking", &pipeline(&stages));
    lab.configure(&[
        ("bq_config_table", "'many'"),
        ("bq_output_table", "'out'"),
        ("cdf_pipeline_name", "'taking'"),
        ("max_active_pipelines", "90"),
        ("bq_config_max_results", "100"),
    ]);
    let plain = lab.home.command(&["run", "--profile", PROFILE]);
    let mut command = Command::new("prlimit");
    command
        .arg("--nofile=80")
        .arg(plain.get_program())
        .args(plain.get_args())
        .env_clear()
        .envs(lab.home.environment());
    let mut program = Watched::run(command);
    assert_eq!(program.end(), Some(0), "{}", program.told());
    let seen = lab.sql("SELECT COUNT(*), COUNT(DISTINCT v) FROM cdf_output.seen");
    assert_eq!(seen, [["90", "90"]], "{}", program.told());
}
