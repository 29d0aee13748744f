//! The answers of CDAP, Data Fusion and BigQuery, through the real client: a server in this process gives the bytes as
//! the body of the first answer, and 404 to whatever is asked after it.
//!
//! The first two bytes of the data choose the call and the status; the body begins behind the next line feed.

use domain::id::{InstanceId, JobId, Location, Namespace, PipelineName, PipelineRunId, ProjectId};
use domain::table_lease::TableLease;
use domain::time::Timestamp;
use domain::warehouse::TableAddress;
use downbeat::client::fusion::InstanceName;
use downbeat::client::http::RetryPolicy;
use downbeat::client::{Client, Credentials, Endpoints};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// A run of the recorded answers.
const RUN: &str = "b8a9550d-e6ff-11f1-a4b2-020000000001";

/// No answer takes longer than this to be read.
const DEADLINE: Duration = Duration::from_secs(20);

const STATUSES: [u16; 10] = [200, 200, 200, 400, 401, 403, 404, 409, 429, 503];

/// What the server says next.
type Next = Arc<Mutex<Option<(u16, Vec<u8>)>>>;

/// A runtime with the server and a client of it.
struct Bench {
    runtime: Runtime,
    client: Client,
    next: Next,
}

thread_local! {
    static BENCH: Bench = Bench::new();
}

impl Bench {
    fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = built.unwrap();
        let next = Next::default();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(serve(listener, Arc::clone(&next)));
        let endpoints = Endpoints::parse(&base, &base, Some(&base)).unwrap();
        let client = Client::with_retry_policy(endpoints, Credentials::none(), once()).unwrap();
        Self {
            runtime,
            client,
            next,
        }
    }
}

/// One try, so that what follows is the parser's.
fn once() -> RetryPolicy {
    RetryPolicy {
        tries: 1,
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(1),
        ..RetryPolicy::default()
    }
}

async fn serve(listener: TcpListener, next: Next) {
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(converse(socket, Arc::clone(&next)));
    }
}

/// Answers one request after the other on a connection.
async fn converse(mut socket: TcpStream, next: Next) -> Option<()> {
    let mut bytes = Vec::new();
    loop {
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            (socket.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
        };
        let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let end = head + length.unwrap_or(0_usize);
        while bytes.len() < end {
            (socket.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
        }
        bytes.drain(..end);
        let taken = next.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (status, body) = taken.unwrap_or((404, b"{}".to_vec()));
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
        socket.write_all(&[head.as_bytes(), &body].concat()).await.ok()?;
    }
}

/// Lets the server say what is in the data, and performs the call that it chooses.
fn ask(data: &[u8], call: impl AsyncFn(&Client, usize)) {
    let (head, body) = match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, &[][..]),
    };
    let at =
        |place: usize| usize::from(head.get(place).copied().unwrap_or(b'0')).wrapping_sub(usize::from(b'0'));
    let status = STATUSES[at(1) % STATUSES.len()];
    BENCH.with(|bench| {
        *bench.next.lock().unwrap_or_else(PoisonError::into_inner) = Some((status, body.to_vec()));
        let call = call(&bench.client, at(0));
        let done = bench
            .runtime
            .block_on(async { tokio::time::timeout(DEADLINE, call).await });
        assert!(done.is_ok(), "it hangs");
    });
}

/// CDAP: pipelines and their list, macros, preferences, starts, runs, logs, reasons, counts.
pub fn cdap(data: &[u8]) {
    let (app, run) = (PipelineName::from("app"), PipelineRunId::from(RUN));
    let stages = ["src".to_owned(), "Read MySQL".to_owned()];
    ask(data, async |client, which| {
        let Some(api) = &client.endpoints().cdap else {
            return;
        };
        let cdap = client.cdap(api, &Namespace::from("default"));
        match which % 11 {
            0 => drop(cdap.version().await),
            1 => drop(cdap.app(&app).await),
            2 => drop(cdap.macro_rules(&app).await),
            3 => drop(cdap.preferences_resolved(&app).await),
            4 => drop(cdap.counts(&app, std::slice::from_ref(&run), &stages).await),
            5 => drop(cdap.logs_next(&app, &run, None, 100).await),
            6 => drop(cdap.node_failures(&app, &run).await),
            7 => drop(cdap.classify(&app, &run).await),
            8 => drop(cdap.start(&app, &BTreeMap::new()).await),
            10 => drop(cdap.apps().await),
            _ => drop(cdap.runs(&app, Timestamp::from_seconds(0), 100).await),
        }
    });
}

/// Data Fusion: an instance, and the caller's permissions on it.
pub fn fusion(data: &[u8]) {
    let (project, location, instance) = (ProjectId::from("p"), Location::from("l"), InstanceId::from("i"));
    ask(data, async |client, which| {
        let fusion = client.fusion();
        let name = InstanceName {
            project: &project,
            location: &location,
            instance: &instance,
        };
        match which % 2 {
            0 => match fusion.instance(&project, &location, &instance).await {
                Ok(instance) => drop(instance.ready().map(ToString::to_string)),
                Err(error) => assert!(!error.to_string().is_empty()),
            },
            _ => drop(fusion.granted(name, &["datafusion.instances.runtime"]).await),
        }
    });
}

/// BigQuery: rows of a query, a table, jobs, errors.
pub fn bigquery(data: &[u8]) {
    let (project, location) = (ProjectId::from("p"), Location::from("US"));
    ask(data, async |client, which| {
        let bigquery = client.bigquery(&project, &location);
        match which % 5 {
            0 => drop(bigquery.query("SELECT 1", 10).await),
            1 => {
                let address = TableAddress {
                    project: "p".into(),
                    dataset: "d".into(),
                    table: "t".into(),
                };
                let table = bigquery.table(&address).await;
                // Anybody may have written the labels.
                if let Ok(table) = table {
                    drop(TableLease::other_claim(&table.labels, Timestamp::from_seconds(0)));
                }
            }
            2 => drop(bigquery.job_status(&JobId::from("j"), "SELECT 1").await),
            3 => drop(bigquery.live_jobs("SELECT 1").await),
            _ => drop(bigquery.dry_run("SELECT 1").await),
        }
    });
}
