//! One bounded line without control characters of whatever a server sent: JSON errors, text, web pages.

use super::author::Form;
use domain::sanitize;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Longest line kept, in characters.
const LONGEST: usize = 600;

/// How the line of a web page begins.
const WEB_PAGE: &str = "a web page instead of an answer";

/// What a server said about a failure.
pub(super) struct ServerMessage {
    /// Its text, one line.
    pub(super) text: String,
    /// Google's reason, if the body is Google's error shape.
    pub(super) reason: Option<String>,
    /// What the body looks like.
    pub(super) form: Form,
}

#[derive(Deserialize)]
struct Envelope {
    error: GoogleError,
}

#[derive(Deserialize)]
struct GoogleError {
    #[serde(default)]
    message: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    errors: Vec<Item>,
    #[serde(default)]
    details: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    reason: Option<String>,
}

/// CDAP's and OAuth's shape: `{"error":"invalid_token","error_description":"..."}`.
#[derive(Deserialize)]
struct TokenError {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl ServerMessage {
    pub(super) fn parse(body: &[u8]) -> Self {
        if let Ok(Envelope { error }) = serde_json::from_slice::<Envelope>(body) {
            // SERVICE_DISABLED is in the details, and says more than PERMISSION_DENIED.
            let mut reasons = error.errors.into_iter().chain(error.details);
            let reason = reasons.find_map(|item| item.reason).or(error.status);
            return Self {
                text: one_line(&error.message),
                reason,
                form: Form::Error,
            };
        }
        if let Ok(token) = serde_json::from_slice::<TokenError>(body) {
            let text = format!("{}: {}", token.error, token.error_description);
            return Self {
                text: first_line(text.as_bytes()),
                reason: None,
                form: Form::Error,
            };
        }
        let text = first_line(body);
        let form = if text.is_empty() {
            Form::Empty
        } else if is_page(&text) {
            Form::Page
        } else if serde_json::from_slice::<IgnoredAny>(body).is_ok() {
            Form::Json
        } else {
            Form::Text
        };
        Self {
            text,
            reason: None,
            form,
        }
    }
}

/// All lines of a message as one: the second may hold the identifier that an administrator asks for.
fn one_line(message: &str) -> String {
    plain(&message.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The first line with anything in it, without control characters, at most [`LONGEST`] long.
pub(in crate::client) fn first_line(body: &[u8]) -> String {
    // A line needs no more than its first bytes; a body may be megabytes.
    let head = String::from_utf8_lossy(&body[..body.len().min(4 * LONGEST + 4096)]);
    let head = head.trim_start_matches('\u{feff}').trim_start();
    if is_web_page(head) {
        return match title(head) {
            Some(title) => format!("{WEB_PAGE}, titled '{}'", plain(title)),
            None => WEB_PAGE.to_owned(),
        };
    }
    plain(
        head.lines()
            .find(|line| !line.trim().is_empty())
            .unwrap_or_default(),
    )
}

/// The innermost reason: a library's own sentence says only that sending failed.
pub(in crate::client) fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    first_line(error.to_string().as_bytes())
}

/// Whether this line was made of a page for people.
pub(in crate::client) fn is_page(line: &str) -> bool {
    line.starts_with(WEB_PAGE)
}

/// Whether this text tells of such a page.
pub(super) fn names_page(text: &str) -> bool {
    text.contains(WEB_PAGE)
}

fn is_web_page(text: &str) -> bool {
    let start: String = text.chars().take(15).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

fn title(page: &str) -> Option<&str> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower.get(start..)?.find('<')?;
    page.get(start..end)
        .map(str::trim)
        .filter(|title| !title.is_empty())
}

fn plain(line: &str) -> String {
    let line = sanitize::line(line);
    let mut letters = line.trim().chars();
    let mut kept: String = letters.by_ref().take(LONGEST).collect();
    if letters.next().is_some() {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sort_of_body_becomes_one_line() {
        let long = "x".repeat(5000);
        for (body, line) in [
            ("", ""),
            ("\n\n  first \r\nsecond", "first"),
            ("\u{1b}[31mred\u{7}\u{202e}", "red"),
            (
                "<!DOCTYPE html>\n<html><head><TITLE> 502 Bad Gateway </TITLE>",
                "a web page instead of an answer, titled '502 Bad Gateway'",
            ),
            ("<html><body>x", "a web page instead of an answer"),
            (
                r#"{"error":"invalid_token","error_description":"Invalid token signature."}"#,
                "invalid_token: Invalid token signature.",
            ),
            (long.as_str(), &format!("{}…", "x".repeat(600))),
        ] {
            assert_eq!(ServerMessage::parse(body.as_bytes()).text, line);
        }
    }

    #[test]
    fn googles_reason_is_found_wherever_it_hides() {
        for (body, reason) in [
            (
                r#"{"error":{"code":404,"message":"m","status":"NOT_FOUND","errors":[{"reason":"notFound"}]}}"#,
                "notFound",
            ),
            (
                r#"{"error":{"code":403,"message":"m","status":"PERMISSION_DENIED","details":[{"@type":"x"},{"reason":"SERVICE_DISABLED"}]}}"#,
                "SERVICE_DISABLED",
            ),
            (
                r#"{"error":{"code":404,"message":"m","status":"NOT_FOUND"}}"#,
                "NOT_FOUND",
            ),
        ] {
            let message = ServerMessage::parse(body.as_bytes());
            assert_eq!(
                (message.text.as_str(), message.reason.as_deref()),
                ("m", Some(reason))
            );
        }
    }

    #[test]
    fn no_line_of_googles_message_is_lost() {
        let body = r#"{"error":{"code":403,"message":"Request is prohibited by organization's policy.\nvpcServiceControlsUniqueIdentifier: aB1"}}"#;
        assert_eq!(
            ServerMessage::parse(body.as_bytes()).text,
            "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: aB1"
        );
    }

    #[test]
    fn broken_utf8_and_cut_letters_are_survived() {
        assert_eq!(first_line(b"caf\xc3"), "caf\u{fffd}");
    }
}
