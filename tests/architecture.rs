//! The house rules, read from the sources: which layer may know which, what the pure core must not touch,
//! what may not be in code that ships, how long a file may be, and one version of each shared crate.
//!
//! Every rule is a function from text to findings; `architecture/proof.rs` shows that each one can fail.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[path = "architecture/cycles.rs"]
mod cycles;
#[path = "architecture/proof.rs"]
mod proof;
#[path = "architecture/source.rs"]
mod source;

use source::{blank, children, lines_with, without_tests};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Who may know whom; everybody may know itself. `lib.rs` names all, and is not in here.
const LAYERS: &[(&str, &[&str])] = &[
    ("client", &[]),
    ("store", &[]),
    ("config", &[]),
    ("cli", &[]),
    ("telemetry", &[]),
    ("engine", &["client", "store"]),
    ("tui", &["engine"]),
    ("headless", &["engine", "cli"]),
    (
        "app",
        &[
            "cli",
            "config",
            "telemetry",
            "engine",
            "client",
            "store",
            "tui",
            "headless",
        ],
    ),
    ("main", &["app", "cli"]),
];

/// What the pure core must not name: I/O, async, threads, clocks, chance, the environment, the screen.
const IMPURE: &[&str] = &[
    "tokio",
    "tokio_util",
    "futures_util",
    "reqwest",
    "hyper",
    "hyper_util",
    "axum",
    "rustls",
    "gcp_auth",
    "rusqlite",
    "ratatui",
    "crossterm",
    "tui_textarea",
    "indicatif",
    "clap",
    "directories",
    "toml_edit",
    "tracing",
    "SystemTime",
    "Instant",
    "Utc::now",
    "Local::now",
    "Local",
    "now_v1",
    "now_v6",
    "now_v7",
    "new_v4",
    "async",
    ".await",
    "println!",
    "eprintln!",
    "print!",
    "eprint!",
    "include_str!",
    "env!",
    "option_env!",
];

/// The modules of `std` that the pure core must not name.
const IMPURE_STD: &[&str] = &["fs", "net", "env", "process", "thread", "io", "os", "sync"];

/// What ends a program in the middle of somebody's run.
const ABRUPT: &[&str] = &[
    ".unwrap(",
    ".expect(",
    "::unwrap",
    "::expect",
    "panic!",
    "todo!",
    "unimplemented!",
    ".unwrap_err(",
    ".expect_err(",
];

/// Crates whose types cross borders, or whose second copy would be a second pool or protocol.
const ONCE: &[&str] = &[
    "ratatui",
    "ratatui-core",
    "crossterm",
    "rustls",
    "hyper",
    "reqwest",
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

fn impurities(file: &File) -> Vec<String> {
    if !file.path.starts_with("crates/domain/") {
        return Vec::new();
    }
    let named = IMPURE.iter().flat_map(|word| {
        lines_with(&file.shipped, word)
            .into_iter()
            .map(move |line| (line, (*word).to_owned()))
    });
    let library = children(&file.shipped, "std")
        .into_iter()
        .filter(|(_, name)| IMPURE_STD.contains(&name.as_str()));
    named
        .chain(library)
        .map(|(line, word)| file.finding(line, &format!("the pure core must not name {word}")))
        .collect()
}

fn abrupt_ends(file: &File) -> Vec<String> {
    ABRUPT
        .iter()
        .flat_map(|word| {
            lines_with(&file.shipped, word)
                .into_iter()
                .map(move |line| (line, word))
        })
        .map(|(line, word)| file.finding(line, &format!("{word} is for tests only")))
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

fn second_versions(lock: &str) -> Vec<String> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut name = "";
    for line in lock.lines() {
        match line
            .split_once(" = ")
            .map(|(key, value)| (key, value.trim_matches('"')))
        {
            Some(("name", found)) => name = found,
            Some(("version", version)) => _ = versions.entry(name).or_default().insert(version),
            _ => {}
        }
    }
    ONCE.iter()
        .filter_map(|name| match versions.get(name) {
            None => Some(format!("{name} is not in Cargo.lock: the rule about it is dead")),
            Some(found) if found.len() > 1 => Some(format!("{name} has {} versions: {found:?}", found.len())),
            Some(_) => None,
        })
        .collect()
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
const ACYCLIC: &[&str] = &["src/", "crates/domain/src/"];

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
fn the_core_is_pure() {
    nothing(shipped().iter().flat_map(impurities).collect());
}

#[test]
fn nothing_that_ships_ends_abruptly() {
    nothing(shipped().iter().flat_map(abrupt_ends).collect());
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
fn shared_crates_come_once() {
    nothing(second_versions(
        &std::fs::read_to_string(root().join("Cargo.lock")).unwrap(),
    ));
}
