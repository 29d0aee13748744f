//! Authentication by one token: every other request is answered with 401, as by a real server.
//!
//! Only `/status` is open. The scheme is ignored, and a header without a space has no token (measured).

use super::answer::Answer;

const JSON: &str = "application/json;charset=UTF-8";

/// The token that requests must carry.
#[derive(Clone)]
pub struct TokenAuth {
    token: String,
    realm: &'static str,
    /// Where the answers say that a token can be got.
    token_url: String,
}

impl std::fmt::Debug for TokenAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenAuth")
            .field("realm", &self.realm)
            .finish_non_exhaustive()
    }
}

impl TokenAuth {
    /// Requires `token`; answers name `token_url`.
    pub fn new(token: String, token_url: String) -> Self {
        Self {
            token,
            realm: "cdap",
            token_url,
        }
    }

    /// The 401 of a request, if it is refused. `authorization` is its header.
    pub fn refusal(&self, path: &str, authorization: Option<&str>) -> Option<Answer> {
        if path == "/status" {
            return None;
        }
        let realm = self.realm;
        let url = &self.token_url;
        let token = authorization
            .and_then(|header| header.split_once(' '))
            .map(|(_, token)| token);
        match token {
            Some(token) if token == self.token => None,
            Some(_) => {
                let text = "Failed to validate access token with reason: Invalid token signature.";
                let body = format!(
                    r#"{{"error":"invalid_token","error_description":"{text}","auth_uri":["{url}"]}}"#
                );
                let challenge =
                    format!(r#"Bearer realm="{realm}" error="invalid_token" error_description="{text}""#);
                Some(Answer::router(401, JSON, body).with_authenticate(challenge))
            }
            None => {
                let body = format!(r#"{{"auth_uri":["{url}"]}}"#);
                Some(Answer::router(401, JSON, body).with_authenticate(format!(r#"Bearer realm="{realm}""#)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_scheme_is_accepted_but_the_token_must_be_right() {
        let auth = TokenAuth::new("secret".into(), "http://127.0.0.1:1/token".into());
        for (path, header, open) in [
            ("/status", None, true),
            ("/ping", None, false),
            ("/v3/version", Some("Bearer secret"), true),
            ("/v3/version", Some("bearer secret"), true),
            ("/v3/version", Some("Token secret"), true),
            ("/v3/version", Some("secret"), false),
            ("/v3/version", Some(""), false),
            ("/v3/version", Some("Bearer other"), false),
        ] {
            let refusal = auth.refusal(path, header);
            assert_eq!(refusal.is_none(), open, "{path} {header:?}");
            assert!(refusal.is_none_or(|refusal| refusal.status() == 401));
        }
    }
}
