//! How a request is written, in the journal and in JSON.
//!
//! A run of some rows has a scope of its own there. A Downbeat that does not know such runs would leave `only` out, empty
//! the output table and run every row; a scope that it does not know makes it refuse this run, and no other one.

use super::{RunRequest, Scope};
use crate::arguments::RuntimeArguments;
use crate::id::TaskId;
use crate::key::RowName;
use crate::variable::Variables;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Serialize, Deserialize)]
pub(super) struct Written {
    profile: String,
    variables: Variables,
    scope: WrittenScope,
    #[serde(default, skip_serializing_if = "RuntimeArguments::is_empty")]
    arguments: RuntimeArguments,
    #[serde(default)]
    edits: BTreeMap<TaskId, RuntimeArguments>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    only: BTreeSet<RowName>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    allow_unresolved_sink: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    beside: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenScope {
    Chain,
    SomeRows,
    Single(RuntimeArguments),
}

impl From<RunRequest> for Written {
    fn from(request: RunRequest) -> Self {
        let scope = match request.scope {
            Scope::Chain if request.only.is_empty() => WrittenScope::Chain,
            Scope::Chain => WrittenScope::SomeRows,
            Scope::Single(arguments) => WrittenScope::Single(arguments),
        };
        Self {
            profile: request.profile,
            variables: request.variables,
            scope,
            arguments: request.arguments,
            edits: request.edits,
            only: request.only,
            allow_unresolved_sink: request.allow_unresolved_sink,
            beside: request.beside,
        }
    }
}

impl TryFrom<Written> for RunRequest {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let scope = match written.scope {
            WrittenScope::SomeRows if written.only.is_empty() => {
                return Err("the scope some_rows needs its rows under only");
            }
            WrittenScope::Chain | WrittenScope::SomeRows => Scope::Chain,
            WrittenScope::Single(arguments) => Scope::Single(arguments),
        };
        Ok(Self {
            profile: written.profile,
            variables: written.variables,
            scope,
            arguments: written.arguments,
            edits: written.edits,
            only: written.only,
            allow_unresolved_sink: written.allow_unresolved_sink,
            beside: written.beside,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// What a Downbeat before runs of some rows read: it knew neither their scope nor `only`.
    #[derive(Deserialize)]
    struct Before {
        #[serde(rename = "scope")]
        _scope: ScopeBefore,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum ScopeBefore {
        Chain,
        #[expect(dead_code, reason = "it is only read")]
        Single(RuntimeArguments),
    }

    fn request(scope: &Value, only: &Value) -> Value {
        json!({"profile": "p", "variables": Variables::default(), "scope": scope, "edits": {}, "only": only})
    }

    fn written(value: &Value) -> Value {
        serde_json::to_value(serde_json::from_value::<RunRequest>(value.clone()).unwrap()).unwrap()
    }

    #[test]
    fn an_older_reader_refuses_a_run_of_some_rows_and_no_other() {
        let rows = json!([{"business_unit": "hr", "data_source": "engineer"}]);
        let single = json!({"single": {"a": "b"}});
        for (scope, only, word, is_read) in [
            (json!("chain"), json!([]), json!("chain"), true),
            (single.clone(), json!([]), single, true),
            (json!("some_rows"), rows.clone(), json!("some_rows"), false),
            // As the first versions that knew such runs wrote them.
            (json!("chain"), rows, json!("some_rows"), false),
        ] {
            let written = written(&request(&scope, &only));
            assert_eq!(written["scope"], word);
            assert_eq!(
                serde_json::from_value::<Before>(written).is_ok(),
                is_read,
                "{scope} {only}"
            );
        }
    }

    #[test]
    fn some_rows_without_rows_are_not_all_rows() {
        let broken = request(&json!("some_rows"), &json!([]));
        assert!(serde_json::from_value::<RunRequest>(broken).is_err());
    }
}
