//! A server for tests that answers by a script, over a real socket. Unlike a server of an HTTP library, it
//! can send half a body, reset the connection or never answer.

use super::auth::{Authority, Grant};
use super::http::RetryPolicy;
use super::{Client, ClientError, Credentials, Endpoints, Secret};
use domain::service::Service;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// What the server does with one request.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Answers with this status and body.
    Say(u16, String),
    /// The same with one more header line.
    SayWith(u16, &'static str, String),
    /// Announces more than it sends, then closes.
    Half(String),
    /// Closes without an answer.
    Reset,
    /// Never answers.
    Silence,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) line: String,
    pub(super) head: String,
    pub(super) body: String,
}

/// The running server.
pub(super) struct Script {
    pub(super) address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Script {
    /// Serves these steps, one a request; a request after the last step gets 599.
    pub(super) async fn serve(steps: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let steps: Arc<Mutex<VecDeque<Step>>> = Arc::new(Mutex::new(steps.into_iter().collect()));
        let record = seen.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(converse(socket, steps.clone(), record.clone()));
            }
        });
        Self { address, seen }
    }

    /// All requests so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// A client without an identity that knows only this server, with short deadlines.
    pub(super) fn client(&self) -> Client {
        let base = self.address.as_str();
        let endpoints = Endpoints::parse(base, base, Some(base)).unwrap();
        Client::with_retry_policy(endpoints, Credentials::none(), short_deadlines()).unwrap()
    }
}

/// Deadlines of a test.
pub(super) fn short_deadlines() -> RetryPolicy {
    RetryPolicy {
        connect: Duration::from_secs(5),
        attempt: Duration::from_secs(5),
        least: Duration::from_millis(10),
        total: Duration::from_secs(10),
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(5),
        tries: 3,
    }
}

/// Tokens in turn, sent to loopback too: the only way to see a renewal over a socket without TLS.
#[derive(Debug)]
pub(super) struct Scripted(Mutex<Vec<Secret>>);

impl Scripted {
    pub(super) fn new(tokens: &[&str]) -> Self {
        let tokens = tokens.iter().rev().map(|text| Secret::new(text)).collect();
        Self(Mutex::new(tokens))
    }
}

#[async_trait::async_trait]
impl Authority for Scripted {
    async fn grant(&self, _: Service, _: &Url) -> Result<Option<Grant>, ClientError> {
        Ok(self.0.lock().unwrap().last().cloned().map(granted))
    }

    async fn renewed(&self, _: Service, _: &Url, _: &Secret) -> Result<Option<Grant>, ClientError> {
        let mut tokens = self.0.lock().unwrap();
        tokens.pop();
        Ok(tokens.last().cloned().map(granted))
    }
}

fn granted(token: Secret) -> Grant {
    Grant {
        token,
        quota_project: None,
    }
}

/// Finds every host at the one address that this variable names: what a test would have to write into the hosts file.
pub(super) const HOSTS: &str = "DOWNBEAT_TEST_HOSTS";

/// A client that goes by [`HOSTS`], if it is set.
pub(super) fn resolving(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    let address = std::env::var(HOSTS).ok().and_then(|text| text.parse().ok());
    match address {
        Some(address) => builder.dns_resolver(Arc::new(Everywhere(address))),
        None => builder,
    }
}

struct Everywhere(std::net::SocketAddr);

impl reqwest::dns::Resolve for Everywhere {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let found: reqwest::dns::Addrs = Box::new(std::iter::once(self.0));
        Box::pin(std::future::ready(Ok(found)))
    }
}

/// A good answer.
pub(super) fn ok(body: impl Into<String>) -> Step {
    Step::Say(200, body.into())
}

async fn converse(mut socket: TcpStream, steps: Arc<Mutex<VecDeque<Step>>>, record: Arc<Mutex<Vec<Seen>>>) {
    let Some(request) = read(&mut socket).await else {
        return;
    };
    record.lock().unwrap().push(request);
    let step = steps.lock().unwrap().pop_front();
    let (status, header, body, missing) = match step {
        Some(Step::Say(status, body)) => (status, "x: y", body, 0),
        Some(Step::SayWith(status, header, body)) => (status, header, body, 0),
        Some(Step::Half(body)) => (200, "x: y", body, 100),
        Some(Step::Reset) => return,
        Some(Step::Silence) => return std::future::pending().await,
        None => (599, "x: y", "the script is over".to_owned(), 0),
    };
    let length = body.len() + missing;
    let head =
        format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{header}\r\ncontent-length: {length}\r\n\r\n");
    // A client that has read enough may have gone.
    let _ = socket.write_all(format!("{head}{body}").as_bytes()).await;
    let _ = socket.shutdown().await;
}

async fn read(socket: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    loop {
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let lower = head.to_ascii_lowercase();
        let length = lower
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some(Seen {
                line: head.lines().next().unwrap_or_default().to_owned(),
                head: lower,
                body: body.to_owned(),
            });
        }
    }
}
