//! Injects the faults of the scenario into requests, in front of the real APIs and behind the gate.
//!
//! A client must not see that a fault was injected. A reset needs the connection itself: see `server/resettable.rs`.

use super::Apis;
use super::answers::Answers;
use super::connections::Connection;
use super::fault_response::FaultResponse;
use super::gate::Gate;
use super::intake::{Intake, is_json_body};
use crate::accounts::Token;
use crate::cdap::Cdap;
use crate::scenario::injector::FaultInjector;
use crate::scenario::request::ApiRequest;
use crate::scenario::{ContentLength, Effect, JobWait, RequestFault, Service};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::response::Parts;
use axum::http::{HeaderValue, Method, Request, Response, header};
use hyper::body::Incoming;
use hyper_util::service::TowerToHyperService;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The largest answer that is cut or trickled; a larger one ends with a reset.
const LARGEST_ANSWER: usize = 64 << 20;

/// In how many pieces a trickling body is sent.
const TRICKLE_PIECES: usize = 10;

/// Time for what was written to be sent before the connection ends.
const FLUSH: Duration = Duration::from_millis(20);

/// The connection ends here, without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the scenario reset the connection")]
pub(super) struct ConnectionReset;

/// Answers the requests of one connection.
#[derive(Clone)]
pub(super) struct FaultLayer {
    apis: TowerToHyperService<Router>,
    faults: Arc<FaultInjector>,
    cdap: Arc<Cdap>,
    gate: Gate,
    intake: Intake,
    answers: Answers,
    connection: Connection,
    /// Makes the connection end with a reset.
    reset: Arc<AtomicBool>,
}

impl hyper::service::Service<Request<Incoming>> for FaultLayer {
    type Response = Response<Body>;
    type Error = ConnectionReset;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, ConnectionReset>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let layer = self.clone();
        Box::pin(async move {
            let answer = match layer.answer(request).await {
                Ok(response) => Ok(layer.answers.count(response, &layer.connection).await),
                Err(reset) => Err(reset),
            };
            layer.connection.set_idle();
            answer
        })
    }
}

impl FaultLayer {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, ConnectionReset> {
        if let Some(refused) = self.gate.refuse(&request) {
            return Ok(refused);
        }
        // What it holds is given back when it is answered.
        let (request, _held) = match self.intake.take(request, &self.connection).await {
            Ok(taken) => taken,
            Err(refused) => return Ok(refused),
        };
        if let Some(refused) = self.refuse_expired_token(&request) {
            return Ok(refused);
        }
        if self.faults.affects_requests() {
            self.inject(request).await
        } else {
            self.pass(request).await
        }
    }

    pub fn new(
        (router, cdap, gate, intake, answers): Apis,
        connection: Connection,
        reset: Arc<AtomicBool>,
    ) -> Self {
        Self {
            apis: TowerToHyperService::new(router),
            faults: Arc::clone(cdap.faults()),
            cdap,
            gate,
            intake,
            answers,
            connection,
            reset,
        }
    }

    /// 401 for an issued token that has expired, as the service of the request words it.
    fn refuse_expired_token(&self, request: &Request<Body>) -> Option<Response<Body>> {
        let given = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
        let token = Token::parse(given)?;
        let ApiRequest { service, path, .. } =
            ApiRequest::new(request.method().as_str(), request.uri().path())?;
        if service == Service::Accounts || !token.is_expired(self.faults.token_expiries()) {
            return None;
        }
        Some(FaultResponse::new(service, 401, path).into_response())
    }

    async fn pass(&self, request: Request<Body>) -> Result<Response<Body>, ConnectionReset> {
        let answered = hyper::service::Service::call(&self.apis, request).await;
        match answered {
            Ok(response) => Ok(response),
            Err(never) => match never {},
        }
    }

    /// Lets a request take effect whose answer is lost, if the fault says so.
    async fn lose_answer(&self, request: Request<Body>, effect: Effect) -> Result<(), ConnectionReset> {
        if effect == Effect::Done {
            self.pass(request).await?;
        }
        Ok(())
    }

    fn reset(&self) -> ConnectionReset {
        self.reset.store(true, Ordering::SeqCst);
        ConnectionReset
    }

    /// Asks the scenario for a fault of the request, and injects it.
    async fn inject(&self, request: Request<Body>) -> Result<Response<Body>, ConnectionReset> {
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let Some(described) = ApiRequest::new(&method, &path) else {
            return self.pass(request).await;
        };
        let service = described.service;
        if service == Service::Cdap && self.faults.is_away() {
            return Err(self.reset());
        }
        let (request, text) = self.with_body(request).await?;
        let mut described = described.with_body(&text);
        if let Some(run) = described.run {
            described.arguments.extend(self.cdap.arguments_of(run));
        }
        let decision = self.faults.request(&described);
        if !decision.delay.is_zero() {
            tokio::time::sleep(decision.delay).await;
        }
        match decision.fault {
            None | Some(RequestFault::Delay(_)) => self.pass(request).await,
            Some(RequestFault::Reset(effect)) => {
                self.lose_answer(request, effect).await?;
                Err(self.reset())
            }
            Some(RequestFault::Answer {
                status,
                text,
                content_type,
                retry_after,
                effect,
            }) => {
                self.lose_answer(request, effect).await?;
                let shown = format!("{method} {}", path.strip_prefix("/api").unwrap_or(&path));
                let usual = FaultResponse::new(service, status, &shown);
                let response = FaultResponse {
                    body: text.unwrap_or(usual.body),
                    content_type: content_type.or(usual.content_type),
                    retry_after,
                    ..usual
                };
                Ok(response.into_response())
            }
            Some(RequestFault::Truncate { share, length }) => self.truncate(request, share, length).await,
            Some(RequestFault::Trickle(duration)) => self.trickle(request, duration).await,
            Some(RequestFault::Pending(wait)) => {
                let mut request = request;
                request
                    .extensions_mut()
                    .insert(JobWait(self.faults.real_time(wait)));
                self.pass(request).await
            }
        }
    }

    /// Reads the body of a request if a rule needs it; empty otherwise. Files go by unread, and the others are bounded by now.
    async fn with_body(&self, request: Request<Body>) -> Result<(Request<Body>, String), ConnectionReset> {
        let is_read = *request.method() != Method::GET
            && is_json_body(request.method(), request.uri(), request.headers());
        if !self.faults.needs_bodies() || !is_read {
            return Ok((request, String::new()));
        }
        let (head, body) = request.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX)
            .await
            .map_err(|_| ConnectionReset)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok((Request::from_parts(head, Body::from(bytes)), text))
    }

    async fn truncate(
        &self,
        request: Request<Body>,
        share: f64,
        length: ContentLength,
    ) -> Result<Response<Body>, ConnectionReset> {
        let (head, bytes) = self.whole_answer(request).await?;
        let kept = bytes.slice(..cut_at(bytes.len(), share));
        Ok(match length {
            ContentLength::Whole => send_pieces(head, bytes.len(), vec![kept], FLUSH, true),
            ContentLength::Sent => send_pieces(head, kept.len(), vec![kept], Duration::ZERO, false),
        })
    }

    async fn trickle(
        &self,
        request: Request<Body>,
        duration: Duration,
    ) -> Result<Response<Body>, ConnectionReset> {
        let (head, bytes) = self.whole_answer(request).await?;
        let size = bytes.len().div_ceil(TRICKLE_PIECES).max(1);
        let pieces: Vec<_> = (0..bytes.len())
            .step_by(size)
            .map(|from| bytes.slice(from..(from + size).min(bytes.len())))
            .collect();
        let count = u32::try_from(pieces.len().max(1)).unwrap_or(1);
        let pause = self.faults.real_time(duration) / count;
        Ok(send_pieces(head, bytes.len(), pieces, pause, false))
    }

    /// The whole answer of the API.
    async fn whole_answer(&self, request: Request<Body>) -> Result<(Parts, Bytes), ConnectionReset> {
        let (head, body) = self.pass(request).await?.into_parts();
        let bytes = axum::body::to_bytes(body, LARGEST_ANSWER)
            .await
            .map_err(|_| ConnectionReset)?;
        Ok((head, bytes))
    }
}

/// Where a share of a body ends; never at its very end.
fn cut_at(length: usize, share: f64) -> usize {
    let thousandths = (0..=1000_u32).rev().find(|t| f64::from(*t) / 1000.0 <= share);
    let kept = length * usize::try_from(thousandths.unwrap_or(0)).unwrap_or(0) / 1000;
    kept.min(length.saturating_sub(1))
}

/// An answer in pieces with pauses between. If it `breaks`, the connection ends after the last piece.
fn send_pieces(
    mut head: Parts,
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
            None if breaks => Some((Err(ConnectionReset), None)),
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
