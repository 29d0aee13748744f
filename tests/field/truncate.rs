//! What is emptied, when, and how the rows come back: rows and jobs are looked at in the warehouse.

use super::home::{Home, Told, signal, wait_for};
use super::lab::{Lab, PROFILE, PROJECT};
use super::screen::Session;
use serde_json::Value;
use std::process::Child;

/// Holds the job that empties the table in BigQuery's queue.
const HELD: &str = "[[request]]\noperation = 'insert'\nbody = 'TRUNCATE'\npending = 'forever'";

/// No request for a job gets through.
const REFUSED: &str = "[[request]]\noperation = 'insert'\nbody = 'TRUNCATE'\nanswer = 503";

/// Every load fails.
const FAILING: &str = "[[run]]\nfail = { stage = 'Import To BigQuery', text = 'Quota exceeded' }";

impl Lab {
    /// The output table as a run has filled it; these settings are for the runs that follow.
    fn with_rows(settings: &[(&str, &str)]) -> Self {
        let lab = Self::new();
        lab.configure(&[]);
        let told = lab.run(&[]);
        assert_eq!(told.code, 0, "{}", told.all());
        assert!(lab.count("landing") > 0);
        lab.configure(settings);
        lab
    }

    /// The jobs that Downbeat sent to empty a table, the newest first.
    fn truncate_jobs(&self) -> Vec<Value> {
        let list = self
            .sandbox
            .get(&format!("/bigquery/v2/projects/{PROJECT}/jobs?maxResults=1000"));
        let jobs = list["jobs"].as_array().cloned().unwrap_or_default();
        let is_ours = |job: &Value| {
            let id = job["jobReference"]["jobId"].as_str().unwrap();
            id.starts_with("downbeat_") && id.ends_with("_truncate")
        };
        jobs.into_iter().filter(is_ours).collect()
    }

    /// The held job, as soon as it is there.
    fn pending_job(&self) -> Value {
        wait_for("the job that empties the table", || {
            self.truncate_jobs()
                .into_iter()
                .find(|job| job["status"]["state"] == "PENDING")
        })
    }

    fn pipeline_runs(&self) -> usize {
        self.sandbox.runs().len()
    }

    fn spawn(&self, arguments: &[&str]) -> Child {
        self.home
            .spawn(&[&["run", "--profile", PROFILE], arguments].concat())
    }
}

fn reference(job: &Value) -> &str {
    job["jobReference"]["jobId"].as_str().unwrap()
}

fn task<'a>(summary: &'a Value, name: &str) -> &'a Value {
    let tasks = summary["tasks"].as_array().unwrap();
    tasks.iter().find(|task| task["task"] == name).unwrap()
}

#[test]
fn without_an_active_row_nothing_is_emptied() {
    let lab = Lab::with_rows(&[]);
    let (rows, runs, jobs) = (
        lab.count("landing"),
        lab.pipeline_runs(),
        lab.truncate_jobs().len(),
    );
    for (table, truncates) in [
        ("('hr', 'payroll', FALSE)", "true"),
        ("('hr', 'payroll', NULL)", "true"),
        ("('hr', 'payroll', FALSE)", "false"),
        ("", "true"), // It is just being reloaded.
    ] {
        lab.sql("CREATE OR REPLACE TABLE cdf_output.idle (business_unit STRING, data_source STRING, is_active BOOL)");
        if !table.is_empty() {
            lab.sql(&format!("INSERT cdf_output.idle VALUES {table}"));
        }
        let truncate = format!("bq_truncate={truncates}");
        let settings = ["--set", "bq_config_table=idle", "--set", &truncate];
        let json = lab.run(&[&["--output", "json"], settings.as_slice()].concat());
        let summary = json.summary();
        assert_eq!(summary["state"], "empty", "{}", json.all());
        assert_eq!(task(&summary, "truncate_table")["state"], "skipped");
        assert_eq!(
            (&summary["truncated_at"], &summary["restore"]),
            (&Value::Null, &Value::Null)
        );
        let text = lab.run(&settings);
        let said = text.out.lines().filter(|line| line.contains("active"));
        assert!(said.count() >= 2, "first and last: {}", text.all());
        assert!(
            text.out.lines().last().unwrap().contains("empty"),
            "{}",
            text.all()
        );
        let plan = lab.run(&[&["--dry-run"], settings.as_slice()].concat());
        assert!(plan.out.contains("nothing will be emptied"), "{}", plan.all());
        assert_eq!(lab.count("landing"), rows, "{table} {truncates}");
        assert_eq!((lab.truncate_jobs().len(), lab.pipeline_runs()), (jobs, runs));
    }
}

/// The configuration is a view whose row is active while the output table has rows, as if somebody changed the table
/// behind the preflight.
#[test]
fn a_table_that_is_reloaded_behind_the_preflight_is_not_green() {
    let lab = Lab::with_rows(&[]);
    let rows = lab.count("landing");
    lab.sql(
        "CREATE VIEW cdf_output.moving AS SELECT 'hr' AS business_unit, 'engineer' AS data_source, \
         (SELECT COUNT(*) FROM cdf_output.landing) > 0 AS is_active, \
         'updated_at' AS watermark_column, CAST(NULL AS STRING) AS source_fields",
    );
    let runs = lab.pipeline_runs();
    let json = lab.run(&[
        "--output",
        "json",
        "--set",
        "bq_config_table=moving",
        "--set",
        "cdf_pipeline_retries=0",
    ]);
    let summary = json.summary();
    assert_eq!(
        (json.code, &summary["state"]),
        (1, &"failed".into()),
        "{}",
        json.all()
    );
    let reason = task(&summary, "get_configuration")["reason"].as_str().unwrap();
    assert!(
        reason.contains("1 row was active at the start, and none is now"),
        "{reason}"
    );
    assert_eq!((lab.count("landing"), lab.pipeline_runs()), (0, runs));
    check_restore(&lab, &json, rows);
}

/// The command names the millisecond before the job began, on the clock of the warehouse.
fn check_restore(lab: &Lab, json: &Told, rows: u64) {
    let jobs = lab.truncate_jobs();
    let statistics = &jobs[0]["statistics"];
    let started: i64 = statistics["startTime"].as_str().unwrap().parse().unwrap();
    assert_eq!(statistics["query"]["numDmlAffectedRows"], rows.to_string());
    let table = format!("{PROJECT}:cdf_output.landing");
    let command = format!("bq cp -f {table}@{} {table}", started - 1);
    let summary = json.summary();
    assert_eq!(summary["restore"], command, "{}", json.all());
    let moment = chrono::DateTime::from_timestamp_millis(started).unwrap();
    let moment = moment.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    assert_eq!(summary["truncated_at"], moment);
}

#[test]
fn a_run_that_fails_behind_the_truncate_says_how_the_rows_come_back() {
    let lab = Lab::with_rows(&[("cdf_pipeline_retries", "0")]);
    let rows = lab.count("landing");
    lab.play(FAILING);
    let json = lab.run(&["--output", "json"]);
    assert_eq!(json.code, 1, "{}", json.all());
    check_restore(&lab, &json, rows);
    // The next one finds an empty table: there is nothing to bring back.
    let json = lab.run(&["--output", "json"]);
    let summary = json.summary();
    assert_eq!(
        (json.code, &summary["restore"]),
        (1, &Value::Null),
        "{}",
        json.all()
    );
    assert!(summary["truncated_at"].is_string(), "{}", json.all());
    // In text, the last line has it.
    lab.sql("INSERT cdf_output.landing (load_id) VALUES ('mine')");
    let text = lab.run(&[]);
    let last = text.out.lines().last().unwrap();
    assert!(
        last.contains("(1 row)") && last.contains("`bq cp -f "),
        "{}",
        text.all()
    );
    lab.play_nothing();
    let json = lab.run(&["--output", "json", "--set", "cdf_pipeline_retries=2"]);
    assert_eq!(
        (json.code, &json.summary()["restore"]),
        (0, &Value::Null),
        "{}",
        json.all()
    );
}

#[test]
fn a_job_that_waits_too_long_is_cancelled_before_the_run_ends() {
    let lab = Lab::with_rows(&[("dag_timeout_minutes", "0.05")]);
    let (rows, runs) = (lab.count("landing"), lab.pipeline_runs());
    lab.play(HELD);
    let json = lab.run(&["--output", "json"]);
    assert_eq!(json.code, 3, "{}", json.all());
    let summary = json.summary();
    let truncate = task(&summary, "truncate_table");
    assert_eq!(truncate["state"], "timed_out", "{}", json.all());
    assert!(
        truncate["reason"].as_str().unwrap().contains("keeps its rows"),
        "{truncate}"
    );
    let jobs = lab.truncate_jobs();
    assert_eq!(jobs.len(), 2, "one of each run: {jobs:?}");
    assert_eq!(jobs[0]["status"]["errorResult"]["reason"], "stopped");
    assert!(
        json.out.contains("\"progress\":\"pending\""),
        "it was shown: {}",
        json.all()
    );
    assert_eq!((lab.count("landing"), lab.pipeline_runs()), (rows, runs));
}

#[test]
fn an_interrupt_cancels_the_job_before_the_program_ends() {
    let lab = Lab::with_rows(&[]);
    let (rows, runs) = (lab.count("landing"), lab.pipeline_runs());
    lab.play(HELD);
    let child = lab.spawn(&[]);
    lab.pending_job();
    signal(child.id(), "INT");
    let told = Told::until_end(child);
    assert_eq!(told.code, 130, "{}", told.all());
    assert!(told.out.contains("was cancelled. "), "{}", told.all());
    assert_eq!(
        lab.truncate_jobs()[0]["status"]["errorResult"]["reason"],
        "stopped"
    );
    assert_eq!((lab.count("landing"), lab.pipeline_runs()), (rows, runs));
}

/// A killed program leaves its job in the queue. Played late, it would empty what the next run has loaded.
#[test]
fn no_run_starts_while_the_job_of_another_is_undecided() {
    let lab = Lab::with_rows(&[]);
    let (rows, runs) = (lab.count("landing"), lab.pipeline_runs());
    lab.play(HELD);
    let mut child = lab.spawn(&[]);
    let job = lab.pending_job();
    child.kill().unwrap();
    child.wait().unwrap();
    lab.play_nothing();
    // Another machine: on this one the run would be carried on, with this job.
    let other = Home::new();
    other.configure(&std::fs::read_to_string(lab.home.path().join("config.toml")).unwrap());
    let next = other.start(&["run", "--profile", PROFILE]);
    assert_ne!(next.code, 0, "{}", next.all());
    assert!(next.all().contains(reference(&job)), "{}", next.all());
    assert_eq!((lab.count("landing"), lab.pipeline_runs()), (rows, runs));
    let path = format!(
        "/bigquery/v2/projects/{PROJECT}/jobs/{}/cancel?location=US",
        reference(&job)
    );
    let location = job["jobReference"]["location"].as_str().unwrap();
    let (status, answer) = lab
        .sandbox
        .ask("POST", &path.replace("=US", &format!("={location}")), "");
    assert_eq!(status, 200, "{answer}");
    wait_for("the end of the job", || {
        lab.truncate_jobs()
            .iter()
            .all(|job| job["status"]["state"] == "DONE")
            .then_some(())
    });
    let next = lab.run(&["--fresh"]);
    assert_eq!(next.code, 0, "{}", next.all());
    assert!(lab.pipeline_runs() > runs);
}

/// The resumed run looks at the job that the killed program has sent, and sends no other.
#[test]
fn a_killed_run_goes_on_with_the_same_job() {
    let lab = Lab::with_rows(&[]);
    let runs = lab.pipeline_runs();
    lab.play("[[request]]\noperation = 'insert'\nbody = 'TRUNCATE'\npending = '100s'");
    let mut child = lab.spawn(&[]);
    let job = lab.pending_job();
    child.kill().unwrap();
    child.wait().unwrap();
    let mut session = Session::start(&lab.home, &["--profile", PROFILE], 120, 40);
    session.wait_for("Resume the unfinished run?");
    session.keys(&["y"]);
    session.wait_for("\n ✔ success");
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);
    let jobs = lab.truncate_jobs();
    assert_eq!(jobs.len(), 2, "one of each run: {jobs:?}");
    assert_eq!(
        (reference(&jobs[0]), &jobs[0]["status"]["state"]),
        (reference(&job), &"DONE".into())
    );
    assert!(jobs[0]["status"]["errorResult"].is_null(), "{jobs:?}");
    assert!(lab.pipeline_runs() > runs, "the pipelines ran behind it");
}

/// A request that never arrived must not arrive after the run has ended.
#[test]
fn the_id_of_a_job_that_never_arrived_is_used_up() {
    let lab = Lab::with_rows(&[("dag_timeout_minutes", "0.05")]);
    let rows = lab.count("landing");
    lab.play(REFUSED);
    let json = lab.run(&["--output", "json"]);
    assert_eq!(json.code, 3, "{}", json.all());
    lab.play_nothing();
    let jobs = lab.truncate_jobs();
    let job = reference(&jobs[0]);
    assert!(
        json.out.contains(&format!("{job} never arrived")),
        "{}",
        json.all()
    );
    let late = serde_json::json!({
        "jobReference": jobs[0]["jobReference"],
        "configuration": {"query": {"query": "TRUNCATE TABLE cdf_output.landing", "useLegacySql": false}},
    });
    let path = format!("/bigquery/v2/projects/{PROJECT}/jobs");
    let (status, answer) = lab.sandbox.ask("POST", &path, &late.to_string());
    assert_eq!(status, 409, "{answer}");
    assert_eq!(lab.count("landing"), rows);
}

/// Sent, the answer lost: it is one job, and it has emptied the table once.
#[test]
fn a_lost_answer_makes_no_second_job() {
    let lab = Lab::with_rows(&[]);
    lab.play("[[request]]\noperation = 'insert'\nbody = 'TRUNCATE'\nfirst = 2\nreset = 'after'");
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert_eq!(lab.truncate_jobs().len(), 2, "one of each run");
}
