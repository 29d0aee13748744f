//! The parameters that several methods have: pages, timestamp formats, wait times.

use super::error::ApiError;
use crate::params::{InvalidParam, Params};
use serde_json::Value as Json;
use std::time::Duration;

impl Params {
    /// The format of TIMESTAMP cells.
    pub(super) fn timestamp_format(&self) -> Result<TimestampFormat, ApiError> {
        TimestampFormat::from_options(
            self.text("formatOptions.useInt64Timestamp"),
            self.text("formatOptions.timestampOutputFormat"),
        )
    }

    /// The page by `pageToken` or `startIndex`, and `maxResults`.
    pub(super) fn page(&self) -> Result<Page, ApiError> {
        let token = self.text("pageToken").map(PageToken::parse).transpose()?;
        Ok(Page {
            start: match &token {
                Some(token) => token.offset,
                None => to_usize(self.number("startIndex")?.unwrap_or(0)),
            },
            limit: self.number("maxResults")?.map(to_usize),
            snapshot: token.and_then(|token| token.snapshot),
        })
    }
}

fn invalid_value(name: &str, value: &str) -> ApiError {
    let (name, value) = (name.to_owned(), value.to_owned());
    InvalidParam { name, value }.into()
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A field of a body that is a number, which clients send as a number or as text.
pub(super) fn body_number(body: &Json, name: &str) -> Result<Option<u64>, ApiError> {
    match &body[name] {
        Json::Null => Ok(None),
        Json::String(text) => text.parse().map(Some).map_err(|_| invalid_value(name, text)),
        other => other
            .as_u64()
            .map(Some)
            .ok_or_else(|| invalid_value(name, &other.to_string())),
    }
}

/// How long a call may wait for a job by its `timeoutMs`: 10 s by default, 200 s at most.
pub(super) fn wait_time(timeout: Option<u64>) -> Duration {
    Duration::from_millis(timeout.unwrap_or(10_000).min(200_000))
}

/// How TIMESTAMP cells are written: `timestampOutputFormat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimestampFormat {
    /// Seconds as float text, the default.
    Float64,
    /// Microseconds.
    Int64,
    /// `2024-01-02T03:04:05.678901Z`.
    Iso8601,
}

impl TimestampFormat {
    /// From `useInt64Timestamp` and `timestampOutputFormat`, which exclude each other.
    pub fn from_options(int64: Option<&str>, format: Option<&str>) -> Result<Self, ApiError> {
        let int64 = int64.is_some_and(|text| text.eq_ignore_ascii_case("true") || text == "1");
        match format {
            None | Some("TIMESTAMP_OUTPUT_FORMAT_UNSPECIFIED") if int64 => Ok(Self::Int64),
            None | Some("TIMESTAMP_OUTPUT_FORMAT_UNSPECIFIED" | "FLOAT64") if !int64 => Ok(Self::Float64),
            Some("INT64") if !int64 => Ok(Self::Int64),
            Some("ISO8601_STRING") if !int64 => Ok(Self::Iso8601),
            other => Err(invalid_value(
                "formatOptions.timestampOutputFormat",
                other.unwrap_or_default(),
            )),
        }
    }
}

/// The requested part of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub start: usize,
    pub limit: Option<usize>,
    /// The id of the row snapshot that the page token belongs to.
    pub snapshot: Option<String>,
}

impl Page {
    /// The requested part of `all`, at most `max` items, and the token of the next page.
    pub fn slice<'a, T>(&self, all: &'a [T], max: usize) -> (&'a [T], Option<PageToken>) {
        let start = self.start.min(all.len());
        let end = start
            .saturating_add(self.limit.unwrap_or(max).min(max))
            .min(all.len());
        let next = (end < all.len()).then(|| PageToken {
            offset: end,
            snapshot: self.snapshot.clone(),
        });
        (&all[start..end], next)
    }
}

/// A page token, opaque to clients: an offset, and the row snapshot that it counts in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageToken {
    pub offset: usize,
    pub snapshot: Option<String>,
}

impl PageToken {
    pub fn encode(&self) -> String {
        format!(
            "DB{:X}~{}",
            self.offset,
            self.snapshot.as_deref().unwrap_or_default()
        )
    }

    fn parse(text: &str) -> Result<Self, ApiError> {
        let invalid = || invalid_value("pageToken", text);
        let parts = text.strip_prefix("DB").and_then(|rest| rest.split_once('~'));
        let (offset, snapshot) = parts.ok_or_else(invalid)?;
        Ok(Self {
            offset: usize::from_str_radix(offset, 16).map_err(|_| invalid())?,
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
            let (found, token) = page.slice(&all, 100);
            assert_eq!((found, token.map(|t| t.offset)), (part, next), "{page:?}");
        }
    }

    #[test]
    fn a_page_token_survives_encoding() {
        for snapshot in [None, Some("s-1".to_owned())] {
            let token = PageToken {
                offset: 4_711,
                snapshot,
            };
            assert_eq!(PageToken::parse(&token.encode()).unwrap(), token);
        }
        for wrong in ["", "7", "DBxx~", "DB1"] {
            assert!(PageToken::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn two_forms_of_a_timestamp_exclude_each_other() {
        for (int64, format, expected) in [
            (Some("True"), None, TimestampFormat::Int64),
            (Some("false"), Some("INT64"), TimestampFormat::Int64),
            (None, None, TimestampFormat::Float64),
        ] {
            assert_eq!(TimestampFormat::from_options(int64, format).unwrap(), expected);
        }
        assert!(TimestampFormat::from_options(Some("true"), Some("INT64")).is_err());
    }
}
