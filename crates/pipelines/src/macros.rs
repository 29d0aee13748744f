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

use super::event::{Failure, shown};
use googlesql::limits::MAX_VALUE_BYTES;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// The deepest nesting of macros, as on a real server.
const MAX_DEPTH: usize = 10;

/// How many bytes the expansion of one text may search: it searches what it has so far once for every macro.
const MAX_SEARCHED: usize = 32 * MAX_VALUE_BYTES;

/// The most bytes that the properties of a pipeline have in sum after their macros are expanded.
const MAX_EXPANDED: usize = 6 * MAX_VALUE_BYTES;

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
        while let Some(start) = last_opening(&text, self.escaping) {
            let Some(length) = first(&text[start + 2..], '}', self.escaping) else {
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
        let Some(opening) = first(inner, '(', self.escaping) else {
            let name = self.unescape(inner);
            return self
                .scope
                .arguments
                .get(&name)
                .cloned()
                .ok_or_else(|| invalid(format!("Argument '{}' is not defined.", shown(&name))));
        };
        match first(inner, ')', self.escaping) {
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

/// The last `${` of a text, without those that are escaped if `escaping` is true.
fn last_opening(text: &str, escaping: bool) -> Option<usize> {
    let mut found = text.rmatch_indices("${").map(|(at, _)| at);
    found.find(|at| !(escaping && is_escaped(text, *at)))
}

fn first(text: &str, token: char, escaping: bool) -> Option<usize> {
    let mut found = text.match_indices(token).map(|(at, _)| at);
    found.find(|at| !(escaping && is_escaped(text, *at)))
}

/// Whether a text contains a macro.
pub(super) fn has_macro(text: &str) -> bool {
    last_opening(text, true).is_some()
}

/// The text from an unclosed macro on.
pub(super) fn unclosed_macro(text: &str) -> Option<&str> {
    let at = last_opening(text, true)?;
    first(&text[at..], '}', true).is_none().then(|| &text[at..])
}

#[cfg(test)]
mod tests;
