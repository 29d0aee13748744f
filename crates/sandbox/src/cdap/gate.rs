//! Who may ask: a server with a token answers 401 to everybody else, in the words of a real one.
//!
//! Only `/status` is open. The scheme is not looked at, and a header without a space is no token (measured).

use super::answer::Answer;

const JSON: &str = "application/json;charset=UTF-8";

/// The token that is asked for, and where one would be had.
#[derive(Clone)]
pub struct Gate {
    token: String,
    realm: &'static str,
    /// Where clients are sent for a token.
    token_url: String,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate")
            .field("realm", &self.realm)
            .finish_non_exhaustive()
    }
}

impl Gate {
    /// A gate that one token opens.
    pub fn new(token: String, token_url: String) -> Self {
        Self {
            token,
            realm: "cdap",
            token_url,
        }
    }

    /// The refusal of a request, if it is refused. `authorization` is its header.
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
                let asked =
                    format!(r#"Bearer realm="{realm}" error="invalid_token" error_description="{text}""#);
                Some(Answer::router(401, JSON, body).asking(asked))
            }
            None => {
                let body = format!(r#"{{"auth_uri":["{url}"]}}"#);
                Some(Answer::router(401, JSON, body).asking(format!(r#"Bearer realm="{realm}""#)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_scheme_will_do_but_the_token_must_be_right() {
        let gate = Gate::new("secret".into(), "http://127.0.0.1:1/token".into());
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
            let refusal = gate.refusal(path, header);
            assert_eq!(refusal.is_none(), open, "{path} {header:?}");
            assert!(refusal.is_none_or(|refusal| refusal.status() == 401));
        }
    }
}
