//! The rules of the sources that no compiler holds: which layer of `src` may use which, modules that import each
//! other one way only, how long a file may be, and that no sentence for a person is written twice.
//!
//! Between packages the compiler keeps the direction, in `crates/domain` clippy's lists keep I/O out, and cargo-deny
//! keeps one version of each crate. `architecture/proof.rs` shows that each rule here can fail.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[path = "architecture/cycles.rs"]
mod cycles;
#[path = "architecture/proof.rs"]
mod proof;
#[path = "architecture/sentences.rs"]
mod sentences;
#[path = "architecture/source.rs"]
mod source;

use source::{blank, children, without_tests};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Who may know whom; everybody may know itself. `lib.rs` names all, and is not in here.
const LAYERS: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("client", &["clock"]),
    ("store", &[]),
    ("config", &[]),
    ("cli", &[]),
    ("telemetry", &[]),
    ("signals", &[]),
    ("engine", &["clock", "client", "store"]),
    ("tui", &["engine", "signals"]),
    ("headless", &["engine", "cli", "signals"]),
    (
        "app",
        &[
            "cli",
            "config",
            "telemetry",
            "signals",
            "engine",
            "client",
            "store",
            "tui",
            "headless",
        ],
    ),
    ("main", &["app", "cli"]),
];

const CEILING: usize = 500;

/// A source file.
struct File {
    /// From the root of the repository, with `/`.
    path: String,
    text: String,
    /// What ships of it: no comments, no literals, no tests.
    shipped: String,
}

impl File {
    fn new(path: &str, text: &str) -> Self {
        let (shipped, _) = without_tests(&blank(text));
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            shipped,
        }
    }

    /// The names of its module from the crate's root: `client`, `http`.
    fn module(&self) -> Vec<&str> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        path.split('/').collect()
    }

    fn finding(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

fn foreign_imports(file: &File) -> Vec<String> {
    let module = file.module();
    let Some((own, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == module[0]) else {
        return vec![file.finding(
            1,
            "this module has no layer: give it one in tests/architecture.rs",
        )];
    };
    let mut used = children(&file.shipped, "crate");
    used.extend(children(&file.shipped, "downbeat"));
    // One `super` too many climbs out of the layer.
    used.extend(children(&file.shipped, &vec!["super"; module.len()].join("::")));
    used.into_iter()
        .filter(|(_, name)| name != own && name != "super" && !allowed.contains(&name.as_str()))
        .map(|(line, name)| file.finding(line, &format!("{own} must not know {name}")))
        .collect()
}

fn bad_forms(file: &File) -> Vec<String> {
    let mut findings = Vec::new();
    let lines = file.text.lines().count();
    if lines > CEILING {
        findings.push(file.finding(lines, &format!("{lines} lines; {CEILING} are the most")));
    }
    if !file.text.starts_with("//!") {
        findings.push(file.finding(1, "no //! says what this file is"));
    }
    findings
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn read(folder: &str) -> Vec<File> {
    let mut paths = Vec::new();
    rust_files(&root().join(folder), &mut paths);
    paths.sort();
    assert!(!paths.is_empty(), "{folder} holds no sources");
    paths
        .iter()
        .map(|path| {
            let name = path
                .strip_prefix(root())
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            File::new(&name, &std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// Files that are tests by name, by folder, or because the module above declares them so.
fn is_test(path: &str, declared: &BTreeSet<String>) -> bool {
    let stem = path.trim_end_matches(".rs");
    stem.split('/').any(|part| part == "tests")
        || declared
            .iter()
            .any(|module| stem == module || stem.starts_with(&format!("{module}/")))
}

/// The files below `src` that ship.
fn shipped() -> Vec<File> {
    let files: Vec<File> = ["src", "crates"].into_iter().flat_map(read).collect();
    let declared = files
        .iter()
        .flat_map(|file| {
            let (_, modules) = without_tests(&blank(&file.text));
            let folder = file.path.trim_end_matches(".rs").to_owned();
            modules
                .into_iter()
                .map(move |module| format!("{folder}/{module}"))
        })
        .collect();
    files
        .into_iter()
        .filter(|file| !is_test(&file.path, &declared))
        .collect()
}

fn nothing(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn dependencies_point_down() {
    nothing(
        shipped()
            .iter()
            .filter(|file| file.path.starts_with("src/") && file.path != "src/lib.rs")
            .flat_map(foreign_imports)
            .collect(),
    );
}

/// Crates whose modules import each other one way only.
const ACYCLIC: &[&str] = &[
    "src/",
    "crates/domain/src/",
    "crates/googlesql/src/",
    "crates/pipelines/src/",
    "crates/sandbox/src/",
];

#[test]
fn modules_import_one_way_only() {
    let shipped = shipped();
    for folder in ACYCLIC {
        let texts: BTreeMap<_, _> = shipped
            .iter()
            .filter_map(|file| Some((file.path.strip_prefix(folder)?, file.shipped.as_str())))
            .filter(|(path, _)| !matches!(*path, "lib.rs" | "main.rs"))
            .map(|(path, text)| {
                let names = path.trim_end_matches(".rs").split('/');
                (names.map(str::to_owned).collect(), text)
            })
            .collect();
        assert!(!texts.is_empty(), "{folder} holds no sources");
        nothing(cycles::cycles(&texts));
    }
}

#[test]
fn files_are_rooms() {
    nothing(
        ["src", "crates"]
            .into_iter()
            .flat_map(read)
            .flat_map(|file| bad_forms(&file))
            .collect(),
    );
}

#[test]
fn a_sentence_stands_in_one_place() {
    let shipped = shipped();
    let files = shipped.iter().filter(|file| {
        let path = &file.path;
        path.starts_with("src/") || path.starts_with("crates/domain/src/")
    });
    nothing(sentences::copies(
        files.map(|file| (file.path.as_str(), file.text.as_str())),
    ));
}
