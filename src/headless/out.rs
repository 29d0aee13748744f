//! The one way of text to standard output and standard error: nothing from outside reaches a terminal with
//! its control characters.

use domain::sanitize;
use serde_json::Value;
use std::io::{self, Write};

/// Writes one line. The reader of a pipe may be gone; the run goes on.
pub fn line(mut to: impl Write, text: &str) {
    let _ = writeln!(to, "{}", sanitize::line(text));
}

/// Writes several lines.
pub fn lines(mut to: impl Write, text: &str) {
    let _ = writeln!(to, "{}", sanitize::text(text));
}

/// Writes one line of JSON on standard output. Its values stay as they are, escaped where need be.
pub fn json(value: &Value) {
    let _ = writeln!(io::stdout(), "{}", sanitize::json(&value.to_string()));
}
