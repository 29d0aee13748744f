//! Request bodies on their way in: how long one may take, and how many bytes all may hold at once.
//!
//! Small bodies that make few values are always taken, so that nobody who sends large ones keeps others from asking. Large ones share an
//! amount, for which they wait a while. A body that an API writes to disk as it comes counts for nothing.

use super::connections::Connection;
use crate::body::{JsonMemory, MAX_JSON, MAX_JSON_MEMORY, too_large, too_many_values};
use crate::storage;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use serde_json::json;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep, sleep_until, timeout};

/// What one request may hold besides the shared amount, in bytes: more than any question has.
const SMALL: u64 = 512 << 10;

/// What all large bodies may hold together, in KiB: one of the largest, with room.
const SHARED: u32 = 160 << 10;

/// The largest file that comes in one request and is kept in memory: what CDAP takes (measured).
const FILE: u64 = 150 << 20;

/// How long a large body waits for others to be done.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a client may send nothing within a body.
const SILENCE: Duration = Duration::from_secs(30);

/// How long a whole body may take.
const WHOLE: Duration = Duration::from_secs(600);

/// Why a body ends early.
#[derive(Debug, thiserror::Error)]
pub(super) enum IntakeError {
    #[error("the rest of the body did not come")]
    Broken(#[from] hyper::Error),
    #[error("the body did not come in time")]
    Slow,
    #[error("the sandbox holds as many bytes of other requests as it may; try again")]
    Full,
    #[error("{}", too_large())]
    Large,
    #[error("{}", too_many_values())]
    Many,
}

/// What becomes of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// It is written to disk as it comes.
    Written,
    /// It is kept as it is.
    Kept,
    /// It is read as JSON or another text: its values take more than its bytes.
    Read,
}

/// The amount that large bodies share.
#[derive(Clone)]
pub(super) struct Intake(Arc<Semaphore>);

/// What a request holds of the shared amount, until it is answered.
pub(super) type Held = Arc<std::sync::Mutex<Vec<OwnedSemaphorePermit>>>;

impl Intake {
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(SHARED as usize)))
    }

    /// The request with a body that keeps to the bounds, or the answer that there is no room.
    pub async fn take(
        &self,
        request: Request<Incoming>,
        connection: &Connection,
    ) -> Result<(Request<Body>, Held), Response<Body>> {
        let (head, body) = request.into_parts();
        let purpose = purpose(&head.method, &head.uri);
        let permits = Held::default();
        let mut paid = SMALL;
        if let Some(length) = body.size_hint().exact() {
            check_length(purpose, length).map_err(refuse)?;
            if purpose != Use::Written && length > SMALL {
                let more = u32::try_from((length - SMALL).div_ceil(1 << 10)).unwrap_or(SHARED);
                let waiting = timeout(PATIENCE, Arc::clone(&self.0).acquire_many_owned(more));
                let Ok(Ok(permit)) = waiting.await else {
                    return Err(refuse(IntakeError::Full));
                };
                paid += u64::from(more) << 10;
                keep(&permits, permit);
            }
        }
        if body.is_end_stream() {
            connection.works();
            return Ok((Request::from_parts(head, Body::empty()), permits));
        }
        let arriving = Arriving {
            body,
            purpose,
            paid,
            arrived: 0,
            memory: JsonMemory::default(),
            refused: None,
            held: Arc::clone(&permits),
            shared: Arc::clone(&self.0),
            connection: connection.clone(),
            silence: Box::pin(sleep(SILENCE)),
            whole: Box::pin(sleep_until(Instant::now() + WHOLE)),
        };
        Ok((Request::from_parts(head, Body::new(arriving)), permits))
    }
}

fn keep(held: &Held, permit: OwnedSemaphorePermit) {
    held.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .push(permit);
}

fn purpose(method: &Method, uri: &Uri) -> Use {
    let path = uri.path();
    let is_multipart = uri
        .query()
        .is_some_and(|query| query.contains("uploadType=multipart"));
    let to_storage = path.contains("/upload/storage/");
    if to_storage && !is_multipart || *method == Method::PUT && storage::is_object(path) {
        return Use::Written;
    }
    // Files: rows of a load job, and jars.
    let is_file = to_storage || path.contains("/upload/") || path.contains("/artifacts/");
    if is_file { Use::Kept } else { Use::Read }
}

/// Whether the body is read as a text, and is no file.
pub(super) fn is_question(method: &Method, uri: &Uri) -> bool {
    purpose(method, uri) == Use::Read
}

fn check_length(purpose: Use, length: u64) -> Result<(), IntakeError> {
    let most = match purpose {
        Use::Written => u64::MAX,
        Use::Kept => FILE,
        Use::Read => MAX_JSON as u64,
    };
    if length > most {
        Err(IntakeError::Large)
    } else {
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is mapped over an error")]
fn refuse(error: IntakeError) -> Response<Body> {
    let message = error.to_string();
    let (status, name, reason) = match error {
        IntakeError::Full => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", "backendError"),
        _ => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "INVALID_ARGUMENT",
            "uploadTooLarge",
        ),
    };
    let code = status.as_u16();
    let told = json!({"message": message, "domain": "global", "reason": reason});
    let body = json!({"error": {"code": code, "message": message, "status": name, "errors": [told]}});
    let mut response = (status, axum::Json(body)).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// A body that arrives.
struct Arriving {
    body: Incoming,
    purpose: Use,
    /// How many bytes of memory the request may take by now.
    paid: u64,
    arrived: u64,
    memory: JsonMemory,
    /// Why it is refused, once it has come to its end.
    refused: Option<IntakeError>,
    held: Held,
    shared: Arc<Semaphore>,
    connection: Connection,
    silence: Pin<Box<Sleep>>,
    whole: Pin<Box<Sleep>>,
}

impl Arriving {
    /// Takes what the next bytes need more than was paid for; there is no waiting in the midst of a body.
    fn pay(&mut self, bytes: &[u8]) -> Result<(), IntakeError> {
        self.arrived += bytes.len() as u64;
        check_length(self.purpose, self.arrived)?;
        let needed = match self.purpose {
            Use::Written => return Ok(()),
            Use::Kept => self.arrived,
            Use::Read => {
                self.memory.add(bytes);
                if self.memory.total() > MAX_JSON_MEMORY {
                    return Err(IntakeError::Many);
                }
                self.arrived.max(self.memory.total() as u64)
            }
        };
        if needed > self.paid {
            let more =
                u32::try_from((needed - self.paid).div_ceil(1 << 10)).map_err(|_| IntakeError::Full)?;
            let permit = Arc::clone(&self.shared).try_acquire_many_owned(more);
            keep(&self.held, permit.map_err(|_| IntakeError::Full)?);
            self.paid += u64::from(more) << 10;
        }
        Ok(())
    }
}

impl hyper::body::Body for Arriving {
    type Data = Bytes;
    type Error = IntakeError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, IntakeError>>> {
        let is_late = self.whole.as_mut().poll(cx).is_ready();
        loop {
            let frame = Pin::new(&mut self.body).poll_frame(cx);
            if is_late || frame.is_pending() && self.silence.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Some(Err(IntakeError::Slow)));
            }
            let Some(frame) = ready!(frame) else {
                self.connection.works();
                return Poll::Ready(self.refused.take().map(Err));
            };
            self.silence.as_mut().reset(Instant::now() + SILENCE);
            let frame = frame?;
            if let Some(data) = frame.data_ref()
                && self.refused.is_none()
            {
                self.refused = self.pay(data).err();
            }
            // A client that is still sending would not read why: the rest is received, and kept nowhere.
            if self.refused.is_some() {
                continue;
            }
            if self.body.is_end_stream() {
                self.connection.works();
            }
            return Poll::Ready(Some(Ok(frame)));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.refused.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_a_body_is_seen_by_its_address() {
        for (method, uri, expected) in [
            ("POST", "/bigquery/v2/projects/p/queries", Use::Read),
            ("PUT", "/api/v3/namespaces/default/apps/a", Use::Read),
            ("PUT", "/sandbox/scenario", Use::Read),
            ("POST", "/a-bucket/an-object", Use::Read),
            ("POST", "/api/v3/namespaces/default/artifacts/a", Use::Kept),
            (
                "POST",
                "/upload/bigquery/v2/projects/p/jobs?uploadType=multipart",
                Use::Kept,
            ),
            ("POST", "/upload/storage/v1/b/x/o?uploadType=multipart", Use::Kept),
            ("POST", "/upload/storage/v1/b/x/o?uploadType=media", Use::Written),
            (
                "PUT",
                "/resumable/upload/storage/v1/b/x/o?upload_id=1",
                Use::Written,
            ),
            ("PUT", "/a-bucket/an-object", Use::Written),
        ] {
            let method = method.parse().unwrap();
            assert_eq!(
                purpose(&method, &uri.parse().unwrap()),
                expected,
                "{method} {uri}"
            );
        }
    }
}
