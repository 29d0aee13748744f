//! Hashes and encodings.

use super::argument::{bytes, text};
use super::entry::{Context, Entry};
use crate::value::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

type ValueResult = Result<Value, String>;

pub(super) const TABLE: &[Entry] = &[
    ("MD5", "STRING -> BYTES", |v, _| Ok(hashed::<Md5>(v))),
    ("MD5", "BYTES -> BYTES", |v, _| Ok(hashed::<Md5>(v))),
    ("SHA1", "STRING -> BYTES", |v, _| Ok(hashed::<Sha1>(v))),
    ("SHA1", "BYTES -> BYTES", |v, _| Ok(hashed::<Sha1>(v))),
    ("SHA256", "STRING -> BYTES", |v, _| Ok(hashed::<Sha256>(v))),
    ("SHA256", "BYTES -> BYTES", |v, _| Ok(hashed::<Sha256>(v))),
    ("SHA512", "STRING -> BYTES", |v, _| Ok(hashed::<Sha512>(v))),
    ("SHA512", "BYTES -> BYTES", |v, _| Ok(hashed::<Sha512>(v))),
    ("TO_HEX", "BYTES -> STRING", |v, _| {
        Ok(Value::Text(hexadecimal(bytes(v, 0))))
    }),
    ("FROM_HEX", "STRING -> BYTES", from_hex),
    ("TO_BASE64", "BYTES -> STRING", |v, _| {
        Ok(Value::Text(STANDARD.encode(bytes(v, 0))))
    }),
    ("FROM_BASE64", "STRING -> BYTES", |v, _| {
        STANDARD
            .decode(text(v, 0))
            .map(Value::Bytes)
            .map_err(|_| "Failed to decode invalid base64 string".into())
    }),
    ("CODE_POINTS_TO_STRING", "ARRAY<INT64> -> STRING", |v, _| {
        let Value::Array(codes) = &v[0] else {
            return Ok(Value::Null);
        };
        let chars = codes.iter().map(|code| match code {
            Value::Int(code) => u32::try_from(*code).ok().and_then(char::from_u32),
            _ => None,
        });
        chars
            .collect::<Option<String>>()
            .map(Value::Text)
            .ok_or_else(|| "Invalid codepoint".into())
    }),
];

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

fn hashed<D: Digest>(values: &[Value]) -> Value {
    Value::Bytes(D::digest(bytes(values, 0)).to_vec())
}

fn from_hex(values: &[Value], _: &Context<'_>) -> ValueResult {
    let digits = text(values, 0);
    let even = if digits.len().is_multiple_of(2) {
        digits.to_owned()
    } else {
        format!("0{digits}")
    };
    let pair = |at: usize| {
        even.get(at..at + 2)
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
    };
    let all: Option<Vec<u8>> = (0..even.len()).step_by(2).map(pair).collect();
    all.map(Value::Bytes)
        .ok_or_else(|| format!("Failed to decode invalid hexadecimal string: {digits}"))
}
