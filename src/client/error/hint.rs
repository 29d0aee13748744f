//! What to do about an error: by the cause that it names, else by its kind and status.

use super::ClientError;
use super::text::names_page;
use domain::cause;
use domain::failure::FailureKind;
use domain::service::Service;

/// The advice for this error; never empty.
pub(super) fn text(error: &ClientError) -> &'static str {
    if let Some(cause) = cause::named(error.reason(), error.text()) {
        return cause.remedy;
    }
    if error.status() == Some(407) {
        return "The proxy asks for a login: check HTTPS_PROXY, or set NO_PROXY for this host.";
    }
    if error.is_from_between() || names_page(error.text()) {
        return "Something between here and the service answers in its place: check the endpoint in the profile, HTTPS_PROXY and NO_PROXY.";
    }
    match (error.kind, error.status()) {
        (FailureKind::Unauthorised, Some(403)) => forbidden(error.service()),
        (FailureKind::Unauthorised, _) => {
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

#[cfg(test)]
mod tests {
    use super::super::Answer;
    use super::*;
    use domain::failure::FailureKind::{Permanent, Transient, Unauthorised};

    /// What Google says under a reason.
    fn google(reason: &str, message: &str) -> String {
        format!(r#"{{"error":{{"message":"{message}","errors":[{{"reason":"{reason}"}}]}}}}"#)
    }

    #[test]
    fn the_remedy_fits_the_cause() {
        let free =
            "Billing has not been enabled for this project. DML queries are not allowed in the free tier.";
        let perimeter = "VPC Service Controls: Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: a";
        let region = "Location us-west9 is not found or access is unauthorized.";
        let wrong_place = "Not found: Dataset p:cdf_output was not found in location EU";
        for (service, status, body, kind, says, never) in [
            (
                Service::BigQuery,
                403,
                google("billingNotEnabled", free),
                Permanent,
                "Enable billing",
                "roles",
            ),
            (
                Service::BigQuery,
                403,
                google("accessDenied", perimeter),
                Unauthorised,
                "perimeter",
                "roles",
            ),
            (
                Service::BigQuery,
                403,
                google("accessDenied", "Access Denied"),
                Unauthorised,
                "roles",
                "billing",
            ),
            (
                Service::DataFusion,
                403,
                google("forbidden", region),
                Unauthorised,
                "cdf_location",
                "role ",
            ),
            (
                Service::BigQuery,
                404,
                google("notFound", wrong_place),
                Permanent,
                "bq_location",
                "cdf_pipeline_name",
            ),
            (
                Service::Cdap,
                404,
                "'profile:default.nothere' was not found.".to_owned(),
                Permanent,
                "system.profile.name",
                "cdf_pipeline_name",
            ),
            (
                Service::Cdap,
                500,
                "No enum constant io.cdap.cdap.proto.EntityScope.A".to_owned(),
                Permanent,
                "SYSTEM:NAME",
                "report",
            ),
            (
                Service::Cdap,
                404,
                "'applicationreference:default.sales' was not found.".to_owned(),
                Permanent,
                "cdf_pipeline_name",
                "profile",
            ),
            (
                Service::Cdap,
                404,
                "<html><title>x</title>".to_owned(),
                Transient,
                "HTTPS_PROXY",
                "cdf_namespace",
            ),
            (
                Service::DataFusion,
                404,
                google("notFound", "Resource 'x' was not found"),
                Permanent,
                "cdf_instance",
                "billing",
            ),
        ] {
            let answer = Answer {
                status,
                content_type: None,
                body: body.as_bytes(),
            };
            let error = ClientError::from_response(service, "reading it", answer, false);
            assert_eq!(error.kind, kind, "{body}");
            let hint = error.hint();
            assert!(hint.contains(says) && !hint.contains(never), "{body}: {hint}");
        }
    }
}
