//! The body of a good answer while it arrives: kept whole under a cap, or worked through in pieces.

use super::request::Request;
use super::server_time::date;
use crate::client::error::ClientError;
use domain::time::Timestamp;
use reqwest::header::HeaderMap;
use std::ops::ControlFlow;

/// What is made of a body, piece by piece.
pub(in crate::client) trait Body: Default {
    /// The answer has begun with these headers.
    fn begin(&mut self, _headers: &HeaderMap) {}

    /// Takes the next piece. `Break`: enough has been read, and the rest is not asked for.
    fn add(&mut self, request: &Request, piece: &[u8]) -> Result<ControlFlow<()>, ClientError>;

    /// The body has ended.
    fn end(self, request: &Request) -> Result<Self, ClientError>;
}

/// The whole body, of at most [`Request::cap`] bytes.
impl Body for Vec<u8> {
    fn add(&mut self, request: &Request, piece: &[u8]) -> Result<ControlFlow<()>, ClientError> {
        if self.len() + piece.len() > request.cap() {
            let cap = request.cap() >> 20;
            return Err(request.unusable(&format!("the answer is larger than {cap} MiB")));
        }
        self.extend_from_slice(piece);
        Ok(ControlFlow::Continue(()))
    }

    fn end(self, request: &Request) -> Result<Self, ClientError> {
        request.check(&self)?;
        Ok(self)
    }
}

/// The whole body, and the server's time when it answered.
#[derive(Default)]
pub(super) struct Dated {
    pub(super) body: Vec<u8>,
    /// By its `Date`, in whole seconds. CDAP sends none (measured).
    pub(super) date: Option<Timestamp>,
}

impl Body for Dated {
    fn begin(&mut self, headers: &HeaderMap) {
        self.date = date(headers);
    }

    fn add(&mut self, request: &Request, piece: &[u8]) -> Result<ControlFlow<()>, ClientError> {
        self.body.add(request, piece)
    }

    fn end(self, request: &Request) -> Result<Self, ClientError> {
        let body = self.body.end(request)?;
        Ok(Self { body, ..self })
    }
}
