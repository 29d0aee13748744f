//! Who has which role by the policy of a resource, as far as the policy tells.
//!
//! What is inherited from a folder or an organisation is not in it, and a group hides its members: only what it says is
//! said.

/// Members of a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Binding {
    /// `roles/dataproc.worker`.
    pub role: String,
    /// `serviceAccount:...`, `user:...`, `group:...`.
    pub members: Vec<String>,
    /// Whether it holds only under a condition.
    pub is_conditional: bool,
}

/// The role of the service agent on the account that the workers run as.
pub const ACT_AS_ROLE: &str = "roles/iam.serviceAccountUser";

/// The policy of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Its bindings.
    pub bindings: Vec<Binding>,
}

/// What a policy says of a member and a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Granted {
    Yes,
    /// Through something whose contents are not known here: a group, a condition, a role that holds many others.
    Perhaps,
    No,
}

/// The roles that hold most others.
const BASIC: [&str; 2] = ["roles/owner", "roles/editor"];

/// A service account as a policy names it.
pub fn member(account: &str) -> String {
    format!("serviceAccount:{account}")
}

impl Policy {
    /// Whether a service account has a role here.
    pub(super) fn grants(&self, account: &str, role: &str) -> Granted {
        let member = member(account);
        let mut granted = Granted::No;
        for binding in &self.bindings {
            let is_role = binding.role == role;
            let is_wider = BASIC.contains(&binding.role.as_str()) || is_custom(&binding.role);
            if !is_role && !is_wider {
                continue;
            }
            let names = binding.members.contains(&member);
            if is_role && names && !binding.is_conditional {
                return Granted::Yes;
            }
            let may_hold = |other: &String| is_set(other) && is_role;
            if names || binding.members.iter().any(may_hold) {
                granted = Granted::Perhaps;
            }
        }
        granted
    }
}

/// A role that somebody has put together: what it holds is not known here.
fn is_custom(role: &str) -> bool {
    role.starts_with("projects/") || role.starts_with("organizations/")
}

/// Whether a member stands for many.
fn is_set(member: &str) -> bool {
    let kind = member.split(':').next().unwrap_or_default();
    matches!(
        kind,
        "group" | "domain" | "allUsers" | "allAuthenticatedUsers" | "principalSet"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding(role: &str, member: &str, is_conditional: bool) -> Binding {
        Binding {
            role: role.into(),
            members: vec![member.into()],
            is_conditional,
        }
    }

    #[test]
    fn a_policy_says_only_what_is_in_it() {
        let me = "serviceAccount:a@p";
        for (bindings, granted) in [
            (vec![], Granted::No),
            (vec![binding("roles/x", me, false)], Granted::Yes),
            (vec![binding("roles/x", "serviceAccount:b@p", false)], Granted::No),
            (vec![binding("roles/y", me, false)], Granted::No),
            (vec![binding("roles/x", me, true)], Granted::Perhaps),
            (vec![binding("roles/x", "group:g@p", false)], Granted::Perhaps),
            (vec![binding("roles/y", "group:g@p", false)], Granted::No),
            (vec![binding("roles/editor", me, false)], Granted::Perhaps),
            (vec![binding("projects/p/roles/etl", me, false)], Granted::Perhaps),
            (
                vec![binding("roles/editor", me, false), binding("roles/x", me, false)],
                Granted::Yes,
            ),
        ] {
            let policy = Policy { bindings };
            assert_eq!(policy.grants("a@p", "roles/x"), granted, "{policy:?}");
        }
    }
}
