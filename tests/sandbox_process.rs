//! `downbeat sandbox` as a process: its line, its folder, its ends, and many clients at once.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

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

/// Another address of the loopback interface stands for the network: who listens to one address only is not there.
#[cfg(target_os = "linux")]
#[test]
fn it_is_reached_from_elsewhere_only_where_that_is_asked_for_and_warned_of() {
    let home = Home::new();
    let reached = |sandbox: &Sandbox| {
        let (_, port) = sandbox.address().rsplit_once(':').unwrap();
        TcpStream::connect(format!("127.0.0.2:{port}")).is_ok()
    };
    let mut own = Sandbox::start(&home, &["--ephemeral", "--port", "0"]);
    assert!(own.address().starts_with("127.0.0.1:") && !reached(&own));
    assert_eq!(own.end("TERM"), Some(0));
    assert_eq!(own.errors(), "");
    let mut open = Sandbox::start(&home, &["--ephemeral", "--port", "0", "--bind", "0.0.0.0"]);
    assert!(reached(&open));
    assert_eq!(open.end("TERM"), Some(0));
    let told = open.errors();
    assert!(
        told.contains("anyone who reaches it over the network can use it"),
        "{told}"
    );
}

#[test]
fn an_address_that_cannot_be_read_is_refused_without_its_password() {
    let home = Home::new();
    for address in [
        "mysql:/root:s3cret@127.0.0.1",
        "root:s3cret@127.0.0.1:3306",
        "mysql://:s3cret@[::1",
    ] {
        let told = home.start(&["sandbox", "--ephemeral", "--source", address]);
        assert_eq!(told.code, 2, "{}", told.all());
        assert!(told.all().contains("mysql://user"), "{}", told.all());
        assert!(!told.all().contains("s3cret"), "{}", told.all());
    }
}

/// The local TCP port on which a process listens.
#[cfg(target_os = "linux")]
fn listening_port(pid: u32) -> Option<u16> {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let sockets: BTreeSet<String> = open
        .filter_map(|entry| {
            let target = std::fs::read_link(entry.ok()?.path()).ok()?;
            let inode = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(inode.to_owned())
        })
        .collect();
    let table = std::fs::read_to_string(format!("/proc/{pid}/net/tcp")).ok()?;
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_listening = fields.get(3) == Some(&"0A") && sockets.contains(*fields.get(9)?);
        let port = fields.get(1)?.rsplit_once(':')?.1;
        is_listening.then(|| u16::from_str_radix(port, 16).ok()).flatten()
    })
}

#[cfg(target_os = "linux")]
#[test]
fn the_sandbox_of_a_run_answers_nobody_else() {
    let home = Home::new();
    let mut child = home.spawn(&["run", "--output", "json"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let told = lines.by_ref().find_map(|line| {
        let told: Value = serde_json::from_str(&line.unwrap()).unwrap();
        (told["event"] == "pipeline_seen").then_some(told)
    });
    assert!(told.is_some(), "its own requests are not answered");
    let port = listening_port(child.id()).unwrap();
    let say = |request: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    for path in [
        "/",
        "/v1/projects/downbeat-sandbox/locations/us-west1/instances/sandbox",
        "/api/v3/namespaces/default/apps",
        "/api/status",
        "/bigquery/v2/projects/downbeat-sandbox/datasets",
        "/storage/v1/b?project=downbeat-sandbox",
        "/sandbox/scenario",
        "/discovery/v1/apis",
        "/computeMetadata/v1/instance/service-accounts/default/token",
    ] {
        for given in [
            "",
            "Authorization: Bearer guess\r\n",
            "Authorization: Basic Og==\r\n",
        ] {
            let answer = say(&format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n{given}\r\n"));
            assert!(answer.starts_with("HTTP/1.0 401 "), "{path}: {answer}");
            assert!(answer.contains("Downbeat's sandbox"), "{path}: {answer}");
        }
    }
    let answer = say("GET / HTTP/1.0\r\nHost: evil.example\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.0 421 "), "{answer}");
    let end = lines.last().unwrap().unwrap();
    assert!(child.wait().unwrap().success(), "{end}");
}

#[test]
fn passwords_come_from_files_and_the_environment_too() {
    let home = Home::new();
    let file = home.path().join("token");
    std::fs::write(&file, "s3cret-of-cdap\n").unwrap();
    let at_file = format!("@{}", file.display());
    let with_file = home.command(&["sandbox", "--ephemeral", "--cdap-token", &at_file]);
    let mut with_variable = home.command(&["sandbox", "--ephemeral"]);
    with_variable.env("DOWNBEAT_SANDBOX_CDAP_TOKEN", "s3cret-of-cdap");
    for mut command in [with_file, with_variable] {
        let sandbox = Sandbox::of_command(&mut command);
        assert_eq!(sandbox.ask("GET", "/api/v3/namespaces", "").0, 401);
        let host = sandbox.address();
        let mut stream = TcpStream::connect(host).unwrap();
        let head = "GET /api/v3/namespaces HTTP/1.0\r\nAuthorization: Bearer s3cret-of-cdap\r\n";
        stream
            .write_all(format!("{head}Host: {host}\r\n\r\n").as_bytes())
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.0 200 "), "{answer}");
    }
    std::fs::write(&file, "mysql:/root:s3cret@127.0.0.1\n").unwrap();
    let missing = format!("@{}", home.path().join("missing").display());
    for (given, words) in [
        (at_file.as_str(), "mysql://user"),
        (&missing, "cannot be read"),
        ("@", "cannot be read"),
    ] {
        let told = home.start(&["sandbox", "--ephemeral", "--source", given]);
        assert_eq!(told.code, 2, "{}", told.all());
        assert!(
            told.all().contains("--source") && told.all().contains(words),
            "{}",
            told.all()
        );
        assert!(!told.all().contains("s3cret"), "{}", told.all());
    }
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
