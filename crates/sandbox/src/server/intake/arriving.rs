//! A body that arrives: it is unpacked, measured and paid for piece by piece.

use super::Held;
use super::purpose::Purpose;
use super::refusal::IntakeError;
use super::unpacking::Unpacking;
use crate::body::MAX_JSON_MEMORY;
use crate::server::connections::Connection;
use axum::body::Bytes;
use googlesql::json_memory::JsonMemory;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// How long a client may send nothing within a body.
const SILENCE: Duration = Duration::from_secs(30);

/// How long a whole body may take.
const WHOLE: Duration = Duration::from_secs(600);

/// How much of a refused body is received.
const REST: u64 = 300 << 20;

/// A body that arrives.
pub(super) struct Arriving {
    body: Incoming,
    purpose: Purpose,
    unpacking: Option<Unpacking>,
    arrived: u64,
    memory: JsonMemory,
    /// Why it is refused, once it has come to its end.
    refused: Option<IntakeError>,
    /// How many bytes have come since.
    rest: u64,
    held: Held,
    connection: Connection,
    silence: Pin<Box<Sleep>>,
    whole: Pin<Box<Sleep>>,
}

impl Arriving {
    pub fn new(
        body: Incoming,
        purpose: Purpose,
        is_packed: bool,
        held: Held,
        connection: Connection,
    ) -> Self {
        Self {
            body,
            purpose,
            unpacking: is_packed.then(Unpacking::new),
            arrived: 0,
            memory: JsonMemory::default(),
            refused: None,
            rest: 0,
            held,
            connection,
            silence: Box::pin(sleep(SILENCE)),
            whole: Box::pin(sleep_until(Instant::now() + WHOLE)),
        }
    }

    /// Receives all of a body that is refused, as far as that makes sense: a client that still sends would not read why.
    pub async fn discard(mut self, error: IntakeError) {
        self.refused = Some(error);
        std::future::poll_fn(|cx| self.poll(cx)).await;
    }

    /// The whole body in one piece. In many it would take twice its size when they are put together.
    pub async fn collect(mut self, length: Option<u64>) -> Result<Bytes, IntakeError> {
        // A file grows where it is: memory that is not written yet is not taken.
        let file = match self.purpose {
            Purpose::Kept(most) => most,
            Purpose::Written | Purpose::Read(_) => 0,
        };
        let reserved = length.unwrap_or(file);
        let mut whole = Vec::with_capacity(usize::try_from(reserved).unwrap_or_default());
        while let Some(piece) = std::future::poll_fn(|cx| self.poll(cx)).await {
            whole.extend_from_slice(&piece?);
        }
        Ok(whole.into())
    }

    /// Takes what the next bytes need more than was paid for; there is no waiting in the midst of a body.
    fn pay(&mut self, bytes: &[u8]) -> Result<(), IntakeError> {
        self.arrived += bytes.len() as u64;
        if self.arrived > self.purpose.most() {
            return Err(IntakeError::Large(self.purpose.most()));
        }
        let needed = match self.purpose {
            Purpose::Written => return Ok(()),
            Purpose::Kept(_) => self.arrived,
            Purpose::Read(_) => {
                self.memory.add(bytes);
                if self.memory.total() > MAX_JSON_MEMORY {
                    return Err(IntakeError::Many);
                }
                self.arrived.max(self.memory.total() as u64)
            }
        };
        self.held.pay(needed)
    }

    /// What the next bytes hold, paid for.
    fn take(&mut self, bytes: Bytes) -> Result<Bytes, IntakeError> {
        let Some(mut unpacking) = self.unpacking.take() else {
            self.pay(&bytes)?;
            return Ok(bytes);
        };
        let mut plain = Vec::new();
        let added = unpacking.add(&bytes, |piece| {
            self.pay(piece)?;
            plain.extend_from_slice(piece);
            Ok::<_, IntakeError>(())
        });
        self.unpacking = Some(unpacking);
        added.map(|()| plain.into())
    }

    /// What is left when all has come.
    fn finish(&mut self) -> Result<Option<Bytes>, IntakeError> {
        if let Some(error) = self.refused.take() {
            return Err(error);
        }
        let Some(mut unpacking) = self.unpacking.take() else {
            return Ok(None);
        };
        let last = unpacking.finish()?;
        self.pay(&last)?;
        Ok((!last.is_empty()).then(|| last.into()))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, IntakeError>>> {
        let is_late = self.whole.as_mut().poll(cx).is_ready();
        loop {
            let frame = Pin::new(&mut self.body).poll_frame(cx);
            if is_late || frame.is_pending() && self.silence.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Some(Err(IntakeError::Slow)));
            }
            let Some(frame) = ready!(frame) else {
                self.connection.works();
                return Poll::Ready(self.finish().transpose());
            };
            self.silence.as_mut().reset(Instant::now() + SILENCE);
            self.connection.waits();
            let Ok(data) = frame?.into_data() else { continue };
            if self.refused.is_some() {
                self.rest += data.len() as u64;
                if self.rest > REST {
                    return Poll::Ready(self.finish().transpose());
                }
                continue;
            }
            match self.take(data) {
                Ok(plain) if plain.is_empty() => {}
                Ok(plain) => {
                    if self.is_end_stream() {
                        self.connection.works();
                    }
                    return Poll::Ready(Some(Ok(plain)));
                }
                Err(error) => self.refused = Some(error),
            }
        }
    }
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = IntakeError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, IntakeError>>> {
        self.poll(cx).map(|next| next.map(|taken| taken.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.refused.is_none() && self.unpacking.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.unpacking.is_some() {
            SizeHint::default()
        } else {
            self.body.size_hint()
        }
    }
}
