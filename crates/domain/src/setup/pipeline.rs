//! What deploying a pipeline has to do: its secrets, the pipeline itself, the values of its macros.

use super::Need;
use crate::arguments::RuntimeArguments;
use crate::deployed::{DeployedPipeline, Gap, difference};
use crate::secret::{is_password_property, looks_secret};
use crate::variable::{VariableName, Variables};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What every run gives its pipeline.
const GIVEN: [&str; 2] = ["business_unit", "data_source"];

/// The variables that the shipped pipeline's macros are named after.
const VARIABLES: [VariableName; 5] = [
    VariableName::ProjectId,
    VariableName::BqDatasetId,
    VariableName::BqConfigTable,
    VariableName::BqLocation,
    VariableName::BqOutputTable,
];

/// The watermark table, if no preference names another.
pub const WATERMARK_TABLE: &str = "watermark";

/// The secure keys, by whether they are there, and of those that are not whether a value was given.
pub fn secret(keys: &BTreeMap<String, bool>, given: &BTreeSet<String>, can_ask: bool) -> Need {
    let missing: Vec<_> = keys
        .iter()
        .filter(|(_, there)| !**there)
        .map(|(key, _)| key)
        .collect();
    if missing.is_empty() {
        let names: Vec<_> = keys.keys().map(String::as_str).collect();
        return Need::Present(match names.as_slice() {
            [] => "the pipeline has no secrets".into(),
            names => format!("in the secure store: {}", names.join(", ")),
        });
    }
    if let Some(key) = missing.iter().find(|key| !given.contains(**key) && !can_ask) {
        return Need::Blocked {
            why: format!("The secret {key} has no value yet, and there is nobody to ask."),
            remedy: format!("Set {} or give --secret-file {key}=FILE.", environment_name(key)),
        };
    }
    let line = |key: &&String| {
        let first = if given.contains(*key) {
            "put"
        } else {
            "ask for and put"
        };
        format!("{first} the secret {key} into the secure store")
    };
    Need::Make(missing.iter().map(line).collect())
}

/// The variable of the environment that holds the value of a secure key: `DOWNBEAT_SECRET_MYSQL_PASSWORD`.
pub fn environment_name(key: &str) -> String {
    let word = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    format!("DOWNBEAT_SECRET_{}", key.chars().map(word).collect::<String>())
}

/// The pipeline. `deployed`: the configuration that is there; `absent`: the plugins that are not on the instance.
pub fn pipeline(name: &str, file: &Value, deployed: Option<&Value>, absent: &[String]) -> Need {
    let parts = deployed.map(|deployed| difference::difference(&file["config"], deployed));
    if parts.as_ref().is_some_and(Vec::is_empty) {
        return Need::Present(format!("{name} is deployed as it is in the file"));
    }
    if !absent.is_empty() {
        return Need::Blocked {
            why: format!("These plugins are not on the instance: {}.", absent.join(", ")),
            remedy: "Install them from the Hub of Data Fusion, then go on here; the CloudSQL MySQL plugin is in the \
                     Hub, and its driver is the Cloud SQL socket factory with all its dependencies in one jar."
                .into(),
        };
    }
    match parts {
        None => Need::Make(vec![format!("deploy the pipeline {name}")]),
        Some(parts) => {
            let head = format!("deploy {name} again; deployed is another one, which differs in:");
            let parts = parts.iter().map(|part| format!("  {part}"));
            Need::Make([head].into_iter().chain(parts).collect())
        }
    }
}

/// What the preferences become: those that are there, overlaid with what the variables say, then with what was given.
/// Only macros of the pipeline are taken from the variables.
pub fn preferences_wanted(
    pipeline: &DeployedPipeline,
    variables: &Variables,
    defaults: &BTreeMap<String, String>,
    there: &BTreeMap<String, String>,
    given: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let used = macros(pipeline, &RuntimeArguments::default()).0;
    let is_used = |name: &String| used.contains(name);
    let mut wanted: BTreeMap<_, _> = defaults
        .clone()
        .into_iter()
        .filter(|(name, _)| is_used(name))
        .collect();
    wanted.extend(there.clone());
    let variables = VARIABLES.map(|name| (name.as_str().to_owned(), variables.text(name)));
    wanted.extend(
        variables
            .into_iter()
            .filter(|(name, text)| is_used(name) && !text.is_empty()),
    );
    wanted.extend(given.clone());
    wanted
}

/// The preferences: what they are, what they become, and which macros have no value even then.
pub fn preferences(
    there: &BTreeMap<String, String>,
    wanted: &BTreeMap<String, String>,
    unset: &BTreeSet<String>,
) -> Need {
    if let Some(first) = unset.first() {
        let names: Vec<_> = unset.iter().map(String::as_str).collect();
        return Need::Blocked {
            why: format!("The pipeline needs values for: {}.", names.join(", ")),
            remedy: format!("Give each of them, as in --preference {first}=VALUE."),
        };
    }
    let changed = wanted
        .iter()
        .filter(|(name, value)| there.get(*name) != Some(value));
    let lines = changed.map(|(name, value)| {
        let is_secret = looks_secret(name) || is_password_property(name);
        let shown = |text: &str| {
            if is_secret {
                "***".to_owned()
            } else {
                text.to_owned()
            }
        };
        match there.get(name) {
            None => format!("set {name} = {}", shown(value)),
            Some(old) => format!("set {name} = {} (now {})", shown(value), shown(old)),
        }
    });
    Need::of(lines.collect(), "every macro has its value")
}

/// The macros that no run and no stage gives a value.
pub fn unset(pipeline: &DeployedPipeline) -> BTreeSet<String> {
    let mut arguments = RuntimeArguments::default();
    for name in GIVEN {
        arguments.insert(name, "x");
    }
    macros(pipeline, &arguments).1
}

/// The names of all macros, and of those without a value.
fn macros(pipeline: &DeployedPipeline, arguments: &RuntimeArguments) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut names, mut missing) = (BTreeSet::new(), BTreeSet::new());
    for stage in &pipeline.stages {
        let found = pipeline.lookups(stage, arguments);
        names.extend(found.names);
        missing.extend(found.gaps.into_iter().filter_map(|gap| match gap {
            Gap::Missing(name) => Some(name),
            _ => None,
        }));
    }
    (names, missing)
}
