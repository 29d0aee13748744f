//! The key of a service account. `gcp_auth` reads it and signs with it; what is signed is exchanged for a token.

use super::source::{Fetched, SCOPE, TokenSource};
use super::trouble::{FETCHING, refused};
use super::way::{Way, address};
use crate::client::error::ClientError;
use crate::clock;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gcp_auth::CustomServiceAccount;
use serde::Deserialize;
use serde_json::json;
use url::Url;

/// For how long the signed question is good; Google takes no more.
const LIFE: i64 = 3600;

/// A key.
pub(super) struct Key {
    account: CustomServiceAccount,
    email: String,
    number: Option<String>,
    server: Url,
}

/// What is not secret in its file.
#[derive(Deserialize)]
struct Named {
    client_email: String,
    private_key_id: Option<String>,
    token_uri: String,
}

impl Key {
    pub(super) fn read(text: &str) -> Result<Self, ClientError> {
        let refuse = |why: String| refused("reading the key", &why);
        let named: Named = serde_json::from_str(text).map_err(|error| refuse(error.to_string()))?;
        let account = CustomServiceAccount::from_json(text).map_err(|error| refuse(error.to_string()))?;
        Ok(Self {
            account,
            email: named.client_email,
            number: named.private_key_id,
            server: address("token_uri", &named.token_uri)?,
        })
    }

    /// The question for a token, signed.
    fn signed(&self) -> Result<String, ClientError> {
        let now = clock::now().seconds();
        let head = json!({"alg": "RS256", "typ": "JWT", "kid": self.number});
        let claims = json!({
            "iss": self.email,
            "scope": SCOPE,
            "aud": self.server.as_str(),
            "iat": now,
            "exp": now + LIFE,
        });
        let encoded = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", encoded(&head), encoded(&claims));
        let signature = self.account.signer().sign(text.as_bytes());
        let signature = signature.map_err(|error| refused("signing with the key", &error.to_string()))?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[async_trait::async_trait]
impl TokenSource for Key {
    async fn fetch(&self, way: &Way) -> Result<Fetched, ClientError> {
        let assertion = self.signed()?;
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", &assertion),
        ];
        let answer = way.post(FETCHING, self.server.clone(), &fields).await?;
        Ok(Fetched::read(&answer)?.of(&self.email))
    }
}
