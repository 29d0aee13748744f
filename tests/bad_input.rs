//! Whatever is wrong before a run begins: a sentence with cause and remedy, an exit code that says whether it
//! can get better by itself, and an output table that nobody touched.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[expect(dead_code, reason = "the lines of a run are looked at in end_to_end.rs")]
#[path = "support/home.rs"]
mod home;
#[expect(
    dead_code,
    reason = "the bucket and the windows are looked at in end_to_end.rs"
)]
#[path = "support/stores.rs"]
mod stores;

use home::{Home, PROFILE, Told, finish};
use predicates::prelude::*;
use predicates::str::contains;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use stores::{Row, Stores};

/// A home whose output table holds rows, and what must be there still after each mistake.
struct Filled {
    home: Home,
    rows: Vec<Row>,
}

impl Filled {
    fn new() -> Self {
        let home = Home::new();
        let told = home.start(&["run", "--args", "business_unit=hr,data_source=engineer"]);
        assert_eq!(told.code, 0, "{}", told.all());
        let rows = Stores::of(&home).warehouse("landing");
        assert!(!rows.is_empty());
        Self { home, rows }
    }

    /// The exit code, the words, nothing started and nothing emptied.
    fn refused(&self, told: &Told, code: i32, cause: &str, remedy: &str) {
        let said = format!("{}{}", told.out, told.err);
        assert_eq!(told.code, code, "{}", told.all());
        let both = contains(cause).and(contains(remedy));
        assert!(both.eval(&said), "wanted '{cause}' and '{remedy}' in:\n{said}");
        assert!(!said.contains("panicked"), "{said}");
        assert!(!said.contains("start requested"), "{said}");
        assert_eq!(Stores::of(&self.home).warehouse("landing"), self.rows, "{said}");
    }

    fn refuses(&self, arguments: &[&str], cause: &str, remedy: &str) {
        let line: Vec<&str> = [&["run"], arguments].concat();
        self.refused(&self.home.start(&line), 2, cause, remedy);
    }

    /// A service that cannot be used now.
    fn unavailable(&self, arguments: &[&str], cause: &str, remedy: &str) {
        let line: Vec<&str> = [&["run", "--profile"], arguments].concat();
        self.refused(&self.home.start(&line), 4, cause, remedy);
    }

    fn refuses_setting(&self, assignment: &str, cause: &str, remedy: &str) {
        self.refuses(&["--profile", "sandbox", "--set", assignment], cause, remedy);
    }
}

#[test]
fn wrong_settings_begin_nothing() {
    let filled = Filled::new();
    filled.refuses_setting("bq_output_tabel=x", "bq_output_tabel", "bq_output_table");
    filled.refuses_setting("max_active_pipelines=many", "max_active_pipelines", "--set");
    filled.refuses_setting("bq_truncate=perhaps", "bq_truncate", "true");
    filled.refuses_setting("bq_output_table=a`b", "bq_output_table", "--set");
    filled.refuses(&["--profile", "prod"], "no profile 'prod'", "[profile.prod]");
    filled.refuses(
        &["--set", "max_active_pipelines"],
        "max_active_pipelines",
        "NAME=VALUE",
    );

    filled
        .home
        .configure("[profile.sandbox]\nmax_active_pipelines = 'x'\nwhatever = 1\n");
    filled.refuses(&[], "config.toml:2:", "config.toml:3:");
    filled.home.configure("[profile.sandbox\n");
    filled.refuses(&[], "config.toml:1:", "]");
}

#[test]
fn what_is_not_there_is_said_before_anything_is_emptied() {
    let filled = Filled::new();
    filled.refuses_setting(
        "bq_config_table=nothing",
        "cdf_output.nothing",
        "Check bq_dataset_id",
    );
    filled.refuses_setting(
        "cdf_pipeline_name=nothing",
        "The pipeline nothing is not deployed",
        "cdf_pipeline_name",
    );
    filled.refuses_setting("cdf_instance=nothing", "nothing", "cdf_instance");
    filled.refuses_setting(
        "bq_output_table=nothing",
        "cdf_output.nothing",
        "Check bq_dataset_id",
    );
    filled.refuses_setting(
        "bq_output_table=landing_committed",
        "is a VIEW",
        "Name a table in bq_output_table",
    );
    filled.refuses_setting("bq_dataset_id=nothing", "nothing", "bq_dataset_id");
    filled.refuses_setting("bq_config_max_results=3", "3", "bq_config_max_results");
    // A table that is there, but is none of ours.
    filled.refuses_setting(
        "bq_config_table=watermark",
        "has no column is_active",
        "check bq_config_table",
    );
}

/// Answers every request with this body, one connection after the other.
fn serve(body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, body);
        }
    });
    format!("http://{address}")
}

/// Reads a whole request, so that closing the connection does not reset it, and answers in one write. A client
/// that goes away is not this server's affair.
fn answer(mut stream: TcpStream, body: &str) {
    let mut request = BufReader::new(stream.try_clone().unwrap());
    let mut sent = 0;
    loop {
        let mut line = String::new();
        match request.read_line(&mut line) {
            Ok(1..) if !line.trim().is_empty() => {
                let line = line.to_ascii_lowercase();
                if let Some(length) = line.strip_prefix("content-length:") {
                    sent = length.trim().parse().unwrap();
                }
            }
            _ => break,
        }
    }
    let _ = request.take(sent).read_to_end(&mut Vec::new());
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    let _ = stream.write_all(answer.as_bytes());
}

#[test]
fn an_instance_that_is_not_active_is_named_with_its_state() {
    let filled = Filled::new();
    let server = serve(
        r#"{"name":"projects/downbeat-sandbox/locations/us-west1/instances/sandbox","type":"BASIC","state":"CREATING","version":"6.11.0"}"#,
    );
    filled.home.configure(&format!(
        "[profile.new]\n{PROFILE}datafusion_endpoint = '{server}'\nbigquery_endpoint = '{server}'\ncredentials = 'none'\n"
    ));
    // By hand, so that nothing is asked of BigQuery: this server would answer it with the instance.
    filled.unavailable(&["new", "--args", "business_unit=hr"], "CREATING", "Wait");
}

#[test]
fn without_credentials_it_says_how_to_get_some() {
    let filled = Filled::new();
    filled
        .home
        .configure(&format!("[profile.prod]\n{PROFILE}credentials = 'google'\n"));
    let mut command = filled.home.command(&["run", "--profile", "prod"]);
    // No gcloud, no key file, and nobody at the metadata server's address.
    command
        .env("PATH", "")
        .env("GCE_METADATA_HOST", "127.0.0.1:9")
        .env("GCE_METADATA_IP", "127.0.0.1:9");
    let started = std::time::Instant::now();
    let told = finish(command);
    assert!(
        started.elapsed() < home::patience() / 2,
        "{:?}",
        started.elapsed()
    );
    filled.refused(&told, 2, "credentials", "gcloud auth application-default login");
}

#[test]
fn a_service_that_is_not_there_ends_in_words() {
    let filled = Filled::new();
    // A port that was free a moment ago: nobody listens there.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    filled.home.configure(&format!(
        "[profile.gone]\n{PROFILE}datafusion_endpoint = 'http://{closed}'\nbigquery_endpoint = 'http://{closed}'\ncredentials = 'none'\n"
    ));
    filled.unavailable(&["gone"], "no connection to 127.0.0.1", "check the network");
}
