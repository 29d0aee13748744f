//! What the command line says of itself, as snapshots: `--help` of every command, the manual, and the completions. Nothing in
//! them depends on this machine.
//!
//! `INSTA_UPDATE=always cargo test --no-default-features --test commands help` writes them; read the difference.

use clap::{Command, ValueEnum};
use clap_complete::Shell;
use downbeat::cli::{Cli, completions, manual};

/// The width for which lines are broken; the help is never wider.
const WIDTH: usize = 100;

/// A text under its name; a new version changes none of them.
fn snapshot(name: &str, text: &str) {
    let text = text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../snapshots/help", omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

/// The words that lead to each command, the program itself first.
fn paths(command: &Command, before: &[String]) -> Vec<Vec<String>> {
    let path = [before, &[command.get_name().to_owned()]].concat();
    let below = command
        .get_subcommands()
        .filter(|below| below.get_name() != "help");
    let below = below.flat_map(|below| paths(below, &path));
    std::iter::once(path.clone()).chain(below).collect()
}

/// What `--help` prints behind these words.
fn help(path: &[String]) -> String {
    let line = path.iter().map(String::as_str).chain(["--help"]);
    let asked = Cli::grammar().term_width(WIDTH).try_get_matches_from(line);
    asked.unwrap_err().to_string()
}

#[test]
fn help_of_every_command() {
    let paths = paths(&Cli::grammar(), &[]);
    assert!(paths.len() > 30, "{paths:?}");
    for path in paths {
        let text = help(&path);
        let wide = text.lines().find(|line| line.chars().count() > WIDTH);
        assert_eq!(wide, None, "a line of {path:?} is too wide");
        snapshot(&path.join("_"), &text);
    }
}

#[test]
fn the_manual() {
    snapshot("man", &String::from_utf8(manual().unwrap()).unwrap());
}

#[test]
fn the_completions() {
    for shell in Shell::value_variants() {
        let script = String::from_utf8(completions(*shell)).unwrap();
        snapshot(&format!("completions_{shell}"), &script);
    }
}
