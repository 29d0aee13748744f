//! The modules of the core need each other in one direction only: no module, through others, needs itself.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]
#![expect(
    clippy::disallowed_methods,
    reason = "the sources are files; the core under test reads none"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Every source file below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .collect()
}

/// The modules that a text names after `crate::`, outside of comments.
fn named(text: &str) -> BTreeSet<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let paths = code.flat_map(|line| line.split("crate::").skip(1));
    paths
        .map(|path| {
            path.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        })
        .collect()
}

/// By module, the modules that its files name.
fn needs() -> BTreeMap<String, BTreeSet<String>> {
    // A test starts in the folder of its package.
    let root = Path::new("src");
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in sources(root) {
        let inside = path.strip_prefix(root).unwrap();
        let first = inside.iter().next().unwrap().to_str().unwrap();
        let module = first.trim_end_matches(".rs").to_owned();
        let mut others = named(&std::fs::read_to_string(&path).unwrap());
        others.remove(&module);
        needs.entry(module).or_default().extend(others);
    }
    needs
}

#[test]
fn no_module_needs_itself() {
    let mut open = needs();
    assert!(open.len() > 10 && open["run"].contains("event"), "{open:?}");
    // Modules that need nothing that is left are taken away; what remains is a circle.
    loop {
        let left: BTreeSet<String> = open.keys().cloned().collect();
        let before = open.len();
        open.retain(|_, others| others.iter().any(|other| left.contains(other)));
        if open.len() == before {
            break;
        }
    }
    assert!(open.is_empty(), "a circle among {open:?}");
}
