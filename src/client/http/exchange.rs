//! One request and its answer: send, judge the status, read the body.

use super::body::Body;
use super::request::Request;
use super::server_time::{ServerTimes, date};
use crate::client::auth::Grant;
use crate::client::error::{Answer, ClientError};
use crate::clock;
use domain::cause;
use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use std::error::Error as _;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

/// How much of an error's body is read.
const ERROR_BODY: usize = 64 << 10;

/// The longest wait a server may ask for; more is taken as this much.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// Sends once and reads the answer. The caller sets the deadline.
pub(super) async fn send<B: Body>(
    client: &reqwest::Client,
    request: &Request,
    grant: Option<&Grant>,
    times: &ServerTimes,
) -> Result<B, ClientError> {
    let sent = clock::elapsed();
    let mut builder = request.prepare(client);
    if let Some(grant) = grant {
        builder = builder.bearer_auth(grant.token.expose());
        if let Some(project) = &grant.quota_project {
            builder = builder.header("x-goog-user-project", &**project);
        }
    }
    let response = builder
        .send()
        .await
        .map_err(|error| from_reqwest(request, &error))?;
    let status = response.status();
    if status.is_success() {
        times.note(request.service(), sent, response.headers());
        return good_body(request, response).await;
    }
    let wait = retry_after(response.headers());
    let content_type = response.headers().get(CONTENT_TYPE).cloned();
    let mut body = match response.headers().get(LOCATION) {
        Some(place) if status.is_redirection() => [b"redirected to ", place.as_bytes()].concat(),
        _ => Vec::new(),
    };
    if body.is_empty() {
        body = error_body(response).await;
    }
    let answer = Answer {
        status: status.as_u16(),
        // What is not text is not of any known type either.
        content_type: content_type.as_ref().map(|kind| kind.to_str().unwrap_or("?")),
        body: &body,
    };
    let error = ClientError::from_response(request.service(), request.operation(), answer, request.is_once());
    Err(error.with_retry_after(wait))
}

/// What is made of the body of a good answer.
async fn good_body<B: Body>(request: &Request, mut response: Response) -> Result<B, ClientError> {
    let mut body = B::default();
    body.begin(response.headers());
    loop {
        match response.chunk().await {
            Ok(Some(piece)) => {
                if body.add(request, &piece)?.is_break() {
                    // The rest is not read: the connection is closed instead.
                    return Ok(body);
                }
            }
            Ok(None) => return body.end(request),
            Err(error) => return Err(request.lost(&format!("the answer broke off: {}", causes(&error)))),
        }
    }
}

/// The beginning of an error's body. A broken one is used as it is: the status counts, not the text.
async fn error_body(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > ERROR_BODY {
            break;
        }
    }
    body
}

fn from_reqwest(request: &Request, error: &reqwest::Error) -> ClientError {
    let why = causes(error);
    if error.is_connect() {
        let host = request.url().host_str().unwrap_or_default();
        let text = format!("no connection to {host}: {why}");
        match cause::named(None, &why) {
            // A certificate that is not trusted now is not trusted in a minute either. But what was to happen has been
            // checked over a good connection before: it waits, as for any other that is missing.
            Some(cause) if !request.is_once() => request.unsent(&text).with_kind(cause.kind),
            _ => request.unsent(&text),
        }
    } else if error.is_builder() {
        request.unsent(&why)
    } else {
        request.lost(&format!("the connection broke: {why}"))
    }
}

/// The innermost causes in words. The outermost text is left out: it repeats the address with its query.
fn causes(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            let gap = if text.is_empty() { "" } else { ": " };
            let _ = write!(text, "{gap}{said}");
        }
        source = cause.source();
    }
    if text.is_empty() {
        "unknown".clone_into(&mut text);
    }
    text
}

/// `Retry-After` in seconds or as a date, in any of the three forms of RFC 9110.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if let Ok(seconds) = text.parse::<u64>() {
        Duration::from_secs(seconds)
    } else {
        let moment = httpdate::parse_http_date(text).ok()?;
        // By the clock that the moment was made with, if it shows.
        let now = date(headers).unwrap_or_else(clock::now);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(now.seconds()).ok()?);
        moment.duration_since(now).unwrap_or(Duration::ZERO)
    };
    Some(wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::DATE;

    #[test]
    fn all_forms_of_retry_after_are_read() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        for past in [
            "Wed, 21 Oct 2015 07:28:00 GMT",
            "Wednesday, 21-Oct-15 07:28:00 GMT",
            "Wed Oct 21 07:28:00 2015",
        ] {
            assert_eq!(read(past), Some(Duration::ZERO), "{past}");
        }
        let mut dated = HeaderMap::new();
        dated.insert(DATE, "Wed, 21 Oct 2015 07:27:30 GMT".parse().unwrap());
        dated.insert(RETRY_AFTER, "Wed, 21 Oct 2015 07:28:00 GMT".parse().unwrap());
        assert_eq!(retry_after(&dated), Some(Duration::from_secs(30)));
        assert_eq!(read("99999999"), Some(LONGEST_WAIT));
        assert_eq!(read("soon"), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
