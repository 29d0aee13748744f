//! A body that arrives: it is unpacked, measured, and what it takes is reserved piece by piece.

use super::counted;
use super::purpose::Purpose;
use super::refusal::IntakeError;
use super::unpacking::Unpacking;
use crate::body::MAX_JSON_MEMORY;
use crate::server::connections::Connection;
use crate::server::shared_memory::{Share, time_for};
use axum::body::Bytes;
use googlesql::json_memory::JsonMemory;
use hyper::body::{Body, Frame, SizeHint};
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// How long a client may send nothing within a body.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a body may take that is written to disk, where it takes no memory from others.
const BODY_TIMEOUT: Duration = Duration::from_secs(600);

/// How many bytes of a refused body are received: twice the largest file.
const MAX_DISCARDED: u64 = 300 << 20;

/// A body as it comes from a client.
pub(in crate::server) trait Arriving:
    Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + Unpin + 'static
{
}

impl<B> Arriving for B where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + Unpin + 'static
{
}

/// A body that keeps to the limits of its purpose.
pub(super) struct LimitedBody<B> {
    body: B,
    purpose: Purpose,
    unpacking: Option<Unpacking>,
    /// How many bytes have come.
    received: u64,
    /// How many bytes they hold, unpacked.
    unpacked: u64,
    memory: JsonMemory,
    share: Share,
    connection: Connection,
    began: Instant,
    idle: Pin<Box<Sleep>>,
    whole: Pin<Box<Sleep>>,
}

impl<B: Arriving> LimitedBody<B> {
    pub fn new(body: B, purpose: Purpose, is_packed: bool, share: Share, connection: Connection) -> Self {
        let mut limited = Self {
            body,
            purpose,
            unpacking: is_packed.then(Unpacking::new),
            received: 0,
            unpacked: 0,
            memory: JsonMemory::default(),
            share,
            connection,
            began: Instant::now(),
            idle: Box::pin(sleep(IDLE_TIMEOUT)),
            whole: Box::pin(sleep(BODY_TIMEOUT)),
        };
        limited.set_time();
        limited
    }

    /// Gives the client time for what it has sent: a body that comes slowly must not hold for long what others need.
    fn set_time(&mut self) {
        if self.purpose != Purpose::Written {
            self.whole.as_mut().reset(self.began + time_for(self.received));
        }
    }

    /// The whole body in one piece, and what it takes. In many pieces it would take twice its size when they are put together.
    pub async fn collect(mut self, length: Option<u64>) -> Result<(Bytes, Share), IntakeError> {
        // A file grows where it is: memory that is not written yet is not taken.
        let file = match self.purpose {
            Purpose::Kept(most) => most,
            Purpose::Written | Purpose::Read(_) => 0,
        };
        let capacity = usize::try_from(length.unwrap_or(file)).unwrap_or_default();
        let mut whole = Vec::with_capacity(capacity);
        loop {
            match std::future::poll_fn(|cx| self.poll(cx)).await {
                None => return Ok((whole.into(), self.share)),
                Some(Ok(piece)) => whole.extend_from_slice(&piece),
                Some(Err(error)) => {
                    drop(whole);
                    self.discard(&error).await;
                    return Err(error);
                }
            }
        }
    }

    /// Gives back what it took, and receives the rest as far as that makes sense: a client that still sends would not read why
    /// it is refused.
    pub async fn discard(self, error: &IntakeError) {
        let Self {
            share,
            mut body,
            mut idle,
            began,
            connection,
            ..
        } = self;
        drop(share);
        if matches!(error, IntakeError::Broken(_) | IntakeError::Slow) {
            return;
        }
        let mut received = 0;
        let rest = async {
            while let Some(Ok(frame)) = std::future::poll_fn(|cx| {
                let frame = Pin::new(&mut body).poll_frame(cx);
                if frame.is_pending() && idle.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(None);
                }
                frame
            })
            .await
            {
                idle.as_mut().reset(Instant::now() + IDLE_TIMEOUT);
                connection.set_idle();
                received += frame.data_ref().map_or(0, |data| data.len() as u64);
                if received > MAX_DISCARDED {
                    return;
                }
            }
        };
        // The answer goes out in any case.
        let _ = tokio::time::timeout_at(began + BODY_TIMEOUT, rest).await;
    }

    /// Reserves what the next bytes need; there is no waiting in the midst of a body.
    fn reserve(&mut self, bytes: &[u8]) -> Result<(), IntakeError> {
        self.unpacked += bytes.len() as u64;
        if self.unpacked > self.purpose.most() {
            return Err(IntakeError::Large(self.purpose.most()));
        }
        let needed = match self.purpose {
            Purpose::Written => return Ok(()),
            Purpose::Kept(_) => self.unpacked,
            Purpose::Read(_) => {
                self.memory.add(bytes);
                if self.memory.total() > MAX_JSON_MEMORY {
                    return Err(IntakeError::Many);
                }
                self.unpacked.max(self.memory.total() as u64)
            }
        };
        if self.share.grow(counted(needed)) {
            Ok(())
        } else {
            Err(IntakeError::Full)
        }
    }

    /// What the next bytes hold, with room reserved for it.
    fn take(&mut self, bytes: Bytes) -> Result<Bytes, IntakeError> {
        let Some(mut unpacking) = self.unpacking.take() else {
            self.reserve(&bytes)?;
            return Ok(bytes);
        };
        let mut plain = Vec::new();
        let added = unpacking.add(&bytes, |piece| {
            self.reserve(piece)?;
            plain.extend_from_slice(piece);
            Ok::<_, IntakeError>(())
        });
        self.unpacking = Some(unpacking);
        added.map(|()| plain.into())
    }

    /// What is left when all has come.
    fn finish(&mut self) -> Result<Option<Bytes>, IntakeError> {
        let Some(mut unpacking) = self.unpacking.take() else {
            return Ok(None);
        };
        let last = unpacking.finish()?;
        self.reserve(&last)?;
        Ok((!last.is_empty()).then(|| last.into()))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, IntakeError>>> {
        loop {
            let frame = Pin::new(&mut self.body).poll_frame(cx);
            let is_late = self.whole.as_mut().poll(cx).is_ready();
            if is_late || frame.is_pending() && self.idle.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Some(Err(IntakeError::Slow)));
            }
            let Some(frame) = ready!(frame) else {
                self.connection.set_busy();
                return Poll::Ready(self.finish().transpose());
            };
            let frame = frame.map_err(|error| IntakeError::Broken(error.into()))?;
            self.idle.as_mut().reset(Instant::now() + IDLE_TIMEOUT);
            self.connection.set_idle();
            let Ok(data) = frame.into_data() else { continue };
            self.received += data.len() as u64;
            self.set_time();
            let plain = self.take(data)?;
            if !plain.is_empty() {
                if self.is_end_stream() {
                    self.connection.set_busy();
                }
                return Poll::Ready(Some(Ok(plain)));
            }
        }
    }
}

impl<B: Arriving> Body for LimitedBody<B> {
    type Data = Bytes;
    type Error = IntakeError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, IntakeError>>> {
        self.poll(cx).map(|next| next.map(|taken| taken.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.unpacking.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.unpacking.is_some() {
            SizeHint::default()
        } else {
            self.body.size_hint()
        }
    }
}
