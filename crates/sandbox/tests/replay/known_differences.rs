//! The table of known differences, each with its reason: `tests/replay/differences.toml`.

use super::comparison::Difference;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

/// One known difference.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownDifference {
    /// The recording: `cdap-6.11.0/a`.
    pub file: String,
    /// The names of the exchanges; a `*` at the end matches anything.
    pub exchanges: Vec<String>,
    /// The start of the place that differs (`body $.series`); empty means everything.
    #[serde(default)]
    pub at: String,
    /// Whether it depends on the timing, and may be absent.
    #[serde(default)]
    pub sometimes: bool,
    /// The reason.
    pub why: String,
}

#[derive(Deserialize)]
struct Table {
    #[serde(default)]
    difference: Vec<KnownDifference>,
}

/// The known differences of one recording, and which of them occurred.
#[derive(Debug)]
pub struct KnownDifferences {
    known: Vec<KnownDifference>,
    occurred: BTreeSet<(usize, usize)>,
}

impl KnownDifferences {
    /// Reads those of a recording.
    pub fn read(file: &str) -> Self {
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
            occurred: BTreeSet::new(),
        }
    }

    /// Whether a difference is known.
    pub fn knows(&self, exchange: &str, difference: &Difference) -> bool {
        self.known.iter().any(|known| {
            difference.at.starts_with(&known.at) && known.exchanges.iter().any(|name| matches(name, exchange))
        })
    }

    /// Whether a difference is known; notes that it occurred.
    pub fn explain(&mut self, exchange: &str, difference: &Difference) -> bool {
        let mut explained = false;
        for (at, known) in self.known.iter().enumerate() {
            for (name_at, name) in known.exchanges.iter().enumerate() {
                if matches(name, exchange) && difference.at.starts_with(&known.at) {
                    self.occurred.insert((at, name_at));
                    explained = true;
                }
            }
        }
        explained
    }

    /// The listed differences that did not occur.
    pub fn stale(&self) -> Vec<String> {
        let mut stale = Vec::new();
        for (at, known) in self.known.iter().enumerate() {
            for (name_at, name) in known.exchanges.iter().enumerate() {
                if !known.sometimes && !self.occurred.contains(&(at, name_at)) {
                    stale.push(format!("{name:?} at {:?} ({})", known.at, known.why));
                }
            }
        }
        stale
    }
}

/// Whether a name matches; a `*` at the end of the pattern matches anything.
pub fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => pattern == name,
    }
}
