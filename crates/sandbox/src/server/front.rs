//! The front of the one port: gives requests the faults that the scenario decided for them.
//!
//! Behind it are the real APIs; a client must not see that anything here is played. Resets need the
//! connection itself, so `server/wire.rs` wraps it.

use super::instead::{instead, words};
use crate::accounts::Token;
use crate::cdap::Cdap;
use crate::scenario::facts::Facts;
use crate::scenario::live::Faults;
use crate::scenario::{Service, Upset};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Method, Request, Response, header};
use hyper::body::Incoming;
use hyper_util::service::TowerToHyperService;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

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
            if let Some(refused) = front.refuse_token(&request) {
                return Ok(refused);
            }
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

    /// 401 for a token of ours that is over, in the words of the service that is asked.
    fn refuse_token(&self, request: &Request<Incoming>) -> Option<Response<Body>> {
        let given = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
        let token = Token::read(given)?;
        let facts = Facts::of(request.method().as_str(), request.uri().path())?;
        if facts.service == Service::Accounts || !token.is_over(self.faults.expiries()) {
            return None;
        }
        let (kind, text) = words(facts.service, 401, facts.path);
        Some(instead(facts.service, 401, text, None, kind, None))
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
