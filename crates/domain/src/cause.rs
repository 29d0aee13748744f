//! Causes that a service names in its own words, whatever was asked of it, and what to do about each.
//!
//! One table for the answers of services and for the reasons of failed pipeline runs. The texts are those of real
//! services. A text that matches no row says nothing about its cause.

use crate::failure::FailureKind;
use std::borrow::Cow;

/// A cause that was recognised.
#[derive(Debug, PartialEq, Eq)]
pub struct Cause {
    /// What it means for the next step.
    pub kind: FailureKind,
    /// What to do about it, whatever the text names.
    remedy: &'static str,
    /// Google's reasons for it.
    reasons: &'static [&'static str],
    /// Texts that name it; every part of one must occur.
    texts: &'static [&'static [&'static str]],
}

impl Cause {
    /// What names it, in Markdown: each of Google's reasons, and each text with `…` for what is left out.
    pub fn messages(&self) -> Vec<String> {
        let texts = self.texts.iter().map(|parts| parts.join("…"));
        let reasons = self.reasons.iter().map(|reason| (*reason).to_owned());
        texts.chain(reasons).map(|text| format!("`{text}`")).collect()
    }
}

/// All causes, the first that fits first.
pub fn all() -> impl Iterator<Item = &'static Cause> {
    CAUSES.iter()
}

/// The cause that a reason or a text names.
pub fn named(reason: Option<&str>, text: &str) -> Option<&'static Cause> {
    let by_reason = |cause: &&Cause| reason.is_some_and(|reason| cause.reasons.contains(&reason));
    let by_text = |cause: &&Cause| {
        let mut texts = cause.texts.iter();
        texts.any(|parts| parts.iter().all(|part| text.contains(part)))
    };
    let found = CAUSES.iter().find(by_reason);
    found.or_else(|| CAUSES.iter().find(by_text))
}

impl Cause {
    /// What to do about it. Where the text names an API that is off, the command names it too.
    pub fn remedy(&self, text: &str) -> Cow<'static, str> {
        if self.reasons.contains(&"SERVICE_DISABLED")
            && let Some((api, project)) = api_in(text)
        {
            return format!(
                "Enable the API (gcloud services enable {api} --project={project}), wait a minute, and try again."
            )
            .into();
        }
        self.remedy.into()
    }
}

/// The API and the project of the page that Google's text says to visit. Both are words of a command: what is not plain
/// is not taken.
fn api_in(text: &str) -> Option<(&str, &str)> {
    let (api, rest) = text.split_once("/apis/api/")?.1.split_once('/')?;
    let project = rest.split_once("project=")?.1;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':');
    let end = project.find(|c| !is_plain(c)).unwrap_or(project.len());
    let project = &project[..end];
    let is_word =
        |word: &str| word.starts_with(|c: char| c.is_ascii_alphanumeric()) && word.chars().all(is_plain);
    (is_word(api) && api.ends_with(".googleapis.com") && is_word(project)).then_some((api, project))
}

const CAUSES: &[Cause] = &[
    Cause {
        kind: FailureKind::Permanent,
        remedy: "Enable billing for the project (https://console.cloud.google.com/billing), or name a project with \
                 billing in project_id: without it BigQuery reads tables, but empties and changes none.",
        reasons: &["billingNotEnabled", "BILLING_DISABLED", "accountDisabled"],
        texts: &[
            &["Billing has not been enabled"],
            &["requires billing to be enabled"],
            &["billing account for the owning project is disabled"],
            &["not allowed in the free tier"],
        ],
    },
    Cause {
        kind: FailureKind::Unauthorised,
        remedy: "A VPC Service Controls perimeter refuses the call, and a role does not help. Run inside the \
                 perimeter, or ask its administrator for an access level or an ingress rule; the identifier in the \
                 message finds the entry of the audit log.",
        reasons: &["SECURITY_POLICY_VIOLATED"],
        texts: &[
            &["Request is prohibited by organization's policy"],
            &["vpcServiceControlsUniqueIdentifier"],
            &["VPC Service Controls"],
        ],
    },
    Cause {
        kind: FailureKind::Unauthorised,
        remedy: "Enable the API in this project (gcloud services enable), wait a minute, and try again.",
        reasons: &["SERVICE_DISABLED", "accessNotConfigured"],
        texts: &[&["API has not been used in project"]],
    },
    Cause {
        kind: FailureKind::Permanent,
        remedy: "Create the compute profile in Data Fusion, or correct the argument system.profile.name: \
                 SYSTEM:NAME is a profile of the instance, USER:NAME one of the namespace.",
        reasons: &[],
        texts: &[
            &["'profile:", "was not found"],
            &["No enum constant io.cdap.cdap.proto.EntityScope"],
        ],
    },
    Cause {
        kind: FailureKind::Permanent,
        remedy: "Enable the compute profile in Data Fusion, or name another one in the argument system.profile.name.",
        reasons: &[],
        texts: &[&["rofile ", " is disabled"], &["rofile ", "not enabled"]],
    },
    Cause {
        kind: FailureKind::Permanent,
        remedy: "Check bq_dataset_id and the table's name, and that bq_location is where the dataset is.",
        reasons: &[],
        texts: &[&["was not found in location"]],
    },
    Cause {
        kind: FailureKind::Permanent,
        remedy: "Check the region: cdf_location is that of the instance, bq_location that of the dataset. It must \
                 exist and be open to this project.",
        reasons: &["LOCATION_POLICY_VIOLATED"],
        texts: &[
            &["Permission denied on 'locations/"],
            &["Location ", " is not found or access is unauthorized"],
            &["Location ", " is not supported"],
            &["nvalid location"],
            &["nsupported location"],
        ],
    },
    Cause {
        kind: FailureKind::Permanent,
        remedy: "A key of Cloud KMS cannot be used. Enable its version again, or give the service account that the \
                 message names the role roles/cloudkms.cryptoKeyEncrypterDecrypter on it (gcloud kms keys \
                 add-iam-policy-binding); a destroyed key takes the data with it.",
        reasons: &["KMS_KEY_ISSUE"],
        texts: &[
            &["KMS_KEY_ISSUE"],
            &["cloudkms.cryptoKeyVersions."],
            &["Permission denied on Cloud KMS key"],
            &["Cloud KMS error when using key"],
            &["CryptoKey Encrypter/Decrypter"],
            &["/cryptoKeyVersions/", "is not enabled"],
        ],
    },
    Cause {
        kind: FailureKind::Unauthorised,
        remedy: "The organisation asks for a new login from time to time: run gcloud auth application-default login \
                 (or gcloud auth login, if gcloud gives the token). For jobs without a person use a service account.",
        reasons: &[],
        texts: &[
            &["invalid_rapt"],
            &["rapt_required"],
            &["Reauthentication failed"],
            &["Reauthentication required"],
        ],
    },
    Cause {
        kind: FailureKind::Unauthorised,
        remedy: "The clock of this machine is off: set it right, best by a time server (timedatectl set-ntp true).",
        reasons: &[],
        texts: &[&["invalid_grant", "Check your iat and exp"]],
    },
    Cause {
        kind: FailureKind::Unauthorised,
        remedy: "The key of the service account is gone, or the account is: make a new key (gcloud iam \
                 service-accounts keys create) and name its file in GOOGLE_APPLICATION_CREDENTIALS.",
        reasons: &[],
        texts: &[
            &["invalid_grant", "Invalid JWT Signature"],
            &["invalid_grant", "account not found"],
            &["invalid_grant", "disabled"],
        ],
    },
    Cause {
        kind: FailureKind::Unauthorised,
        remedy: "The identity pool does not take this identity: check audience, issuer and the conditions of its \
                 provider, and whether the token of the other side is still good.",
        reasons: &[],
        texts: &[
            &["invalid_target"],
            &["invalid_grant", "ID Token"],
            &["invalid_grant", "subject token"],
            &["unauthorized_client", "attribute condition"],
            &["invalid_request", "subject_token"],
        ],
    },
    Cause {
        kind: FailureKind::Unauthorised,
        remedy: "The login is no longer valid: run gcloud auth application-default login (or gcloud auth login, if \
                 gcloud gives the token).",
        reasons: &[],
        texts: &[
            &["invalid_grant"],
            &["Token has been expired or revoked"],
            &["invalid_client: "],
            &["unauthorized_client: "],
            &["deleted_client"],
        ],
    },
    Cause {
        kind: FailureKind::Permanent,
        remedy: "Rows were streamed into the table recently; wait until its streaming buffer is empty (minutes, \
                 rarely 90), then try again.",
        reasons: &[],
        texts: &[&["streaming buffer"]],
    },
    Cause {
        kind: FailureKind::Permanent,
        remedy: "This machine does not trust the issuer of the certificate. Where a proxy inspects TLS, name a PEM \
                 file in SSL_CERT_FILE that holds its root certificate and the public ones; in a bare container \
                 install ca-certificates.",
        reasons: &[],
        texts: &[&["invalid peer certificate: UnknownIssuer"]],
    },
    Cause {
        kind: FailureKind::Permanent,
        remedy: "The certificate is outside its time: check the clock of this machine, then the server's certificate.",
        reasons: &[],
        texts: &[
            &["invalid peer certificate", "xpired"],
            &["invalid peer certificate", "not valid yet"],
            &["invalid peer certificate", "NotValidYet"],
        ],
    },
    Cause {
        kind: FailureKind::Permanent,
        remedy: "Another server answers at this address: check the endpoint in the profile, HTTPS_PROXY and the name \
                 servers of this machine.",
        reasons: &[],
        texts: &[&["invalid peer certificate"]],
    },
    Cause {
        kind: FailureKind::Unauthorised,
        remedy: "Give whoever calls the role Service Account Token Creator on the service account that is \
                 impersonated, and check its address.",
        reasons: &[],
        texts: &[&["iam.serviceAccounts.getAccessToken"]],
    },
    Cause {
        kind: FailureKind::Unauthorised,
        remedy: "Give the caller the role Service Usage Consumer on the project that pays for calls, or name another \
                 one in quota_project.",
        reasons: &["USER_PROJECT_DENIED"],
        texts: &[
            &["serviceusage.services.use"],
            &["Caller does not have required permission to use project"],
        ],
    },
    Cause {
        kind: FailureKind::Unauthorised,
        remedy: "Set quota_project in the profile to a project that may pay for calls, or run \
                 gcloud auth application-default set-quota-project.",
        reasons: &[],
        texts: &[&["requires a quota project"]],
    },
    // In the words of this program's own system calls, so that a pipeline's log does not match.
    Cause {
        kind: FailureKind::Unsent,
        remedy: "This machine lets Downbeat open too few files: raise the limit (ulimit -n 4096) before the next \
                 start, or lower max_active_pipelines. It goes on as files are closed.",
        reasons: &[],
        texts: &[&["Too many open files (os error"]],
    },
    Cause {
        kind: FailureKind::Transient,
        remedy: "Ask for more quota in the region, take a smaller compute profile, or lower max_active_pipelines.",
        reasons: &[],
        texts: &[&["Insufficient '", "quota"], &["Quota '", "exceeded"]],
    },
];

#[cfg(test)]
mod tests {
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
}
