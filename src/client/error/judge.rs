//! Which kind of failure an HTTP answer is: Google's `reason` first, the status second.
//!
//! The table follows BigQuery's and CDAP's documented and measured behaviour. When in doubt about a
//! request that must not be repeated, the answer is Ambiguous: looking costs less than a second run.

use domain::failure::FailureKind;

/// The kind of an answer outside 2xx. `once`: the request has an effect that must not happen twice.
pub(super) fn judge(status: u16, reason: Option<&str>, text: &str, once: bool) -> FailureKind {
    if let Some(kind) = reason.and_then(by_reason) {
        return kind;
    }
    let lost = if once {
        FailureKind::Ambiguous
    } else {
        FailureKind::Transient
    };
    match status {
        // Two writers collided; this one did nothing.
        400 if text.contains("Could not serialize access") => FailureKind::Transient,
        // A page of a proxy or of a front end: the service itself has not said that anything is missing.
        404 | 405 | 410 if is_web_page(text) => lost,
        401 | 403 => FailureKind::Unauthorised,
        429 => FailureKind::Busy,
        // CDAP reports what it cannot parse as 500; it fails the same way every time.
        500 if is_parse_failure(text) => FailureKind::Permanent,
        408 | 425 | 500 | 502..=504 | 520..=599 => lost,
        _ => FailureKind::Permanent,
    }
}

/// Whether the answer was a page for people.
pub(super) fn is_web_page(text: &str) -> bool {
    text.starts_with(super::text::WEB_PAGE)
}

/// Whether a 404 comes from a router that knows no such path, or from a web server.
pub(super) fn is_wrong_path(text: &str) -> bool {
    text.starts_with("Problem accessing") || is_web_page(text)
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
    use FailureKind::{Ambiguous, Busy, Permanent, Transient, Unauthorised};

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
            (401, None, true, Unauthorised),
            (429, None, true, Busy),
            (502, None, true, Ambiguous),
            (504, None, false, Transient),
            (501, None, false, Permanent),
            (302, None, false, Permanent),
        ] {
            assert_eq!(
                judge(status, reason, "", once),
                kind,
                "{status} {reason:?} once={once}"
            );
        }
    }

    #[test]
    fn the_servers_text_tells_the_exceptions() {
        let unknown = "No enum constant io.cdap.cdap.proto.ProgramRunStatus.BOGUS";
        assert_eq!(judge(500, None, unknown, false), Permanent);
        assert_eq!(judge(500, None, "null value in entry: n=null", true), Permanent);
        assert_eq!(judge(500, None, "", true), Ambiguous);
        let page = "a web page instead of an answer, titled 'Not Found'";
        assert_eq!(judge(404, None, page, false), Transient);
        assert_eq!(judge(404, None, page, true), Ambiguous);
        assert_eq!(judge(403, None, page, false), Unauthorised);
        let race = "Could not serialize access to table p:d.t due to concurrent update";
        assert_eq!(judge(400, Some("invalidQuery"), race, false), Transient);
    }
}
