//! Reads recordings: one JSON object a line, in the forms that `tests/recorded/README.md` describes.

use sandbox::Ordered;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The folder of the recordings.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded")
}

/// A request as it was sent.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
}

/// An answer as it was received; header names are lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// `None` if the body was not recorded, or not wholly.
    pub body: Option<String>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The content of a line.
#[derive(Clone, Debug)]
pub enum Content {
    /// One request and its answer.
    Exchange(Request, Response),
    /// A request that was repeated; the answers that differ from the one before, and how long it took.
    Poll(Request, Vec<Response>, Duration),
    /// Bytes on a connection.
    Bytes { sent: String, received: String },
    /// How many log lines the previous answer had, which was not recorded wholly.
    Events(usize),
    /// Something computed, which cannot be replayed.
    Computed,
}

/// One line of a recording.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: String,
    pub content: Content,
}

/// Reads a recording such as `cdap-6.11.0/a`.
pub fn read(file: &str) -> Vec<Entry> {
    let path = folder().join(format!("{file}.jsonl"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let entries = text.lines().map(|line| {
        entry(
            &serde_json::from_str(line).unwrap(),
            &serde_json::from_str(line).unwrap(),
        )
    });
    entries.fold(Vec::new(), joined)
}

/// Adds an entry. The 6.10 recorder wrote each request of a poll as its own exchange, `poll@1.76s`.
fn joined(mut entries: Vec<Entry>, Entry { name, content }: Entry) -> Vec<Entry> {
    let content = match content {
        Content::Exchange(request, response) if name.contains("poll@") => {
            if let Some(Entry {
                content: Content::Poll(before, steps, _),
                ..
            }) = entries.last_mut()
                && before.path == request.path
            {
                steps.push(response);
                return entries;
            }
            Content::Poll(request, vec![response], Duration::ZERO)
        }
        content => content,
    };
    entries.push(Entry { name, content });
    entries
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn entry(line: &Value, ordered: &Ordered) -> Entry {
    let mut content = content(line);
    if let Content::Exchange(_, response) = &mut content {
        let names = ordered
            .get("response")
            .and_then(|response| response.get("headers"));
        if let Some(Ordered::Map(names)) = names {
            let place = |name: &str| {
                names
                    .iter()
                    .position(|(known, _)| known.eq_ignore_ascii_case(name))
            };
            response.headers.sort_by_key(|(name, _)| place(name));
        }
    }
    Entry {
        name: text(&line["name"]),
        content,
    }
}

fn content(line: &Value) -> Content {
    if let (Some(sent), Some(received)) = (line["sent"].as_str(), line["received"].as_str()) {
        return Content::Bytes {
            sent: sent.to_owned(),
            received: received.to_owned(),
        };
    }
    if let (Some(events), true) = (line["events"].as_u64(), line["pages"].is_null()) {
        return Content::Events(usize::try_from(events).unwrap());
    }
    let Some(request) = line
        .get("request")
        .filter(|request| request["method"].is_string())
    else {
        return Content::Computed;
    };
    if let Some(steps) = line["steps"].as_array() {
        let took = steps
            .last()
            .and_then(|step| step["t_ms"].as_u64())
            .unwrap_or_default();
        let steps = steps.iter().map(response).collect();
        return Content::Poll(self::request(request), steps, Duration::from_millis(took));
    }
    match line.get("response") {
        Some(answer) => Content::Exchange(self::request(request), response(answer)),
        None => Content::Computed,
    }
}

fn request(value: &Value) -> Request {
    Request {
        method: text(&value["method"]),
        path: text(&value["path"]),
        headers: headers(&value["headers"]),
        // A body that is not text was recorded in part only; such an exchange cannot be replayed.
        body: value["body"].as_str().map(str::to_owned),
    }
}

fn response(value: &Value) -> Response {
    let whole = value["body_chars"].is_null() && value["body_base64"].is_null();
    Response {
        status: u16::try_from(value["status"].as_u64().unwrap_or_default()).unwrap(),
        headers: headers(&value["headers"])
            .into_iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .collect(),
        body: value["body"]
            .as_str()
            .filter(|body| whole && !body.contains("...<cut, "))
            .map(str::to_owned),
    }
}

/// Headers are a list of pairs in one kind of recording and an object in the other.
fn headers(value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Array(pairs) => pairs
            .iter()
            .map(|pair| (text(&pair[0]), text(&pair[1])))
            .collect(),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| (name.clone(), text(value)))
            .collect(),
        _ => Vec::new(),
    }
}
