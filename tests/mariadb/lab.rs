//! A `MariaDB` of its own and a sandbox in front of it, both gone with the test.

use super::home::Home;
use mysql::prelude::Queryable;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// `mariadbd` on a data directory and a port of its own.
pub struct Database {
    child: Child,
    pub port: u16,
    folder: tempfile::TempDir,
}

impl Database {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = format!("--datadir={}", folder.path().join("data").display());
        // Each server sweeps its temporary folder when it starts: in a common one, the files of the others too.
        let temporary = format!("--tmpdir={}", folder.path().display());
        let made = Command::new("mariadb-install-db")
            .args([
                "--no-defaults",
                "--user=root",
                "--skip-test-db",
                "--auth-root-authentication-method=normal",
            ])
            .args([&data, &temporary])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut command = Command::new("mariadbd");
        command
            .args([
                "--no-defaults",
                "--user=root",
                "--bind-address=127.0.0.1",
                "--innodb-buffer-pool-size=16M",
            ])
            .args([&data, &temporary])
            .arg(format!("--port={port}"))
            .arg(format!("--socket={}", folder.path().join("socket").display()))
            .arg(format!("--pid-file={}", folder.path().join("pid").display()))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.path().join("log")).unwrap());
        let database = Self {
            child: command.spawn().unwrap(),
            port,
            folder,
        };
        let until = Instant::now() + PATIENCE;
        while database.connect().is_err() {
            assert!(Instant::now() < until, "{}", database.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        database
    }

    pub fn run(&self, sql: &str) {
        self.connect().unwrap().query_drop(sql).unwrap();
    }

    fn connect(&self) -> mysql::Result<mysql::Conn> {
        let options = mysql::OptsBuilder::new()
            .ip_or_hostname(Some("127.0.0.1"))
            .tcp_port(self.port)
            .prefer_socket(false)
            .user(Some("root"))
            .init(vec!["SET time_zone = '+00:00'"]);
        mysql::Conn::new(options)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A sandbox that reads from it.
pub struct Lab {
    child: Child,
    ready: Value,
    home: Home,
}

impl Lab {
    pub fn serve(source: &str) -> Self {
        let home = Home::new();
        let mut child = home.spawn(&["sandbox", "--ephemeral", "--speed", "50", "--source", source]);
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            child,
            ready: serde_json::from_str(&line).unwrap(),
            home,
        }
    }

    /// Runs the shipped pipeline for one table; its end, and everything the run has logged.
    pub fn run(&self, unit: &str, source: &str, start: i64) -> (String, String) {
        let pipeline = self.name("pipeline");
        let arguments =
            json!({"business_unit": unit, "data_source": source, "logical.start.time": start.to_string()});
        let order = json!([{"appId": pipeline, "programType": "Workflow", "programId": "DataPipelineWorkflow",
                            "runtimeargs": arguments}]);
        let started = self.cdap("POST", "start", Some(&order));
        let started: Value = serde_json::from_str(&started).unwrap();
        let id = started[0]["runId"].as_str().unwrap();
        let run = format!("apps/{pipeline}/workflows/DataPipelineWorkflow/runs/{id}");
        let until = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < until, "{id} does not end");
            let (code, record) = ask("GET", &self.namespaced(&run), None);
            let record: Value = if code == 200 {
                serde_json::from_str(&record).unwrap()
            } else {
                Value::Null
            };
            if let Some(status @ ("COMPLETED" | "FAILED" | "KILLED")) = record["status"].as_str() {
                return (status.to_owned(), self.cdap("GET", &format!("{run}/logs"), None));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    pub fn put_secret(&self, name: &str, value: &str) {
        self.cdap(
            "PUT",
            &format!("securekeys/{name}"),
            Some(&json!({"description": "", "data": value, "properties": {}})),
        );
    }

    /// The rows of a query, each as the list of its cells.
    pub fn query(&self, sql: &str) -> Vec<Value> {
        let url = format!(
            "{}/bigquery/v2/projects/{}/queries",
            self.name("bigquery"),
            self.name("project")
        );
        let (code, answer) = ask("POST", &url, Some(&json!({"query": sql, "useLegacySql": false})));
        assert_eq!(code, 200, "{sql}: {answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let rows = answer["rows"].as_array().cloned().unwrap_or_default();
        let cells = |row: &Value| {
            row["f"]
                .as_array()
                .unwrap()
                .iter()
                .map(|cell| cell["v"].clone())
                .collect()
        };
        rows.iter().map(|row| Value::Array(cells(row))).collect()
    }

    /// All that the sandbox has written to files.
    pub fn everything_told(&self) -> String {
        let mut told = self.ready.to_string();
        let mut folders = vec![self.home.path()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    told.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
                }
            }
        }
        told
    }

    fn name(&self, key: &str) -> &str {
        self.ready[key].as_str().unwrap()
    }

    fn namespaced(&self, path: &str) -> String {
        format!(
            "{}/v3/namespaces/{}/{path}",
            self.name("cdap"),
            self.name("namespace")
        )
    }

    fn cdap(&self, method: &str, path: &str, body: Option<&Value>) -> String {
        let (code, answer) = ask(method, &self.namespaced(path), body);
        assert_eq!(code, 200, "{method} {path}: {answer}");
        answer
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ask(method: &str, url: &str, body: Option<&Value>) -> (u16, String) {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let body = body.map(Value::to_string).unwrap_or_default();
    let mut stream = TcpStream::connect(host).unwrap();
    // One write: the server may answer or close before a second one.
    let request = format!(
        "{method} /{path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}
