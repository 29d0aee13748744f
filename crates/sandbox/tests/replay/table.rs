//! The table of known differences, each with its reason: `tests/replay/differences.toml`.

use super::shape::Flaw;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

/// One known difference.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The recording: `cdap-6.11.0/a`.
    pub file: String,
    /// The names of the exchanges; a `*` at the end stands for anything.
    pub exchanges: Vec<String>,
    /// What differs: the beginning of a place (`body $.series`); everything, when it is empty.
    #[serde(default)]
    pub at: String,
    /// Whether it may be absent: what depends on the moment of the play.
    #[serde(default)]
    pub sometimes: bool,
    /// Why it may.
    pub why: String,
}

#[derive(Deserialize)]
struct Table {
    #[serde(default)]
    difference: Vec<Known>,
}

/// The known differences of one recording, and which of them were met.
#[derive(Debug)]
pub struct Differences {
    known: Vec<Known>,
    met: BTreeSet<(usize, usize)>,
}

impl Differences {
    /// Reads those of a recording.
    pub fn of(file: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replay/differences.toml");
        let text = std::fs::read_to_string(path).unwrap();
        let table: Table = toml_edit::de::from_str(&text).unwrap();
        let known: Vec<_> = table
            .difference
            .into_iter()
            .filter(|known| known.file == file)
            .collect();
        for known in &known {
            assert!(known.why.len() > 15, "a difference needs a reason: {known:?}");
        }
        Self {
            known,
            met: BTreeSet::new(),
        }
    }

    /// Whether a flaw is known.
    pub fn knows(&self, exchange: &str, flaw: &Flaw) -> bool {
        self.known.iter().any(|known| {
            flaw.at.starts_with(&known.at) && known.exchanges.iter().any(|name| fits(name, exchange))
        })
    }

    /// Whether a flaw is known; notes that it was met.
    pub fn explain(&mut self, exchange: &str, flaw: &Flaw) -> bool {
        let mut explained = false;
        for (at, known) in self.known.iter().enumerate() {
            for (name_at, name) in known.exchanges.iter().enumerate() {
                if fits(name, exchange) && flaw.at.starts_with(&known.at) {
                    self.met.insert((at, name_at));
                    explained = true;
                }
            }
        }
        explained
    }

    /// What is in the table and no longer in the world.
    pub fn stale(&self) -> Vec<String> {
        let mut stale = Vec::new();
        for (at, known) in self.known.iter().enumerate() {
            for (name_at, name) in known.exchanges.iter().enumerate() {
                if !known.sometimes && !self.met.contains(&(at, name_at)) {
                    stale.push(format!("{name:?} at {:?} ({})", known.at, known.why));
                }
            }
        }
        stale
    }
}

/// Whether a name is meant; a `*` at the end stands for anything.
pub fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => pattern == name,
    }
}
