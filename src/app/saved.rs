//! What a command has written into `config.toml`, for a person or a script.

use crate::cli::Output;
use crate::config::Home;
use crate::engine::now;
use crate::headless::{manner, out};
use serde_json::json;
use std::io;

/// What was written into the file, for a script.
#[derive(Default)]
pub(super) struct Saved<'a> {
    pub profile: &'a str,
    pub names: Vec<&'a str>,
    /// Names of an imported file that are nobody's.
    pub not_used: &'a [String],
    /// Nothing was written.
    pub is_dry: bool,
}

impl Saved<'_> {
    /// Prints it; `text` says it to a person.
    pub(super) fn tell(&self, home: &Home, text: &str, output: Output) {
        match output {
            Output::Text if manner().is_quiet => {}
            Output::Text => out::line(io::stdout(), text),
            Output::Json => out::json(&json!({
                "event": "saved", "run": null, "time": now().to_rfc3339(), "profile": self.profile,
                "config_file": home.config_file().to_string_lossy(), "names": self.names, "not_used": self.not_used,
                "dry_run": self.is_dry,
            })),
        }
    }
}
