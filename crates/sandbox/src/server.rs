//! Binds the sandbox's port and serves all its APIs there; on loopback by default.
//!
//! `Ready` is the line that `downbeat sandbox` prints. It is an interface for scripts: its keys and their order never
//! change.

mod answers;
mod connections;
mod fault_layer;
mod fault_response;
mod gate;
mod intake;
mod resettable;
mod shared_memory;

use super::accounts;
use super::cdap::Cdap;
use super::control;
use super::discovery;
use super::fusion;
use super::project::Project;
use super::resource_names::ResourceNames;
use super::{SandboxError, Settings};
use answers::Answers;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::map_request_with_state;
use connections::{Connection, Connections};
use fault_layer::FaultLayer;
use gate::Gate;
use hyper_util::rt::{TokioIo, TokioTimer};
use intake::Intake;
pub(crate) use intake::Reservation;
use pipelines::execution::Executor;
use resettable::ResettableStream;
use serde::Serialize;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long the head of a request may take, and how long a connection may be kept without one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// Where the sandbox answers; serializes to the JSON line of `downbeat sandbox`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ready {
    event: &'static str,
    /// The base of Data Fusion's instance API, without `/v1`.
    pub datafusion: String,
    /// The base of BigQuery's API, without `/bigquery/v2`.
    pub bigquery: String,
    /// The base of CDAP's API, without `/v3`.
    pub cdap: String,
    /// The project.
    pub project: String,
    /// The region.
    pub location: String,
    /// The instance.
    pub instance: String,
    /// The CDAP namespace.
    pub namespace: String,
    /// The shipped pipeline.
    pub pipeline: String,
    /// The dataset.
    pub dataset: String,
    /// The configuration table.
    pub configuration_table: String,
    /// The landing table.
    pub output_table: String,
}

impl Ready {
    fn at(base: &str, names: ResourceNames) -> Self {
        Self {
            event: "ready",
            datafusion: base.to_owned(),
            cdap: format!("{base}/api"),
            bigquery: base.to_owned(),
            project: names.project,
            location: names.location,
            instance: names.instance,
            namespace: names.namespace,
            pipeline: names.pipeline,
            dataset: names.dataset,
            configuration_table: names.configuration_table,
            output_table: names.output_table,
        }
    }
}

/// A running server. Dropping it stops it as a power cut would; see [`Running::shutdown`].
#[derive(Debug)]
pub struct Running {
    /// Where it answers.
    pub ready: Ready,
    cdap: Arc<Cdap>,
    stop: CancellationToken,
    connections: TaskTracker,
}

impl Running {
    /// Finishes answers, ends running runs (KILLED, as measured), and stores them.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.connections.close();
        let _ = tokio::time::timeout(Duration::from_secs(3), self.connections.wait()).await;
        self.cdap.shutdown().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
        self.cdap.abort();
    }
}

/// Opens the store, deploys the shipped pipelines the first time, and serves.
///
/// `more` are further routes: those of BigQuery and Cloud Storage.
///
/// # Errors
/// If the port is in use, the folder cannot be used, or a shipped pipeline is refused.
pub async fn start(
    settings: Settings,
    executor: Arc<dyn Executor>,
    more: Router,
    project: &Arc<Project>,
) -> Result<Running, SandboxError> {
    let address = SocketAddr::new(settings.address, settings.port);
    let listener = bind(address).await?;
    let port = listener
        .local_addr()
        .map_err(|source| SandboxError::Bind { address, source })?
        .port();
    let base = base(settings.address, port);
    let host = base
        .strip_prefix("http://")
        .and_then(|host| HeaderValue::from_str(host).ok());
    let names = project.names().clone();
    let shipped = (!project.began_empty()).then_some(&names);
    let cdap = Cdap::open(&settings, executor, shipped, &base)?;
    let ready = Ready::at(&base, names.clone());
    let fusion = fusion::router(&settings, names.clone(), base.clone(), Arc::clone(project))?;
    let router = Router::new()
        .merge(cdap.router())
        .merge(project.gate("datafusion.googleapis.com", "Cloud Data Fusion API", fusion))
        .merge(project.router())
        .merge(control::router(Arc::clone(&cdap)))
        .merge(discovery::router())
        .merge(accounts::router(Arc::clone(cdap.faults()), &names))
        .merge(more)
        // `intake` bounds every body, and refuses in words of the APIs.
        .layer(DefaultBodyLimit::disable())
        .layer(map_request_with_state(host, add_host));
    let stop = CancellationToken::new();
    let connections = TaskTracker::new();
    let (gate, intake) = (Gate::new(&settings), Intake::new());
    let apis = (router, Arc::clone(&cdap), gate, intake, Answers::new());
    connections.spawn(accept(listener, apis, stop.clone(), connections.clone()));
    tokio::spawn(
        stop.clone()
            .run_until_cancelled_owned(Arc::clone(&cdap).run_ticker()),
    );
    Ok(Running {
        ready,
        cdap,
        stop,
        connections,
    })
}

/// The URL at which a client on this machine reaches a server that listens on `address`.
fn base(address: IpAddr, port: u16) -> String {
    // The unspecified address cannot be connected to.
    let address = match address {
        IpAddr::V4(any) if any.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(any) if any.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    };
    format!("http://{}", SocketAddr::new(address, port))
}

/// Answers name the host as the client wrote it. One that wrote none gets the address.
async fn add_host(State(host): State<Option<HeaderValue>>, mut request: Request) -> Request {
    if let Some(host) = host {
        request.headers_mut().entry(header::HOST).or_insert(host);
    }
    request
}

async fn bind(address: SocketAddr) -> Result<TcpListener, SandboxError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| match source.kind() {
            ErrorKind::AddrInUse => SandboxError::PortInUse(address),
            _ => SandboxError::Bind { address, source },
        })
}

/// All APIs, the control plane that may be away, who may use them, and how much at once.
type Apis = (Router, Arc<Cdap>, Gate, Intake, Answers);

async fn accept(listener: TcpListener, apis: Apis, stop: CancellationToken, tasks: TaskTracker) {
    let connections = Connections::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = async {
                let stream = listener.accept().await;
                let connection = connections.enter().await;
                (stream, connection)
            } => accepted,
        };
        match accepted {
            (Ok((stream, _)), connection) => {
                tasks.spawn(serve((stream, connection), apis.clone(), stop.clone()));
            }
            // Out of file handles, or the peer is gone: the next connection may succeed. Its place is free again.
            (Err(_), _) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Serves one connection. CDAP sends no `date` (measured), which only hyper's own builder can do.
async fn serve((stream, place): (TcpStream, Connection), apis: Apis, stop: CancellationToken) {
    let _ = stream.set_nodelay(true);
    let (stream, reset) = ResettableStream::new(stream, place.clone());
    let layer = FaultLayer::new(apis, place.clone(), reset);
    let connection = hyper::server::conn::http1::Builder::new()
        .auto_date_header(false)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), layer);
    tokio::pin!(connection);
    tokio::select! {
        // A broken connection needs no handling.
        _ = connection.as_mut() => {}
        () = place.closed() => {}
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_keeps_its_keys_and_their_order() {
        let line =
            serde_json::to_string(&Ready::at("http://127.0.0.1:41231", ResourceNames::default())).unwrap();
        assert_eq!(
            line,
            concat!(
                r#"{"event":"ready","datafusion":"http://127.0.0.1:41231","bigquery":"http://127.0.0.1:41231","#,
                r#""cdap":"http://127.0.0.1:41231/api","project":"downbeat-sandbox","location":"us-west1","#,
                r#""instance":"sandbox","namespace":"default","pipeline":"cdf_mysql_to_bigquery","#,
                r#""dataset":"cdf_output","configuration_table":"configuration","output_table":"landing"}"#
            )
        );
    }

    #[tokio::test]
    async fn a_port_in_use_is_reported() {
        let taken = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let address = taken.local_addr().unwrap();
        let refused = bind(address).await.unwrap_err();
        assert!(
            matches!(refused, SandboxError::PortInUse(at) if at == address),
            "{refused}"
        );
    }

    #[test]
    fn an_unspecified_address_is_reached_on_loopback() {
        for (address, expected) in [
            ("127.0.0.1", "http://127.0.0.1:80"),
            ("0.0.0.0", "http://127.0.0.1:80"),
            ("::", "http://[::1]:80"),
            ("192.0.2.7", "http://192.0.2.7:80"),
        ] {
            assert_eq!(base(address.parse().unwrap(), 80), expected);
        }
    }
}
