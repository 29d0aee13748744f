//! What to do about an error: by the cause that it names, else by its kind and status.

use super::ClientError;
use super::text::names_page;
use domain::cause;
use domain::failure::FailureKind;
use domain::service::Service;
use std::borrow::Cow;

/// The advice for this error; never empty.
pub(super) fn text(error: &ClientError) -> Cow<'static, str> {
    // Our imitation's own words: a role of Google's would change nothing.
    if error.status() == Some(403) && error.text().contains("This is Downbeat's sandbox") {
        return "No role is missing: name the sandbox's own project and what it has, or take its address out of the profile.".into();
    }
    match cause::named(error.reason(), error.text()) {
        Some(cause) => cause.remedy(error.text()),
        None => by_kind(error).into(),
    }
}

fn by_kind(error: &ClientError) -> &'static str {
    if error.status() == Some(407) {
        return "The proxy asks for a login: check HTTPS_PROXY, or set NO_PROXY for this host.";
    }
    if error.is_from_between() || names_page(error.text()) {
        return "Something between here and the service answers in its place: check the endpoint in the profile, HTTPS_PROXY and NO_PROXY.";
    }
    match (error.kind, error.status()) {
        (FailureKind::Unauthorised, Some(403)) => forbidden(error.service()),
        (FailureKind::Unauthorised | FailureKind::Unidentified, _) => {
            "Log in again (gcloud auth application-default login), or check GOOGLE_APPLICATION_CREDENTIALS."
        }
        (_, Some(404)) => missing(error.service()),
        (FailureKind::Busy, _) => "Nothing happened. Wait and try again; it is a limit of the service.",
        (FailureKind::Ambiguous, _) => "It may have happened all the same: look before it is repeated.",
        (FailureKind::Transient | FailureKind::Unsent, _) => {
            "Try again; if it lasts, check the network and the service's status page."
        }
        (FailureKind::Permanent | FailureKind::Held, _) => {
            "Trying again will not help: change what the message names."
        }
    }
}

fn forbidden(service: Service) -> &'static str {
    match service {
        Service::BigQuery => {
            "Give the identity in use the roles BigQuery Job User and BigQuery Data Editor, or check that the names exist: 403 hides what may not be seen."
        }
        Service::DataFusion => {
            "Give the identity in use a Data Fusion role on this instance, or check project_id, cdf_location and cdf_instance: 403 hides what may not be seen."
        }
        Service::Cdap => {
            "Give the identity in use a Data Fusion role on this instance (and, with RBAC on, in this namespace)."
        }
        Service::ServiceUsage => {
            "Give the identity in use the role Service Usage Admin, or let an owner enable the APIs."
        }
        Service::ResourceManager => {
            "Give the identity in use the role Project IAM Admin to change the policy (Browser to read the project), or check project_id."
        }
        Service::Iam => "Give the identity in use the role Service Account Admin on this service account.",
        Service::Storage => {
            "Give the identity in use the role Storage Admin; or the name belongs to a bucket of somebody else, as names are global: take another."
        }
        Service::Compute => "Give the identity in use the role Compute Viewer on the project.",
        Service::CloudSql => {
            "Give the identity in use the role Cloud SQL Viewer on the project of the instance, or check its name: 403 hides what may not be seen."
        }
        Service::Credentials => "Use an identity that may get a token for cloud-platform.",
    }
}

fn missing(service: Service) -> &'static str {
    match service {
        Service::DataFusion => "Check project_id, cdf_location and cdf_instance.",
        Service::Cdap => "Check cdf_namespace and cdf_pipeline_name, and that the pipeline is deployed.",
        Service::BigQuery => "Check bq_dataset_id, the table's name and bq_location.",
        Service::ServiceUsage | Service::ResourceManager => "Check project_id.",
        Service::Iam => {
            "Check the name of the service account; the one of Compute Engine appears once its API is enabled."
        }
        Service::Storage => "Check the bucket's name.",
        Service::Compute => "Check project_id and cdf_location.",
        Service::CloudSql => "Check the connection name of the pipeline's source.",
        Service::Credentials => "Check which identity is configured.",
    }
}

#[cfg(test)]
mod tests;
