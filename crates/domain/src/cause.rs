//! Causes that a service names in its own words, whatever was asked of it, and what to do about each.
//!
//! One table for the answers of services and for the reasons of failed pipeline runs. The texts are those of real
//! services. A text that matches no row says nothing about its cause.

use crate::failure::FailureKind;

/// A cause that was recognised.
#[derive(Debug, PartialEq, Eq)]
pub struct Cause {
    /// What it means for the next step.
    pub kind: FailureKind,
    /// What to do about it.
    pub remedy: &'static str,
    /// Google's reasons for it.
    reasons: &'static [&'static str],
    /// Texts that name it; every part of one must occur.
    texts: &'static [&'static [&'static str]],
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
                "tcp open error: Too many open files (os error 24)",
                "ulimit -n",
            ),
        ] {
            let cause = named(reason, text).unwrap_or_else(|| panic!("{text}"));
            assert!(cause.remedy.contains(words), "{text}: {}", cause.remedy);
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
