//! Every HTTP call: deadlines, size caps, the retry budget, one renewed token on a 401, one more try on a 403.
//!
//! [`Http::call`] returns bytes, [`Http::json`] decodes, [`Http::read`] takes the body in pieces. A request that must
//! not happen twice ([`Request::post_once`]) is sent once, and a lost answer is Ambiguous. Redirects are not followed:
//! none of the three services uses them, and a token must not reach another host.

mod body;
mod exchange;
mod request;
mod retry;
mod server_time;

pub(in crate::client) use body::Body;
pub(in crate::client) use request::Request;
pub use retry::RetryPolicy;
pub use server_time::ServerTime;

use super::auth::{Authority, Grant};
use super::endpoints::is_loopback;
use super::error::ClientError;
use body::Dated;
use domain::call::ServiceCall;
use domain::failure::FailureKind;
use domain::service::Service;
use domain::time::Timestamp;
use reqwest::redirect::Policy;
use retry::Budget;
use serde::de::DeserializeOwned;
use server_time::ServerTimes;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use url::Url;

/// The most requests that wait to be told.
const CALLS: usize = 256;

/// Calls services; a clone shares the pool, the credentials and the retry budget.
#[derive(Clone)]
pub(in crate::client) struct Http {
    shared: Arc<Shared>,
}

struct Shared {
    remote: reqwest::Client,
    /// Without a proxy: `HTTP_PROXY` must not see what is meant for this machine or its host.
    direct: reqwest::Client,
    authority: Arc<dyn Authority>,
    policy: RetryPolicy,
    budget: Budget,
    times: ServerTimes,
    /// The requests that change something, for whoever tells them. Without a reader they are dropped.
    calls: mpsc::Sender<ServiceCall>,
    told: Mutex<Option<mpsc::Receiver<ServiceCall>>>,
}

impl Http {
    pub(in crate::client) fn new(
        authority: Arc<dyn Authority>,
        policy: RetryPolicy,
    ) -> Result<Self, ClientError> {
        let remote = build(&policy, |builder| builder)?;
        let direct = build(&policy, reqwest::ClientBuilder::no_proxy)?;
        let budget = Budget::default();
        let (calls, told) = mpsc::channel(CALLS);
        let shared = Shared {
            calls,
            told: Mutex::new(Some(told)),
            remote,
            direct,
            authority,
            policy,
            budget,
            times: ServerTimes::default(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// The requests that change something, as they are made; nothing if somebody has asked for them before.
    pub(super) fn calls(&self) -> Option<mpsc::Receiver<ServiceCall>> {
        self.shared.told.lock().ok()?.take()
    }

    /// The clock of a service, once an answer has told it.
    pub(super) fn server_time(&self, service: Service) -> Option<ServerTime> {
        self.shared.times.of(service)
    }

    /// Calls and decodes. Unknown fields and any content type are fine; another shape is no answer, and is
    /// asked for again as one that broke off is.
    pub(in crate::client) async fn json<T: DeserializeOwned>(
        &self,
        request: Request,
    ) -> Result<T, ClientError> {
        self.read(&request, |bytes: Vec<u8>| request.decode(&bytes)).await
    }

    /// Calls; the body of a 2xx answer, or why there is none.
    pub(in crate::client) async fn call(&self, request: &Request) -> Result<Vec<u8>, ClientError> {
        self.read(request, Ok).await
    }

    /// As [`Http::json`], with the server's time when it answered.
    pub(super) async fn dated<T: DeserializeOwned>(
        &self,
        request: Request,
    ) -> Result<(T, Option<Timestamp>), ClientError> {
        let decode = |answer: Dated| Ok((request.decode(&answer.body)?, answer.date));
        self.read(&request, decode).await
    }

    /// Calls; what was made of the body of a 2xx answer, decoded. Repeats what may be repeated.
    pub(super) async fn read<B: Body, T>(
        &self,
        request: &Request,
        decode: impl Fn(B) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let shared = &self.shared;
        let end = Instant::now() + shared.policy.total.max(request.limit(&shared.policy));
        let mut tries = 0;
        loop {
            let error = match self.authorised(request, end).await.and_then(&decode) {
                Ok(answer) => {
                    shared.budget.earn();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            tries += 1;
            let Some(pause) = self.pause(request, tries, &error, end) else {
                return Err(error);
            };
            tracing::debug!(%error, ?pause, tries, "repeating a call");
            tokio::time::sleep(pause).await;
        }
    }

    /// Waits as long as after `tries` failed tries of a call.
    pub(super) async fn pause_before_try(&self, tries: u32) {
        tokio::time::sleep(self.shared.policy.pause(tries)).await;
    }

    /// How long to wait before the next try; `None` when there is none.
    fn pause(&self, request: &Request, tries: u32, error: &ClientError, end: Instant) -> Option<Duration> {
        let policy = &self.shared.policy;
        let may_help = matches!(
            error.kind,
            FailureKind::Transient | FailureKind::Busy | FailureKind::Unsent
        );
        if request.is_once() || !may_help || tries >= policy.tries {
            return None;
        }
        let pause = error.retry_after().unwrap_or_else(|| policy.pause(tries));
        let fits = Instant::now() + pause < end;
        (fits && self.shared.budget.spend()).then_some(pause)
    }

    /// One try. A refusal is asked once more, after a 401 with a renewed token: nothing was done, and among
    /// thousands of answers one refusal may be passing.
    async fn authorised<B: Body>(&self, request: &Request, end: Instant) -> Result<B, ClientError> {
        let authority = &self.shared.authority;
        let (service, url) = (request.service(), request.url());
        let grant = authority.grant(service, url).await.map_err(without_token)?;
        let first = self.send(request, grant.as_ref(), end).await;
        let Some(refusal) = first.as_ref().err().filter(|error| is_refusal(error)) else {
            return first;
        };
        let grant = match grant {
            Some(rejected) if refusal.status() == Some(401) => {
                let renewed = authority.renewed(service, url, &rejected.token).await;
                renewed.map_err(without_token)?.or(Some(rejected))
            }
            grant => grant,
        };
        self.pause_before_try(1).await;
        self.send(request, grant.as_ref(), end).await
    }

    async fn send<B: Body>(
        &self,
        request: &Request,
        grant: Option<&Grant>,
        end: Instant,
    ) -> Result<B, ClientError> {
        let shared = &self.shared;
        let client = if request.is_direct() || is_loopback(request.url()) {
            &shared.direct
        } else {
            &shared.remote
        };
        let left = end.saturating_duration_since(Instant::now());
        let limit = request.limit(&shared.policy).min(left.max(shared.policy.least));
        let start = Instant::now();
        let result =
            match tokio::time::timeout(limit, exchange::send(client, request, grant, &shared.times)).await {
                Ok(result) => result,
                Err(_) => Err(request.lost(&format!("no answer within {}", domain::time::human(limit)))),
            };
        let error = result.as_ref().err();
        trace(request, start.elapsed(), error);
        if let Some(call) = request.told(error) {
            // What nobody reads, or not fast enough, is not told.
            let _ = shared.calls.try_send(call);
        }
        result
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("authority", &self.shared.authority)
            .field("policy", &self.shared.policy)
            .finish_non_exhaustive()
    }
}

/// Whether who asks was refused: by the service, or by whoever else wants to know first who it is.
fn is_refusal(error: &ClientError) -> bool {
    error.status() == Some(401) || (error.status() == Some(403) && error.kind == FailureKind::Unauthorised)
}

/// The failure of a request for which there is no token: it has not left.
fn without_token(error: ClientError) -> ClientError {
    match error.kind {
        FailureKind::Transient => error.with_kind(FailureKind::Unsent),
        FailureKind::Unauthorised => error.with_kind(FailureKind::Unidentified),
        _ => error,
    }
}

/// One line per request, without query, headers or bodies: arguments may be secret.
fn trace(request: &Request, took: Duration, error: Option<&ClientError>) {
    let url: &Url = request.url();
    tracing::debug!(
        target: "downbeat::http",
        operation = request.operation(),
        host = url.host_str(),
        path = url.path(),
        took_ms = took.as_millis(),
        error = error.map(ToString::to_string),
        "called"
    );
}

/// A client for one address that is none of the services: it sends no credentials, and needs no proxy to this machine. It
/// gives up what takes longer than the limit.
pub(in crate::client) fn build_for(address: &Url, limit: Duration) -> Result<reqwest::Client, ClientError> {
    let policy = RetryPolicy {
        connect: limit,
        ..RetryPolicy::default()
    };
    build(&policy, |builder| {
        let builder = builder.timeout(limit);
        if is_loopback(address) {
            builder.no_proxy()
        } else {
            builder
        }
    })
}

/// A client of HTTP that follows no redirect.
pub(in crate::client) fn build(
    policy: &RetryPolicy,
    shape: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> Result<reqwest::Client, ClientError> {
    // reqwest panics without a provider; a second install changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        let agent = concat!("downbeat/", env!("CARGO_PKG_VERSION"));
        let builder = shape(reqwest::Client::builder());
        #[cfg(test)]
        let builder = super::testing::resolving(builder);
        builder
            .user_agent(agent)
            .redirect(Policy::none())
            .connect_timeout(policy.connect)
    };
    // A bare container has no CA store, and reqwest does not build without one, even for loopback.
    let built = builder()
        .build()
        .or_else(|_| builder().tls_certs_only([]).build());
    built.map_err(|error| {
        ClientError::new(
            FailureKind::Permanent,
            Service::DataFusion,
            "setting up HTTP",
            error.to_string(),
        )
        .with_hint(
            "Check the proxy variables (HTTPS_PROXY, NO_PROXY) and the CA certificates of this machine.",
        )
    })
}

#[cfg(test)]
mod tests;
