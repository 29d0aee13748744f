//! Request bodies of Google's clients: JSON, compressed or not, and multipart.

use axum::body::Bytes;
use axum::http::HeaderMap;
use googlesql::json_memory::JsonMemory;
use serde_json::Value as Json;

/// The largest JSON of any API, in bytes, unpacked: what BigQuery takes.
pub(super) const MAX_JSON: usize = 10 << 20;

/// How many bytes the values of one JSON text may take in memory: a text of brackets needs eighty times its size.
pub(super) const MAX_JSON_MEMORY: usize = 64 << 20;

/// The most parts of a multipart body; a batch of Google's has up to 1,000.
const MAX_PARTS: usize = 1_000;

/// The longest boundary of a multipart body (RFC 2046).
const MAX_BOUNDARY: usize = 70;

/// Why a body cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// It is not valid JSON.
    Syntax(String),
    /// Its content encoding is not supported, or its multipart structure is malformed.
    Format(String),
}

/// A JSON body; its Content-Type is ignored. One that was packed with gzip has been unpacked on its way in.
pub(super) fn json(headers: &HeaderMap, bytes: &[u8]) -> Result<Json, BodyError> {
    match header_text(headers, "content-encoding") {
        None | Some("identity") => {}
        Some(other) => return Err(BodyError::Format(format!("Unsupported content encoding {other}"))),
    }
    if JsonMemory::of(bytes) > MAX_JSON_MEMORY {
        return Err(BodyError::Format(too_many_values()));
    }
    serde_json::from_slice(bytes).map_err(|error| BodyError::Syntax(error.to_string()))
}

/// What is said of a body that is too large.
pub(super) fn too_large(most: u64) -> String {
    format!("Request payload size exceeds the limit: {most} bytes.")
}

/// What is said of a body that is not large, but holds too much.
pub(super) fn too_many_values() -> String {
    format!(
        "Request payload has too many values: in memory they would exceed the limit of {MAX_JSON_MEMORY} bytes of the \
         sandbox."
    )
}

/// A header's value, if it is text.
pub(super) fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The sandbox's address, as the client wrote it in the `Host` header; the server adds one that is missing.
pub(super) fn base_url(headers: &HeaderMap) -> String {
    format!("http://{}", header_text(headers, "host").unwrap_or("127.0.0.1"))
}

/// A multipart/related body: JSON metadata, and a content with its type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Related {
    pub metadata: Json,
    pub content_type: Option<String>,
    pub content: Bytes,
}

/// The two parts of a multipart/related body.
pub(super) fn related(headers: &HeaderMap, bytes: &Bytes) -> Result<Related, BodyError> {
    let mut parts = parts(headers, bytes)?.into_iter();
    let (metadata, content) = parts.next().zip(parts.next()).ok_or_else(malformed)?;
    let content_type = content.header("content-type").map(str::to_owned);
    if metadata.content.len() > MAX_JSON {
        return Err(BodyError::Format(too_large(MAX_JSON as u64)));
    }
    let metadata = json(&HeaderMap::new(), &metadata.content)?;
    Ok(Related {
        metadata,
        content_type,
        content: content.content,
    })
}

fn malformed() -> BodyError {
    BodyError::Format("Malformed multipart body.".into())
}

/// A part of a multipart body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    head: String,
    pub content: Bytes,
}

impl Part {
    /// Splits head and content at the first empty line.
    pub fn parse(bytes: &Bytes) -> Option<Self> {
        let ends = [&b"\r\n\r\n"[..], b"\n\n"].map(|end| Some((position(bytes, 0, end)?, end.len())));
        let (at, length) = ends.into_iter().flatten().min()?;
        Some(Self {
            head: String::from_utf8_lossy(&bytes[..at]).into_owned(),
            content: bytes.slice(at + length..),
        })
    }

    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.head.lines().map(str::trim).filter(|line| !line.is_empty())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// All parts of a multipart body.
pub(super) fn parts(headers: &HeaderMap, bytes: &Bytes) -> Result<Vec<Part>, BodyError> {
    let content_type = header_text(headers, "content-type").ok_or_else(malformed)?;
    let boundary = content_type
        .split("boundary=")
        .nth(1)
        .and_then(|rest| rest.split(';').next())
        .ok_or_else(malformed)?
        .trim_matches(['"', '\'', ' ']);
    if boundary.is_empty() || boundary.len() > MAX_BOUNDARY {
        return Err(malformed());
    }
    let delimiter = format!("--{boundary}");
    let first = position(bytes, 0, delimiter.as_bytes()).ok_or_else(malformed)?;
    let mut begin = first + delimiter.len();
    let mut found = Vec::new();
    while !bytes[begin..].starts_with(b"--") {
        let next = position(bytes, begin, delimiter.as_bytes()).ok_or_else(malformed)?;
        let part = bytes.slice(begin..next);
        // The line end before a delimiter belongs to the delimiter.
        let end = [&b"\r\n"[..], b"\n"].into_iter().find(|end| part.ends_with(end));
        let part = part.slice(..part.len() - end.map_or(0, <[u8]>::len));
        if found.len() == MAX_PARTS {
            return Err(BodyError::Format(format!(
                "The multipart body has more than {MAX_PARTS} parts."
            )));
        }
        found.push(Part::parse(&part).ok_or_else(malformed)?);
        begin = next + delimiter.len();
    }
    Ok(found)
}

/// Where `pattern` first occurs in `bytes` at or after `from`.
fn position(bytes: &[u8], from: usize, pattern: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let found = rest.windows(pattern.len()).position(|window| window == pattern);
    found.map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_multipart_body_has_two_parts() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "content-type",
            "multipart/related; boundary=\"=x=\"".parse().unwrap(),
        );
        let body = "--=x=\r\ncontent-type: application/json\r\n\r\n{\"a\":1}\r\n--=x=\r\nContent-Type: text/csv\r\n\r\n1,2\r\n3,4\r\n--=x=--";
        let parts = related(&headers, &Bytes::from(body)).unwrap();
        assert_eq!(
            parts,
            Related {
                metadata: json!({"a": 1}),
                content_type: Some("text/csv".into()),
                content: Bytes::from("1,2\r\n3,4"),
            }
        );
        assert!(related(&headers, &Bytes::from("--=x=")).is_err());
    }

    #[test]
    fn what_grows_in_memory_is_refused_before_it_does() {
        let one = HeaderMap::new();
        for (text, fits) in [
            (format!("[{}0]", "{\"a\":0},".repeat(80_000)), true),
            (format!("[{}0]", "{\"a\":0},".repeat(100_000)), false),
            (format!("[{}0]", "0,".repeat(1_000_000)), true),
            (format!("[{}0]", "0,".repeat(1_100_000)), false),
            (format!("[{}0]", "[0],".repeat(2_000_000)), false),
            (format!("[\"{}\"]", "\\\"{[,".repeat(2_000_000)), true),
        ] {
            let answer = json(&one, text.as_bytes());
            assert_eq!(answer.is_ok(), fits, "{}", &text[..20]);
            assert!(fits || matches!(answer, Err(BodyError::Format(text)) if text == too_many_values()));
        }
        let deep = "[".repeat(100_000);
        assert!(
            matches!(json(&one, deep.as_bytes()), Err(BodyError::Syntax(text)) if text.contains("recursion"))
        );
    }

    #[test]
    fn the_parts_of_a_body_are_bounded() {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "multipart/mixed; boundary=b".parse().unwrap());
        let body = |count: usize| Bytes::from("--b\n\nx\n".repeat(count) + "--b--");
        assert_eq!(parts(&headers, &body(MAX_PARTS)).unwrap().len(), MAX_PARTS);
        assert!(
            matches!(parts(&headers, &body(MAX_PARTS + 1)), Err(BodyError::Format(text)) if text.contains("parts"))
        );
        let long = format!("multipart/mixed; boundary={}", "b".repeat(71));
        headers.insert("content-type", long.parse().unwrap());
        assert_eq!(parts(&headers, &body(1)), Err(malformed()));
    }

    #[test]
    fn another_encoding_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert("content-encoding", "identity".parse().unwrap());
        assert_eq!(json(&headers, b"{\"a\":1}").unwrap(), json!({"a": 1}));
        headers.insert("content-encoding", "br".parse().unwrap());
        assert!(matches!(json(&headers, b"{}"), Err(BodyError::Format(_))));
    }
}
