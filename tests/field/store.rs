//! The journal's files as users meet them: emptied, damaged, on a read-only disk, exported, too long.

use super::home::{Home, Told, finish, wait_for};
use super::lab::{Lab, has_all};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A home with one green run on the built-in sandbox.
fn used() -> Home {
    let home = Home::new();
    let told = home.start(&["run", "--profile", "sandbox", "--args", BY_HAND]);
    assert_eq!(told.code, 0, "{}", told.all());
    home
}

const BY_HAND: &str = "business_unit=hr,data_source=engineer,watermark_column=updated_at,source_fields=*";

fn journal(home: &Home) -> PathBuf {
    home.path().join("downbeat.db")
}

fn runs(home: &Home) -> Vec<Value> {
    let told = home.start(&["runs", "--output", "json", "--limit", "1000"]);
    assert_eq!(told.code, 0, "{}", told.all());
    told.lines()
}

/// Starts the program as a user who may not write into this home.
fn start_as_reader(home: &Home, arguments: &[&str]) -> Told {
    finish(as_reader(home, arguments))
}

/// The owner without the right to write; root, who needs no rights, becomes nobody for it.
fn as_reader(home: &Home, arguments: &[&str]) -> Command {
    let command = home.command(arguments);
    if !is_root() {
        return command;
    }
    let mut reader = Command::new("setpriv");
    reader.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    reader.arg(command.get_program()).args(command.get_args());
    reader.env_clear().envs(home.environment()).env("TMPDIR", "/tmp");
    reader
}

fn is_root() -> bool {
    let told = Command::new("id").arg("-u").output().unwrap();
    told.stdout.trim_ascii() == b"0"
}

fn sh(line: &str) {
    assert!(
        Command::new("sh").args(["-c", line]).status().unwrap().success(),
        "{line}"
    );
}

/// Takes the right to write away from the reader, and leaves the right to read.
fn forbid_writing(home: &Home) {
    let (path, above) = (home.path(), home.path());
    let above = above.parent().unwrap().display().to_string();
    let path = path.display();
    if is_root() {
        sh(&format!("chown -R 65534:65534 {path} && chmod 755 {above}"));
    }
    sh(&format!("chmod -R a-w {path}"));
}

fn allow_writing(home: &Home) {
    sh(&format!("chmod -R u+w {}", home.path().display()));
}

/// The files of a home with their contents.
fn contents(home: &Home) -> Vec<(PathBuf, Vec<u8>)> {
    let files = home.files().into_iter().filter(|path| path.is_file());
    let mut all: Vec<_> = files
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    all.sort();
    all
}

#[test]
fn an_empty_or_damaged_journal_is_said_and_left_as_it_is() {
    let home = used();
    let whole = fs::read(journal(&home)).unwrap();
    let half = &whole[..whole.len() / 2];
    for (left, reason) in [
        (&b""[..], "is empty (0 bytes)"),
        (half, "is damaged"),
        (&b"no database, by any means"[..], "is damaged"),
    ] {
        fs::write(journal(&home), left).unwrap();
        for arguments in [&["runs"][..], &["prune"], &["run", "--profile", "sandbox"]] {
            let told = home.start(arguments);
            assert_eq!(told.code, 2, "{}", told.all());
            let place = journal(&home).display().to_string();
            told.has(&[
                reason,
                &place,
                "Put a backup in its place",
                "downbeat export journal",
                "Move the file",
            ]);
        }
        assert_eq!(fs::read(journal(&home)).unwrap(), left);
    }
    fs::rename(journal(&home), home.path().join("away.db")).unwrap();
    assert_eq!(runs(&home).len(), 0);
    fs::write(journal(&home), whole).unwrap();
    assert_eq!(runs(&home).len(), 1, "the backup is in its place");
}

#[test]
fn a_fresh_home_is_not_touched_by_who_only_reads() {
    let home = Home::new();
    fs::remove_dir(home.path()).unwrap();
    for arguments in [
        &["runs"][..],
        &["export", "journal"],
        &["prune"],
        &["prune", "--dry-run"],
    ] {
        let told = home.start(arguments);
        assert_eq!(told.code, 0, "{}", told.all());
    }
    assert!(!home.path().exists());
}

#[test]
fn a_read_only_home_can_be_read() {
    let home = used();
    let run = runs(&home)[0]["run"].as_str().unwrap().to_owned();
    forbid_writing(&home);
    let before = contents(&home);
    for arguments in [
        &["runs", "--output", "json"][..],
        &["export", "journal"],
        &["attach", &run],
        &["prune", "--dry-run"],
    ] {
        let told = start_as_reader(&home, arguments);
        assert_eq!(told.code, 0, "{}", told.all());
        assert!(!told.out.is_empty(), "{}", told.all());
    }
    assert_eq!(
        start_as_reader(&home, &["runs", "--output", "json"])
            .lines()
            .len(),
        1
    );
    let told = start_as_reader(&home, &["prune"]);
    assert_eq!(told.code, 2, "{}", told.all());
    told.has(&["cannot be written", "downbeat.db"]);
    assert_eq!(contents(&home), before);
    allow_writing(&home);
}

#[test]
fn what_a_killed_process_left_is_read_without_a_right_to_write() {
    let lab = Lab::new();
    lab.configure(&[]);
    lab.play("[[run]]\nstarting = 'forever'\n");
    let mut child = lab.home.spawn(&["run", "--profile", "lab"]);
    let wal = home_file(&lab.home, "downbeat.db-wal");
    let started = |home: &Home| {
        let told = home.start(&["export", "journal"]);
        told.out.matches("\"event\":\"pipeline_started\"").count()
    };
    wait_for("started pipelines", || (started(&lab.home) >= 3).then_some(()));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(fs::metadata(&wal).unwrap().len() > 0);
    let expected = started(&lab.home);
    let _ = fs::remove_file(home_file(&lab.home, "downbeat.db-shm"));
    forbid_writing(&lab.home);
    let before = contents(&lab.home);
    let told = start_as_reader(&lab.home, &["export", "journal"]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert_eq!(
        told.out.matches("\"event\":\"pipeline_started\"").count(),
        expected
    );
    let told = start_as_reader(&lab.home, &["runs", "--output", "json"]);
    assert_eq!(told.lines()[0]["state"], "running", "{}", told.all());
    assert_eq!(contents(&lab.home), before);
    allow_writing(&lab.home);
}

fn home_file(home: &Home, name: &str) -> PathBuf {
    home.path().join(name)
}

#[test]
fn an_export_has_every_line_of_the_runs_and_replaces_no_file() {
    let home = Home::new();
    let mut printed = Vec::new();
    for _ in 0..2 {
        let told = home.start(&[
            "run",
            "--profile",
            "sandbox",
            "--output",
            "json",
            "--args",
            BY_HAND,
        ]);
        assert_eq!(told.code, 0, "{}", told.all());
        printed.extend(told.lines().into_iter().filter(|line| line["at"].is_number()));
    }
    let told = home.start(&["export", "journal"]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert_eq!(told.lines(), printed, "the same lines as were printed");
    told.has(&[&format!("{} facts of the journal", printed.len())]);

    let file = home.path().join("runs.jsonl");
    let name = file.display().to_string();
    let told = home.start(&["export", "journal", &name]);
    assert_eq!((told.code, told.out.as_str()), (0, ""), "{}", told.all());
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        home.start(&["export", "journal", "-"]).out
    );
    let database = journal(&home);
    let before = fs::read(&database).unwrap();
    for taken in [&file, &database] {
        let told = home.start(&["export", "journal", &taken.display().to_string()]);
        assert_eq!(told.code, 2, "{}", told.all());
        told.has(&["exists already"]);
    }
    assert_eq!(fs::read(&database).unwrap(), before);
}

#[test]
fn an_export_of_a_damaged_journal_saves_what_can_be_read() {
    let home = used();
    let sound = home.start(&["export", "journal"]).lines();
    let mut bytes = fs::read(journal(&home)).unwrap();
    bytes[..100].fill(0);
    fs::write(journal(&home), &bytes).unwrap();
    let told = home.start(&["export", "journal"]);
    assert_eq!(told.code, 1, "{}", told.all());
    let (saved, gaps): (Vec<_>, Vec<_>) = told
        .lines()
        .into_iter()
        .partition(|line| line["event"] != "unreadable");
    assert_eq!(saved, sound);
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    gaps.iter()
        .chain(&saved)
        .for_each(|line| _ = super::json::check(line));
    told.has(&["It is damaged"]);
    assert_eq!(fs::read(journal(&home)).unwrap(), bytes);
}

/// Moves every run of the journal into the past, and copies one so often.
fn age(home: &Home, days: i64, copies: i64) {
    let connection = rusqlite::Connection::open(journal(home)).unwrap();
    let past = days * 24 * 60 * 60 * 1000;
    let columns =
        "profile, pipeline, output_table, started - ?1, ended - ?1, state, succeeded, failed, total";
    for copy in 0..copies {
        let id = format!("old-{copy}");
        let sql =
            format!("INSERT INTO runs SELECT ?2, {columns} FROM runs WHERE id NOT LIKE 'old-%' LIMIT 1");
        connection.execute(&sql, (past, &id)).unwrap();
        let sql = "INSERT INTO events SELECT ?2, seq, at - ?1, name, body FROM events
            WHERE run = (SELECT id FROM runs WHERE id NOT LIKE 'old-%' LIMIT 1)";
        connection.execute(sql, (past, &id)).unwrap();
        let logs = home.path().join("logs").join(&id).join("task");
        fs::create_dir_all(&logs).unwrap();
        fs::write(logs.join("1.log"), "one\n").unwrap();
    }
}

fn log_folders(home: &Home) -> usize {
    let is_run = |path: &Path| path.parent().is_some_and(|above| above.ends_with("logs"));
    home.files()
        .iter()
        .filter(|path| path.is_dir() && is_run(path))
        .count()
}

#[test]
fn old_runs_go_with_their_logs_and_the_file_shrinks() {
    let home = used();
    age(&home, 91, 150);
    rusqlite::Connection::open(journal(&home))
        .unwrap()
        .execute(
            "UPDATE runs SET ended = NULL, state = 'running' WHERE id = 'old-0'",
            [],
        )
        .unwrap();
    let (all, size) = (runs(&home).len(), fs::metadata(journal(&home)).unwrap().len());
    assert_eq!((all, log_folders(&home)), (151, 151));
    let told = home.start(&["prune", "--dry-run"]);
    assert_eq!(told.code, 0, "{}", told.all());
    // 51 are not among the newest 100, and one of those has no end.
    let going = told.out.split(' ').next().unwrap().parse::<usize>().unwrap();
    assert!((50..=51).contains(&going), "{}", told.all());
    assert_eq!(runs(&home).len(), all);

    home.configure("journal_runs = 5\n");
    let told = home.start(&["prune"]);
    assert_eq!(told.code, 0, "{}", told.all());
    let left = runs(&home);
    told.has(&[
        &format!("{} runs removed", all - left.len()),
        &format!("{} kept", left.len()),
    ]);
    assert!((5..=6).contains(&left.len()), "{}", left.len());
    assert!(
        left.iter()
            .any(|run| run["run"] == "old-0" && run["ended"].is_null())
    );
    assert_eq!(log_folders(&home), left.len());
    let now = fs::metadata(journal(&home)).unwrap().len();
    assert!(now * 4 < size, "{now} of {size}");
    assert!(!home_file(&home, "leases/run+old-7.lock").exists());

    home.configure("journal_days = -1\njournal_runs = 0\n");
    let told = home.start(&["prune"]);
    assert_eq!(told.code, 2, "{}", told.all());
    told.has(&[
        "1:16",
        "journal_days takes a whole number",
        "2:16",
        "journal_runs takes a whole number, 1 or more",
    ]);
}

#[test]
fn a_start_removes_old_runs_and_says_how_many() {
    let home = used();
    age(&home, 400, 110);
    let told = home.start(&[
        "run",
        "--profile",
        "sandbox",
        "--args",
        BY_HAND,
        "--output",
        "json",
    ]);
    assert_eq!(told.code, 0, "{}", told.all());
    let note = told.lines().into_iter().find(|line| line["event"] == "note");
    let note = note.unwrap_or_else(|| panic!("{}", told.all()));
    has_all(
        note["text"].as_str().unwrap(),
        &["11 runs older than journal_days (90) were removed"],
    );
    assert_eq!((runs(&home).len(), log_folders(&home)), (101, 101));
}
