//! The order of Java's hash maps, in which a real server writes arguments (measured). A client that depends on it gets
//! the same here.

use pipelines::hash_order;

/// Keys in the order of a `java.util.HashMap`; those that share a bucket keep their order.
pub fn in_hash_order<K: AsRef<str>, V>(entries: impl IntoIterator<Item = (K, V)>) -> Vec<(K, V)> {
    hash_order::sorted(entries, |(key, _)| key.as_ref())
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
