//! `downbeat sandbox` as a process: its line, its folder, its ends, and many clients at once.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[path = "sandbox_process/access.rs"]
mod access;
#[expect(dead_code, reason = "runs of Downbeat itself are in end_to_end.rs")]
#[path = "support/home.rs"]
mod home;
#[expect(dead_code, reason = "profiles are written in end_to_end.rs")]
#[path = "support/server.rs"]
mod server;

use home::{Home, wait_for};
use serde_json::{Value, json};
use server::Sandbox;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

const PROGRAM: &str = "/api/v3/namespaces/default/apps/cdf_mysql_to_bigquery/workflows/DataPipelineWorkflow";

/// The answer to a query, as rows of texts.
fn query(sandbox: &Sandbox, sql: &str) -> Vec<Vec<Option<String>>> {
    let body = json!({ "query": sql, "useLegacySql": false, "timeoutMs": 60_000 }).to_string();
    let path = "/bigquery/v2/projects/downbeat-sandbox/queries";
    let (status, answer) = sandbox.ask("POST", path, &body);
    assert_eq!(status, 200, "{sql}: {answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["jobComplete"], true, "{answer}");
    let none = Vec::new();
    let rows = answer["rows"].as_array().unwrap_or(&none).iter();
    let cells = |row: &Value| {
        let cells = row["f"].as_array().unwrap().iter();
        cells.map(|cell| cell["v"].as_str().map(str::to_owned)).collect()
    };
    rows.map(cells).collect()
}

/// The arguments of the active sources, as a client reads them.
fn sources(sandbox: &Sandbox) -> Vec<BTreeMap<String, String>> {
    const COLUMNS: [&str; 4] = [
        "business_unit",
        "data_source",
        "watermark_column",
        "source_fields",
    ];
    let columns = COLUMNS.join(", ");
    let sql = format!("SELECT {columns} FROM `downbeat-sandbox.cdf_output.configuration` WHERE is_active");
    let rows = query(sandbox, &sql).into_iter();
    rows.map(|row| {
        let pairs = COLUMNS.iter().zip(row);
        pairs
            .map(|(name, cell)| ((*name).to_owned(), cell.unwrap()))
            .collect()
    })
    .collect()
}

/// Starts a run; its id.
fn start(sandbox: &Sandbox, arguments: &BTreeMap<String, String>) -> String {
    let body = json!([{
        "appId": "cdf_mysql_to_bigquery", "programType": "Workflow", "programId": "DataPipelineWorkflow",
        "runtimeargs": arguments,
    }]);
    let (status, answer) = sandbox.ask("POST", "/api/v3/namespaces/default/start", &body.to_string());
    assert_eq!(status, 200, "{answer}");
    let items: Value = serde_json::from_str(&answer).unwrap();
    items[0]["runId"].as_str().unwrap().to_owned()
}

/// Asks for a run until its status is one of these.
fn until(sandbox: &Sandbox, run: &str, statuses: &[&str]) -> Value {
    wait_for(&format!("run {run} in {statuses:?}"), || {
        let record = sandbox.get(&format!("{PROGRAM}/runs/{run}"));
        let status = record["status"].as_str().unwrap().to_owned();
        statuses.contains(&status.as_str()).then_some(record)
    })
}

fn kept(home: &Home, more: &[&str]) -> Sandbox {
    let state = home.path().join("sandbox");
    let state = state.to_string_lossy();
    Sandbox::start(home, &[&["--state", &*state], more].concat())
}

#[test]
fn fifty_clients_at_once_get_their_own_answers() {
    let home = Home::new();
    let sandbox = kept(&home, &["--speed", "20"]);
    let sources = sources(&sandbox);
    let (sandbox, sources) = (&sandbox, &sources);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..50)
            .map(|number: usize| {
                scope.spawn(move || {
                    let mut arguments = sources[number % sources.len()].clone();
                    arguments.insert("output_table".to_owned(), format!("client_{number}"));
                    arguments.insert("client".to_owned(), number.to_string());
                    let run = start(sandbox, &arguments);
                    let sum = format!("SELECT {number} + 1, 'client {number}'");
                    let row = query(sandbox, &sum).remove(0);
                    assert_eq!(
                        row,
                        [Some((number + 1).to_string()), Some(format!("client {number}"))]
                    );
                    let record = until(sandbox, &run, &["COMPLETED", "FAILED"]);
                    let shown = record["properties"]["runtimeArgs"].as_str().unwrap();
                    let shown: BTreeMap<String, String> = serde_json::from_str(shown).unwrap();
                    assert_eq!(shown["client"], number.to_string());
                    (
                        run,
                        record["status"].as_str().unwrap().to_owned(),
                        shown["data_source"].clone(),
                    )
                })
            })
            .collect();
        let ended: Vec<_> = clients.into_iter().map(|client| client.join().unwrap()).collect();
        let ids: BTreeSet<_> = ended.iter().map(|(run, ..)| run.clone()).collect();
        let listed: BTreeSet<_> = sandbox
            .runs()
            .iter()
            .map(|run| run["runid"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!((ids.len(), &ids), (50, &listed));
        // One source's database is away at its first load: this is the sandbox's own, not a mix-up.
        let failed: Vec<_> = ended.iter().filter(|(_, status, _)| status == "FAILED").collect();
        assert!(
            failed.iter().all(|(_, _, source)| source == "ticket"),
            "{failed:?}"
        );
        assert!(ended.len() - failed.len() >= 40, "{failed:?}");
    });
}

#[test]
fn a_folder_serves_one_at_a_time_and_a_signal_ends_it_cleanly() {
    let home = Home::new();
    let mut sandbox = kept(&home, &["--speed", "2", "--port", "0"]);
    let state = home.path().join("sandbox");
    let second = home.start(&["sandbox", "--state", &state.to_string_lossy()]);
    assert_eq!((second.code, second.out.as_str()), (2, ""), "{}", second.all());
    assert!(
        second.err.contains("another Downbeat has its sandbox in"),
        "{}",
        second.all()
    );

    let sources = sources(&sandbox);
    let held = "[[run]]\nwhere = { data_source = 'payroll' }\nstarting = '30m'";
    assert_eq!(sandbox.ask("PUT", "/sandbox/scenario", held).0, 200);
    let starting = start(&sandbox, &sources[1]);
    until(&sandbox, &starting, &["STARTING"]);
    let running = start(&sandbox, &sources[0]);
    let nodes = format!("{PROGRAM}/runs/{running}/nodes/state");
    wait_for("its Spark node", || {
        let nodes = sandbox.get(&nodes);
        (nodes["phase-2"]["nodeStatus"] == "RUNNING").then_some(())
    });
    assert_eq!(sandbox.end("TERM"), Some(0));

    let sandbox = kept(&home, &["--speed", "10"]);
    let record = sandbox.get(&format!("{PROGRAM}/runs/{running}"));
    assert_eq!(
        record["status"], "FAILED",
        "its Spark node was aborted, as measured: {record}"
    );
    assert!(
        record.get("stopping").is_none(),
        "nobody asked it to stop: {record}"
    );
    let record = sandbox.get(&format!("{PROGRAM}/runs/{starting}"));
    assert_eq!(record["status"], "STARTING", "it goes on under its id: {record}");
    assert_eq!(
        sandbox
            .ask("POST", &format!("{PROGRAM}/runs/{starting}/stop"), "")
            .0,
        200
    );
    until(&sandbox, &starting, &["KILLED"]);
}

#[test]
fn after_a_power_cut_records_are_as_measured() {
    let home = Home::new();
    let sandbox = kept(&home, &["--speed", "4"]);
    let sources = sources(&sandbox);
    let dead = start(&sandbox, &sources[0]);
    until(&sandbox, &dead, &["RUNNING"]);
    let waiting = start(&sandbox, &sources[1]);
    sandbox.kill();

    let sandbox = kept(&home, &["--speed", "20", "--keep-abandoned"]);
    let record = until(&sandbox, &waiting, &["COMPLETED", "FAILED", "KILLED"]);
    assert_eq!(record["status"], "COMPLETED", "taken up under its id: {record}");
    let record = sandbox.get(&format!("{PROGRAM}/runs/{dead}"));
    assert_eq!(record["status"], "RUNNING", "nobody works on it: {record}");
    let (status, _) = sandbox.ask("POST", &format!("{PROGRAM}/runs/{dead}/stop"), "");
    assert_eq!(status, 200);
    until(&sandbox, &dead, &["KILLED"]);
}

/// Kills at moments that differ in every round, from before the first answer to after the last end.
#[test]
fn whenever_it_is_killed_the_next_start_ends_or_completes_every_run() {
    const ENDS: [&str; 3] = ["COMPLETED", "FAILED", "KILLED"];
    let home = Home::new();
    let (mut started, mut ended_by_the_start) = (BTreeSet::new(), 0);
    for round in 0..12 {
        let sandbox = kept(&home, &["--speed", "40"]);
        let sources = sources(&sandbox);
        for source in &sources {
            started.insert(start(&sandbox, source));
        }
        // A request takes a millisecond or two, a run some 200.
        for _ in 0..round * round {
            sandbox.runs();
        }
        sandbox.kill();

        let sandbox = kept(&home, &["--speed", "40"]);
        for run in &started {
            until(&sandbox, run, &ENDS);
            let (_, logs) = sandbox.ask("GET", &format!("{PROGRAM}/runs/{run}/logs"), "");
            ended_by_the_start += logs
                .matches("the sandbox ended while it executed this run")
                .count();
        }
        let listed: BTreeSet<_> = sandbox
            .runs()
            .iter()
            .map(|run| run["runid"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(listed, started, "none is lost, none appears");
        sandbox.kill();
    }
    assert!(ended_by_the_start > 0, "no kill met a run at work");
}

#[test]
fn objects_of_forgotten_runs_are_removed_and_others_stay() {
    let home = Home::new();
    let sandbox = kept(&home, &["--speed", "40", "--keep-runs", "2"]);
    let source = sources(&sandbox)[0].clone();
    assert_eq!(
        sandbox
            .ask("PUT", "/downbeat-sandbox-landing/in/mine.csv", "7,seven\n")
            .0,
        200
    );
    let mut latest = String::new();
    for _ in 0..6 {
        latest = start(&sandbox, &source);
        until(&sandbox, &latest, &["COMPLETED"]);
    }
    let names = |sandbox: &Sandbox| {
        let listed = sandbox.get("/storage/v1/b/downbeat-sandbox-landing/o");
        let items = listed["items"].as_array().cloned().unwrap_or_default();
        items
            .iter()
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let few = wait_for("a sweep", || {
        let names = names(&sandbox);
        let loads = names.iter().filter(|name| name.ends_with("/_SUCCESS")).count();
        (loads <= 2).then_some(names)
    });
    assert!(few.contains(&"in/mine.csv".to_owned()), "{few:?}");
    assert!(
        few.iter().any(|name| name.contains("/part-")),
        "those of the last runs stay: {few:?}"
    );
    assert!(sandbox.runs().iter().any(|run| run["runid"] == latest.as_str()));
}

#[test]
fn damaged_files_are_said_so() {
    for file in ["cdap.db", "warehouse.db", "source/hr.db"] {
        let home = Home::new();
        kept(&home, &[]).end("TERM");
        let state = home.path().join("sandbox");
        for tail in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(state.join(format!("{file}{tail}")));
        }
        std::fs::write(state.join(file), "this is no database at all\n".repeat(100)).unwrap();
        let told = home.start(&["sandbox", "--state", &state.to_string_lossy()]);
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{file}: {}", told.all());
        let name = file.split('/').next().unwrap();
        let named = told.err.contains(&*state.join(name).to_string_lossy());
        assert!(named && told.err.contains("delete it"), "{file}: {}", told.err);
    }
}

#[test]
fn a_damaged_entry_is_no_run_lost_in_silence() {
    let home = Home::new();
    let mut sandbox = kept(&home, &["--speed", "20"]);
    let run = start(&sandbox, &sources(&sandbox)[0]);
    until(&sandbox, &run, &["COMPLETED"]);
    sandbox.end("TERM");
    let state = home.path().join("sandbox");
    let store = rusqlite::Connection::open(state.join("cdap.db")).unwrap();
    let changed = store.execute("UPDATE thing SET body = substr(body, 2) WHERE kind = 'run'", []);
    assert_eq!(changed.unwrap(), 1);
    drop(store);
    let told = home.start(&["sandbox", "--state", &state.to_string_lossy()]);
    assert_eq!((told.code, told.out.as_str()), (2, ""), "{}", told.all());
    assert!(
        told.err.contains(&format!("the run '{run}' in cdap.db")),
        "{}",
        told.err
    );
}

#[test]
fn scenarios_that_cannot_be_read_are_refused_with_their_place() {
    let home = Home::new();
    let file = home.path().join("mine.toml");
    std::fs::write(&file, "[[request]]\noperation = 'strat'\nreset = 'before'\n").unwrap();
    let path = file.to_string_lossy().into_owned();
    for (scenario, words) in [
        (
            path.as_str(),
            "mine.toml:2:13: The operation 'strat' is unknown. Known are start, ",
        ),
        ("no-such", "or one of deaf-stop, "),
    ] {
        let told = home.start(&["sandbox", "--ephemeral", "--scenario", scenario]);
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{}", told.all());
        assert!(told.err.contains(words), "{}", told.all());
    }
    let twice = [
        "sandbox",
        "--ephemeral",
        "--scenario",
        "redeploy",
        "--scenario",
        "redeploy",
    ];
    let told = home.start(&twice);
    assert!(
        told.err.contains("have a rule called 'a colleague deploys'"),
        "{}",
        told.all()
    );
}

#[test]
fn pipelines_loads_and_the_storage_api_share_objects_that_outlive_the_process() {
    let home = Home::new();
    let mut first = kept(&home, &["--speed", "20"]);
    let source = &sources(&first)[0];
    let run = start(&first, source);
    until(&first, &run, &["COMPLETED"]);
    let list = "/storage/v1/b/downbeat-sandbox-landing/o?matchGlob=cdf/**/part-*";
    let listed = first.get(list);
    let part = &listed["items"][0];
    let (status, rows) = first.ask(
        "GET",
        &format!(
            "/downbeat-sandbox-landing/{}",
            part["name"].as_str().unwrap().replace(' ', "%20")
        ),
        "",
    );
    assert_eq!(status, 200, "{part}");
    assert_eq!(part["size"], rows.len().to_string());
    assert_eq!(
        serde_json::from_str::<Value>(rows.lines().next().unwrap()).unwrap()["data_source"],
        source["data_source"]
    );

    let (status, made) = first.ask("PUT", "/downbeat-sandbox-landing/in/1.csv", "7,seven\n");
    assert_eq!(status, 200, "{made}");
    let about = "/storage/v1/b/downbeat-sandbox-landing/o/in%2F1.csv";
    let patch = r#"{"metadata":{"k":"v"},"contentType":"text/csv"}"#;
    assert_eq!(first.ask("PATCH", about, patch).0, 200);
    let told = first.get(about);
    assert_eq!(
        (&told["metadata"]["k"], &told["metageneration"]),
        (&json!("v"), &json!("2"))
    );
    let plain = |mut value: Value| {
        // The port is another one.
        let fields = value.as_object_mut().unwrap();
        fields.retain(|name, _| !name.ends_with("Link"));
        value
    };
    let (before, files) = (plain(told), listed["items"].as_array().unwrap().len());
    assert_eq!(first.end("TERM"), Some(0));

    let second = kept(&home, &[]);
    assert_eq!(plain(second.get(about)), before);
    assert_eq!(second.get(list)["items"].as_array().unwrap().len(), files);
    query(&second, "CREATE TABLE cdf_output.loaded (id INT64, name STRING)");
    let body = json!({"configuration": {"load": {
        "destinationTable": {"projectId": "downbeat-sandbox", "datasetId": "cdf_output", "tableId": "loaded"},
        "sourceUris": ["gs://downbeat-sandbox-landing/in/1.csv"], "sourceFormat": "CSV",
    }}});
    let (status, job) = second.ask(
        "POST",
        "/bigquery/v2/projects/downbeat-sandbox/jobs",
        &body.to_string(),
    );
    assert_eq!(status, 200, "{job}");
    wait_for("the loaded row", || {
        (query(&second, "SELECT name FROM cdf_output.loaded") == [[Some("seven".to_owned())]]).then_some(())
    });
}
