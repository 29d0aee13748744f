//! Labels of tables: which keys and values are allowed, and what a request changes.

use super::error::ApiError;
use googlesql::SqlError;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The longest key and the longest value, in characters.
const MAX_LENGTH: usize = 63;

/// The most labels of one table.
const MAX_LABELS: usize = 64;

type Labels = BTreeMap<String, String>;

/// What a request does to the labels of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LabelChange {
    /// They stay.
    Keep,
    /// These are set, or removed without a value; all others stay.
    Merge(BTreeMap<String, Option<String>>),
    /// These are all.
    Replace(Labels),
}

impl LabelChange {
    /// What `tables.patch` asks for: a label that is null is removed, and so are all if `labels` is null.
    pub fn from_patch(body: &Json) -> Result<Self, ApiError> {
        match body.get("labels") {
            None => Ok(Self::Keep),
            Some(Json::Null) => Ok(Self::Replace(Labels::new())),
            Some(labels) => parse(labels).map(Self::Merge),
        }
    }

    /// What `tables.insert` and `tables.update` ask for: the whole resource.
    pub fn from_resource(body: &Json) -> Result<Self, ApiError> {
        let given = parse(&body["labels"])?.into_iter();
        let given = given.filter_map(|(key, value)| Some((key, value?)));
        Ok(Self::Replace(given.collect()))
    }

    /// The labels afterwards; `None` if they stay.
    pub fn apply(self, labels: &Labels) -> Result<Option<Labels>, SqlError> {
        let changed = match self {
            Self::Keep => return Ok(None),
            Self::Replace(all) => all,
            Self::Merge(changes) => {
                let mut merged = labels.clone();
                for (key, value) in changes {
                    match value {
                        Some(value) => _ = merged.insert(key, value),
                        None => _ = merged.remove(&key),
                    }
                }
                merged
            }
        };
        if changed.len() > MAX_LABELS {
            let message = format!("A table can have at most {MAX_LABELS} labels.");
            return Err(SqlError::bad_data(message));
        }
        Ok((changed != *labels).then_some(changed))
    }
}

fn parse(labels: &Json) -> Result<BTreeMap<String, Option<String>>, ApiError> {
    let labels = match labels {
        Json::Null => return Ok(BTreeMap::new()),
        Json::Object(labels) => labels,
        _ => {
            return Err(ApiError::invalid(
                "Invalid value for labels: an object is expected.",
            ));
        }
    };
    let label = |(key, value): (&String, &Json)| {
        let value = match value {
            Json::Null => None,
            Json::String(text) if is_legal(text) => Some(text.clone()),
            other => return Err(refused("value", &other.to_string())),
        };
        // Only a key that could never be set cannot be removed either.
        if is_legal(key) && key.starts_with(char::is_alphabetic) {
            Ok((key.clone(), value))
        } else {
            Err(refused("key", key))
        }
    };
    labels.iter().map(label).collect()
}

/// Letters of any script are allowed, as long as they are not upper case.
fn is_legal(text: &str) -> bool {
    text.chars().count() <= MAX_LENGTH
        && text
            .chars()
            .all(|c| matches!(c, '_' | '-') || c.is_numeric() || (c.is_alphabetic() && !c.is_uppercase()))
}

fn refused(what: &str, text: &str) -> ApiError {
    ApiError::invalid(format!(
        "Invalid label {what} {text}: lowercase letters, numbers, underscores and dashes are allowed, at most \
         {MAX_LENGTH} of them, and a key begins with a letter."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        let owned = pairs.iter();
        owned
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_patch_merges_and_an_update_replaces() {
        let before = labels(&[("a", "1"), ("b", "2")]);
        for (body, patched, updated) in [
            (json!({}), None, Some(labels(&[]))),
            (
                json!({"labels": {"b": "3", "c": ""}}),
                Some(labels(&[("a", "1"), ("b", "3"), ("c", "")])),
                Some(labels(&[("b", "3"), ("c", "")])),
            ),
            (
                json!({"labels": {"a": null, "z": null}}),
                Some(labels(&[("b", "2")])),
                Some(labels(&[])),
            ),
            (json!({"labels": null}), Some(labels(&[])), Some(labels(&[]))),
            (json!({"labels": {"a": "1", "b": "2"}}), None, None),
        ] {
            let patch = LabelChange::from_patch(&body).unwrap();
            assert_eq!(patch.apply(&before).unwrap(), patched, "{body}");
            let update = LabelChange::from_resource(&body).unwrap();
            assert_eq!(update.apply(&before).unwrap(), updated, "{body}");
        }
    }

    #[test]
    fn keys_and_values_have_rules() {
        let long = "x".repeat(64);
        for (body, is_good) in [
            (json!({"a-b_1": "2026-11-29_x", "größe": "ß"}), true),
            (json!({"a": "x".repeat(63)}), true),
            (json!({"A": "1"}), false),
            (json!({"1a": "1"}), false),
            (json!({"": "1"}), false),
            (json!({"a": "Big"}), false),
            (json!({"a": "with space"}), false),
            (json!({"a": "a.b"}), false),
            (json!({"a": long}), false),
            (json!({long: "a"}), false),
            (json!({"a": 1}), false),
            (json!(["a"]), false),
        ] {
            let parsed = LabelChange::from_patch(&json!({"labels": body}));
            assert_eq!(parsed.is_ok(), is_good, "{body}");
        }
        let many: BTreeMap<_, _> = (0..65).map(|n| (format!("k{n}"), "v")).collect();
        let change = LabelChange::from_patch(&json!({"labels": many})).unwrap();
        assert!(change.apply(&Labels::new()).is_err());
    }
}
