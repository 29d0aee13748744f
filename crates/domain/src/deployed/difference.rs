//! In what a deployed pipeline differs from a file. Names only: values of properties may be secrets.
//!
//! Stages, connections and properties are compared. Versions of artifacts are not: the server replaces a range by the
//! version that it takes. Nor is their order, which has no meaning, nor what the product's own screens add.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What differs, each in a few words; empty if they mean the same.
pub fn difference(file: &Value, deployed: &Value) -> Vec<String> {
    let (wanted, found) = (stages(file), stages(deployed));
    let mut parts = Vec::new();
    for name in wanted.keys().filter(|name| !found.contains_key(*name)) {
        parts.push(format!("the stage {name} is missing"));
    }
    for name in found.keys().filter(|name| !wanted.contains_key(*name)) {
        parts.push(format!("the stage {name} is added"));
    }
    for (name, wanted) in &wanted {
        if let Some(found) = found.get(name) {
            parts.extend(of_stage(name, wanted, found));
        }
    }
    if connections(file) != connections(deployed) {
        parts.push("the connections".into());
    }
    if text(file, "engine") != text(deployed, "engine") {
        parts.push("the engine".into());
    }
    let actions = |value: &Value| value["postActions"].as_array().map_or(0, Vec::len);
    if actions(file) != actions(deployed) {
        parts.push("the actions after the end".into());
    }
    parts
}

/// Whether two pipelines have stages of the same names, and so are meant to be the same.
pub fn has_same_stages(file: &Value, deployed: &Value) -> bool {
    stages(file).keys().eq(stages(deployed).keys())
}

fn of_stage(name: &str, wanted: &Value, found: &Value) -> Option<String> {
    if text(wanted, "name") != text(found, "name") || text(wanted, "type") != text(found, "type") {
        return Some(format!("the plugin of {name}"));
    }
    let (wanted, found) = (properties(wanted), properties(found));
    let names: BTreeSet<_> = wanted.keys().chain(found.keys()).collect();
    // An empty property and one that is left out mean the same.
    let differ = |property: &&String| {
        let value = |of: &BTreeMap<String, String>| of.get(*property).cloned().unwrap_or_default();
        value(&wanted) != value(&found)
    };
    let changed: Vec<_> = names.into_iter().filter(differ).map(String::as_str).collect();
    (!changed.is_empty()).then(|| format!("{} of {name}", changed.join(", ")))
}

fn stages(pipeline: &Value) -> BTreeMap<&str, &Value> {
    let list = pipeline["stages"].as_array().into_iter().flatten();
    list.filter_map(|stage| Some((stage["name"].as_str()?, &stage["plugin"])))
        .collect()
}

fn connections(pipeline: &Value) -> BTreeSet<(&str, &str, &str)> {
    let list = pipeline["connections"].as_array().into_iter().flatten();
    list.map(|one| (text(one, "from"), text(one, "to"), text(one, "port")))
        .collect()
}

fn properties(plugin: &Value) -> BTreeMap<String, String> {
    let empty = Map::new();
    let properties = plugin["properties"].as_object().unwrap_or(&empty);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    properties
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(
        clippy::disallowed_macros,
        reason = "the shipped pipeline is the test's input"
    )]
    fn shipped() -> Value {
        let file: Value =
            serde_json::from_str(include_str!("../../../../assets/cdf-mysql-to-bigquery.json")).unwrap();
        file["config"].clone()
    }

    /// A change of the deployed pipeline.
    type Change = fn(&mut Value);

    #[test]
    fn what_differs_is_named_and_versions_are_not() {
        let changes: [(Change, &[&str]); 7] = [
            (|_| {}, &[]),
            (
                |config| {
                    config["stages"][0]["plugin"]["artifact"]["version"] = "0.23.1".into();
                    config["stages"].as_array_mut().unwrap().reverse();
                },
                &[],
            ),
            (
                |config| config["stages"][0]["plugin"]["properties"]["added"] = "".into(),
                &[],
            ),
            (
                |config| config["stages"][1]["plugin"]["properties"]["password"] = "hunter2".into(),
                &["password of Read MySQL"],
            ),
            (
                |config| config["stages"][2]["plugin"]["name"] = "Wrangler".into(),
                &["the plugin of Add Processed Columns"],
            ),
            (
                |config| config["stages"][2]["name"] = "x".into(),
                &[
                    "the stage Add Processed Columns is missing",
                    "the stage x is added",
                ],
            ),
            (
                |config| {
                    config["connections"].as_array_mut().unwrap().pop();
                },
                &["the connections"],
            ),
        ];
        for (change, parts) in changes {
            let mut deployed = shipped();
            change(&mut deployed);
            assert_eq!(difference(&shipped(), &deployed), parts);
        }
    }

    #[test]
    fn pipelines_with_the_same_stages_are_meant_to_be_the_same() {
        let mut other = shipped();
        assert!(has_same_stages(&shipped(), &other));
        other["stages"][0]["name"] = "x".into();
        assert!(!has_same_stages(&shipped(), &other));
    }
}
