//! What the caller may do on an instance. The service itself calls this a hint: it may say too much, and for what
//! does not exist it says nothing.

use super::Fusion;
use crate::client::error::ClientError;
use crate::client::http::Request;
use crate::client::policy::Granted;
use domain::id::{InstanceId, Location, Namespace, ProjectId};
use domain::service::Service;
use serde_json::json;
use std::collections::BTreeSet;

/// Which instance is asked about.
#[derive(Clone, Copy, Debug)]
pub struct InstanceName<'a> {
    /// Its project.
    pub project: &'a ProjectId,
    /// Its region.
    pub location: &'a Location,
    /// Its id.
    pub instance: &'a InstanceId,
}

impl Fusion {
    /// `instances.testIamPermissions`: which of these permissions the caller has on the whole instance. None of them
    /// also where there is no such instance.
    ///
    /// # Errors
    /// As every call; 403 when even the question is not allowed.
    pub async fn granted(
        &self,
        name: InstanceName<'_>,
        permissions: &[&str],
    ) -> Result<BTreeSet<String>, ClientError> {
        let resource = [format!("{}:testIamPermissions", name.instance)];
        self.ask("v1", name, &resource, permissions).await
    }

    /// `instances.namespaces.testIamPermissions`: the same for one namespace, where instances with roles of
    /// their own have them.
    ///
    /// # Errors
    /// As every call; 404 where there are no such roles.
    pub async fn is_granted_in(
        &self,
        name: InstanceName<'_>,
        namespace: &Namespace,
        permission: &str,
    ) -> Result<bool, ClientError> {
        let resource = [
            name.instance.to_string(),
            "namespaces".into(),
            format!("{namespace}:testIamPermissions"),
        ];
        let granted = self.ask("v1beta1", name, &resource, &[permission]).await?;
        Ok(granted.contains(permission))
    }

    async fn ask(
        &self,
        version: &str,
        name: InstanceName<'_>,
        resource: &[String],
        permissions: &[&str],
    ) -> Result<BTreeSet<String>, ClientError> {
        let (project, location) = (name.project.as_str(), name.location.as_str());
        let mut parts = vec![version, "projects", project, "locations", location, "instances"];
        parts.extend(resource.iter().map(String::as_str));
        let noun = if permissions.len() == 1 {
            "permission"
        } else {
            "permissions"
        };
        let operation = format!("asking for the {noun} {}", permissions.join(", "));
        let body = json!({"permissions": permissions});
        let request = Request::post(
            Service::DataFusion,
            operation,
            self.base.join(&parts)?,
            Some(&body),
        );
        let granted: Granted = self.http.json(request).await?;
        // What was not asked for says nothing.
        let is_asked = |found: &String| permissions.contains(&found.as_str());
        Ok(granted.permissions.into_iter().filter(is_asked).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{Script, Step, ok};
    use super::*;

    #[tokio::test]
    async fn a_permission_is_asked_for_by_its_name() {
        let forbidden = Step::Say(
            403,
            r#"{"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}}"#.into(),
        );
        let granted = ok(r#"{"permissions":["a.b"]}"#);
        let script = Script::serve([granted, ok("{}"), forbidden.clone(), forbidden]).await;
        let (project, location, instance) = ("p".into(), "us-west1".into(), "i".into());
        let name = InstanceName {
            project: &project,
            location: &location,
            instance: &instance,
        };
        let fusion = script.client().fusion();
        let granted = fusion.granted(name, &["a.b", "a.c"]).await.unwrap();
        assert_eq!(Vec::from_iter(granted), ["a.b"]);
        assert_eq!(
            fusion.is_granted_in(name, &"default".into(), "a.b").await,
            Ok(false)
        );
        assert_eq!(
            fusion.granted(name, &["a.b"]).await.unwrap_err().status(),
            Some(403)
        );
        let lines: Vec<_> = script.seen().into_iter().map(|seen| seen.line).collect();
        assert_eq!(
            lines[..2],
            [
                "POST /v1/projects/p/locations/us-west1/instances/i:testIamPermissions HTTP/1.1",
                "POST /v1beta1/projects/p/locations/us-west1/instances/i/namespaces/default:testIamPermissions HTTP/1.1",
            ]
        );
    }
}
