//! The front of the one port: gives requests the faults that the scenario decided for them.
//!
//! Behind it are the real APIs; a client must not see that anything here is played. Resets need the
//! connection itself, so it is wrapped in a [`Wire`] that can be cut.

use crate::sandbox::cdap::Cdap;
use crate::sandbox::scenario::facts::Facts;
use crate::sandbox::scenario::live::Faults;
use crate::sandbox::scenario::{Service, Upset};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// As large as the largest body that an API behind takes.
const LARGEST_BODY: usize = 150 << 20;

/// In how many pieces a body trickles.
const DROPS: usize = 10;

/// Time for what was sent to leave before the connection ends.
const FLUSH: Duration = Duration::from_millis(20);

/// The connection ends here, without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the scenario cut the connection")]
pub(super) struct Cut;

/// One connection, which may end with a reset.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    cut: Arc<AtomicBool>,
}

impl Wire {
    pub fn new(stream: TcpStream) -> (Self, Arc<AtomicBool>) {
        let cut = Arc::<AtomicBool>::default();
        let wire = Self {
            stream,
            cut: Arc::clone(&cut),
        };
        (wire, cut)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.cut.load(Ordering::SeqCst) {
            // A reset instead of an orderly end; if the system refuses, the end is orderly.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// Answers the requests of one connection.
#[derive(Clone)]
pub(super) struct Front {
    apis: TowerToHyperService<Router>,
    faults: Arc<Faults>,
    cdap: Arc<Cdap>,
    cut: Arc<AtomicBool>,
}

impl hyper::service::Service<Request<Incoming>> for Front {
    type Response = Response<Body>;
    type Error = Cut;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Cut>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let front = self.clone();
        Box::pin(async move {
            if front.faults.spares_requests() {
                return front.pass(request.map(Body::new)).await;
            }
            front.meet(request.map(Body::new)).await
        })
    }
}

impl Front {
    pub fn new(router: Router, faults: Arc<Faults>, cdap: Arc<Cdap>, cut: Arc<AtomicBool>) -> Self {
        Self {
            apis: TowerToHyperService::new(router),
            faults,
            cdap,
            cut,
        }
    }

    async fn pass(&self, request: Request<Body>) -> Result<Response<Body>, Cut> {
        let answered = hyper::service::Service::call(&self.apis, request).await;
        match answered {
            Ok(response) => Ok(response),
            Err(never) => match never {},
        }
    }

    fn reset(&self) -> Result<Response<Body>, Cut> {
        self.cut.store(true, Ordering::SeqCst);
        Err(Cut)
    }

    /// Lets a request meet what the scenario has for it.
    async fn meet(&self, request: Request<Body>) -> Result<Response<Body>, Cut> {
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let Some(mut facts) = Facts::of(&method, &path) else {
            return self.pass(request).await;
        };
        if facts.service == Service::Cdap && self.faults.is_away() {
            return self.reset();
        }
        let service = facts.service;
        let (request, text) = if self.faults.reads_bodies() && *request.method() != Method::GET {
            let (head, body) = request.into_parts();
            let Ok(bytes) = axum::body::to_bytes(body, LARGEST_BODY).await else {
                return Err(Cut);
            };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            (Request::from_parts(head, Body::from(bytes)), text)
        } else {
            (request, String::new())
        };
        facts = facts.with_body(&text);
        if let Some(run) = facts.run {
            facts.arguments.extend(self.cdap.arguments_of(run));
        }
        let verdict = self.faults.request(&facts);
        if !verdict.delay.is_zero() {
            tokio::time::sleep(verdict.delay).await;
        }
        match verdict.upset {
            None | Some(Upset::Delay(_)) => self.pass(request).await,
            Some(Upset::Reset { done }) => {
                if done {
                    let _ = self.pass(request).await;
                }
                self.reset()
            }
            Some(Upset::Answer {
                status,
                text,
                content_type,
                retry_after,
                done,
            }) => {
                if done {
                    let _ = self.pass(request).await;
                }
                let asked = format!("{method} {}", path.strip_prefix("/api").unwrap_or(&path));
                let (kind, own) = words(service, status, &asked);
                Ok(instead(
                    service,
                    status,
                    text.unwrap_or(own),
                    content_type,
                    kind,
                    retry_after,
                ))
            }
            Some(Upset::Truncate { share, whole_length }) => {
                let (head, bytes) = self.whole(request).await?;
                let kept = bytes.slice(..cut_at(bytes.len(), share));
                Ok(if whole_length {
                    pieces(head, bytes.len(), vec![kept], FLUSH, true)
                } else {
                    let length = kept.len();
                    pieces(head, length, vec![kept], Duration::ZERO, false)
                })
            }
            Some(Upset::Trickle(span)) => {
                let (head, bytes) = self.whole(request).await?;
                let size = bytes.len().div_ceil(DROPS).max(1);
                let drops: Vec<_> = (0..bytes.len())
                    .step_by(size)
                    .map(|from| bytes.slice(from..(from + size).min(bytes.len())))
                    .collect();
                let count = u32::try_from(drops.len().max(1)).unwrap_or(1);
                let pause = self.faults.real(span) / count;
                Ok(pieces(head, bytes.len(), drops, pause, false))
            }
        }
    }

    /// The whole answer of the API behind.
    async fn whole(&self, request: Request<Body>) -> Result<(axum::http::response::Parts, Bytes), Cut> {
        let (head, body) = self.pass(request).await?.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.map_err(|_| Cut)?;
        Ok((head, bytes))
    }
}

/// Where a share of a body ends; never at its very end.
fn cut_at(length: usize, share: f64) -> usize {
    let thousandths = (0..=1000_u32).rev().find(|t| f64::from(*t) / 1000.0 <= share);
    let kept = length * usize::try_from(thousandths.unwrap_or(0)).unwrap_or(0) / 1000;
    kept.min(length.saturating_sub(1))
}

/// An answer in pieces with pauses between, which may end before its announced length.
fn pieces(
    mut head: axum::http::response::Parts,
    length: usize,
    pieces: Vec<Bytes>,
    pause: Duration,
    breaks: bool,
) -> Response<Body> {
    head.headers.remove(header::TRANSFER_ENCODING);
    head.headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    let stream = futures_util::stream::unfold(Some((pieces.into_iter(), true)), move |state| async move {
        let (mut left, first) = state?;
        let next = left.next();
        if !first && (breaks || next.is_some()) {
            tokio::time::sleep(pause).await;
        }
        match next {
            Some(piece) => Some((Ok(piece), Some((left, false)))),
            None if breaks => Some((Err(Cut), None)),
            None => None,
        }
    });
    Response::from_parts(head, Body::from_stream(stream))
}

/// An answer that no API behind gave.
fn instead(
    service: Service,
    status: u16,
    text: String,
    content_type: Option<String>,
    usual: Option<&'static str>,
    retry_after: Option<u64>,
) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let headers = response.headers_mut();
    let told = content_type.and_then(|kind| HeaderValue::try_from(kind).ok());
    if let Some(kind) = told.or(usual.map(HeaderValue::from_static)) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if service == Service::Cdap && matches!(status, 401 | 503) {
        // Measured: both end the connection.
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if status == 401 {
        let realm = HeaderValue::from_static(match service {
            Service::Cdap => "Bearer realm=\"cdap\" error=\"invalid_token\"",
            _ => "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"",
        });
        headers.insert(header::WWW_AUTHENTICATE, realm);
    }
    response
}

/// Content type and text that a service uses for a status.
fn words(service: Service, status: u16, asked: &str) -> (Option<&'static str>, String) {
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let reason = code.canonical_reason().unwrap_or("Error");
    if service == Service::Cdap {
        return match status {
            // The form of 401 and the router's 503 are measured; how an expired token is described is not.
            401 => (
                Some("application/json;charset=UTF-8"),
                r#"{"error":"invalid_token","auth_uri":["http://127.0.0.1:11016/token"]}"#.to_owned(),
            ),
            503 => (
                None,
                format!("No endpoint strategy found for request {asked} HTTP/1.1"),
            ),
            _ => (Some("text/plain; charset=utf-8"), reason.to_owned()),
        };
    }
    let (name, why, text) = match status {
        401 => (
            "UNAUTHENTICATED",
            "authError",
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
        ),
        403 => ("PERMISSION_DENIED", "rateLimitExceeded", "Exceeded rate limits"),
        429 => ("RESOURCE_EXHAUSTED", "rateLimitExceeded", "Exceeded rate limits"),
        503 => (
            "UNAVAILABLE",
            "backendError",
            "Error encountered during execution. Retrying may solve the problem.",
        ),
        _ => ("INTERNAL", "internalError", reason),
    };
    let body = json!({"error": {
        "code": status, "message": text, "status": name,
        "errors": [{"message": text, "domain": "global", "reason": why}],
    }});
    (Some("application/json; charset=UTF-8"), body.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_body_is_never_whole() {
        for (length, share, kept) in [
            (100, 0.5, 50),
            (100, 1.0, 99),
            (100, 0.0, 0),
            (1, 1.0, 0),
            (0, 0.5, 0),
        ] {
            assert_eq!(cut_at(length, share), kept, "{length} {share}");
        }
    }
}
