//! The causes, the first that fits first: what each means, what to do about it, and the words that name it.

use super::Cause;
use crate::failure::FailureKind;

pub(super) const CAUSES: &[Cause] = &[
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
