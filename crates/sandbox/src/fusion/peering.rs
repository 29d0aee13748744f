//! DNS peerings of an instance: kept and told, without a network that they would be of use in.

use super::{Call, Fusion, Outcome, invalid, list, missing};
use axum::http::StatusCode;
use serde_json::json;

/// What a body may say.
const FIELDS: [&str; 4] = ["domain", "description", "targetProject", "targetNetwork"];

impl Fusion {
    /// A call below `…/instances/x/dnsPeerings`; `id` is of one of them.
    pub(super) fn peering_call(
        &self,
        call: &Call,
        method: &str,
        instance: &str,
        id: Option<&str>,
    ) -> Outcome {
        let name_of = |id: &str| format!("{instance}/dnsPeerings/{id}");
        match (method, id) {
            ("GET", None) => {
                let found = self.ledger.instance(instance).ok_or_else(|| missing(instance))?;
                list::page(call, "dnsPeerings", found.peerings)
            }
            ("POST", None) => {
                let id = call
                    .asked("dnsPeeringId")
                    .ok_or_else(|| invalid("Required parameter dnsPeeringId is missing."))?;
                let name = name_of(id);
                let mut peering = json!({ "name": name });
                for field in FIELDS {
                    if call.body[field].is_string() {
                        peering[field] = call.body[field].clone();
                    }
                }
                if peering["domain"].is_null() {
                    return Err(invalid("Invalid value at 'dns_peering.domain': it is required."));
                }
                self.ledger.change(instance, |found| {
                    if found.peerings.iter().any(|peering| peering["name"] == name) {
                        let text = format!("Resource '{name}' already exists");
                        return Err((StatusCode::CONFLICT, "ALREADY_EXISTS", text));
                    }
                    found.peerings.push(peering.clone());
                    Ok(peering)
                })
            }
            ("DELETE", Some(id)) => self.ledger.change(instance, |found| {
                let name = name_of(id);
                let before = found.peerings.len();
                found.peerings.retain(|peering| peering["name"] != name);
                if found.peerings.len() == before {
                    return Err(missing(&name));
                }
                Ok(json!({}))
            }),
            _ => Err(missing(&format!("{instance}/dnsPeerings"))),
        }
    }
}
