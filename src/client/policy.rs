//! IAM policies: read whole, changed by adding a member to a role, written back under the etag that was read.
//!
//! What Downbeat does not know (conditions, audit settings) is written back as it was. A policy that somebody else has
//! changed in between is read again; nothing is ever taken out of one.

use super::error::ClientError;
use super::http::{Http, Request};
use domain::doctor::Binding;
use domain::grant::Grant;
use domain::service::Service;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use url::Url;

/// How often a policy is read and written until nobody comes in between.
const TRIES: u32 = 5;

/// What the caller may do with something: the answer of every `testIamPermissions`, without any left out.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Granted {
    pub(super) permissions: BTreeSet<String>,
}

/// A policy as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy(Value);

impl Policy {
    /// The roles that a member has without a condition.
    pub fn roles_of(&self, member: &str) -> BTreeSet<String> {
        let with_member = self.bindings().filter(|binding| has(binding, member));
        let roles = with_member.filter_map(|binding| binding["role"].as_str());
        roles.map(str::to_owned).collect()
    }

    /// The same as data, with what holds only under a condition marked.
    pub fn read(&self) -> domain::doctor::Policy {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let bindings = self.0["bindings"].as_array().into_iter().flatten();
        let bindings = bindings.map(|binding| Binding {
            role: text(&binding["role"]),
            members: binding["members"]
                .as_array()
                .into_iter()
                .flatten()
                .map(text)
                .collect(),
            is_conditional: !binding["condition"].is_null(),
        });
        domain::doctor::Policy {
            bindings: bindings.collect(),
        }
    }

    /// The bindings that hold always.
    fn bindings(&self) -> impl Iterator<Item = &Value> {
        let all = self.0["bindings"].as_array();
        all.into_iter()
            .flatten()
            .filter(|binding| binding["condition"].is_null())
    }

    /// The same policy with these grants; `None` if it has them all.
    fn with(&self, grants: &[Grant]) -> Option<Self> {
        let mut policy = self.clone();
        for grant in grants {
            policy.add(grant);
        }
        (policy != *self).then(|| {
            // Below 3 a policy with conditions is refused.
            policy.0["version"] = 3.into();
            policy
        })
    }

    fn add(&mut self, Grant { role, member }: &Grant) {
        if self.roles_of(member).contains(role.as_str()) {
            return;
        }
        if !self.0.is_object() {
            self.0 = json!({});
        }
        if !self.0["bindings"].is_array() {
            self.0["bindings"] = json!([]);
        }
        let Some(bindings) = self.0["bindings"].as_array_mut() else {
            return;
        };
        let same = |binding: &&mut Value| binding["role"] == role.as_str() && binding["condition"].is_null();
        match bindings
            .iter_mut()
            .find(same)
            .map(|binding| &mut binding["members"])
        {
            Some(Value::Array(members)) => members.push(member.as_str().into()),
            _ => bindings.push(json!({"role": role, "members": [member]})),
        }
    }
}

fn has(binding: &Value, member: &str) -> bool {
    let members = binding["members"].as_array();
    members.into_iter().flatten().any(|bound| bound == member)
}

/// Something that has a policy: where it is asked for and written, and its name in words.
pub(super) struct Guarded<'a> {
    pub(super) http: &'a Http,
    pub(super) service: Service,
    pub(super) name: String,
    pub(super) get: Url,
    pub(super) set: Url,
}

impl Guarded<'_> {
    pub(super) async fn policy(&self) -> Result<Policy, ClientError> {
        let operation = format!("reading the policy of {}", self.name);
        let body = json!({"options": {"requestedPolicyVersion": 3}});
        // IAM takes the version as a parameter, Resource Manager in the body.
        let mut url = self.get.clone();
        let body = match self.service {
            Service::Iam => {
                url.set_query(Some("options.requestedPolicyVersion=3"));
                None
            }
            _ => Some(&body),
        };
        let request = Request::post(self.service, operation, url, body);
        self.http.json(request).await.map(Policy)
    }

    /// Whether anything had to be changed.
    pub(super) async fn grant(&self, grants: &[Grant]) -> Result<bool, ClientError> {
        for tries in 1.. {
            let read = self.policy().await?;
            let Some(changed) = read.with(grants) else {
                return Ok(false);
            };
            let operation = format!("changing the policy of {}", self.name);
            let body = json!({"policy": changed.0});
            // The etag makes a repetition harmless: the second one is refused and read again.
            let request = Request::post(self.service, operation, self.set.clone(), Some(&body)).changing();
            match self.http.json::<Value>(request).await {
                Ok(_) => return Ok(true),
                Err(error) if error.service_status() == Some(409) && tries < TRIES => {
                    self.http.pause_before_try(tries).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(role: &str, member: &str) -> Grant {
        Grant::new(role, member)
    }

    #[test]
    fn a_grant_is_added_and_everything_else_stays() {
        let condition = json!({"title": "until Friday", "expression": "request.time < x"});
        let read = Policy(json!({
            "version": 1, "etag": "E1", "auditConfigs": [{"service": "allServices"}],
            "bindings": [
                {"role": "roles/a", "members": ["user:one"]},
                {"role": "roles/b", "members": ["user:two"], "condition": condition},
            ],
        }));
        assert_eq!(read.with(&[grant("roles/a", "user:one")]), None);
        // What holds under a condition only does not count as granted, and is not extended.
        let changed = read
            .with(&[
                grant("roles/a", "user:two"),
                grant("roles/b", "user:two"),
                grant("roles/c", "user:two"),
            ])
            .unwrap();
        assert_eq!(
            changed.0,
            json!({
                "version": 3, "etag": "E1", "auditConfigs": [{"service": "allServices"}],
                "bindings": [
                    {"role": "roles/a", "members": ["user:one", "user:two"]},
                    {"role": "roles/b", "members": ["user:two"], "condition": condition},
                    {"role": "roles/b", "members": ["user:two"]},
                    {"role": "roles/c", "members": ["user:two"]},
                ],
            })
        );
        assert_eq!(changed.roles_of("user:two").len(), 3);
    }

    #[test]
    fn a_policy_without_bindings_gets_the_first() {
        let changed = Policy(json!({"etag": "E"}))
            .with(&[grant("roles/a", "user:one")])
            .unwrap();
        assert_eq!(
            changed.0["bindings"],
            json!([{"role": "roles/a", "members": ["user:one"]}])
        );
        assert_eq!(changed.0["etag"], "E");
    }
}
