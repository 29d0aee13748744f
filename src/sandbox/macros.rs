//! CDAP's macros: `${name}`, `${function(a,b)}`, nested, escaped with a backslash.
//!
//! The rightmost `${` is expanded first and the result is scanned again, at most ten deep. What a
//! macro cannot mean here fails with the exception a real server raises.

pub(super) mod date_format;
mod logical_start;

use super::observation::Failure;
use std::collections::{BTreeMap, BTreeSet};

/// How deep macros may be nested.
const DEEPEST: usize = 10;

/// What macros are looked up in.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// Arguments by name.
    pub arguments: BTreeMap<String, String>,
    /// Secure keys by name.
    pub secure: BTreeMap<String, String>,
}

/// Expands every macro of a text.
pub(super) fn expand(text: &str, scope: &Scope) -> Result<String, Failure> {
    let expanded = expand_to(text, scope, 0)?;
    Ok(unescape(&expanded))
}

fn expand_to(text: &str, scope: &Scope, depth: usize) -> Result<String, Failure> {
    let mut text = text.to_owned();
    while let Some(start) = last_opening(&text) {
        if depth >= DEEPEST {
            return Err(invalid(format!(
                "Failed substituting macro '{text}', expansion exceeded {DEEPEST} levels."
            )));
        }
        let Some(length) = closing(&text[start + 2..]) else {
            return Err(invalid(format!(
                "Could not find enclosing '}}' for macro '{}'.",
                &text[start..]
            )));
        };
        let inner = unescape(&text[start + 2..start + 2 + length]);
        let value = evaluate(&inner, scope)?;
        let value = expand_to(&value, scope, depth + 1)?;
        text.replace_range(start..start + 3 + length, &value);
        if value.contains("${") {
            break; // Only an escaped one is left of it.
        }
    }
    Ok(text)
}

fn evaluate(inner: &str, scope: &Scope) -> Result<String, Failure> {
    if let Some((name, rest)) = inner.split_once('(')
        && let Some(list) = rest.strip_suffix(')')
    {
        let arguments: Vec<&str> = list.split(',').map(str::trim).collect();
        return match name {
            "secure" => scope
                .secure
                .get(arguments[0])
                .cloned()
                .ok_or_else(|| invalid(format!("Failed to resolve macro 'secure({})'", arguments[0]))),
            "logicalStartTime" => logical_start::evaluate(&arguments, scope).map_err(invalid),
            _ => Err(invalid(format!("Unsupported macro function {name}"))),
        };
    }
    scope
        .arguments
        .get(inner)
        .cloned()
        .ok_or_else(|| invalid(format!("Argument '{inner}' is not defined.")))
}

fn invalid(message: String) -> Failure {
    let class_name = "io.cdap.cdap.api.macro.InvalidMacroException".to_owned();
    Failure {
        class_name,
        message: Some(message),
        cause: None,
    }
}

/// Whether the byte at `at` stands behind an odd number of backslashes.
fn escaped(text: &str, at: usize) -> bool {
    text.as_bytes()[..at]
        .iter()
        .rev()
        .take_while(|b| **b == b'\\')
        .count()
        % 2
        == 1
}

fn last_opening(text: &str) -> Option<usize> {
    text.rmatch_indices("${")
        .map(|(at, _)| at)
        .find(|at| !escaped(text, *at))
}

fn closing(rest: &str) -> Option<usize> {
    rest.match_indices('}')
        .map(|(at, _)| at)
        .find(|at| !escaped(rest, *at))
}

/// Whether a text holds a macro.
pub(super) fn has_macro(text: &str) -> bool {
    last_opening(text).is_some()
}

/// A macro that is not closed, from its beginning on.
pub(super) fn open_end(text: &str) -> Option<&str> {
    let at = last_opening(text)?;
    closing(&text[at..]).is_none().then(|| &text[at..])
}

fn unescape(text: &str) -> String {
    let mut plain = text.to_owned();
    for mark in ["${", "}", "(", ")"] {
        plain = plain.replace(&format!("\\{mark}"), mark);
    }
    plain
}

/// What the macros of a text look up, and the functions they call, without expanding anything.
pub(super) fn mentioned(text: &str) -> (BTreeSet<String>, Vec<(String, Vec<String>)>) {
    let (mut lookups, mut functions) = (BTreeSet::new(), Vec::new());
    for (at, _) in text.match_indices("${").filter(|(at, _)| !escaped(text, *at)) {
        let Some(length) = closing(&text[at + 2..]) else {
            continue;
        };
        let inner = &text[at + 2..at + 2 + length];
        match inner.split_once('(') {
            Some((name, rest)) => {
                let list = rest
                    .trim_end_matches(')')
                    .split(',')
                    .map(|a| a.trim().to_owned())
                    .collect();
                if !functions.iter().any(|(n, l)| n == name && *l == list) {
                    functions.push((name.to_owned(), list));
                }
            }
            None => {
                lookups.insert(inner.to_owned());
            }
        }
    }
    (lookups, functions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scope() -> Scope {
        let pairs = [
            ("a", "1"),
            ("b", "${a}2"),
            ("name1", "deep"),
            ("loop", "${loop}"),
            ("logical.start.time", "1681380806000"),
        ];
        Scope {
            arguments: pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
            secure: [("key".to_owned(), "s3cret".to_owned())].into(),
        }
    }

    #[test]
    fn macros_expand_as_cdaps_do() {
        for (text, expected) in [
            ("x${a}y", "x1y"),
            ("${b}", "12"),
            ("${name${a}}", "deep"),
            ("${secure(key)}", "s3cret"),
            (r"\${a}", "${a}"),
            ("${logicalStartTime()}", "1681380806000"),
            (
                "${logicalStartTime(yyyy-MM-dd HH:mm:ss,1m,UTC)}",
                "2023-04-13 10:12:26",
            ),
            ("no macro $ {}", "no macro $ {}"),
        ] {
            assert_eq!(expand(text, &scope()).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_expanded_says_so() {
        for (text, words) in [
            ("${nope}", "Argument 'nope' is not defined."),
            ("${fancy(x)}", "Unsupported macro function fancy"),
            ("${loop}", "exceeded 10 levels"),
            ("${a", "Could not find enclosing '}' for macro '${a'."),
            ("${secure(none)}", "secure"),
        ] {
            let message = expand(text, &scope()).unwrap_err().message.unwrap();
            assert!(message.contains(words), "{text}: {message}");
        }
    }

    #[test]
    fn mentions_are_found() {
        let (lookups, functions) = mentioned("${x}-${secure(k)}-${logicalStartTime(yyyy,1m,UTC)}-${y}");
        assert_eq!(lookups.into_iter().collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(functions.len(), 2);
    }

    proptest! {
        #[test]
        fn text_without_macros_stays(text in "[^$\\\\{}()]*") {
            prop_assert_eq!(expand(&text, &Scope::default()).unwrap(), text);
        }

        #[test]
        fn no_text_breaks_the_expansion(text in any::<String>()) {
            let _ = expand(&text, &scope());
        }
    }
}
