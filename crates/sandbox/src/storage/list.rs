//! The list of objects: by prefix, with folders played by a delimiter, page by page.

use super::asked::Asked;
use super::fault::Fault;
use super::{Desk, show};
use crate::body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::{Value as Json, json};
use std::cmp::Ordering;
use std::sync::Arc;

/// On one page.
const MOST: usize = 1000;

/// An entry of a list, in its order: a folder before the object of the same name.
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

/// What is asked for.
#[derive(Debug, Default)]
struct Wanted {
    prefix: String,
    delimiter: Option<String>,
    /// Objects that end with the delimiter are shown as such, too.
    trailing: bool,
    from: Option<String>,
    to: Option<String>,
    pattern: Option<regex::Regex>,
    after: Option<Entry>,
    most: usize,
}

impl Wanted {
    fn of(asked: &Asked) -> Result<Self, Fault> {
        Ok(Self {
            prefix: asked.text("prefix").unwrap_or_default().to_owned(),
            delimiter: asked.text("delimiter").map(str::to_owned),
            trailing: asked.is_true("includeTrailingDelimiter"),
            from: asked.text("startOffset").map(str::to_owned),
            to: asked.text("endOffset").map(str::to_owned),
            pattern: asked.text("matchGlob").map(glob).transpose()?,
            after: entry(asked)?,
            most: most(asked)?,
        })
    }

    /// The page, and whether there are more. Prefixes count as objects do.
    fn page(&self, names: Vec<String>) -> (Vec<Entry>, bool) {
        let mut page: Vec<Entry> = Vec::new();
        for name in names {
            let in_span = self.from.as_ref().is_none_or(|from| name >= *from)
                && self.to.as_ref().is_none_or(|to| name < *to);
            if !in_span
                || self
                    .pattern
                    .as_ref()
                    .is_some_and(|pattern| !pattern.is_match(&name))
            {
                continue;
            }
            for entry in self.entries(name) {
                // In order, so what is behind the last one was there before.
                if page
                    .last()
                    .or(self.after.as_ref())
                    .is_some_and(|last| entry <= *last)
                {
                    continue;
                }
                if page.len() == self.most {
                    return (page, true);
                }
                page.push(entry);
            }
        }
        (page, false)
    }

    fn entries(&self, name: String) -> Vec<Entry> {
        let rest = name.get(self.prefix.len()..).unwrap_or_default();
        let cut = self
            .delimiter
            .as_ref()
            .and_then(|delimiter| rest.find(delimiter.as_str()).map(|at| at + delimiter.len()));
        let Some(cut) = cut else {
            return vec![Entry::Object(name)];
        };
        let end = self.prefix.len() + cut;
        let prefix = Entry::Prefix(name[..end].to_owned());
        if self.trailing && end == name.len() {
            vec![prefix, Entry::Object(name)]
        } else {
            vec![prefix]
        }
    }
}

pub(super) async fn objects(
    State(desk): State<Arc<Desk>>,
    Path(bucket): Path<String>,
    asked: Asked,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    desk.check_bucket(&bucket)?;
    let wanted = Wanted::of(&asked)?;
    // There are none.
    if asked.is_true("softDeleted") {
        return Ok(show::json(&json!({"kind": "storage#objects"})));
    }
    let base = body::base_url(&headers);
    let answer = desk.ask(move |buckets| {
        let (page, more) = wanted.page(buckets.objects(&bucket, &wanted.prefix));
        let mut answer = json!({"kind": "storage#objects"});
        if let Some(last) = page.last().filter(|_| more) {
            answer["nextPageToken"] = token_of(last).into();
        }
        let (mut items, mut prefixes) = (Vec::<Json>::new(), Vec::<Json>::new());
        for entry in page {
            match entry {
                Entry::Prefix(prefix) => prefixes.push(prefix.into()),
                // One that is deleted meanwhile is no more.
                Entry::Object(name) => items.extend(
                    buckets
                        .object(&bucket, &name)?
                        .map(|record| show::object(&base, &bucket, &record)),
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
    Ok(show::json(&answer.await?))
}

/// How many entries a page may have.
pub(super) fn most(asked: &Asked) -> Result<usize, Fault> {
    let number = asked.number("maxResults")?;
    let wanted = number.and_then(|number| usize::try_from(number).ok());
    Ok(wanted.filter(|wanted| *wanted > 0).unwrap_or(MOST).min(MOST))
}

/// The entry that the page before ended with.
fn entry(asked: &Asked) -> Result<Option<Entry>, Fault> {
    let read = |text: String| match text.strip_prefix('p') {
        Some(prefix) => Entry::Prefix(prefix.to_owned()),
        None => Entry::Object(text.get(1..).unwrap_or_default().to_owned()),
    };
    let Some(token) = asked.text("pageToken") else {
        return Ok(None);
    };
    let text = URL_SAFE
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(read)
        .map(Some)
        .ok_or_else(|| Fault::invalid(format!("Invalid value for 'pageToken': {token}")))
}

/// The name that the page before ended with.
pub(super) fn place(asked: &Asked) -> Result<Option<String>, Fault> {
    Ok(entry(asked)?.map(|entry| entry.name().to_owned()))
}

/// A page token: opaque to clients.
pub(super) fn token(last: &str) -> String {
    URL_SAFE.encode(format!("o{last}"))
}

fn token_of(last: &Entry) -> String {
    match last {
        Entry::Object(name) => token(name),
        Entry::Prefix(name) => URL_SAFE.encode(format!("p{name}")),
    }
}

/// A glob of the API as a pattern: `*` and `?` stay in a folder, `**` does not, `{a,b}` is one of them
/// (cloud.google.com/storage/docs/json_api/v1/objects/list#list-objects-and-prefixes-using-glob).
fn glob(text: &str) -> Result<regex::Regex, Fault> {
    let mut pattern = String::from("^(?s:");
    let mut letters = text.chars().peekable();
    let (mut in_class, mut braces) = (false, 0);
    while let Some(letter) = letters.next() {
        match letter {
            ']' if in_class => {
                in_class = false;
                pattern.push(']');
            }
            '!' if in_class && pattern.ends_with('[') => pattern.push('^'),
            letter if in_class => pattern.push_str(&regex::escape(&letter.to_string()).replace("\\-", "-")),
            '*' if letters.next_if_eq(&'*').is_some() => pattern.push_str(".*"),
            '*' => pattern.push_str("[^/]*"),
            '?' => pattern.push_str("[^/]"),
            '[' => {
                in_class = true;
                pattern.push('[');
            }
            '{' => {
                braces += 1;
                pattern.push_str("(?:");
            }
            '}' if braces > 0 => {
                braces -= 1;
                pattern.push(')');
            }
            ',' if braces > 0 => pattern.push('|'),
            '\\' => pattern.push_str(&regex::escape(&letters.next().unwrap_or('\\').to_string())),
            other => pattern.push_str(&regex::escape(&other.to_string())),
        }
    }
    pattern.push_str(")$");
    regex::Regex::new(&pattern).map_err(|_| Fault::invalid(format!("Invalid value for 'matchGlob': {text}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(wanted: &Wanted) -> (Vec<Entry>, bool) {
        let names = ["a", "a/", "a/b", "a/c/d", "b/x", "c"].map(str::to_owned);
        let names = names.into_iter().filter(|name| name.starts_with(&wanted.prefix));
        wanted.page(names.collect())
    }

    fn words(page: &[Entry]) -> Vec<String> {
        let word = |entry: &Entry| match entry {
            Entry::Object(name) => name.clone(),
            Entry::Prefix(name) => format!("{name}…"),
        };
        page.iter().map(word).collect()
    }

    #[test]
    fn a_delimiter_plays_folders() {
        let wanted = |query: &str| Wanted::of(&Asked::of(query)).unwrap();
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
            let (page, more) = listed(&wanted(query));
            assert_eq!(
                (words(&page), more),
                (expected.iter().map(ToString::to_string).collect(), false),
                "{query}"
            );
        }
    }

    #[test]
    fn pages_follow_each_other_over_prefixes() {
        for query in ["delimiter=/", "", "delimiter=/&includeTrailingDelimiter=true"] {
            let whole = listed(&Wanted::of(&Asked::of(query)).unwrap()).0;
            let (mut seen, mut next) = (Vec::new(), String::new());
            loop {
                let wanted =
                    Wanted::of(&Asked::of(&format!("{query}&maxResults=1&pageToken={next}"))).unwrap();
                let (page, more) = listed(&wanted);
                assert_eq!(page.len(), 1);
                next = token_of(&page[0]);
                seen.extend(page);
                if !more {
                    break;
                }
            }
            assert_eq!(seen, whole, "{query}");
        }
        assert!(Wanted::of(&Asked::of("pageToken=%")).is_err());
    }
}
