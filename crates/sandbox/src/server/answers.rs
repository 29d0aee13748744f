//! Answers on their way out: how many bytes of them all clients together may leave unread.
//!
//! A request has given back what it held when its answer is there. So the answer is counted by itself, or those who ask for much
//! and read nothing would take all memory.

use super::connections::Connection;
use super::intake::IntakeError;
use super::shared_memory::{Share, SharedMemory, time_for};
use axum::body::{Body, Bytes};
use axum::http::Response;
use hyper::body::{Body as _, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What is always sent, in bytes; with all connections that there may be it is 32 MiB.
const UNCOUNTED_BYTES: usize = 64 << 10;

/// How many bytes of larger answers may be on their way: two of the largest.
const SENT_BYTES: u64 = 32 << 20;

/// How many bytes of larger answers may wait for that.
const WAITING_BYTES: u64 = 16 << 20;

/// How long an answer waits, before its client shall ask again.
const WAITING_TIMEOUT: Duration = Duration::from_secs(5);

/// What large answers share.
#[derive(Clone)]
pub(super) struct Answers {
    sent: Arc<SharedMemory>,
    waiting: Arc<SharedMemory>,
}

impl Answers {
    pub fn new() -> Self {
        Self {
            sent: SharedMemory::new(SENT_BYTES),
            waiting: SharedMemory::new(WAITING_BYTES),
        }
    }

    /// The response with a body that is counted until it is read, or the answer that there is no room for it.
    ///
    /// An answer that is in memory is a body of one piece. Of one that is made while it is sent only the first piece is there.
    pub async fn count(&self, response: Response<Body>, connection: &Connection) -> Response<Body> {
        if response.body().is_end_stream() {
            return response;
        }
        let (head, mut body) = response.into_parts();
        let size = body.size_hint();
        let first = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
        let first = match first.map(|frame| frame.map(Frame::into_data)) {
            Some(Ok(Ok(bytes))) if bytes.len() > UNCOUNTED_BYTES => {
                let Some(share) = self.share(bytes.len() as u64).await else {
                    return IntakeError::Unread.response();
                };
                Some(Ok(Frame::data(Counted::new(bytes, share, connection))))
            }
            Some(Ok(Ok(bytes))) => Some(Ok(Frame::data(bytes))),
            Some(Ok(Err(other))) => Some(Ok(other)),
            Some(Err(error)) => Some(Err(error)),
            None => None,
        };
        let (first, rest) = (Some(first), body);
        Response::from_parts(head, Body::new(Begun { first, rest, size }))
    }

    async fn share(&self, bytes: u64) -> Option<Share> {
        let (mut share, all) = (self.sent.share(), bytes.min(SENT_BYTES));
        if !share.grow(all) {
            let mut place = self.waiting.share();
            let waits = place.grow(bytes.min(WAITING_BYTES));
            if !(waits && share.grow_within(all, WAITING_TIMEOUT).await) {
                return None;
            }
        }
        Some(share)
    }
}

/// What a body says when it is asked for its next piece.
type Piece = Option<Result<Frame<Bytes>, axum::Error>>;

/// A body whose first piece has been looked at.
struct Begun {
    /// The first piece, which may be the end; until it is sent.
    first: Option<Piece>,
    rest: Body,
    size: SizeHint,
}

impl hyper::body::Body for Begun {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Piece> {
        match self.first.take() {
            Some(first) => Poll::Ready(first),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }

    /// That of the whole, which is asked for once, before the first piece.
    fn size_hint(&self) -> SizeHint {
        self.size
    }
}

/// The bytes of an answer. They are in memory until the last of them is sent, or the connection ends.
struct Counted {
    bytes: Bytes,
    _share: Share,
    _read: DropGuard,
}

impl Counted {
    /// Ends the connection of a client that takes too long to read them.
    #[expect(clippy::new_ret_no_self, reason = "they own what counts them")]
    fn new(bytes: Bytes, share: Share, connection: &Connection) -> Bytes {
        let read = CancellationToken::new();
        let (time, connection) = (time_for(bytes.len() as u64), connection.clone());
        let is_read = read.clone().cancelled_owned();
        tokio::spawn(async move {
            if tokio::time::timeout(time, is_read).await.is_err() {
                connection.close();
            }
        });
        Bytes::from_owner(Self {
            bytes,
            _share: share,
            _read: read.drop_guard(),
        })
    }
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::super::connections::Connections;
    use super::*;

    fn response(bytes: usize) -> Response<Body> {
        Response::new(Body::from(vec![b'x'; bytes]))
    }

    async fn bytes(response: Response<Body>) -> Bytes {
        axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn answers_that_are_not_read_are_bounded_together() {
        let (answers, all) = (Answers::new(), Connections::new());
        let (reader, mut unread) = (all.enter().await, Vec::new());
        for _ in 0..SENT_BYTES / (10 << 20) {
            let connection = all.enter().await;
            let taken = answers.count(response(10 << 20), &connection).await;
            assert_eq!(taken.status(), 200);
            unread.push((bytes(taken).await, connection));
        }
        let refused = answers.count(response(10 << 20), &reader).await;
        assert_eq!(refused.status(), 503);
        assert!(refused.headers().contains_key("retry-after"));
        let small = answers.count(response(UNCOUNTED_BYTES), &reader).await;
        assert_eq!(bytes(small).await.len(), UNCOUNTED_BYTES);
        // One that waits is sent when another has been read.
        let waiting = answers.count(response(10 << 20), &reader);
        let (taken, ()) = tokio::join!(waiting, async { drop(unread.pop()) });
        assert_eq!(taken.status(), 200);
        drop(taken);
        // Who reads nothing is closed.
        for (bytes, connection) in unread {
            connection.closed().await;
            drop(bytes);
        }
        assert!(answers.sent.share().grow(SENT_BYTES), "all is given back");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_is_what_it_was() {
        let (answers, connection) = (Answers::new(), Connections::new().enter().await);
        for length in [0, 1, 100_000, 100 << 20] {
            let same = answers.count(response(length), &connection).await;
            assert_eq!(same.body().size_hint().exact(), Some(length as u64));
            assert_eq!(same.body().is_end_stream(), length == 0);
            assert_eq!(bytes(same).await.len(), length);
        }
        let pieces = [vec![0; 100_000], vec![1; 10]].map(Ok::<_, std::convert::Infallible>);
        let body = Body::from_stream(futures_util::stream::iter(pieces));
        let same = answers.count(Response::new(body), &connection).await;
        assert_eq!(same.body().size_hint().exact(), None);
        assert_eq!(bytes(same).await.len(), 100_010);
        // It must not be asked again after its end.
        let none = futures_util::stream::unfold((), async |()| None::<(Result<Bytes, axum::Error>, ())>);
        let same = answers
            .count(Response::new(Body::from_stream(none)), &connection)
            .await;
        assert!(!same.body().is_end_stream());
        assert!(bytes(same).await.is_empty());
    }
}
