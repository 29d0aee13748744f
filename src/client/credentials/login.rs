//! The login of a person: what `gcloud auth application-default login` leaves behind.

use super::source::{Fetched, TokenSource};
use super::trouble::{FETCHING, refused};
use super::way::{Way, address};
use crate::client::auth::Secret;
use crate::client::error::ClientError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// Where logins without an address of their own get tokens.
const SERVER: &str = "https://oauth2.googleapis.com/token";

/// A login.
pub(super) struct Login {
    client: String,
    client_secret: Secret,
    refresh_token: Secret,
    server: Url,
}

#[derive(Deserialize)]
struct File {
    client_id: String,
    client_secret: String,
    refresh_token: String,
    token_uri: Option<String>,
}

impl Login {
    pub(super) fn read(value: &Value) -> Result<Self, ClientError> {
        // The error of serde names a field, never what is in it, as all of them are texts.
        let file =
            File::deserialize(value).map_err(|error| refused("reading the login", &error.to_string()))?;
        let server = file.token_uri.filter(|text| !text.is_empty());
        Ok(Self {
            client: file.client_id,
            client_secret: Secret::new(&file.client_secret),
            refresh_token: Secret::new(&file.refresh_token),
            server: address("token_uri", server.as_deref().unwrap_or(SERVER))?,
        })
    }
}

#[async_trait::async_trait]
impl TokenSource for Login {
    async fn fetch(&self, way: &Way) -> Result<Fetched, ClientError> {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", &self.client),
            ("client_secret", self.client_secret.expose()),
            ("refresh_token", self.refresh_token.expose()),
        ];
        let answer = way.post(FETCHING, self.server.clone(), &fields).await?;
        let mut fetched = Fetched::read(&answer)?;
        fetched.account = answer["id_token"].as_str().and_then(email);
        Ok(fetched)
    }
}

/// The address in an identity token. It came from the token server itself, so that its signature says nothing more.
fn email(token: &str) -> Option<String> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    claims["email"].as_str().map(str::to_owned)
}
