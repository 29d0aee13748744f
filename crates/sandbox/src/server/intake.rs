//! Request bodies on their way in: how long one may take, and how many bytes all may hold at once.
//!
//! Requests that take little memory are always taken, so that nobody who sends large ones keeps others from asking. The others
//! share an amount: one that says how long it is waits a while for it, and is refused for the time being where there is none.
//! It must come as fast as a slow network, because it holds its share until it is answered.
//! A body that an API writes to disk as it comes counts for nothing.
//!
//! ```text
//! intake/purpose.rs      what becomes of a body, by its address
//! intake/limited_body.rs the body as it comes
//! intake/unpacking.rs    gzip
//! intake/refusal.rs      why it is not taken, and the answer
//! ```

mod limited_body;
mod purpose;
mod refusal;
mod unpacking;

#[cfg(test)]
mod tests;

use super::connections::Connection;
use super::shared_memory::{Share, SharedMemory};
use crate::body::header_text;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Request, Response, Uri, header};
use limited_body::{Arriving, LimitedBody};
use purpose::Purpose;
pub(super) use refusal::IntakeError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// What one request may hold besides the shared amount, in bytes: more than most questions take.
const UNCOUNTED_BYTES: u64 = 512 << 10;

/// What all others may hold together, in bytes: one of the largest, with room.
const SHARED_BYTES: u64 = 160 << 20;

/// How long a large body waits for others to be done.
const SHARE_TIMEOUT: Duration = Duration::from_secs(30);

/// How many of so many bytes count.
const fn counted(bytes: u64) -> u64 {
    bytes.saturating_sub(UNCOUNTED_BYTES)
}

/// The amount that large bodies share.
#[derive(Clone)]
pub(super) struct Intake(Arc<SharedMemory>);

/// What a request holds of the shared amount until it is answered, or for longer: an extension of the request, for a job that
/// keeps its body.
#[derive(Clone)]
pub(crate) struct Reservation(Arc<Mutex<Share>>);

impl Intake {
    pub fn new() -> Self {
        Self(SharedMemory::new(SHARED_BYTES))
    }

    /// The request with a body that keeps to the bounds and what that holds, or the answer that it is not taken.
    pub async fn take<B: Arriving>(
        &self,
        request: Request<B>,
        connection: &Connection,
    ) -> Result<(Request<Body>, Reservation), Response<Body>> {
        let (mut parts, body) = request.into_parts();
        if body.is_end_stream() {
            connection.set_busy();
            return Ok(with_reservation(parts, Body::empty(), self.0.share()));
        }
        let purpose = Purpose::new(&parts.method, &parts.uri, &parts.headers);
        let is_packed = matches!(purpose, Purpose::Read(_))
            && header_text(&parts.headers, "content-encoding") == Some("gzip");
        let length = body.size_hint().exact();
        let mut share = self.0.share();
        if purpose == Purpose::Written {
            let body = LimitedBody::new(body, purpose, is_packed, share, connection.clone());
            return Ok(with_reservation(parts, Body::new(body), self.0.share()));
        }
        let declared = length.unwrap_or_default();
        let refused = if declared > purpose.most() {
            Some(IntakeError::Large(purpose.most()))
        } else if share.grow_within(counted(declared), SHARE_TIMEOUT).await {
            None
        } else {
            Some(IntakeError::Full)
        };
        let body = LimitedBody::new(body, purpose, is_packed, share, connection.clone());
        if let Some(error) = refused {
            // Who asks first has sent nothing yet.
            if !parts.headers.contains_key(header::EXPECT) {
                body.discard(&error).await;
            }
            return Err(error.response());
        }
        let collected = body.collect(length.filter(|_| !is_packed)).await;
        let (whole, share) = collected.map_err(|error| error.response())?;
        if is_packed {
            parts.headers.remove(header::CONTENT_ENCODING);
            parts.headers.remove(header::CONTENT_LENGTH);
        }
        Ok(with_reservation(parts, Body::from(whole), share))
    }
}

fn with_reservation(mut parts: Parts, body: Body, share: Share) -> (Request<Body>, Reservation) {
    let held = Reservation(Arc::new(Mutex::new(share)));
    parts.extensions.insert(held.clone());
    (Request::from_parts(parts, body), held)
}

impl Reservation {
    /// Waits for a share of so many bytes in all, for what came with earlier requests.
    ///
    /// # Errors
    /// The answer that there is none.
    pub async fn cover(&self, bytes: usize) -> Result<(), Response<Body>> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        if self
            .0
            .lock()
            .await
            .grow_within(counted(bytes), SHARE_TIMEOUT)
            .await
        {
            Ok(())
        } else {
            Err(IntakeError::Full.response())
        }
    }
}

/// Whether the body is read as JSON or another text, and is no file.
pub(super) fn is_json_body(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    matches!(Purpose::new(method, uri, headers), Purpose::Read(_))
}
