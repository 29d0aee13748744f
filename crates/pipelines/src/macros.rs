//! Expands CDAP's macros: `${name}` and `${function(a,b)}`, nested, escaped with a backslash.
//!
//! The rightmost `${` is expanded first and the result is scanned again, at most ten levels deep. A macro that
//! cannot be expanded fails with the exception of a real server.

pub(super) mod date_format;
mod logical_start;

use super::event::Failure;
use std::collections::{BTreeMap, BTreeSet};

/// The deepest nesting of macros.
const MAX_DEPTH: usize = 10;

/// The values that macros refer to.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The runtime arguments by name.
    pub arguments: BTreeMap<String, String>,
    /// The secure keys by name.
    pub secure: BTreeMap<String, String>,
}

/// The properties in which macros are not expanded as usual, by stage and property.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MacroOptions {
    /// Properties that are not expanded (`macroSupported` is false, or the plugin does not have the property).
    pub literal: BTreeSet<(String, String)>,
    /// Properties in which a backslash escapes a macro (`macroEscapingEnabled`).
    pub escaping: BTreeSet<(String, String)>,
}

impl MacroOptions {
    /// Expands a property by the rules of its plugin.
    pub(super) fn expand(
        &self,
        stage: &str,
        property: &str,
        text: &str,
        scope: &Scope,
    ) -> Result<String, Failure> {
        let key = (stage.to_owned(), property.to_owned());
        if self.literal.contains(&key) {
            return Ok(text.to_owned());
        }
        expand(text, scope, self.escaping.contains(&key))
    }
}

/// Expands every macro of a text, as CDAP's `MacroParser` does.
pub(super) fn expand(text: &str, scope: &Scope, escaping: bool) -> Result<String, Failure> {
    let parser = Parser { scope, escaping };
    let expanded = parser.parse(text, 0)?;
    Ok(parser.unescape(&expanded))
}

struct Parser<'a> {
    scope: &'a Scope,
    escaping: bool,
}

impl Parser<'_> {
    fn parse(&self, text: &str, depth: usize) -> Result<String, Failure> {
        if depth > MAX_DEPTH {
            return Err(invalid(format!(
                "Failed substituting macro '{text}', expansion exceeded {MAX_DEPTH} levels."
            )));
        }
        let mut text = text.to_owned();
        while let Some(start) = self.last_opening(&text) {
            let Some(length) = self.first(&text[start + 2..], '}') else {
                return Err(invalid(format!(
                    "Could not find enclosing '}}' for macro '{}'.",
                    &text[start..]
                )));
            };
            let value = self.evaluate(text[start + 2..start + 2 + length].trim())?;
            let value = self.parse(&value, depth + 1)?;
            text.replace_range(start..start + 3 + length, &value);
        }
        Ok(text)
    }

    fn evaluate(&self, inner: &str) -> Result<String, Failure> {
        let Some(opening) = self.first(inner, '(') else {
            let name = self.unescape(inner);
            return self
                .scope
                .arguments
                .get(&name)
                .cloned()
                .ok_or_else(|| invalid(format!("Argument '{name}' is not defined.")));
        };
        match self.first(inner, ')') {
            Some(closing) if closing + 1 == inner.len() => {}
            Some(_) if inner.ends_with(')') => {
                return Err(invalid(format!(
                    "Macro arguments in '{inner}' have extra invalid trailing ')'."
                )));
            }
            _ => {
                return Err(invalid(format!(
                    "Could not find enclosing ')' for macro arguments in '{inner}'."
                )));
            }
        }
        let list = self.unescape(inner.get(opening + 1..inner.len() - 1).unwrap_or_default());
        let arguments: Vec<&str> = list.split(',').collect();
        call(&self.unescape(&inner[..opening]), &arguments, self.scope)
    }

    fn last_opening(&self, text: &str) -> Option<usize> {
        let mut found = text.rmatch_indices("${").map(|(at, _)| at);
        found.find(|at| !(self.escaping && is_escaped(text, *at)))
    }

    fn first(&self, text: &str, token: char) -> Option<usize> {
        let mut found = text.match_indices(token).map(|(at, _)| at);
        found.find(|at| !(self.escaping && is_escaped(text, *at)))
    }

    /// Removes the backslashes that escape something.
    fn unescape(&self, text: &str) -> String {
        if !self.escaping {
            return text.to_owned();
        }
        let mut plain = String::with_capacity(text.len());
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => plain.extend(letters.next()),
                other => plain.push(other),
            }
        }
        plain
    }
}

fn call(name: &str, arguments: &[&str], scope: &Scope) -> Result<String, Failure> {
    match (name, arguments) {
        ("secure", [key]) => scope
            .secure
            .get(*key)
            .cloned()
            .ok_or_else(|| invalid(format!("Failed to resolve macro 'secure({key})'"))),
        ("secure", _) => Err(invalid(
            "Macro 'secure' should have exactly 1 argument".to_owned(),
        )),
        ("logicalStartTime", _) => logical_start::evaluate(arguments, scope).map_err(invalid),
        ("conn", [connection]) => Err(Failure {
            class_name: "java.lang.RuntimeException".to_owned(),
            message: Some(format!(
                "Failed to evaluate the macro function 'conn' with args [{connection}]"
            )),
            // The sandbox has no connections.
            cause: Some(Box::new(Failure {
                class_name: "java.io.IOException".to_owned(),
                message: Some(format!(
                    "Failed to call Connection service with status 404: Connection '{connection}' does not exist: the \
                    sandbox has no connections"
                )),
                cause: None,
            })),
        }),
        ("conn", _) => Err(invalid("Macro 'conn' should have exactly 1 arguments".to_owned())),
        _ => Err(invalid(format!("Unsupported macro function {name}"))),
    }
}

fn invalid(message: String) -> Failure {
    let class_name = "io.cdap.cdap.api.macro.InvalidMacroException".to_owned();
    Failure {
        class_name,
        message: Some(message),
        cause: None,
    }
}

/// Whether the byte at `at` follows an odd number of backslashes.
fn is_escaped(text: &str, at: usize) -> bool {
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
        .find(|at| !is_escaped(text, *at))
}

fn closing_brace(rest: &str) -> Option<usize> {
    rest.match_indices('}')
        .map(|(at, _)| at)
        .find(|at| !is_escaped(rest, *at))
}

/// Whether a text contains a macro.
pub(super) fn has_macro(text: &str) -> bool {
    last_opening(text).is_some()
}

/// The text from an unclosed macro on.
pub(super) fn unclosed_macro(text: &str) -> Option<&str> {
    let at = last_opening(text)?;
    closing_brace(&text[at..]).is_none().then(|| &text[at..])
}

/// The arguments that the macros of a text refer to, and the functions that they call.
pub(super) fn references(text: &str) -> (BTreeSet<String>, Vec<(String, Vec<String>)>) {
    let (mut lookups, mut functions) = (BTreeSet::new(), Vec::new());
    for (at, _) in text.match_indices("${").filter(|(at, _)| !is_escaped(text, *at)) {
        let Some(length) = closing_brace(&text[at + 2..]) else {
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
            (r"\${a}", r"\1"),
            ("${ a }", "1"),
            ("${logicalStartTime()}", "1681380806000"),
            (
                "${logicalStartTime(yyyy-MM-dd HH:mm:ss,1m,UTC)}",
                "2023-04-13 10:12:26",
            ),
            ("no macro $ {}", "no macro $ {}"),
        ] {
            assert_eq!(expand(text, &scope(), false).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_backslash_escapes_a_macro_where_that_is_enabled() {
        for (text, expected) in [
            (r"\${a}", "${a}"),
            (r"\\${a}", r"\1"),
            (r"${name\}x}", ""),
            (r"a\tb", "atb"),
        ] {
            match expand(text, &scope(), true) {
                Ok(expanded) => assert_eq!(expanded, expected, "{text}"),
                Err(failure) => assert_eq!(
                    failure.message.as_deref(),
                    Some("Argument 'name}x' is not defined.")
                ),
            }
        }
        let macro_options = MacroOptions {
            literal: [("s".to_owned(), "schema".to_owned())].into(),
            escaping: [("s".to_owned(), "path".to_owned())].into(),
        };
        for (property, expected) in [("schema", r"\${a}"), ("path", "${a}"), ("other", r"\1")] {
            let expanded = macro_options.expand("s", property, r"\${a}", &scope());
            assert_eq!(expanded.as_deref(), Ok(expected));
        }
    }

    #[test]
    fn ten_levels_are_expanded_and_no_more() {
        let mut scope = scope();
        for level in 0..12 {
            let inner = format!("${{v{}}}", level + 1);
            scope.arguments.insert(format!("v{level}"), inner);
        }
        scope.arguments.insert("v12".to_owned(), "end".to_owned());
        assert_eq!(expand("${v3}", &scope, false).as_deref(), Ok("end"));
        let failure = expand("${v2}", &scope, false).unwrap_err();
        assert_eq!(
            failure.message.as_deref(),
            Some("Failed substituting macro 'end', expansion exceeded 10 levels.")
        );
    }

    #[test]
    fn a_macro_that_cannot_be_expanded_is_an_error() {
        for (text, words) in [
            ("${nope}", "Argument 'nope' is not defined."),
            ("${fancy(x)}", "Unsupported macro function fancy"),
            ("${loop}", "exceeded 10 levels"),
            ("${a", "Could not find enclosing '}' for macro '${a'."),
            ("${secure(none)}", "Failed to resolve macro 'secure(none)'"),
            ("${secure(a,b)}", "Macro 'secure' should have exactly 1 argument"),
            (
                "${conn(db)}",
                "Failed to evaluate the macro function 'conn' with args [db]",
            ),
            (
                "${secure(key}",
                "Could not find enclosing ')' for macro arguments in 'secure(key'.",
            ),
            (
                "${secure(key))}",
                "Macro arguments in 'secure(key))' have extra invalid trailing ')'.",
            ),
        ] {
            let message = expand(text, &scope(), false).unwrap_err().message.unwrap();
            assert!(message.contains(words), "{text}: {message}");
        }
    }

    #[test]
    fn references_are_found() {
        let (lookups, functions) = references("${x}-${secure(k)}-${logicalStartTime(yyyy,1m,UTC)}-${y}");
        assert_eq!(lookups.into_iter().collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(functions.len(), 2);
    }

    proptest! {
        #[test]
        fn text_without_macros_is_unchanged(text in "[^$\\\\{}()]*") {
            prop_assert_eq!(expand(&text, &Scope::default(), true).unwrap(), text);
        }

        #[test]
        fn any_text_is_handled(text in any::<String>()) {
            let _ = expand(&text, &scope(), false);
            let _ = expand(&text, &scope(), true);
        }
    }
}
