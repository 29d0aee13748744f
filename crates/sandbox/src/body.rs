//! Bodies as Google's clients send them: JSON, packed or not, and multipart/related.

use axum::body::Bytes;
use axum::http::HeaderMap;
use serde_json::Value as Json;
use std::io::Read;

/// How large a packed body may become.
const LARGEST_PLAIN: u64 = 100 * 1024 * 1024;

/// What is wrong with a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It is no JSON, or badly packed.
    Syntax(String),
    /// Packed in a way that nobody knows, or no parts where there must be.
    Form(String),
}

/// A JSON body, whatever its Content-Type says, packed or not.
pub(super) fn json(headers: &HeaderMap, bytes: &[u8]) -> Result<Json, Unreadable> {
    let unpacked;
    let bytes = match text(headers, "content-encoding") {
        None | Some("identity") => bytes,
        Some("gzip") => {
            let mut plain = Vec::new();
            let mut reader = flate2::read::GzDecoder::new(bytes).take(LARGEST_PLAIN);
            reader
                .read_to_end(&mut plain)
                .map_err(|error| Unreadable::Syntax(error.to_string()))?;
            unpacked = plain;
            &unpacked[..]
        }
        Some(other) => return Err(Unreadable::Form(format!("Unsupported content encoding {other}"))),
    };
    serde_json::from_slice(bytes).map_err(|error| Unreadable::Syntax(error.to_string()))
}

/// A header that is text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The address that the client reaches us at.
pub(super) fn base(headers: &HeaderMap) -> String {
    format!("http://{}", text(headers, "host").unwrap_or("127.0.0.1"))
}

/// The first part, which is JSON, and the second: its type, if it says one, and its content.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Related {
    pub about: Json,
    pub kind: Option<String>,
    pub content: Bytes,
}

/// The two parts of a multipart/related body.
pub(super) fn related(headers: &HeaderMap, bytes: &Bytes) -> Result<Related, Unreadable> {
    let wrong = || Unreadable::Form("Malformed multipart body.".into());
    let mut parts = parts(headers, bytes)?.into_iter();
    let (about, content) = parts.next().zip(parts.next()).ok_or_else(wrong)?;
    let kind = content.header("content-type").map(str::to_owned);
    let about =
        serde_json::from_slice(&about.content).map_err(|error| Unreadable::Syntax(error.to_string()))?;
    Ok(Related {
        about,
        kind,
        content: content.content,
    })
}

/// A part of a multipart body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    head: String,
    pub content: Bytes,
}

impl Part {
    /// A text that begins with headers.
    pub fn of(bytes: &Bytes) -> Option<Self> {
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

    pub fn header(&self, wanted: &str) -> Option<&str> {
        self.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    }
}

/// All parts of a multipart body.
pub(super) fn parts(headers: &HeaderMap, bytes: &Bytes) -> Result<Vec<Part>, Unreadable> {
    let wrong = || Unreadable::Form("Malformed multipart body.".into());
    let kind = text(headers, "content-type").ok_or_else(wrong)?;
    let boundary = kind.split("boundary=").nth(1).ok_or_else(wrong)?;
    let boundary = boundary
        .split(';')
        .next()
        .unwrap_or(boundary)
        .trim_matches(['"', '\'', ' ']);
    let mark = format!("--{boundary}");
    let mut begin = after(bytes, 0, mark.as_bytes()).ok_or_else(wrong)?;
    let mut found = Vec::new();
    while !bytes[begin..].starts_with(b"--") {
        let next = position(bytes, begin, mark.as_bytes()).ok_or_else(wrong)?;
        let part = bytes.slice(begin..next);
        // The ends of line before a mark and behind it are the mark's.
        let end = [&b"\r\n"[..], b"\n"].into_iter().find(|end| part.ends_with(end));
        let part = part.slice(..part.len() - end.map_or(0, <[u8]>::len));
        found.push(Part::of(&part).ok_or_else(wrong)?);
        begin = next + mark.len();
    }
    Ok(found)
}

fn position(bytes: &[u8], from: usize, mark: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let found = rest.windows(mark.len()).position(|window| window == mark);
    found.map(|at| from + at)
}

fn after(bytes: &[u8], from: usize, mark: &[u8]) -> Option<usize> {
    position(bytes, from, mark).map(|at| at + mark.len())
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
                about: json!({"a": 1}),
                kind: Some("text/csv".into()),
                content: Bytes::from("1,2\r\n3,4"),
            }
        );
        assert!(related(&headers, &Bytes::from("--=x=")).is_err());
    }

    #[test]
    fn a_packed_body_is_unpacked() {
        let mut packed = flate2::read::GzEncoder::new(&b"{\"a\":1}"[..], flate2::Compression::fast());
        let mut bytes = Vec::new();
        packed.read_to_end(&mut bytes).unwrap();
        let mut headers = HeaderMap::new();
        assert!(matches!(json(&headers, &bytes), Err(Unreadable::Syntax(_))));
        headers.insert("content-encoding", "gzip".parse().unwrap());
        assert_eq!(json(&headers, &bytes).unwrap(), json!({"a": 1}));
        headers.insert("content-encoding", "br".parse().unwrap());
        assert!(matches!(json(&headers, b"{}"), Err(Unreadable::Form(_))));
    }
}
