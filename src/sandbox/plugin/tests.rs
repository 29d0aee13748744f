//! The registry is sound, and the BigQuery sink loads what its schema says.

use super::*;
use std::collections::BTreeSet;

#[test]
fn no_plugin_is_there_twice() {
    let mut seen = BTreeSet::new();
    for definition in definitions() {
        assert!(seen.insert((definition.name, definition.kind)), "{definition:?}");
    }
}

#[test]
fn roles_fit_the_kinds() {
    for definition in definitions() {
        let fits = match definition.role {
            Role::Action(_) => definition.kind == "action",
            Role::Source(_) => definition.kind == "batchsource",
            Role::Transform(_) => definition.kind == "transform",
            Role::Sink(_) => definition.kind == "batchsink",
            Role::Absent => definition.required.is_empty(),
        };
        assert!(fits, "{definition:?}");
    }
}
