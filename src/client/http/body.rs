//! The body of a good answer while it arrives: kept whole under a cap, or worked through in pieces.

use super::request::Request;
use crate::client::error::ClientError;
use std::ops::ControlFlow;

/// What is made of a body, piece by piece.
pub(in crate::client) trait Body: Default {
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
