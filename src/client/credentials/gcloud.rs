//! The account of gcloud: the last of Google's sources.

use super::command::gcloud;
use super::source::{Fetched, TokenSource};
use super::trouble::{FETCHING, refused};
use super::way::Way;
use crate::client::auth::Secret;
use crate::client::error::ClientError;

/// Whoever is logged in there.
pub(super) struct Gcloud;

#[async_trait::async_trait]
impl TokenSource for Gcloud {
    async fn fetch(&self, _: &Way) -> Result<Fetched, ClientError> {
        let said = gcloud(&["auth", "print-access-token", "--quiet"]).await?;
        let token = said.out.trim();
        if said.status.success() && !token.is_empty() && !token.contains(char::is_whitespace) {
            return Ok(Fetched::bare(Secret::new(token)));
        }
        // It writes no token there, and names the account and the reason.
        let mut errors = said.errors.lines().map(str::trim);
        let why = errors
            .find(|line| line.starts_with("ERROR:"))
            .unwrap_or("it printed no token");
        let error = refused(FETCHING, &format!("gcloud auth print-access-token: {why}"));
        Err(error.with_hint(
            "Run 'gcloud auth login', and see whether 'gcloud auth print-access-token' prints a token.",
        ))
    }
}
