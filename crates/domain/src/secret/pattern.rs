//! Secrets inside of longer texts, found by their surroundings: passwords in addresses, pairs of a secret's
//! name and a value, what follows `Bearer`, private keys.

use super::name::SecretNames;
use std::ops::Range;

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The bytes of the value.
    pub(super) range: Range<usize>,
    /// Whether the value is a secret for sure, so that it is struck elsewhere too. A pair in running text
    /// may be a condition of SQL.
    pub(super) is_certain: bool,
}

/// What ends a value that is not quoted.
const ENDS: &[char] = &[
    '&', ';', ',', ' ', '\t', '\n', '\r', '"', '\'', '}', ')', ']', '<', '>', '`',
];

/// The most bytes of an address that are looked at, so that a hostile text cannot make the search slow.
const LONGEST_ADDRESS: usize = 500;

/// How far behind `-----BEGIN ` the kind of the key ends.
const LONGEST_KIND: usize = 60;

/// The secrets of a text, in no order; they may overlap. Takes time in proportion to the text, whatever is in it.
pub(super) fn find(text: &str, names: &SecretNames) -> Vec<Found> {
    let mut found = Vec::new();
    in_addresses(text, &mut found);
    in_pairs(text, names, &mut found);
    behind_schemes(text, &mut found);
    private_keys(text, &mut found);
    found.retain(|found| !found.range.is_empty() && !text[found.range.clone()].contains(super::MASK));
    found
}

/// `mysql://user:PASSWORD@host`.
fn in_addresses(text: &str, found: &mut Vec<Found>) {
    for (at, _) in text.match_indices("://") {
        let start = at + "://".len();
        let rest = beginning(&text[start..], LONGEST_ADDRESS);
        let rest = &rest[..rest
            .find([' ', '\t', '\n', '\r', '"', '\'', '<', '>', '`'])
            .unwrap_or(rest.len())];
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        let Some(colon) = rest.find(':') else { continue };
        let end = match authority.rfind('@') {
            Some(end) => Some(end),
            // A password with a slash in it that is not escaped; a port has digits only.
            None if authority[colon.min(authority.len())..]
                .trim_start_matches(':')
                .chars()
                .all(|c| c.is_ascii_digit()) =>
            {
                None
            }
            None => rest.rfind('@'),
        };
        if let Some(end) = end.filter(|end| *end > colon) {
            found.push(Found {
                range: start + colon + 1..start + end,
                is_certain: true,
            });
        }
    }
}

/// `password=VALUE`, `password: VALUE`, `"password": "VALUE"`.
fn in_pairs(text: &str, names: &SecretNames, found: &mut Vec<Found>) {
    let is_address = text.contains("://") || text.starts_with("jdbc:");
    let mut covered = 0;
    for (at, separator) in text.match_indices(['=', ':']) {
        if at < covered {
            continue; // It is part of a secret value.
        }
        let name_end = text[..at].trim_end_matches([' ', '"', '\'']).len();
        let name_start = text[..name_end]
            .rfind(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)))
            .map_or(0, |place| {
                place + text[place..].chars().next().map_or(1, char::len_utf8)
            });
        if name_start == name_end || !names.contains(&text[name_start..name_end]) {
            continue;
        }
        let after = at + separator.len();
        let value_start = after + (text[after..].len() - text[after..].trim_start_matches(' ').len());
        let value = &text[value_start..];
        let is_json = text[name_end..at].starts_with(['"', '\'']);
        let range = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value_start + 1..value_start + 1 + quoted(&value[1..], quote),
            // A colon stands in sentences too: only what directly follows a quoted name is its value, or
            // a header's.
            _ if separator == ":" && !is_header(&text[name_start..name_end]) => continue,
            _ if separator == ":" => {
                value_start..value_start + value.find(['\n', '\r', '"', '\'']).unwrap_or(value.len())
            }
            _ => value_start..value_start + value.find(ENDS).unwrap_or(value.len()),
        };
        covered = range.end;
        found.push(Found {
            range,
            is_certain: is_address || is_json,
        });
    }
}

fn is_header(name: &str) -> bool {
    ["authorization", "proxy-authorization", "x-api-key", "cookie"]
        .iter()
        .any(|header| name.eq_ignore_ascii_case(header))
}

/// The bytes before the closing quote.
fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (place, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return place,
            _ => {}
        }
    }
    text.len()
}

/// `Bearer VALUE`, `Basic VALUE`, as headers have them.
fn behind_schemes(text: &str, found: &mut Vec<Found>) {
    for scheme in ["Bearer ", "bearer ", "BEARER ", "Basic "] {
        for (at, _) in text.match_indices(scheme) {
            let start = at + scheme.len();
            let value = &text[start..];
            let end = value
                .find(|c: char| !(c.is_ascii_alphanumeric() || "-._~+/=".contains(c)))
                .unwrap_or(value.len());
            // "Basic settings" is no header.
            let is_encoded = value[..end].contains(|c: char| c.is_ascii_digit() || "=._".contains(c));
            if end >= 8 && is_encoded {
                found.push(Found {
                    range: start..start + end,
                    is_certain: true,
                });
            }
        }
    }
}

/// From the first line of a private key in PEM form to its last.
fn private_keys(text: &str, found: &mut Vec<Found>) {
    let mut covered = 0;
    for (at, _) in text.match_indices("-----BEGIN ") {
        let rest = &text[at..];
        let Some(head) = beginning(rest, LONGEST_KIND)
            .find("PRIVATE KEY")
            .filter(|_| at >= covered)
        else {
            continue;
        };
        let end = rest[head..]
            .find("-----END ")
            .and_then(|last| Some(head + last + rest[head + last..].find("KEY")? + 3));
        covered = at + end.unwrap_or(rest.len());
        found.push(Found {
            range: at..covered,
            is_certain: true,
        });
    }
}

/// At most so many bytes of a text.
fn beginning(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_and_nothing_around_it_is_found() {
        for (text, secrets) in [
            ("mysql://u:hunter2@db:3306/x", &["hunter2"][..]),
            ("see mysql://u:hun:t@r2@db/x now", &["hun:t@r2"]),
            ("mysql://u:a/b?c@db/x", &["a/b?c"]),
            ("https://host:8080/path@x", &[]),
            ("https://host/a:b@c", &[]),
            ("jdbc:mysql://db/x?user=u&password=hunter2&ssl=true", &["hunter2"]),
            ("jdbc:sqlserver://db;user=u;password=hunter2;a=b", &["hunter2"]),
            (
                "https://blob/x?sv=1&sas_token=abc&signature=d%3D",
                &["abc", "d%3D"],
            ),
            (r#"{"user":"u","password": "hun\"ter,2"}"#, &[r#"hun\"ter,2"#]),
            (
                "Authorization: Bearer abc.def-123",
                &["Bearer abc.def-123", "abc.def-123"],
            ),
            ("got Bearer eyJhbGciOi.x_y", &["eyJhbGciOi.x_y"]),
            ("Basic settings of a bearer certificate", &[]),
            ("The password: it is wrong. tableKey=5", &[]),
            (
                "a -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- b",
                &["-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY"],
            ),
            ("password=***", &[]),
        ] {
            let found = find(text, &SecretNames::default());
            let values: Vec<_> = found.iter().map(|found| &text[found.range.clone()]).collect();
            assert_eq!(values, secrets, "{text}");
        }
    }

    #[test]
    fn any_text_is_survived() {
        for text in [
            "é=é",
            "=",
            ":",
            "password=",
            "\"password\":",
            "://:@",
            "-----BEGIN PRIVATE KEY",
            "écret=é",
            "日password=日",
        ] {
            find(text, &SecretNames::default());
        }
    }

    #[test]
    fn a_long_text_is_searched_once() {
        // Each of these would take minutes if its parts were searched to the end of the text.
        for part in [
            "://",
            "://a:",
            "a://b@",
            "cookie:",
            "password=",
            "\"token\":\"",
            "token='",
            "-----BEGIN ",
            "-----BEGIN PRIVATE KEY",
            "Bearer ",
        ] {
            find(&part.repeat(20_000), &SecretNames::default());
        }
    }
}
