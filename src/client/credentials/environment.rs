//! A token that somebody put into a variable of the environment. It cannot be renewed.

use super::outside::Outside;
use super::source::{Fetched, TokenSource};
use super::trouble::{FETCHING, refused};
use super::way::Way;
use crate::client::auth::Secret;
use crate::client::error::ClientError;

/// Where a token of Google's is looked for, in this order.
pub(super) const GOOGLE: &[&str] = &["DOWNBEAT_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"];

/// Where a token of a CDAP server's own is.
pub(super) const CDAP: &[&str] = &["DOWNBEAT_CDAP_ACCESS_TOKEN"];

/// A variable.
pub(super) struct Variable {
    outside: Outside,
    names: &'static [&'static str],
}

impl Variable {
    pub(super) fn new(outside: &Outside, names: &'static [&'static str]) -> Self {
        Self {
            outside: outside.clone(),
            names,
        }
    }

    /// The name that is set, or the first one.
    pub(super) fn name(&self) -> &'static str {
        let mut names = self.names.iter();
        let set = names.find(|name| self.outside.text(name).is_some());
        set.or(self.names.first()).copied().unwrap_or_default()
    }
}

#[async_trait::async_trait]
impl TokenSource for Variable {
    async fn fetch(&self, _: &Way) -> Result<Fetched, ClientError> {
        let token = self.outside.text(self.name());
        let token = token.ok_or_else(|| {
            let why = format!("{} is not set", self.names.join(" or "));
            refused(FETCHING, &why).with_hint(format!(
                "Put a token into {}, for example with $(gcloud auth print-access-token).",
                self.names.join(" or ")
            ))
        })?;
        Ok(Fetched::bare(Secret::new(&token)))
    }
}
