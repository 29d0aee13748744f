//! Writes the artifacts of an instance into a pipeline: a file has ranges of versions and a scope that may be another
//! one there, and the server refuses a wrong one.

use super::Artifact;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Which artifacts hold a plugin, by its type and name.
pub type Holders = BTreeMap<(String, String), Vec<Artifact>>;

/// The types and names of the plugins of a pipeline's stages and of its actions after the end.
pub fn plugins(file: &Value) -> Vec<(String, String)> {
    let mut found: Vec<_> = places(&file["config"]).filter_map(plugin_of).collect();
    found.sort();
    found.dedup();
    found
}

/// The newest of the artifacts that a selector of the file allows. A pipeline that names no artifact, or one that is not
/// there, has none.
pub fn pipeline_artifact(file: &Value, there: &[Artifact]) -> Option<Artifact> {
    let wanted: Artifact = serde_json::from_value(file["artifact"].clone()).ok()?;
    newest(
        there
            .iter()
            .filter(|one| one.name == wanted.name && is_in(&one.version, &wanted.version)),
    )
    .cloned()
}

/// The pipeline with these artifacts in it, and the names of the plugins that no artifact holds.
pub fn resolved(file: &Value, artifact: &Artifact, holders: &Holders) -> (Value, Vec<String>) {
    let mut file = file.clone();
    let mut absent = Vec::new();
    file["artifact"] = json!(artifact);
    let config = &mut file["config"];
    for list in ["stages", "postActions"] {
        for stage in config[list].as_array_mut().into_iter().flatten() {
            let Some(key) = plugin_of(stage) else { continue };
            let wanted: Option<Artifact> = serde_json::from_value(stage["plugin"]["artifact"].clone()).ok();
            match choose(
                wanted.as_ref(),
                holders.get(&key).map(Vec::as_slice).unwrap_or_default(),
            ) {
                Some(found) => stage["plugin"]["artifact"] = json!(found),
                None => absent.push(format!("{} ({})", key.1, key.0)),
            }
        }
    }
    absent.sort();
    absent.dedup();
    (file, absent)
}

/// The holder that the file means, else the newest of its name, else the newest.
fn choose<'a>(wanted: Option<&Artifact>, holders: &'a [Artifact]) -> Option<&'a Artifact> {
    let named = |one: &&Artifact| wanted.is_some_and(|wanted| wanted.name == one.name);
    let meant = |one: &&Artifact| wanted.is_some_and(|wanted| is_in(&one.version, &wanted.version));
    newest(holders.iter().filter(named).filter(meant))
        .or_else(|| newest(holders.iter().filter(named)))
        .or_else(|| newest(holders.iter()))
}

fn places(config: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["stages", "postActions"].into_iter();
    lists.flat_map(|list| config[list].as_array().into_iter().flatten())
}

fn plugin_of(stage: &Value) -> Option<(String, String)> {
    let plugin = &stage["plugin"];
    Some((
        plugin["type"].as_str()?.to_owned(),
        plugin["name"].as_str()?.to_owned(),
    ))
}

fn newest<'a>(artifacts: impl Iterator<Item = &'a Artifact>) -> Option<&'a Artifact> {
    artifacts.max_by_key(|one| parts(&one.version))
}

/// The numbers of a version, then whether it is a release: `-SNAPSHOT` is older than the release of the same numbers.
fn parts(version: &str) -> (Vec<u64>, bool) {
    let (numbers, suffix) = version.split_once('-').unwrap_or((version, ""));
    let numbers = numbers.split('.').map(|part| part.parse().unwrap_or(0)).collect();
    (numbers, suffix.is_empty())
}

/// Whether a version is the wanted one, or in the wanted range: `[6.7.0,7.0.0)`. Nothing wanted allows all.
pub fn is_in(version: &str, wanted: &str) -> bool {
    let wanted = wanted.trim();
    let Some(range) = wanted.strip_prefix(['[', '(']) else {
        return wanted.is_empty() || version == wanted;
    };
    let Some((low, high)) = range.split_once(',') else {
        return false;
    };
    let (found, low) = (parts(version), parts(low.trim()));
    let upper = parts(high.trim().trim_end_matches([']', ')']));
    let above = if wanted.starts_with('[') {
        found >= low
    } else {
        found > low
    };
    let below = if high.ends_with(']') {
        found <= upper
    } else {
        found.0 < upper.0
    };
    above && below
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(name: &str, version: &str, scope: &str) -> Artifact {
        Artifact {
            name: name.into(),
            version: version.into(),
            scope: scope.into(),
        }
    }

    #[test]
    fn ranges_are_read_as_the_server_reads_them() {
        for (version, wanted, is) in [
            ("6.11.0", "[6.7.0,7.0.0)", true),
            ("6.7.0", "[6.7.0,7.0.0)", true),
            ("6.7.0", "(6.7.0,7.0.0)", false),
            ("7.0.0", "[6.7.0, 7.0.0)", false),
            ("7.0.0-SNAPSHOT", "[6.7.0,7.0.0)", false),
            ("7.0.0", "[6.7.0,7.0.0]", true),
            ("6.11.0", "6.11.0", true),
            ("6.11.0", "6.9.0", false),
            ("6.11.0", "", true),
            ("6.11.0", "[6.7.0", false),
        ] {
            assert_eq!(is_in(version, wanted), is, "{version} in {wanted}");
        }
    }

    #[test]
    fn each_plugin_gets_the_artifact_that_holds_it() {
        let file = json!({
            "artifact": {"name": "cdap-data-pipeline", "version": "[6.7.0,7.0.0)", "scope": "SYSTEM"},
            "config": {"stages": [
                {"name": "a", "plugin": {"name": "GCS", "type": "batchsink",
                    "artifact": {"name": "google-cloud", "version": "[0.20.0,1.0.0)", "scope": "SYSTEM"}}},
                {"name": "b", "plugin": {"name": "CloudSQLMySQL", "type": "batchsource",
                    "artifact": {"name": "cloudsql-mysql-plugin", "version": "[1.8.0,2.0.0)", "scope": "USER"}}},
                {"name": "c", "plugin": {"name": "Gone", "type": "transform"}},
            ]},
        });
        let there = [
            artifact("cdap-data-pipeline", "6.9.0", "SYSTEM"),
            artifact("cdap-data-pipeline", "6.10.1", "SYSTEM"),
            artifact("cdap-data-pipeline", "7.0.0", "SYSTEM"),
        ];
        let made = pipeline_artifact(&file, &there).unwrap();
        assert_eq!(made.version, "6.10.1");
        let key = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
        let google = ["0.9.0", "0.23.1", "0.23.0"].map(|version| artifact("google-cloud", version, "SYSTEM"));
        let holders = Holders::from([
            (key("batchsink", "GCS"), google.to_vec()),
            (
                key("batchsource", "CloudSQLMySQL"),
                vec![artifact("cloudsql-mysql-plugin", "1.11.0", "SYSTEM")],
            ),
        ]);
        let (pipeline, absent) = resolved(&file, &made, &holders);
        let held = |stage: usize| pipeline["config"]["stages"][stage]["plugin"]["artifact"].clone();
        assert_eq!(held(0), json!(artifact("google-cloud", "0.23.1", "SYSTEM")));
        // The scope of the file is another one.
        assert_eq!(
            held(1),
            json!(artifact("cloudsql-mysql-plugin", "1.11.0", "SYSTEM"))
        );
        assert_eq!(absent, ["Gone (transform)"]);
        assert_eq!(plugins(&file).len(), 3);
    }
}
