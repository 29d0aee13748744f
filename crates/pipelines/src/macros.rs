//! Expands CDAP's macros: `${name}` and `${function(a,b)}`, nested, escaped with a backslash.
//!
//! The rightmost `${` is expanded first and the result is scanned again, at most ten levels deep. A macro that
//! cannot be expanded fails with the exception of a real server. A short text can stand for any number of bytes, so a
//! text is measured while it grows. `macros/references.rs` finds the macros of a text without expanding them.

mod connection;
pub(super) mod date_format;
mod logical_start;
mod references;

pub(super) use references::references;

use super::event::Failure;
use googlesql::limits::MAX_VALUE_BYTES;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// The deepest nesting of macros, as on a real server.
const MAX_DEPTH: usize = 10;

/// How many bytes the expansion of one text may search: it searches what it has so far once for every macro.
const MAX_SEARCHED: usize = 32 * MAX_VALUE_BYTES;

/// The most bytes that the properties of a pipeline have in sum after their macros are expanded.
const MAX_EXPANDED: usize = 6 * MAX_VALUE_BYTES;

/// The most bytes of a text in an error message.
const MAX_SHOWN: usize = 1_000;

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

/// How many bytes the properties of a pipeline have.
#[derive(Debug, Default)]
pub(super) struct Expanded(Cell<usize>);

impl Expanded {
    /// Adds an expanded property.
    ///
    /// # Errors
    /// More than all properties may have.
    pub fn add(&self, value: &str) -> Result<(), Failure> {
        self.0.set(self.0.get().saturating_add(value.len()));
        if self.0.get() > MAX_EXPANDED {
            return Err(exceeded(
                value,
                &format!("{MAX_EXPANDED} bytes of all properties"),
            ));
        }
        Ok(())
    }
}

/// Expands every macro of a text, as CDAP's `MacroParser` does.
pub(super) fn expand(text: &str, scope: &Scope, escaping: bool) -> Result<String, Failure> {
    let parser = Parser {
        scope,
        escaping,
        searched: Cell::new(0),
    };
    let expanded = parser.parse(text, 0)?;
    Ok(parser.unescape(&expanded))
}

struct Parser<'a> {
    scope: &'a Scope,
    escaping: bool,
    /// How many bytes were searched for macros.
    searched: Cell<usize>,
}

impl Parser<'_> {
    fn parse(&self, text: &str, depth: usize) -> Result<String, Failure> {
        if depth > MAX_DEPTH {
            return Err(exceeded(text, &format!("{MAX_DEPTH} levels")));
        }
        let mut text = text.to_owned();
        while let Some(start) = self.last_opening(&text) {
            let Some(length) = self.first(&text[start + 2..], '}') else {
                return Err(invalid(format!(
                    "Could not find enclosing '}}' for macro '{}'.",
                    shown(&text[start..])
                )));
            };
            self.searched.set(self.searched.get().saturating_add(text.len()));
            if self.searched.get() > MAX_SEARCHED {
                return Err(exceeded(&text, "what the sandbox searches for macros"));
            }
            let value = self.evaluate(text[start + 2..start + 2 + length].trim())?;
            let value = self.parse(&value, depth + 1)?;
            if text.len() + value.len() > MAX_VALUE_BYTES + length + 3 {
                return Err(exceeded(&text, &format!("{MAX_VALUE_BYTES} bytes")));
            }
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
                .ok_or_else(|| invalid(format!("Argument '{}' is not defined.", shown(&name))));
        };
        match self.first(inner, ')') {
            Some(closing) if closing + 1 == inner.len() => {}
            Some(_) if inner.ends_with(')') => {
                return Err(invalid(format!(
                    "Macro arguments in '{}' have extra invalid trailing ')'.",
                    shown(inner)
                )));
            }
            _ => {
                return Err(invalid(format!(
                    "Could not find enclosing ')' for macro arguments in '{}'.",
                    shown(inner)
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
        ("conn", [connection]) => connection::evaluate(connection),
        ("conn", _) => Err(invalid("Macro 'conn' should have exactly 1 arguments".to_owned())),
        _ => Err(invalid(format!("Unsupported macro function {name}"))),
    }
}

/// The beginning of a text, for an error message.
fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_SHOWN)]
}

fn exceeded(text: &str, bound: &str) -> Failure {
    let text = shown(text);
    invalid(format!(
        "Failed substituting macro '{text}', expansion exceeded {bound}."
    ))
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
    fn an_expansion_is_measured_while_it_grows() {
        let mut scope = scope();
        // Ten levels of ten each, of 700 bytes.
        for level in 0..9 {
            let inner = format!("${{v{}}}", level + 1).repeat(10);
            scope.arguments.insert(format!("v{level}"), inner);
        }
        scope.arguments.insert("v9".to_owned(), "a long value".to_owned());
        scope.arguments.insert("empty".to_owned(), String::new());
        scope
            .arguments
            .insert("large".to_owned(), "x".repeat(MAX_VALUE_BYTES / 2));
        let many = format!("{}{}", "${empty}".repeat(1_000), "x".repeat(MAX_VALUE_BYTES / 2));
        for (text, words) in [
            ("${v0}", "expansion exceeded 10485760 bytes."),
            ("${large}${large}x", "expansion exceeded 10485760 bytes."),
            (&many, "expansion exceeded what the sandbox searches for macros."),
            (
                &"${empty}".repeat(100_000),
                "expansion exceeded what the sandbox searches for macros.",
            ),
            (
                &"${".repeat(1_000_000),
                "Could not find enclosing '}' for macro '${'.",
            ),
            (&format!("${{{}}}", "y".repeat(1_000_000)), "y' is not defined."),
        ] {
            let message = expand(text, &scope, true).unwrap_err().message.unwrap();
            assert!(message.ends_with(words), "{}", shown(&message));
            assert!(message.len() < 2 * MAX_SHOWN, "{}", shown(&message));
        }
        let expanded = expand("${large}${large}", &scope, false).unwrap();
        assert_eq!(expanded.len(), MAX_VALUE_BYTES);
        let all = Expanded::default();
        assert!((0..6).all(|_| all.add(&expanded).is_ok()));
        let message = all.add(&expanded).unwrap_err().message.unwrap();
        assert!(
            message.ends_with("expansion exceeded 62914560 bytes of all properties."),
            "{message}"
        );
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
