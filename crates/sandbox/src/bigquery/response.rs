//! What the answers of all methods have in common: their type, lists, etags.

use super::error::ApiError;
use super::params::Page;
use serde_json::{Value as Json, json};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The items of one page of a list.
const MAX_ITEMS: usize = 1_000;

pub(super) type ApiResult = Result<axum::Json<Json>, ApiError>;

/// A list answer: without the list when it is empty, with `nextPageToken` when there is more.
pub(super) fn list(kind: &str, name: &str, all: &[Json], page: &Page) -> Json {
    list_of(kind, name, all, page, Json::clone)
}

/// The same of what becomes an item once it is known to be on the page.
pub(super) fn list_of<T>(kind: &str, name: &str, all: &[T], page: &Page, item: impl Fn(&T) -> Json) -> Json {
    let (part, next) = page.slice(all, MAX_ITEMS);
    let part: Vec<Json> = part.iter().map(item).collect();
    let mut answer = json!({"kind": kind, "etag": etag(&json!(part))});
    if !part.is_empty() {
        answer[name] = part.into();
    }
    if let Some(next) = next {
        answer["nextPageToken"] = next.encode().into();
    }
    answer
}

/// Equal for equal resources.
pub(super) fn etag(resource: &Json) -> String {
    let mut hasher = DefaultHasher::new();
    resource.to_string().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
