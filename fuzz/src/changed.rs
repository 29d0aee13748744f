//! Seeds and what becomes of them by small changes, the same every time. Tests play them where `cargo fuzz` is not.

use std::fs;
use std::panic::{RefUnwindSafe, catch_unwind};
use std::path::Path;

/// How many changed ones are made of a seed.
const CHANGED: u64 = 120;

/// What parsers look for.
const TOKENS: [&str; 24] = [
    "\"",
    "'",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "=",
    "\n",
    "null",
    "None",
    "true",
    "-1",
    "1e999",
    "\\ud800",
    "\u{202e}",
    "\u{1b}[2J",
    "99999999999999999999",
    "${secure(a)}",
    "\u{0}",
    "é",
    "***",
];

/// Numbers that only look random (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end.max(1)).unwrap()).unwrap()
    }
}

/// One to six changes: a byte, a token, a part doubled, removed or taken from another seed.
fn changed(seed: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut data = seed.to_vec();
    for _ in 0..=numbers.below(6) {
        let at = numbers.below(data.len() + 1);
        let end = (at + numbers.below(40)).min(data.len());
        match numbers.below(6) {
            0 if at < data.len() => data[at] ^= 1 << numbers.below(8),
            1 => _ = data.splice(at..at, TOKENS[numbers.below(TOKENS.len())].bytes()),
            2 => _ = data.splice(at..end, TOKENS[numbers.below(TOKENS.len())].bytes()),
            3 => {
                let part = data[at..end].to_vec();
                _ = data.splice(at..at, part);
            }
            4 => _ = data.drain(at..end),
            _ => {
                let from = numbers.below(other.len() + 1);
                let to = (from + numbers.below(60)).min(other.len());
                _ = data.splice(at..end, other[from..to].iter().copied());
            }
        }
    }
    data
}

/// The seeds of a target, in the order of their names.
fn seeds(folder: &Path, name: &str) -> Vec<Vec<u8>> {
    let folder = folder.join(name);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Plays all seeds of the targets, which are folders below `folder`, and a bounded number of changed ones.
pub fn play<T: Fn(&[u8]) + RefUnwindSafe>(folder: &Path, targets: &[(&str, T)]) {
    for (name, target) in targets {
        let seeds = seeds(folder, name);
        assert!(!seeds.is_empty(), "{name}");
        let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
        for seed in &seeds {
            let other = &seeds[numbers.below(seeds.len())];
            let inputs = (0..CHANGED).map(|_| changed(seed, other, &mut numbers));
            for input in std::iter::once(seed.clone()).chain(inputs) {
                let shown = String::from_utf8_lossy(&input).into_owned();
                assert!(catch_unwind(|| target(&input)).is_ok(), "{name}: {shown:?}");
            }
        }
    }
}
