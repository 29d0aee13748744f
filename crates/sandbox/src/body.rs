//! Request bodies of Google's clients: JSON, compressed or not, and multipart.

use axum::body::Bytes;
use axum::http::HeaderMap;
use serde_json::Value as Json;
use std::io::Read;

/// The limit of a decompressed body, in bytes.
const MAX_DECOMPRESSED: u64 = 100 * 1024 * 1024;

/// Why a body cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// It is not valid JSON or not valid gzip.
    Syntax(String),
    /// Its content encoding is not supported, or its multipart structure is malformed.
    Format(String),
}

/// A JSON body, with or without gzip; its Content-Type is ignored.
pub(super) fn json(headers: &HeaderMap, bytes: &[u8]) -> Result<Json, BodyError> {
    let decompressed;
    let bytes = match header_text(headers, "content-encoding") {
        None | Some("identity") => bytes,
        Some("gzip") => {
            let mut plain = Vec::new();
            let mut reader = flate2::read::GzDecoder::new(bytes).take(MAX_DECOMPRESSED);
            reader
                .read_to_end(&mut plain)
                .map_err(|error| BodyError::Syntax(error.to_string()))?;
            decompressed = plain;
            &decompressed[..]
        }
        Some(other) => return Err(BodyError::Format(format!("Unsupported content encoding {other}"))),
    };
    serde_json::from_slice(bytes).map_err(|error| BodyError::Syntax(error.to_string()))
}

/// A header's value, if it is text.
pub(super) fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The sandbox's address, as the client wrote it in the `Host` header.
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
    let metadata =
        serde_json::from_slice(&metadata.content).map_err(|error| BodyError::Syntax(error.to_string()))?;
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
    fn a_gzipped_body_is_decompressed() {
        let mut encoder = flate2::read::GzEncoder::new(&b"{\"a\":1}"[..], flate2::Compression::fast());
        let mut bytes = Vec::new();
        encoder.read_to_end(&mut bytes).unwrap();
        let mut headers = HeaderMap::new();
        assert!(matches!(json(&headers, &bytes), Err(BodyError::Syntax(_))));
        headers.insert("content-encoding", "gzip".parse().unwrap());
        assert_eq!(json(&headers, &bytes).unwrap(), json!({"a": 1}));
        headers.insert("content-encoding", "br".parse().unwrap());
        assert!(matches!(json(&headers, b"{}"), Err(BodyError::Format(_))));
    }
}
