//! The order of Java's hash maps: that in which a real server writes arguments (measured).
//!
//! A client should not depend on it; but a client that does should see the same here.

use std::collections::BTreeMap;

/// Keys in the order of a `java.util.HashMap`; those that share a bucket stay as they came.
pub fn in_hash_order<K: AsRef<str>, V>(entries: impl IntoIterator<Item = (K, V)>) -> Vec<(K, V)> {
    let entries: Vec<_> = entries.into_iter().collect();
    let mut size: u32 = 16;
    while entries.len() * 4 > usize::try_from(size).unwrap_or(usize::MAX) * 3 {
        size *= 2;
    }
    let mut buckets: BTreeMap<u32, Vec<(K, V)>> = BTreeMap::new();
    for (key, value) in entries {
        let hash = hash(key.as_ref());
        let bucket = (hash ^ (hash >> 16)) & (size - 1);
        buckets.entry(bucket).or_default().push((key, value));
    }
    buckets.into_values().flatten().collect()
}

/// `String.hashCode`
fn hash(text: &str) -> u32 {
    text.encode_utf16().fold(0, |hash: u32, unit| {
        hash.wrapping_mul(31).wrapping_add(unit.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(keys: &[&'static str]) -> Vec<&'static str> {
        let entries = in_hash_order(keys.iter().map(|key| (*key, ())));
        entries.into_iter().map(|(key, ())| key).collect()
    }

    #[test]
    fn arguments_and_stages_come_as_recorded() {
        let recorded = [
            "output",
            "sleep",
            "logical.start.time",
            "input",
            "errorAt",
            "level",
            "failAt",
        ];
        let mut filled = recorded;
        // The server adds its own argument first, and it shares a bucket with `input`.
        filled.sort_unstable_by_key(|key| (*key != "logical.start.time", *key));
        assert_eq!(order(&filled), recorded);
        assert_eq!(
            order(&["src", "act", "sink", "work"]),
            ["act", "src", "sink", "work"]
        );
    }
}
