//! The sandbox's access tokens, which contain their own expiry.

use std::fmt;
use uuid::Uuid;

/// The lifetime in seconds, like that of Google's tokens.
const LIFETIME: i64 = 3599;

/// How the sandbox's tokens begin. Google's begin with `ya29.`.
const PREFIX: &str = "ya29.downbeat-";

/// `ya29.downbeat-EXPIRIES-EXPIRES_AT-RANDOM`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// How many times all tokens had been expired by hand or by a scenario.
    expiries: u64,
    /// In seconds since 1970.
    expires_at: i64,
    random: Uuid,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{PREFIX}{}-{}-{}",
            self.expiries,
            self.expires_at,
            self.random.simple()
        )
    }
}

impl Token {
    pub fn new(expiries: u64) -> Self {
        Self {
            expiries,
            expires_at: chrono::Utc::now().timestamp() + LIFETIME,
            random: Uuid::new_v4(),
        }
    }

    /// Reads an `Authorization` header; `None` for other tokens.
    pub fn parse(authorization: &str) -> Option<Self> {
        let rest = authorization.strip_prefix("Bearer ")?.strip_prefix(PREFIX)?;
        let mut parts = rest.split('-');
        Some(Self {
            expiries: parts.next()?.parse().ok()?,
            expires_at: parts.next()?.parse().ok()?,
            random: parts.next()?.parse().ok()?,
        })
    }

    pub fn seconds_left(&self) -> i64 {
        (self.expires_at - chrono::Utc::now().timestamp()).max(0)
    }

    /// Whether the APIs refuse it; `expiries` is the current number of forced expiries.
    pub fn is_expired(&self, expiries: u64) -> bool {
        self.expiries < expiries || self.seconds_left() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_expires_after_an_hour_or_with_all_others() {
        let token = Token::new(2);
        let parsed = Token::parse(&format!("Bearer {token}")).unwrap();
        assert_eq!(parsed, token);
        assert!(!parsed.is_expired(2) && parsed.is_expired(3));
        let old = Token {
            expires_at: chrono::Utc::now().timestamp() - 1,
            ..token
        };
        assert!(old.is_expired(0));
        for foreign in [
            "Bearer ya29.a0Af",
            "Bearer anything",
            "Basic eA==",
            "Bearer ya29.downbeat-x",
        ] {
            assert_eq!(Token::parse(foreign), None, "{foreign}");
        }
    }
}
