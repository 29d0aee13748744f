//! The README and `docs/`: every command of them is run, every setting is taken, every link leads somewhere, and what is
//! made from a table is that table.
//!
//! `cargo test --test docs -- --ignored write_` writes the tables.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[path = "docs/commands.rs"]
mod commands;
#[expect(dead_code, reason = "other tests wait and send signals")]
#[path = "support/home.rs"]
mod home;
#[path = "docs/links.rs"]
mod links;
#[expect(dead_code, reason = "it is killed in journeys.rs")]
#[path = "support/server.rs"]
mod server;
#[path = "docs/settings.rs"]
mod settings;
#[path = "docs/troubleshooting.rs"]
mod troubleshooting;

use std::path::{Path, PathBuf};

/// The pages that are written for readers, with their texts.
fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = |path: PathBuf| {
        std::fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
    };
    let all = folder(root.to_owned()).chain(folder(root.join("docs")));
    let mut paths: Vec<_> = all
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .filter(|path| !path.ends_with("THIRD-PARTY.md"))
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path.strip_prefix(root).unwrap().to_owned(), text)
    };
    paths.into_iter().map(read).collect()
}
