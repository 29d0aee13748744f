//! objects.list: by prefix, with prefixes up to a delimiter instead of folders, page by page.

use super::error::ApiError;
use super::glob::glob;
use super::{ApiState, resource};
use crate::body;
use crate::params::Params;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::{Value as Json, json};
use std::cmp::Ordering;
use std::sync::Arc;

/// The most entries of a page.
const MAX_ENTRIES: usize = 1000;

/// An entry of a list. A prefix is listed before the object of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Object(String),
    Prefix(String),
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |entry: &Self| matches!(entry, Self::Object(_));
        self.name()
            .cmp(other.name())
            .then_with(|| key(self).cmp(&key(other)))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Entry {
    fn name(&self) -> &str {
        match self {
            Self::Object(name) | Self::Prefix(name) => name,
        }
    }
}

/// The parameters of the request.
#[derive(Debug, Default)]
struct ListRequest {
    prefix: String,
    delimiter: Option<String>,
    /// Objects that end with the delimiter are listed as objects too.
    include_trailing_delimiter: bool,
    start_offset: Option<String>,
    end_offset: Option<String>,
    glob: Option<regex::Regex>,
    /// The last entry of the page before.
    after: Option<Entry>,
    max_results: usize,
}

impl ListRequest {
    fn from_params(params: &Params) -> Result<Self, ApiError> {
        Ok(Self {
            prefix: params.text("prefix").unwrap_or_default().to_owned(),
            delimiter: params.text("delimiter").map(str::to_owned),
            include_trailing_delimiter: params.is_true("includeTrailingDelimiter"),
            start_offset: params.text("startOffset").map(str::to_owned),
            end_offset: params.text("endOffset").map(str::to_owned),
            glob: params.text("matchGlob").map(glob).transpose()?,
            after: page_token(params)?,
            max_results: max_results(params)?,
        })
    }

    /// The page, and whether there is a next one. Prefixes count like objects.
    fn page(&self, names: Vec<String>) -> (Vec<Entry>, bool) {
        let mut page: Vec<Entry> = Vec::new();
        for name in names {
            if !self.includes(&name) {
                continue;
            }
            for entry in self.entries(name) {
                // Entries come in order; one that is not after the last is a repeated prefix or of a page before.
                if page
                    .last()
                    .or(self.after.as_ref())
                    .is_some_and(|last| entry <= *last)
                {
                    continue;
                }
                if page.len() == self.max_results {
                    return (page, true);
                }
                page.push(entry);
            }
        }
        (page, false)
    }

    fn includes(&self, name: &str) -> bool {
        self.start_offset.as_deref().is_none_or(|start| name >= start)
            && self.end_offset.as_deref().is_none_or(|end| name < end)
            && self.glob.as_ref().is_none_or(|glob| glob.is_match(name))
    }

    /// The object, or the prefix that it is listed as.
    fn entries(&self, name: String) -> Vec<Entry> {
        let rest = name.get(self.prefix.len()..).unwrap_or_default();
        let prefix_end = self
            .delimiter
            .as_ref()
            .and_then(|delimiter| rest.find(delimiter.as_str()).map(|at| at + delimiter.len()));
        let Some(prefix_end) = prefix_end else {
            return vec![Entry::Object(name)];
        };
        let end = self.prefix.len() + prefix_end;
        let prefix = Entry::Prefix(name[..end].to_owned());
        if self.include_trailing_delimiter && end == name.len() {
            vec![prefix, Entry::Object(name)]
        } else {
            vec![prefix]
        }
    }
}

pub(super) async fn objects(
    State(state): State<Arc<ApiState>>,
    Path(bucket): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    state.check_bucket(&bucket)?;
    let request = ListRequest::from_params(&params)?;
    // Deleted objects are not kept.
    if params.is_true("softDeleted") {
        return Ok(resource::json(&json!({"kind": "storage#objects"})));
    }
    let base_url = body::base_url(&headers);
    let answer = state.with_buckets(move |buckets| {
        let (page, more) = request.page(buckets.objects(&bucket, &request.prefix));
        let mut answer = json!({"kind": "storage#objects"});
        if let Some(last) = page.last().filter(|_| more) {
            answer["nextPageToken"] = encode_token(last).into();
        }
        let (mut items, mut prefixes) = (Vec::<Json>::new(), Vec::<Json>::new());
        for entry in page {
            match entry {
                Entry::Prefix(prefix) => prefixes.push(prefix.into()),
                // An object that was deleted since is left out.
                Entry::Object(name) => items.extend(
                    buckets
                        .object(&bucket, &name)?
                        .map(|record| resource::object(&base_url, &bucket, &record)),
                ),
            }
        }
        for (name, list) in [("prefixes", prefixes), ("items", items)] {
            if !list.is_empty() {
                answer[name] = list.into();
            }
        }
        Ok(answer)
    });
    Ok(resource::json(&answer.await?))
}

/// How many entries the page may have.
pub(super) fn max_results(params: &Params) -> Result<usize, ApiError> {
    let number = params.number::<i64>("maxResults")?;
    let requested = number.and_then(|number| usize::try_from(number).ok());
    Ok(requested
        .filter(|max| *max > 0)
        .unwrap_or(MAX_ENTRIES)
        .min(MAX_ENTRIES))
}

/// The last entry of the page before.
fn page_token(params: &Params) -> Result<Option<Entry>, ApiError> {
    let decode = |text: String| match text.strip_prefix('p') {
        Some(prefix) => Entry::Prefix(prefix.to_owned()),
        None => Entry::Object(text.get(1..).unwrap_or_default().to_owned()),
    };
    let Some(token) = params.text("pageToken") else {
        return Ok(None);
    };
    let text = URL_SAFE
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(decode)
        .map(Some)
        .ok_or_else(|| ApiError::invalid(format!("Invalid value for 'pageToken': {token}")))
}

/// The last name of the page before.
pub(super) fn last_name(params: &Params) -> Result<Option<String>, ApiError> {
    Ok(page_token(params)?.map(|entry| entry.name().to_owned()))
}

/// A page token: opaque to clients.
pub(super) fn token(last: &str) -> String {
    URL_SAFE.encode(format!("o{last}"))
}

fn encode_token(last: &Entry) -> String {
    match last {
        Entry::Object(name) => token(name),
        Entry::Prefix(name) => URL_SAFE.encode(format!("p{name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_of(request: &ListRequest) -> (Vec<Entry>, bool) {
        let names = ["a", "a/", "a/b", "a/c/d", "b/x", "c"].map(str::to_owned);
        let names = names.into_iter().filter(|name| name.starts_with(&request.prefix));
        request.page(names.collect())
    }

    fn labels(page: &[Entry]) -> Vec<String> {
        let label = |entry: &Entry| match entry {
            Entry::Object(name) => name.clone(),
            Entry::Prefix(name) => format!("{name}…"),
        };
        page.iter().map(label).collect()
    }

    #[test]
    fn a_delimiter_groups_objects_by_prefix() {
        let request = |query: &str| ListRequest::from_params(&Params::parse(query)).unwrap();
        for (query, expected) in [
            ("", vec!["a", "a/", "a/b", "a/c/d", "b/x", "c"]),
            ("delimiter=/", vec!["a", "a/…", "b/…", "c"]),
            ("delimiter=/&prefix=a/", vec!["a/", "a/b", "a/c/…"]),
            (
                "delimiter=/&includeTrailingDelimiter=true",
                vec!["a", "a/…", "a/", "b/…", "c"],
            ),
            ("startOffset=a/b&endOffset=b/x", vec!["a/b", "a/c/d"]),
            ("matchGlob=a/*", vec!["a/", "a/b"]),
            ("matchGlob=a/**", vec!["a/", "a/b", "a/c/d"]),
            ("matchGlob=%7Ba,b/[w-y]%7D", vec!["a", "b/x"]),
        ] {
            let (page, more) = page_of(&request(query));
            assert_eq!(
                (labels(&page), more),
                (expected.iter().map(ToString::to_string).collect(), false),
                "{query}"
            );
        }
    }

    #[test]
    fn pages_follow_each_other_over_prefixes() {
        for query in ["delimiter=/", "", "delimiter=/&includeTrailingDelimiter=true"] {
            let all = page_of(&ListRequest::from_params(&Params::parse(query)).unwrap()).0;
            let (mut seen, mut next) = (Vec::new(), String::new());
            loop {
                let query = format!("{query}&maxResults=1&pageToken={next}");
                let (page, more) = page_of(&ListRequest::from_params(&Params::parse(&query)).unwrap());
                assert_eq!(page.len(), 1);
                next = encode_token(&page[0]);
                seen.extend(page);
                if !more {
                    break;
                }
            }
            assert_eq!(seen, all, "{query}");
        }
        assert!(ListRequest::from_params(&Params::parse("pageToken=%")).is_err());
    }
}
