//! Who wrote an answer that is not a good one: the service that was asked, or something between here and it.
//!
//! Proxies, load balancers and the login pages of networks answer in a service's place. What they say decides
//! nothing about the service: it is trouble, as a broken connection is. The forms are those of real servers; an
//! answer of an unknown form is nobody's. It must never take a page for the service's word.

use domain::service::Service;

/// A status outside 2xx and what came with it.
#[derive(Clone, Copy, Debug)]
pub(in crate::client) struct Answer<'a> {
    pub(in crate::client) status: u16,
    pub(in crate::client) content_type: Option<&'a str>,
    pub(in crate::client) body: &'a [u8],
}

/// The form of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Google's errors, and CDAP's and OAuth's about tokens.
    Error,
    /// Other JSON.
    Json,
    /// A page for people.
    Page,
    Text,
    Empty,
}

/// Whether the service itself gave this answer, as far as its form tells. `text`: the first line of the body.
pub(super) fn is_service(service: Service, answer: Answer<'_>, form: Form, text: &str) -> bool {
    // None of the services redirects, and 407 and 511 are a proxy's and a network's own.
    if matches!(answer.status, 300..=399 | 407 | 511) || form == Form::Page {
        return false;
    }
    match service {
        // Every error of Google's interfaces is one form of JSON.
        Service::BigQuery
        | Service::DataFusion
        | Service::ServiceUsage
        | Service::ResourceManager
        | Service::Iam
        | Service::Storage
        | Service::Compute
        | Service::CloudSql
        | Service::Credentials => form == Form::Error,
        Service::Cdap => is_cdap(answer, form, text),
    }
}

/// CDAP writes plain text or JSON, and some errors without a type (measured).
fn is_cdap(answer: Answer<'_>, form: Form, text: &str) -> bool {
    let is_known_type = answer.content_type.is_none_or(|kind| {
        let kind = kind.to_ascii_lowercase();
        ["text/plain", "application/json", "application/octet-stream"]
            .iter()
            .any(|known| kind.starts_with(known))
    });
    match (answer.status, form) {
        (_, Form::Error) => true,
        _ if !is_known_type => false,
        (404, Form::Text) => is_cdap_missing(text),
        (404 | 410, _) => false,
        (_, Form::Empty) => answer.content_type.is_none(),
        _ => true,
    }
}

/// The texts with which CDAP says that something does not exist.
fn is_cdap_missing(text: &str) -> bool {
    text.starts_with("Problem accessing")
        || text.starts_with("No run record found")
        || [
            "' was not found",
            "action was not found",
            "not found in the secure store",
            " not present",
            "' does not exist",
            "that do not exist",
        ]
        .iter()
        .any(|part| text.contains(part))
}

#[cfg(test)]
mod tests {
    use super::super::text::ServerMessage;
    use super::*;

    const HTML: &str = "<!DOCTYPE html><html><head><title>Forbidden</title></head></html>";

    fn is_of(service: Service, status: u16, content_type: Option<&str>, body: &str) -> bool {
        let body = body.as_bytes();
        let message = ServerMessage::parse(body);
        let answer = Answer {
            status,
            content_type,
            body,
        };
        is_service(service, answer, message.form, &message.text)
    }

    #[test]
    fn what_a_service_wrote_is_told_from_what_stands_in_between() {
        let google =
            r#"{"error":{"code":403,"message":"Access Denied","errors":[{"reason":"accessDenied"}]}}"#;
        let plain = Some("text/plain; charset=utf-8");
        let html = Some("text/html; charset=utf-8");
        let json = Some("application/json;charset=UTF-8");
        let missing = "'applicationreference:default.sales' was not found.";
        let forbidden = "Principal 'a' has insufficient privileges to perform action 'EXECUTE'.";
        for (service, status, content_type, body, ours) in [
            (Service::Cdap, 404, plain, missing, true),
            (
                Service::Cdap,
                404,
                None,
                "Problem accessing: /v3/x. Reason: Not Found",
                true,
            ),
            (
                Service::Cdap,
                404,
                plain,
                "No run record found for program p and runID: r",
                true,
            ),
            (Service::Cdap, 404, html, missing, false),
            (Service::Cdap, 404, plain, "404 page not found", false),
            (Service::Cdap, 404, plain, "default backend - 404", false),
            (Service::Cdap, 404, None, "", false),
            (
                Service::Cdap,
                404,
                json,
                r#"{"message":"no Route matched with those values"}"#,
                false,
            ),
            (Service::Cdap, 403, plain, forbidden, true),
            (Service::Cdap, 403, json, google, true),
            (Service::Cdap, 403, plain, HTML, false),
            (Service::Cdap, 403, html, "", false),
            (Service::Cdap, 403, Some("application/xml"), "<Error/>", false),
            (
                Service::Cdap,
                401,
                json,
                r#"{"auth_uri":["http://h:11015/token"]}"#,
                true,
            ),
            (Service::Cdap, 401, html, "Unauthorized", false),
            (Service::Cdap, 405, None, "", true),
            (Service::Cdap, 405, None, "/v3/version", true),
            (Service::Cdap, 400, plain, "Request body is invalid json", true),
            (Service::Cdap, 400, html, HTML, false),
            (Service::Cdap, 407, plain, "Proxy Authentication Required", false),
            (Service::Cdap, 302, plain, "Found", false),
            (Service::BigQuery, 403, json, google, true),
            (Service::BigQuery, 403, plain, "Forbidden", false),
            (Service::BigQuery, 404, html, HTML, false),
            (Service::BigQuery, 401, None, "", false),
            (Service::DataFusion, 403, json, google, true),
            (
                Service::DataFusion,
                404,
                json,
                r#"{"message":"no Route matched"}"#,
                false,
            ),
            (
                Service::DataFusion,
                401,
                None,
                r#"{"error":"invalid_token"}"#,
                true,
            ),
        ] {
            assert_eq!(
                is_of(service, status, content_type, body),
                ours,
                "{service} {status} {body}"
            );
        }
    }
}
