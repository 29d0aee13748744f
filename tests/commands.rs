//! The commands that look after `config.toml`, the journal and the logs, with the built binary. No service answers here; none
//! is needed for that.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it breaks")]

#[path = "commands/help.rs"]
mod help;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/home.rs"]
mod home;
#[path = "commands/profiles.rs"]
mod profiles;
#[path = "commands/reference.rs"]
mod reference;
#[path = "commands/runs.rs"]
mod runs;
#[path = "support/schema.rs"]
mod schema;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/screen.rs"]
mod screen;
#[path = "commands/talk.rs"]
mod talk;
#[path = "commands/variables.rs"]
mod variables;

use home::{Home, Told};
use serde_json::Value;

/// What a command says that ends well.
fn done(home: &Home, arguments: &[&str]) -> String {
    let told = home.start(arguments);
    assert_eq!(told.code, 0, "{arguments:?}: {}", told.all());
    told.out
}

/// The lines of JSON of a command that ends well, each as its schema says.
fn lines(home: &Home, arguments: &[&str]) -> Vec<Value> {
    let told = home.start(&[arguments, &["--output", "json"]].concat());
    assert_eq!(told.code, 0, "{arguments:?}: {}", told.all());
    let lines = told.lines();
    lines.iter().for_each(|line| _ = schema::check(line));
    lines
}

/// What a command says that is refused.
fn refused(home: &Home, arguments: &[&str]) -> Told {
    let told = home.start(arguments);
    assert_eq!(told.code, 2, "{arguments:?}: {}", told.all());
    assert!(!told.err.contains("panicked"), "{}", told.err);
    told
}

fn config(home: &Home) -> String {
    std::fs::read_to_string(home.path().join("config.toml")).unwrap_or_default()
}
