//! Compression of answers: gzip and deflate on request, whatever the size; anything else is ignored (measured).

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::Write;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// RFC 1952.
    Gzip,
    /// RFC 1950, which HTTP calls deflate.
    Deflate,
}

impl Encoding {
    /// What the client prefers; gzip if both are equal.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        let lists = headers
            .get_all(ACCEPT_ENCODING)
            .into_iter()
            .filter_map(|list| list.to_str().ok());
        for accepted in lists.flat_map(|list| list.split(',')) {
            let (name, quality) = accepted.split_once(';').unwrap_or((accepted, "q=1"));
            let quality = quality
                .trim()
                .strip_prefix("q=")
                .and_then(|q| q.parse().ok())
                .unwrap_or(0.0);
            let encoding = match name.trim() {
                "gzip" | "x-gzip" => Self::Gzip,
                "deflate" => Self::Deflate,
                _ => continue,
            };
            let better = best
                .is_none_or(|(known, kind)| quality > known || (quality >= known && kind == Self::Deflate));
            if quality > 0.0 && better {
                best = Some((quality, encoding));
            }
        }
        best.map(|(_, encoding)| encoding)
    }

    /// Its name in `content-encoding`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }

    /// Compresses a body.
    pub fn encode(self, body: &[u8]) -> Vec<u8> {
        let level = Compression::default();
        // Writing to a vector never fails.
        match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), level);
                let _ = encoder.write_all(body);
                encoder.finish().unwrap_or_default()
            }
            Self::Deflate => {
                let mut encoder = ZlibEncoder::new(Vec::new(), level);
                let _ = encoder.write_all(body);
                encoder.finish().unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::{GzDecoder, ZlibDecoder};
    use std::io::Read;

    #[test]
    fn a_client_gets_what_it_prefers() {
        for (accepted, wanted) in [
            ("identity", None),
            ("br", None),
            ("gzip", Some(Encoding::Gzip)),
            ("deflate", Some(Encoding::Deflate)),
            ("gzip, deflate", Some(Encoding::Gzip)),
            ("deflate, gzip", Some(Encoding::Gzip)),
            ("gzip;q=0.5, deflate;q=0.8", Some(Encoding::Deflate)),
            ("gzip;q=0", None),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, accepted.parse().unwrap())]);
            assert_eq!(Encoding::from_headers(&headers), wanted, "{accepted}");
        }
    }

    #[test]
    fn a_compressed_body_can_be_decompressed() {
        let body = b"{\"version\":\"6.11.0\"}";
        let mut text = String::new();
        let gzip = Encoding::Gzip.encode(body);
        GzDecoder::new(gzip.as_slice()).read_to_string(&mut text).unwrap();
        let deflate = Encoding::Deflate.encode(body);
        ZlibDecoder::new(deflate.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text.as_bytes(), [body.as_slice(), body].concat());
    }
}
