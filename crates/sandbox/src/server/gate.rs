//! Who may use the server. Asked before anything else is done with a request, so no API and no fault can be reached
//! around it.
//!
//! A browser sends requests for any web page, and a page can give its own name the address of this machine (DNS
//! rebinding). Neither is told by the address of the peer, only by what a browser writes into the head. No answer of the
//! sandbox has a CORS header, so a page of another origin cannot read any either.

use crate::Settings;
use crate::api_error::error_body;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The most characters of what a client wrote that an answer quotes.
const MAX_QUOTED: usize = 100;

/// What every refusal begins with: it must not be taken for Google's.
const SANDBOX_NOTICE: &str = "This is Downbeat's sandbox, a local imitation of Google's services";

/// What a request must fulfil.
#[derive(Clone)]
pub(super) struct Gate {
    /// Whether only hosts of this machine are meant: the server listens on loopback.
    loopback: bool,
    /// The token that every request must carry.
    token: Option<String>,
}

/// Why a request is refused.
#[derive(Debug, PartialEq, Eq)]
struct Refusal(StatusCode, String);

impl Gate {
    pub fn new(settings: &Settings) -> Self {
        Self {
            loopback: settings.address.is_loopback(),
            token: settings.access_token.clone(),
        }
    }

    /// The answer to a request that is refused.
    pub fn refuse<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        let refused = self
            .check_host(request)
            .and_then(|()| check_browser(request.headers()))
            .and_then(|()| self.check_token(request.headers()));
        refused.err().map(Refusal::into_response)
    }

    /// On loopback only names of this machine are hosts: a browser that was led here by another name says so.
    fn check_host<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let mut named = request.headers().get_all(header::HOST).iter();
        let (first, more) = (named.next(), named.next());
        if more.is_some() {
            return Err(Refusal(
                StatusCode::BAD_REQUEST,
                format!("{SANDBOX_NOTICE}: a request has one Host header, not several."),
            ));
        }
        // One without is taken, as CDAP takes it (measured): every browser sends one.
        let in_header = first.map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
        let in_target = request.uri().authority().map(ToString::to_string);
        let mut hosts = in_header.into_iter().chain(in_target);
        match hosts.find(|host| self.loopback && !is_loopback(host)) {
            None => Ok(()),
            Some(foreign) => Err(Refusal(
                StatusCode::MISDIRECTED_REQUEST,
                format!(
                    "{SANDBOX_NOTICE}, and listens for this machine only: '{}' is not one of its hosts, which are localhost, \
                     127.0.0.0/8 and [::1]. A web page can give its own name this machine's address, so other names \
                     are refused. To be reached by a name, start it with --bind ADDRESS.",
                    quoted(&foreign)
                ),
            )),
        }
    }

    fn check_token(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(expected) = &self.token else {
            return Ok(());
        };
        let given = headers.get(header::AUTHORIZATION);
        let given = given.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        if given.is_some_and(|given| is_same(given.as_bytes(), expected.as_bytes())) {
            return Ok(());
        }
        Err(Refusal(
            StatusCode::UNAUTHORIZED,
            format!(
                "{SANDBOX_NOTICE} that another program keeps for itself: only that program has its token. `downbeat sandbox` starts \
                 one for every program of this machine."
            ),
        ))
    }
}

/// Refuses what a browser sends for a page that the sandbox did not serve.
fn check_browser(headers: &HeaderMap) -> Result<(), Refusal> {
    let refuse = |what: &str| {
        Err(Refusal(
            StatusCode::FORBIDDEN,
            format!("{SANDBOX_NOTICE}: it takes no requests from web pages ({what})."),
        ))
    };
    for origin in headers.get_all(header::ORIGIN) {
        let origin = String::from_utf8_lossy(origin.as_bytes());
        if !is_own_origin(&origin, headers) {
            return refuse(&format!("Origin: {}", quoted(&origin)));
        }
    }
    for site in headers.get_all("sec-fetch-site") {
        let site = String::from_utf8_lossy(site.as_bytes());
        // `none` is an address that a person typed.
        if !matches!(site.as_ref(), "same-origin" | "none") {
            return refuse(&format!("Sec-Fetch-Site: {}", quoted(&site)));
        }
    }
    // Only browsers ask beforehand, and only for another origin.
    if headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        return refuse("Access-Control-Request-Method");
    }
    Ok(())
}

/// Whether a page has this server's own address, and that is one of loopback: a name may be anybody's.
fn is_own_origin(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).map(HeaderValue::as_bytes);
    origin.strip_prefix("http://").is_some_and(|own| {
        is_loopback(own) && host.is_some_and(|host| host.eq_ignore_ascii_case(own.as_bytes()))
    })
}

/// Whether `HOST[:PORT]` is `localhost`, in 127.0.0.0/8 or `[::1]`.
fn is_loopback(host: &str) -> bool {
    let (host, port) = match host.rfind(':') {
        Some(at) if !host.ends_with(']') => (&host[..at], &host[at + 1..]),
        _ => (host, ""),
    };
    if !port.bytes().all(|digit| digit.is_ascii_digit()) {
        return false;
    }
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match inner {
        Some(address) => address.parse() == Ok(Ipv6Addr::LOCALHOST),
        None => {
            host.eq_ignore_ascii_case("localhost")
                || host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
        }
    }
}

/// Compares in a time that does not tell how many bytes are right.
fn is_same(given: &[u8], expected: &[u8]) -> bool {
    let differing = given.iter().zip(expected).fold(0, |all, (a, b)| all | (a ^ b));
    given.len() == expected.len() && differing == 0
}

fn quoted(text: &str) -> String {
    text.chars().take(MAX_QUOTED).collect()
}

impl Refusal {
    fn into_response(self) -> Response<Body> {
        let Self(status, message) = self;
        let name = match status {
            StatusCode::UNAUTHORIZED => "UNAUTHENTICATED",
            StatusCode::BAD_REQUEST => "INVALID_ARGUMENT",
            _ => "PERMISSION_DENIED",
        };
        let body = error_body(status.as_u16(), name, &message, None);
        let no_guessing = [(HeaderName::from_static("x-content-type-options"), "nosniff")];
        let mut response = (status, no_guessing, axum::Json(body)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"downbeat\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(gate: &Gate, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().uri("/v1/projects");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = gate.refuse(&request.body(Body::empty()).unwrap());
        answer.map_or(200, |answer| answer.status().as_u16())
    }

    #[test]
    fn hosts_of_this_machine_are_known_by_their_text() {
        for (host, expected) in [
            ("localhost", true),
            ("LocalHost:80", true),
            ("127.0.0.1", true),
            ("127.255.0.9:18080", true),
            ("[::1]", true),
            ("[::1]:65000", true),
            ("", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("127.0.0.1@evil.example", false),
            ("evil@127.0.0.1", false),
            ("127.0.0.1:80@evil.example:80", false),
            ("127.1", false),
            ("2130706433", false),
            ("::1", false),
            ("[::ffff:127.0.0.1]", false),
            ("[::2]:80", false),
            ("0.0.0.0", false),
            ("10.0.0.1", false),
            ("metadata.google.internal", false),
            ("localhost:80:80", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }

    #[test]
    fn elsewhere_every_host_is_taken_and_no_page() {
        let elsewhere = Gate {
            loopback: false,
            token: None,
        };
        for (headers, expected) in [
            (&[("host", "sandbox.example:80")][..], 200),
            (&[("host", "a"), ("host", "b")], 400),
            (&[], 200),
            (
                &[("host", "sandbox.example"), ("origin", "http://sandbox.example")],
                403,
            ),
            (&[("host", "a.example"), ("origin", "null")], 403),
            (&[("host", "a.example"), ("sec-fetch-site", "cross-site")], 403),
            (&[("host", "a.example"), ("sec-fetch-site", "none")], 200),
        ] {
            assert_eq!(status(&elsewhere, headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn a_token_must_be_whole() {
        let own = Gate {
            loopback: true,
            token: Some("abc".into()),
        };
        for (given, expected) in [
            ("Bearer abc", 200),
            ("Bearer ab", 401),
            ("Bearer abcd", 401),
            ("Bearer ", 401),
            ("abc", 401),
            ("Basic abc", 401),
        ] {
            let headers = [("host", "127.0.0.1:1"), ("authorization", given)];
            assert_eq!(status(&own, &headers), expected, "{given}");
        }
        assert_eq!(status(&own, &[("host", "127.0.0.1")]), 401);
        assert_eq!(
            status(&own, &[("host", "evil"), ("authorization", "Bearer abc")]),
            421
        );
    }
}
