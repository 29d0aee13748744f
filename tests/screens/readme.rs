//! The README's table of keys is the action table: `cargo test --test screens -- --ignored readme` writes it.

use downbeat::tui::action;
use std::path::{Path, PathBuf};

const HEAD: &str = "| where | key | what |\n| --- | --- | --- |\n";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// The table in Markdown; a heading is in its first row.
fn key_table() -> String {
    let mut table = HEAD.to_owned();
    for (title, entries) in action::groups() {
        for (place, entry) in entries.into_iter().enumerate() {
            let title = if place == 0 { title } else { "" };
            let keys = format!("`{}`", entry.keys.join("` `"));
            let row = ["| ", title, " | ", &keys, " | ", entry.description, " |\n"];
            table += &row.concat();
        }
    }
    table
}

/// The README before its table of keys, the table, and what follows.
fn parts(readme: &str) -> (&str, &str, &str) {
    let start = readme.find(HEAD).expect("the README has a table of keys");
    let length = readme[start..].find("\n\n").expect("something follows it") + 1;
    let (before, rest) = readme.split_at(start);
    let (table, after) = rest.split_at(length);
    (before, table, after)
}

#[test]
fn the_readme_has_the_action_table() {
    let readme = std::fs::read_to_string(path()).unwrap();
    assert_eq!(parts(&readme).1, key_table());
}

#[test]
#[ignore = "writes README.md"]
fn write_the_key_table_of_the_readme() {
    let readme = std::fs::read_to_string(path()).unwrap();
    let (before, _, after) = parts(&readme);
    std::fs::write(path(), [before, &key_table(), after].concat()).unwrap();
}
