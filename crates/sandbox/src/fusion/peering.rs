//! DNS peerings of an instance: stored and shown, without effect, because there is no network.

use super::{ApiResult, Fusion, list};
use crate::api_error::ApiError;
use crate::call::Call;
use serde_json::json;

/// The fields that a body may set.
const FIELDS: [&str; 4] = ["domain", "description", "targetProject", "targetNetwork"];

impl Fusion {
    /// A call below `…/instances/x/dnsPeerings`; `id` is that of one peering.
    pub(super) fn peering_call(
        &self,
        call: &Call,
        method: &str,
        instance: &str,
        id: Option<&str>,
    ) -> ApiResult {
        let name_of = |id: &str| format!("{instance}/dnsPeerings/{id}");
        match (method, id) {
            ("GET", None) => {
                let found = self
                    .store
                    .instance(instance)
                    .ok_or_else(|| ApiError::not_found(instance))?;
                list::page(call, "dnsPeerings", found.peerings)
            }
            ("POST", None) => {
                let id = call
                    .params
                    .text("dnsPeeringId")
                    .ok_or_else(|| ApiError::invalid("Required parameter dnsPeeringId is missing."))?;
                let name = name_of(id);
                let mut peering = json!({ "name": name });
                for field in FIELDS {
                    if call.body[field].is_string() {
                        peering[field] = call.body[field].clone();
                    }
                }
                if peering["domain"].is_null() {
                    return Err(ApiError::invalid(
                        "Invalid value at 'dns_peering.domain': it is required.",
                    ));
                }
                self.store.change(instance, |found| {
                    if found.peerings.iter().any(|peering| peering["name"] == name) {
                        return Err(ApiError::already_exists(&name));
                    }
                    found.peerings.push(peering.clone());
                    Ok(peering)
                })
            }
            ("DELETE", Some(id)) => self.store.change(instance, |found| {
                let name = name_of(id);
                let before = found.peerings.len();
                found.peerings.retain(|peering| peering["name"] != name);
                if found.peerings.len() == before {
                    return Err(ApiError::not_found(&name));
                }
                Ok(json!({}))
            }),
            _ => Err(ApiError::not_found(&format!("{instance}/dnsPeerings"))),
        }
    }
}
