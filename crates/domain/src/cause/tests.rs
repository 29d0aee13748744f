//! Real texts of services, and what each is taken for.

use super::*;

#[test]
fn causes_are_known_by_reason_and_by_text() {
    for (reason, text, words) in [
        (Some("billingNotEnabled"), "x", "Enable billing"),
        (
            None,
            "This API method requires billing to be enabled. Please enable billing on project #1",
            "Enable billing",
        ),
        (
            None,
            "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: aB1",
            "perimeter",
        ),
        (Some("accessNotConfigured"), "x", "gcloud services enable"),
        (
            Some("SERVICE_DISABLED"),
            "Cloud Data Fusion API has not been used in project 123456789012 before or it is disabled. Enable it by \
             visiting https://console.developers.google.com/apis/api/datafusion.googleapis.com/overview?project=123456789012 \
             then retry. If you enabled this API recently, wait a few minutes.",
            "gcloud services enable datafusion.googleapis.com --project=123456789012)",
        ),
        (
            Some("accessNotConfigured"),
            "Enable it by visiting https://console.developers.google.com/apis/api/$(id)/overview?project=1 then retry.",
            "(gcloud services enable)",
        ),
        (
            None,
            "'profile:system.nosuch' was not found.",
            "system.profile.name",
        ),
        (
            None,
            "No enum constant io.cdap.cdap.proto.EntityScope.A",
            "SYSTEM:NAME",
        ),
        (
            None,
            "Location us-west9 is not found or access is unauthorized.",
            "cdf_location",
        ),
        (
            None,
            "Permission denied on 'locations/us-west9' (or it may not exist).",
            "cdf_location",
        ),
        (
            None,
            "Not found: Dataset p:d was not found in location EU",
            "bq_location",
        ),
        (None, "invalid peer certificate: UnknownIssuer", "SSL_CERT_FILE"),
        (None, "invalid peer certificate: Expired", "clock"),
        (
            None,
            "invalid peer certificate: certificate not valid for name \"a\"",
            "endpoint in the profile",
        ),
        (
            None,
            "Insufficient 'CPUS' quota. Requested 24.0, available 12.0.",
            "max_active_pipelines",
        ),
        (
            None,
            "body=<{\"error\":\"invalid_grant\",\"error_description\":\"The audience in ID Token [a] does not match\"}>",
            "provider",
        ),
        (
            None,
            "Permission 'iam.serviceAccounts.getAccessToken' denied on resource",
            "Token Creator",
        ),
        (Some("USER_PROJECT_DENIED"), "x", "quota_project"),
        (
            None,
            "tcp open error: Too many open files (os error 24)",
            "ulimit -n",
        ),
    ] {
        let cause = named(reason, text).unwrap_or_else(|| panic!("{text}"));
        let remedy = cause.remedy(text);
        assert!(remedy.contains(words), "{text}: {remedy}");
    }
}

#[test]
fn keys_and_logins_have_causes_of_their_own() {
    for (reason, text, words) in [
        (
            None,
            "Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account has been \
             authorized to use this key.",
            "cloudkms.cryptoKeyEncrypterDecrypter",
        ),
        (
            None,
            "projects/p/locations/us/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1 is not enabled, current state is: \
             DISABLED.",
            "Enable its version",
        ),
        (
            None,
            "invalid_grant: reauth related error (invalid_rapt)",
            "asks for a new login",
        ),
        (
            None,
            "ERROR: (gcloud.auth.print-access-token) There was a problem refreshing your current auth tokens: \
             Reauthentication failed. cannot prompt during non-interactive execution.",
            "gcloud auth login",
        ),
        (
            None,
            "invalid_grant: Token has been expired or revoked.",
            "no longer valid",
        ),
        (None, "invalid_grant: Invalid JWT Signature.", "make a new key"),
        (
            None,
            "invalid_grant: Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable \
             timeframe. Check your iat and exp values in the JWT claim.",
            "clock of this machine",
        ),
    ] {
        let cause = named(reason, text).unwrap_or_else(|| panic!("{text}"));
        let remedy = cause.remedy(text);
        assert!(remedy.contains(words), "{text}: {remedy}");
    }
}

#[test]
fn a_name_is_not_a_cause() {
    for text in [
        "Not found: Table p:billing.quota",
        "'applicationreference:default.profile' was not found.",
        "Access Denied: Table p:d.t: User does not have permission",
        "java.net.SocketException: Too many open files",
        "",
    ] {
        assert_eq!(named(Some("notFound"), text), None, "{text}");
    }
}
