//! Directives that encode, decode or hash a text.

use super::super::error::DirectiveError;
use super::super::row::Cell;
use super::super::usage::Arguments;
use super::{RowFunction, missing, modify_each_row, must_be_text};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Digest;
use std::fmt::Write;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

pub(super) fn build(name: &str, arguments: &Arguments) -> Option<Result<RowFunction, DirectiveError>> {
    let argument = |name: &str| arguments.required(name);
    match name {
        "encode" => coded("encode", &argument("method"), argument("column")),
        "decode" => coded("decode", &argument("method"), argument("column")),
        "url-encode" => url("url-encode", argument("column"), |text| {
            url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
        }),
        "url-decode" => url("url-decode", argument("column"), |text| {
            let plus = text.replace('+', " ");
            percent_encoding::percent_decode_str(&plus)
                .decode_utf8_lossy()
                .into_owned()
        }),
        "hash" => Some(hash(
            argument("column"),
            &argument("algorithm"),
            arguments.boolean("encode") == Some(true),
        )),
        _ => None,
    }
}

fn coded(name: &'static str, method: &str, column: String) -> Option<Result<RowFunction, DirectiveError>> {
    let method = method.to_uppercase();
    if !matches!(method.as_str(), "BASE64" | "BASE32" | "HEX") {
        let message = if name == "encode" {
            format!(
                "Type of encoding specified '{method}' is not supported. Supported types are base64, base32 & hex."
            )
        } else {
            format!("Decoding type '{method}' is not supported. Supported types are base64, base32 & hex.")
        };
        return Some(Err(DirectiveError::parse(name, message)));
    }
    modify_each_row(move |row| {
        let bytes = match row.get(&column) {
            None | Some(Cell::Null) => return Ok(()),
            Some(Cell::Text(text)) => text.clone().into_bytes(),
            Some(Cell::Bytes(bytes)) => bytes.clone(),
            Some(other) => {
                let wanted = if name == "encode" {
                    "of type 'String'"
                } else {
                    "a non-null 'String'"
                };
                let message = format!(
                    "Column '{column}' has invalid type '{}'. It should be {wanted} or 'byte array'.",
                    other.class()
                );
                return Err(DirectiveError::execution(name, message));
            }
        };
        let text = match (name, method.as_str()) {
            ("encode", "BASE64") => STANDARD.encode(&bytes),
            ("encode", "BASE32") => base32(&bytes),
            ("encode", _) => hex(&bytes),
            (_, "BASE64") => lossy(&base64_lenient(&bytes)),
            (_, "BASE32") => lossy(&from_base32(&bytes)),
            _ => lossy(&from_hex(&bytes).map_err(|text| {
                DirectiveError::execution(name, format!("Failed to decode hex value. {text}"))
            })?),
        };
        let target = format!("{column}_{name}_{}", method.to_lowercase());
        row.add_or_set(&target, Cell::Text(text));
        Ok(())
    })
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Decodes base64 as the plugin's codec: other characters are skipped, and the URL alphabet is accepted.
fn base64_lenient(bytes: &[u8]) -> Vec<u8> {
    let letters = bytes.iter().filter_map(|byte| match byte {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        b'+' | b'/' => Some(*byte),
        byte => byte.is_ascii_alphanumeric().then_some(*byte),
    });
    let mut letters: Vec<u8> = letters.collect();
    if letters.len() % 4 == 1 {
        letters.pop();
    }
    let engine = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
    );
    engine.decode(letters).unwrap_or_default()
}

fn base32(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(5) {
        let mut five = [0_u8; 5];
        five[..chunk.len()].copy_from_slice(chunk);
        let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let letters = (chunk.len() * 8).div_ceil(5);
        for at in 0..8 {
            let place = usize::try_from(bits >> (35 - 5 * at) & 31).unwrap_or(0);
            out.push(if at < letters { BASE32[place] as char } else { '=' });
        }
    }
    out
}

fn from_base32(text: &[u8]) -> Vec<u8> {
    let (mut out, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for letter in text {
        let Some(value) = BASE32.iter().position(|known| known == letter) else {
            continue;
        };
        bits = bits << 5 | u32::try_from(value).unwrap_or(0);
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count & 255).unwrap_or(0));
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_hex(text: &[u8]) -> Result<Vec<u8>, String> {
    if !text.len().is_multiple_of(2) {
        return Err("Odd number of characters.".to_owned());
    }
    let digit = |at: usize| {
        let letter = text[at] as char;
        letter
            .to_digit(16)
            .ok_or_else(|| format!("Illegal hexadecimal character {letter} at index {at}"))
    };
    (0..text.len())
        .step_by(2)
        .map(|at| Ok(u8::try_from(digit(at)? * 16 + digit(at + 1)?).unwrap_or(0)))
        .collect()
}

fn url(
    name: &'static str,
    column: String,
    change: fn(&str) -> String,
) -> Option<Result<RowFunction, DirectiveError>> {
    modify_each_row(move |row| {
        let at = row.find(&column).ok_or_else(|| missing(name, &column))?;
        let changed = change(must_be_text(name, &column, &row.0[at].1)?);
        row.set(at, Cell::Text(changed));
        Ok(())
    })
}

fn hash(column: String, algorithm: &str, encode: bool) -> Result<RowFunction, DirectiveError> {
    const NAME: &str = "hash";
    let digest: fn(&[u8]) -> Vec<u8> = match algorithm {
        "MD5" => |bytes| md5::Md5::digest(bytes).to_vec(),
        "SHA" | "SHA1" | "SHA-1" => |bytes| sha1::Sha1::digest(bytes).to_vec(),
        "SHA-224" => |bytes| sha2::Sha224::digest(bytes).to_vec(),
        "SHA-256" => |bytes| sha2::Sha256::digest(bytes).to_vec(),
        "SHA-384" => |bytes| sha2::Sha384::digest(bytes).to_vec(),
        "SHA-512" => |bytes| sha2::Sha512::digest(bytes).to_vec(),
        other => return Err(DirectiveError::unsupported(NAME, format!("Algorithm '{other}'"))),
    };
    Ok(Box::new(move |mut row, _| {
        let bytes = match row.get(&column).ok_or_else(|| missing(NAME, &column))? {
            Cell::Text(text) => digest(text.as_bytes()),
            Cell::Bytes(bytes) => digest(bytes),
            Cell::Null => {
                let message = format!(
                    "Column '{column}' has null value. It should be a non-null 'String' or 'byte array'."
                );
                return Err(DirectiveError::execution(NAME, message));
            }
            other => {
                let message = format!(
                    "Column '{column}' has invalid type '{}'. It should be of type 'String' or 'byte array'.",
                    other.class()
                );
                return Err(DirectiveError::execution(NAME, message));
            }
        };
        // The plugin pads to 64 digits for every algorithm.
        let cell = if encode {
            Cell::Text(format!("{:0>64}", hex(&bytes)))
        } else {
            Cell::Bytes(bytes)
        };
        row.add_or_set(&column, cell);
        Ok(vec![row])
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_can_be_reversed() {
        for text in ["", "a", "ab", "abc", "größe", "abcdefgh"] {
            assert_eq!(from_base32(base32(text.as_bytes()).as_bytes()), text.as_bytes());
            assert_eq!(
                from_hex(hex(text.as_bytes()).as_bytes()).unwrap(),
                text.as_bytes()
            );
            assert_eq!(base64_lenient(STANDARD.encode(text).as_bytes()), text.as_bytes());
        }
        assert_eq!(base32(b"foobar"), "MZXW6YTBOI======");
        assert!(
            from_hex(b"0g")
                .unwrap_err()
                .contains("Illegal hexadecimal character g at index 1")
        );
    }
}
