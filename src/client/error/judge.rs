//! Which kind of failure an HTTP answer is: Google's `reason` first, the status second.
//!
//! The table follows BigQuery's and CDAP's documented and measured behaviour. When in doubt about a
//! request that must not be repeated, the answer is Ambiguous: looking costs less than a second run.

use domain::failure::FailureKind;

/// The kind of an answer outside 2xx. `is_service`: the service itself wrote it. `once`: the request has an effect
/// that must not happen twice.
pub(super) fn judge(
    status: u16,
    reason: Option<&str>,
    text: &str,
    is_service: bool,
    once: bool,
) -> FailureKind {
    if let Some(kind) = reason.and_then(by_reason) {
        return kind;
    }
    let lost = if once {
        FailureKind::Ambiguous
    } else {
        FailureKind::Transient
    };
    match status {
        429 => FailureKind::Busy,
        // Whoever asks for a login first has let nothing through.
        401 | 407 | 511 if !is_service => FailureKind::Unsent,
        // The service has not said anything, and the request may have reached it.
        _ if !is_service => lost,
        // Two writers collided; this one did nothing.
        400 if text.contains("Could not serialize access") => FailureKind::Transient,
        401 => FailureKind::Unidentified,
        403 => FailureKind::Unauthorised,
        // A token server's way to say that the login does not hold.
        400 if text.starts_with("invalid_grant") => FailureKind::Unauthorised,
        // CDAP reports what it cannot parse as 500; it fails the same way every time.
        500 if is_parse_failure(text) => FailureKind::Permanent,
        408 | 425 | 500 | 502..=504 | 520..=599 => lost,
        _ => FailureKind::Permanent,
    }
}

/// Whether a 404 comes from a router that knows no such path.
pub(super) fn is_wrong_path(text: &str) -> bool {
    text.starts_with("Problem accessing")
}

fn by_reason(reason: &str) -> Option<FailureKind> {
    Some(match reason {
        "rateLimitExceeded" | "userRateLimitExceeded" | "quotaExceeded" | "RESOURCE_EXHAUSTED" => {
            FailureKind::Busy
        }
        // These end a job or a query that has changed nothing; a new job may work.
        "jobBackendError" | "jobInternalError" | "jobRateLimitExceeded" | "tableUnavailable" => {
            FailureKind::Transient
        }
        // The identity is known and has its roles; somebody has to pay first.
        "billingNotEnabled" | "BILLING_DISABLED" | "accountDisabled" => FailureKind::Permanent,
        _ => return None,
    })
}

fn is_parse_failure(text: &str) -> bool {
    [
        "No enum constant",
        "null value in entry",
        "Expected a string but was",
        "duplicate key",
        "Invalid UUID string",
        "Error in executing request",
        "Expected operator",
        "Invalid namespace ID",
    ]
    .iter()
    .any(|start| text.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailureKind::{Ambiguous, Busy, Permanent, Transient, Unauthorised, Unidentified, Unsent};

    #[test]
    fn reason_rules_before_status() {
        for (status, reason, once, kind) in [
            (400, Some("invalidQuery"), false, Permanent),
            (400, Some("jobBackendError"), false, Transient),
            (403, Some("accessDenied"), false, Unauthorised),
            (403, Some("rateLimitExceeded"), true, Busy),
            (403, Some("quotaExceeded"), false, Busy),
            (403, Some("billingNotEnabled"), true, Permanent),
            (404, Some("notFound"), true, Permanent),
            (409, Some("duplicate"), true, Permanent),
            (503, Some("backendError"), true, Ambiguous),
            (503, Some("backendError"), false, Transient),
            (401, None, true, Unidentified),
            (429, None, true, Busy),
            (502, None, true, Ambiguous),
            (504, None, false, Transient),
            (501, None, false, Permanent),
        ] {
            assert_eq!(
                judge(status, reason, "", true, once),
                kind,
                "{status} {reason:?} once={once}"
            );
        }
    }

    #[test]
    fn a_page_of_something_in_between_is_trouble_and_no_answer() {
        for (status, reading, acting) in [
            (302, Transient, Ambiguous),
            (400, Transient, Ambiguous),
            (401, Unsent, Unsent),
            (403, Transient, Ambiguous),
            (404, Transient, Ambiguous),
            (405, Transient, Ambiguous),
            (407, Unsent, Unsent),
            (409, Transient, Ambiguous),
            (413, Transient, Ambiguous),
            (429, Busy, Busy),
            (500, Transient, Ambiguous),
            (502, Transient, Ambiguous),
            (511, Unsent, Unsent),
        ] {
            let kinds = [false, true].map(|once| judge(status, None, "Forbidden", false, once));
            assert_eq!(kinds, [reading, acting], "{status}");
        }
    }

    #[test]
    fn the_servers_text_tells_the_exceptions() {
        let unknown = "No enum constant io.cdap.cdap.proto.ProgramRunStatus.BOGUS";
        assert_eq!(judge(500, None, unknown, true, false), Permanent);
        assert_eq!(
            judge(500, None, "null value in entry: n=null", true, true),
            Permanent
        );
        assert_eq!(judge(500, None, "", true, true), Ambiguous);
        let race = "Could not serialize access to table p:d.t due to concurrent update";
        assert_eq!(judge(400, Some("invalidQuery"), race, true, false), Transient);
    }
}
