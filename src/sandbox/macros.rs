//! CDAP's macros: `${name}`, `${function(a,b)}`, nested, rescanned, with escapes.
//!
//! The rightmost `${` is expanded first; what an argument holds is expanded again, ten levels deep. The
//! result of a function is taken as it is, so that a secret is never read as a macro. Dates are in
//! `macros/time.rs`; what a text would look up is told by `macros/listing.rs`.

pub mod listing;
pub mod time;

use std::collections::BTreeMap;

/// The most levels of macros within arguments.
const DEPTH: usize = 10;
/// The most expansions of one text: arguments that name each other must not eat all memory.
const BUDGET: usize = 100_000;

/// Why a text cannot be expanded, in CDAP's words (`InvalidMacroException`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MacroError(pub String);

/// Where macros get their values. It has no `Debug`, for it holds secrets.
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub struct Scope<'a> {
    /// Runtime arguments.
    pub arguments: &'a BTreeMap<String, String>,
    /// The namespace's secure keys.
    pub secure_keys: &'a BTreeMap<String, String>,
    /// `logical.start.time`, in milliseconds since 1970.
    pub logical_start: i64,
}

impl Scope<'_> {
    /// Expands all macros of a text.
    ///
    /// # Errors
    /// An argument that is not defined, an unknown function, a brace that is never closed.
    pub fn expand(&self, text: &str) -> Result<String, MacroError> {
        let mut budget = BUDGET;
        let expanded = self.parse(text, 0, &mut budget)?;
        Ok(expanded.replace("\\${", "${").replace("\\}", "}"))
    }

    fn parse(&self, text: &str, depth: usize, budget: &mut usize) -> Result<String, MacroError> {
        if depth > DEPTH {
            return Err(MacroError(format!(
                "Failed substituting macro '{text}', expansion exceeded {DEPTH} levels."
            )));
        }
        let mut text = text.to_owned();
        let mut before = text.len();
        while let Some(found) = rightmost(&text, before)? {
            *budget = budget.checked_sub(1).ok_or_else(|| {
                MacroError(format!("Failed substituting macros, more than {BUDGET} of them."))
            })?;
            let value = match found.function()? {
                Some((name, arguments)) => self.call(name, &arguments)?,
                None => self.parse(self.look_up(found.body)?, depth + 1, budget)?,
            };
            let (start, end) = (found.start, found.end);
            text.replace_range(start..end, &value);
            before = start;
        }
        Ok(text)
    }

    fn look_up(&self, name: &str) -> Result<&str, MacroError> {
        let name = unescaped(name);
        self.arguments
            .get(&name)
            .map(String::as_str)
            .ok_or_else(|| MacroError(format!("Argument '{name}' is not defined.")))
    }

    fn call(&self, name: &str, arguments: &[String]) -> Result<String, MacroError> {
        match name {
            "secure" => {
                let key = arguments.first().map_or("", String::as_str);
                self.secure_keys
                    .get(key)
                    .cloned()
                    .ok_or_else(|| MacroError(format!("Failed to resolve macro 'secure({key})'")))
            }
            "logicalStartTime" => time::logical_start_time(self.logical_start, arguments),
            _ => Err(MacroError(format!("Unsupported macro function {name}"))),
        }
    }
}

/// One macro within a text.
struct Macro<'a> {
    start: usize,
    /// Behind the closing brace.
    end: usize,
    body: &'a str,
}

impl<'a> Macro<'a> {
    /// The function's name and arguments, if it is one; a call without arguments has one empty argument.
    fn function(&self) -> Result<Option<(&'a str, Vec<String>)>, MacroError> {
        let Some(open) = unescaped_at(self.body, '(', 0) else {
            return Ok(None);
        };
        let rest = self.body[open + 1..].strip_suffix(')').ok_or_else(|| {
            MacroError(format!(
                "Could not find enclosing ')' for macro arguments in '{}'.",
                self.body
            ))
        })?;
        let arguments = rest.split(',').map(|argument| unescaped(argument.trim()));
        Ok(Some((self.body[..open].trim(), arguments.collect())))
    }
}

/// The rightmost macro that begins before a position.
fn rightmost(text: &str, before: usize) -> Result<Option<Macro<'_>>, MacroError> {
    let mut before = before;
    while let Some(start) = straddling(text, before).or_else(|| text[..before].rfind("${")) {
        if !is_escaped(text, start) {
            let end = unescaped_at(text, '}', start).ok_or_else(|| {
                MacroError(format!(
                    "Could not find enclosing '}}' for macro '{}'.",
                    &text[start..]
                ))
            })?;
            let body = text[start + 2..end].trim();
            let end = end + 1;
            return Ok(Some(Macro { start, end, body }));
        }
        before = start;
    }
    Ok(None)
}

/// A `${` whose brace lies at the position: `$` in front of an expanded text that begins with `{`.
fn straddling(text: &str, before: usize) -> Option<usize> {
    let start = before.checked_sub(1)?;
    (text.as_bytes().get(start) == Some(&b'$') && text.as_bytes().get(before) == Some(&b'{')).then_some(start)
}

fn unescaped_at(text: &str, token: char, from: usize) -> Option<usize> {
    let mut hits = text[from..].match_indices(token).map(|(at, _)| from + at);
    hits.find(|at| !is_escaped(text, *at))
}

/// Whether an odd number of backslashes stands in front.
fn is_escaped(text: &str, at: usize) -> bool {
    let slashes = text.as_bytes()[..at]
        .iter()
        .rev()
        .take_while(|byte| **byte == b'\\');
    slashes.count() % 2 == 1
}

fn unescaped(text: &str) -> String {
    let mut plain = text.to_owned();
    for token in ["${", "}", "(", ")"] {
        plain = plain.replace(&format!("\\{token}"), token);
    }
    plain
}

#[cfg(test)]
mod tests;
