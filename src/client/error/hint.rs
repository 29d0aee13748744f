//! What to do about an error, by its kind, status and reason.

use super::ClientError;
use domain::failure::FailureKind;
use domain::service::Service;

/// The advice for this error; never empty.
pub(super) fn text(error: &ClientError) -> &'static str {
    let reason = error.reason().unwrap_or_default();
    if matches!(reason, "SERVICE_DISABLED" | "accessNotConfigured") {
        return "Enable the API in this project (gcloud services enable), wait a minute, and try again.";
    }
    if error.text().contains("streaming buffer") {
        return "Rows were streamed into the table recently; wait until its streaming buffer is empty (minutes, rarely 90), then try again.";
    }
    match (error.kind, error.status()) {
        (FailureKind::Unauthorised, Some(403)) => forbidden(error.service()),
        (FailureKind::Unauthorised, _) => {
            "Log in again (gcloud auth application-default login), or check GOOGLE_APPLICATION_CREDENTIALS."
        }
        (_, Some(407)) => "The proxy asks for a login: check HTTPS_PROXY, or set NO_PROXY for this host.",
        (_, Some(300..=399)) => "The address is not that of the API; check the endpoint in the profile.",
        (_, Some(404)) => missing(error.service()),
        (FailureKind::Busy, _) => "Nothing happened. Wait and try again; it is a limit of the service.",
        (FailureKind::Ambiguous, _) => "It may have happened all the same: look before it is repeated.",
        (FailureKind::Transient, _) => {
            "Try again; if it lasts, check the network and the service's status page."
        }
        (FailureKind::Permanent, _) => "Trying again will not help: change what the message names.",
    }
}

fn forbidden(service: Service) -> &'static str {
    match service {
        Service::BigQuery => {
            "Give the identity in use the roles BigQuery Job User and BigQuery Data Editor, or check that the names exist: 403 hides what may not be seen."
        }
        Service::DataFusion | Service::Cdap => {
            "Give the identity in use a Data Fusion role on this instance (and, with RBAC on, in this namespace)."
        }
        Service::Credentials => "Use an identity that may get a token for cloud-platform.",
    }
}

fn missing(service: Service) -> &'static str {
    match service {
        Service::DataFusion => "Check project_id, cdf_location and cdf_instance.",
        Service::Cdap => "Check cdf_namespace and cdf_pipeline_name, and that the pipeline is deployed.",
        Service::BigQuery => "Check bq_dataset_id, the table's name and bq_location.",
        Service::Credentials => "Check which identity is configured.",
    }
}
