//! The remedies of real answers.

use super::super::Answer;
use super::*;
use domain::failure::FailureKind::{Permanent, Transient, Unauthorised};

/// What Google says under a reason.
fn google(reason: &str, message: &str) -> String {
    format!(r#"{{"error":{{"message":"{message}","errors":[{{"reason":"{reason}"}}]}}}}"#)
}

#[test]
fn the_remedy_fits_the_cause() {
    let free = "Billing has not been enabled for this project. DML queries are not allowed in the free tier.";
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

/// A whole answer as Google gives it.
#[test]
fn googles_own_bodies_get_the_remedy_of_their_cause() {
    let disabled = r#"{"error":{"code":403,"message":"Cloud Data Fusion API has not been used in project 123456789012 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/datafusion.googleapis.com/overview?project=123456789012 then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.Help","links":[{"description":"Google developers console API activation","url":"https://console.developers.google.com/apis/api/datafusion.googleapis.com/overview?project=123456789012"}]},{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED","domain":"googleapis.com","metadata":{"consumer":"projects/123456789012","service":"datafusion.googleapis.com"}}]}}"#;
    let perimeter = r#"{"error":{"code":403,"message":"Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: b8WQ0aJm","errors":[{"message":"Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: b8WQ0aJm","domain":"global","reason":"forbidden"}],"status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.PreconditionFailure","violations":[{"type":"VPC_SERVICE_CONTROLS","description":"b8WQ0aJm"}]},{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SECURITY_POLICY_VIOLATED","domain":"googleapis.com"}]}}"#;
    let billing = r#"{"error":{"code":403,"message":"This API method requires billing to be enabled. Please enable billing on project #123456789012 by visiting https://console.developers.google.com/billing/enable?project=123456789012 then retry.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"BILLING_DISABLED","domain":"googleapis.com","metadata":{"consumer":"projects/123456789012","service":"datafusion.googleapis.com"}}]}}"#;
    let region = r#"{"error":{"code":403,"message":"Location us-west9 is not found or access is unauthorized.","status":"PERMISSION_DENIED"}}"#;
    let key = r#"{"error":{"code":400,"message":"Cloud KMS error when using key projects/acme/locations/us/keyRings/r/cryptoKeys/k: Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource 'projects/acme/locations/us/keyRings/r/cryptoKeys/k' (or it may not exist).","errors":[{"message":"x","domain":"global","reason":"kmsPermissionDenied"}]}}"#;
    let reauth = r#"{"error":"invalid_grant","error_description":"reauth related error (invalid_rapt)","error_uri":"https://support.google.com/a/answer/9368756","error_subtype":"invalid_rapt"}"#;
    let revoked = r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#;
    let signature = r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#;
    for (service, status, body, kind, says, never) in [
        (
            Service::DataFusion,
            403,
            disabled,
            Unauthorised,
            "gcloud services enable datafusion.googleapis.com --project=123456789012",
            "role",
        ),
        (
            Service::BigQuery,
            403,
            perimeter,
            Unauthorised,
            "ingress rule",
            "Give the identity",
        ),
        (
            Service::DataFusion,
            403,
            billing,
            Permanent,
            "Enable billing",
            "role",
        ),
        (
            Service::DataFusion,
            403,
            region,
            Unauthorised,
            "cdf_location",
            "role ",
        ),
        (
            Service::BigQuery,
            400,
            key,
            Permanent,
            "cloudkms.cryptoKeyEncrypterDecrypter",
            "Trying again",
        ),
        (
            Service::Credentials,
            400,
            reauth,
            Unauthorised,
            "asks for a new login",
            "role",
        ),
        (
            Service::Credentials,
            400,
            revoked,
            Unauthorised,
            "no longer valid",
            "GOOGLE_APPLICATION_CREDENTIALS",
        ),
        (
            Service::Credentials,
            400,
            signature,
            Unauthorised,
            "make a new key",
            "login",
        ),
    ] {
        let answer = Answer {
            status,
            content_type: Some("application/json"),
            body: body.as_bytes(),
        };
        let error = ClientError::from_response(service, "reading it", answer, false);
        assert_eq!(error.kind, kind, "{body}");
        let hint = error.hint();
        assert!(hint.contains(says) && !hint.contains(never), "{body}: {hint}");
    }
}

#[test]
fn a_role_is_no_remedy_for_an_imitation() {
    let body = google(
        "accessDenied",
        "Access Denied: Project x. This is Downbeat's sandbox, not Google.",
    );
    let answer = Answer {
        status: 403,
        content_type: Some("application/json"),
        body: body.as_bytes(),
    };
    let error = ClientError::from_response(Service::BigQuery, "reading it", answer, false);
    let hint = error.hint();
    assert!(hint.starts_with("No role is missing"), "{hint}");
}
