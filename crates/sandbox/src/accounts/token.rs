//! An access token of the sandbox's, which tells by itself whether it is over.

use std::fmt;
use uuid::Uuid;

/// Like Google's, an hour but for the second that it took.
const SECONDS: i64 = 3599;

/// What a token of ours begins with; Google's begin with `ya29.`, too.
const MARK: &str = "ya29.downbeat-";

/// `ya29.downbeat-EXPIRIES-END-RANDOM`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// How many times tokens had been expired by hand or by a scenario.
    expiries: u64,
    /// In seconds since 1970.
    end: i64,
    random: Uuid,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MARK}{}-{}-{}", self.expiries, self.end, self.random.simple())
    }
}

impl Token {
    pub fn new(expiries: u64) -> Self {
        Self {
            expiries,
            end: chrono::Utc::now().timestamp() + SECONDS,
            random: Uuid::new_v4(),
        }
    }

    /// From an `Authorization` header; foreign ones are none.
    pub fn read(authorization: &str) -> Option<Self> {
        let rest = authorization.strip_prefix("Bearer ")?.strip_prefix(MARK)?;
        let mut parts = rest.split('-');
        Some(Self {
            expiries: parts.next()?.parse().ok()?,
            end: parts.next()?.parse().ok()?,
            random: parts.next()?.parse().ok()?,
        })
    }

    pub fn seconds_left(&self) -> i64 {
        (self.end - chrono::Utc::now().timestamp()).max(0)
    }

    /// Whether no API takes it any more.
    pub fn is_over(&self, expiries: u64) -> bool {
        self.expiries < expiries || self.seconds_left() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_over_when_all_are_expired_or_its_hour_is() {
        let token = Token::new(2);
        let read = Token::read(&format!("Bearer {token}")).unwrap();
        assert_eq!(read, token);
        assert!(!read.is_over(2) && read.is_over(3));
        let old = Token {
            end: chrono::Utc::now().timestamp() - 1,
            ..token
        };
        assert!(old.is_over(0));
        for foreign in [
            "Bearer ya29.a0Af",
            "Bearer anything",
            "Basic eA==",
            "Bearer ya29.downbeat-x",
        ] {
            assert_eq!(Token::read(foreign), None, "{foreign}");
        }
    }
}
