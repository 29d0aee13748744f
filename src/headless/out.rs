//! The one way of text to standard output and standard error: nothing from outside reaches a terminal with
//! its control characters.

use super::manner;
use domain::sanitize;
use serde_json::Value;
use std::io::{self, Write};

/// Writes one line. The reader of a pipe may be gone; the run goes on.
pub fn line(mut to: impl Write, text: &str) {
    let _ = writeln!(to, "{}", sanitize::line(text));
}

/// Writes a question whose answer is typed behind it.
pub fn question(mut to: impl Write, text: &str) {
    let _ = write!(to, "{} ", sanitize::line(text)).and_then(|()| to.flush());
}

/// Writes several lines.
pub fn lines(mut to: impl Write, text: &str) {
    let _ = writeln!(to, "{}", sanitize::text(text));
}

/// Writes one line of JSON on standard output. Its values stay as they are, escaped where need be.
pub fn json(value: &Value) {
    let _ = writeln!(io::stdout(), "{}", sanitize::json(&value.to_string()));
}

/// Writes one line with a word in a style among plain text; plain too where there are no colours. `style` is a sequence of
/// numbers as terminals take them (`1;32`).
pub fn painted(mut to: impl Write, before: &str, (style, word): (&str, &str), after: &str) {
    let [before, word, after] = [before, word, after].map(sanitize::line);
    let _ = if manner::get().is_coloured && !style.is_empty() {
        writeln!(to, "{before}\u{1b}[{style}m{word}\u{1b}[0m{after}")
    } else {
        writeln!(to, "{before}{word}{after}")
    };
}
