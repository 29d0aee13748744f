//! Request bodies on their way in: how long one may take, and how many bytes all may hold at once.
//!
//! Requests that take little memory are always taken, so that nobody who sends large ones keeps others from asking. The others
//! share an amount: one that says how long it is waits a while for it, and is refused for the time being where there is none.
//! A body that an API writes to disk as it comes counts for nothing.
//!
//! ```text
//! intake/purpose.rs      what becomes of a body, by its address
//! intake/arriving.rs     the body as it comes
//! intake/unpacking.rs    gzip
//! intake/refusal.rs      why it is not taken, and the answer
//! ```

mod arriving;
mod purpose;
mod refusal;
mod unpacking;

use super::connections::Connection;
use crate::body::header_text;
use arriving::Arriving;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, Uri, header};
use hyper::body::{Body as _, Incoming};
use purpose::Purpose;
use refusal::IntakeError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// What one request may hold besides the shared amount, in bytes: more than most questions take.
const SMALL: u64 = 512 << 10;

/// What all others may hold together, in KiB: one of the largest, with room.
const SHARED: u32 = 160 << 10;

/// How long a large body waits for others to be done.
const PATIENCE: Duration = Duration::from_secs(30);

/// The amount that large bodies share.
#[derive(Clone)]
pub(super) struct Intake(Arc<Semaphore>);

/// What a request holds of the shared amount until it is answered, or for longer: an extension of the request, for a job that
/// keeps its body.
#[derive(Clone)]
pub(crate) struct Held {
    shared: Arc<Semaphore>,
    state: Arc<Mutex<State>>,
}

struct State {
    permits: Vec<OwnedSemaphorePermit>,
    /// How many bytes of memory the request may take by now.
    paid: u64,
}

impl Intake {
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(SHARED as usize)))
    }

    /// The request with a body that keeps to the bounds, or the answer that it is not taken.
    pub async fn take(
        &self,
        request: Request<Incoming>,
        connection: &Connection,
    ) -> Result<(Request<Body>, Held), Response<Body>> {
        let (mut parts, body) = request.into_parts();
        let purpose = Purpose::new(&parts.method, &parts.uri, &parts.headers);
        let held = Held::new(&self.0);
        parts.extensions.insert(held.clone());
        if body.is_end_stream() {
            connection.works();
            return Ok((Request::from_parts(parts, Body::empty()), held));
        }
        let is_packed = matches!(purpose, Purpose::Read(_))
            && header_text(&parts.headers, "content-encoding") == Some("gzip");
        let length = body.size_hint().exact();
        let arriving = Arriving::new(body, purpose, is_packed, held.clone(), connection.clone());
        if purpose == Purpose::Written {
            return Ok((Request::from_parts(parts, Body::new(arriving)), held));
        }
        let declared = length.unwrap_or_default();
        let refused = if declared > purpose.most() {
            Some(IntakeError::Large(purpose.most()))
        } else {
            held.wait_for(declared).await.err()
        };
        if let Some(error) = refused {
            let response = error.response();
            // Who asks first has sent nothing yet.
            if !parts.headers.contains_key(header::EXPECT) {
                arriving.discard(error).await;
            }
            return Err(response);
        }
        let whole = arriving.collect(length.filter(|_| !is_packed)).await;
        let whole = whole.map_err(|error| error.response())?;
        if is_packed {
            parts.headers.remove(header::CONTENT_ENCODING);
            parts.headers.remove(header::CONTENT_LENGTH);
        }
        Ok((Request::from_parts(parts, Body::from(whole)), held))
    }
}

/// Whether the body is read as a text, and is no file.
pub(super) fn is_question(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    matches!(Purpose::new(method, uri, headers), Purpose::Read(_))
}

impl Held {
    fn new(shared: &Arc<Semaphore>) -> Self {
        let state = State {
            permits: Vec::new(),
            paid: SMALL,
        };
        Self {
            shared: Arc::clone(shared),
            state: Arc::new(Mutex::new(state)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many permits so many bytes need more than was paid for.
    fn missing(&self, bytes: u64) -> Result<u32, IntakeError> {
        let more = bytes.saturating_sub(self.state().paid).div_ceil(1 << 10);
        u32::try_from(more)
            .ok()
            .filter(|more| *more <= SHARED)
            .ok_or(IntakeError::Full)
    }

    /// Waits for a share of so many bytes in all, for what came with earlier requests.
    ///
    /// # Errors
    /// The answer that there is none.
    pub async fn cover(&self, bytes: usize) -> Result<(), Response<Body>> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.wait_for(bytes).await.map_err(|error| error.response())
    }

    fn keep(&self, permit: OwnedSemaphorePermit) {
        let mut state = self.state();
        state.paid += (permit.num_permits() as u64) << 10;
        state.permits.push(permit);
    }

    /// Waits for a share of so many bytes.
    async fn wait_for(&self, bytes: u64) -> Result<(), IntakeError> {
        let waiting = Arc::clone(&self.shared).acquire_many_owned(self.missing(bytes)?);
        let permit = timeout(PATIENCE, waiting).await;
        self.keep(permit.ok().and_then(Result::ok).ok_or(IntakeError::Full)?);
        Ok(())
    }

    /// Takes a share of so many bytes, if there is one.
    fn pay(&self, bytes: u64) -> Result<(), IntakeError> {
        let permit = Arc::clone(&self.shared).try_acquire_many_owned(self.missing(bytes)?);
        self.keep(permit.map_err(|_| IntakeError::Full)?);
        Ok(())
    }
}
