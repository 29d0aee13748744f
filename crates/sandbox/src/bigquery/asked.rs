//! What a request asks for beside its path: query parameters, numbers, booleans, pages. Unknown ones
//! are ignored, as Google does.

use super::fault::Fault;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::Value as Json;
use std::convert::Infallible;
use std::time::Duration;

/// The query parameters of a URL, in order.
#[derive(Debug)]
pub(super) struct Asked(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(
            url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        ))
    }
}

impl Asked {
    /// The value of this parameter, unless it is absent or empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let wanted = move |(known, value): &&(String, String)| known == name && !value.is_empty();
        self.0.iter().filter(wanted).map(|(_, value)| value.as_str())
    }

    pub fn number(&self, name: &str) -> Result<Option<u64>, Fault> {
        let read = |text: &str| text.parse().map_err(|_| bad(name, text));
        self.text(name).map(read).transpose()
    }

    /// How TIMESTAMP cells shall look.
    pub fn moments(&self) -> Result<Moments, Fault> {
        Moments::choose(
            self.text("formatOptions.useInt64Timestamp"),
            self.text("formatOptions.timestampOutputFormat"),
        )
    }

    /// Where the page begins, by token or by index, and how long it may be.
    pub fn page(&self) -> Result<Page, Fault> {
        let token = self.text("pageToken").map(Token::read).transpose()?;
        Ok(Page {
            start: match &token {
                Some(token) => token.offset,
                None => size(self.number("startIndex")?.unwrap_or(0)),
            },
            limit: self.number("maxResults")?.map(size),
            snapshot: token.and_then(|token| token.snapshot),
        })
    }
}

fn bad(name: &str, text: &str) -> Fault {
    Fault::invalid(format!("Invalid value for {name}: {text}"))
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A field of a body that is a number, which clients send as a number or as text.
pub(super) fn body_number(body: &Json, name: &str) -> Result<Option<u64>, Fault> {
    match &body[name] {
        Json::Null => Ok(None),
        Json::String(text) => text.parse().map(Some).map_err(|_| bad(name, text)),
        other => other
            .as_u64()
            .map(Some)
            .ok_or_else(|| bad(name, &other.to_string())),
    }
}

/// How long a call may wait for a job: 10 s unless said otherwise, 200 s at most.
pub(super) fn patience(timeout: Option<u64>) -> Duration {
    Duration::from_millis(timeout.unwrap_or(10_000).min(200_000))
}

/// How TIMESTAMP cells look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moments {
    /// Seconds as float text, the default.
    FloatSeconds,
    /// Microseconds.
    Micros,
    /// `2024-01-02T03:04:05.678901Z`.
    Iso,
}

impl Moments {
    /// From `useInt64Timestamp` and `timestampOutputFormat`, which exclude each other.
    pub fn choose(int64: Option<&str>, format: Option<&str>) -> Result<Self, Fault> {
        let int64 = int64.is_some_and(|text| text.eq_ignore_ascii_case("true") || text == "1");
        match format {
            None | Some("TIMESTAMP_OUTPUT_FORMAT_UNSPECIFIED") if int64 => Ok(Self::Micros),
            None | Some("TIMESTAMP_OUTPUT_FORMAT_UNSPECIFIED" | "FLOAT64") if !int64 => {
                Ok(Self::FloatSeconds)
            }
            Some("INT64") if !int64 => Ok(Self::Micros),
            Some("ISO8601_STRING") if !int64 => Ok(Self::Iso),
            other => Err(bad(
                "formatOptions.timestampOutputFormat",
                other.unwrap_or_default(),
            )),
        }
    }
}

/// Which part of a list is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub start: usize,
    pub limit: Option<usize>,
    /// The frozen rows that a token belongs to.
    pub snapshot: Option<String>,
}

impl Page {
    /// The part of `all` that is wanted, and the token of the next one.
    pub fn cut<'a, T>(&self, all: &'a [T], most: usize) -> (&'a [T], Option<Token>) {
        let start = self.start.min(all.len());
        let end = start
            .saturating_add(self.limit.unwrap_or(most).min(most))
            .min(all.len());
        let next = (end < all.len()).then(|| Token {
            offset: end,
            snapshot: self.snapshot.clone(),
        });
        (&all[start..end], next)
    }
}

/// A page token: opaque to clients, a place and perhaps frozen rows to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub offset: usize,
    pub snapshot: Option<String>,
}

impl Token {
    pub fn write(&self) -> String {
        format!(
            "DB{:X}~{}",
            self.offset,
            self.snapshot.as_deref().unwrap_or_default()
        )
    }

    fn read(text: &str) -> Result<Self, Fault> {
        let parts = text.strip_prefix("DB").and_then(|rest| rest.split_once('~'));
        let (offset, snapshot) = parts.ok_or_else(|| bad("pageToken", text))?;
        Ok(Self {
            offset: usize::from_str_radix(offset, 16).map_err(|_| bad("pageToken", text))?,
            snapshot: (!snapshot.is_empty()).then(|| snapshot.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_end_where_the_list_does() {
        let all = [1, 2, 3];
        let page = |start, limit| Page {
            start,
            limit,
            snapshot: None,
        };
        for (page, part, next) in [
            (page(0, None), &all[..], None),
            (page(0, Some(2)), &all[..2], Some(2)),
            (page(2, Some(2)), &all[2..], None),
            (page(0, Some(0)), &all[..0], Some(0)),
            (page(9, Some(2)), &all[..0], None),
        ] {
            let (found, token) = page.cut(&all, 100);
            assert_eq!((found, token.map(|t| t.offset)), (part, next), "{page:?}");
        }
    }

    #[test]
    fn tokens_come_back_as_they_went() {
        for snapshot in [None, Some("s-1".to_owned())] {
            let token = Token {
                offset: 4_711,
                snapshot,
            };
            assert_eq!(Token::read(&token.write()).unwrap(), token);
        }
        for wrong in ["", "7", "DBxx~", "DB1"] {
            assert!(Token::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn two_forms_of_a_timestamp_exclude_each_other() {
        assert_eq!(Moments::choose(Some("True"), None).unwrap(), Moments::Micros);
        assert_eq!(
            Moments::choose(Some("false"), Some("INT64")).unwrap(),
            Moments::Micros
        );
        assert_eq!(Moments::choose(None, None).unwrap(), Moments::FloatSeconds);
        assert!(Moments::choose(Some("true"), Some("INT64")).is_err());
    }
}
