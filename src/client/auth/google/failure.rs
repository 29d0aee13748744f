//! What it means that there is no token: who or what failed, and what to do. It asks for no token itself.

use super::DEADLINE;
use crate::client::error::ClientError;
use domain::cause;
use domain::failure::FailureKind;
use domain::service::Service;
use std::error::Error as _;
use std::fmt::Write as _;
use std::time::Duration;

pub(super) fn too_late(operation: &str) -> ClientError {
    let why = format!("there was no answer within {} s", DEADLINE.as_secs());
    failed(FailureKind::Unsent, operation, &why)
        .with_hint("Check the network and the proxy, and whether 'gcloud auth print-access-token' ends.")
}

pub(super) fn failed(kind: FailureKind, operation: &str, why: &str) -> ClientError {
    ClientError::new(kind, Service::Credentials, operation, why)
}

/// Whether a token server answered, and not with a token. `gcp_auth` does not tell whether the identity was refused
/// or the server is in trouble.
pub(super) fn is_refusal(error: &gcp_auth::Error) -> bool {
    match error {
        gcp_auth::Error::NoAuthMethod(_, _, user_file) => is_refusal(user_file),
        gcp_auth::Error::Str(text) => *text == "token request failed",
        _ => false,
    }
}

/// Whether the way to the token server was broken.
fn is_broken_way(error: &gcp_auth::Error) -> bool {
    match error {
        // With a login in a file, the others are only tried because its token could not be fetched.
        gcp_auth::Error::NoAuthMethod(_, _, user_file) => is_broken_way(user_file),
        gcp_auth::Error::Http(..) | gcp_auth::Error::Other(..) => true,
        _ => false,
    }
}

/// Whether a token server is in trouble: an empty request, which a sound one refuses, is not answered or answered
/// with 5xx or 429.
pub(super) async fn is_down(address: &str) -> bool {
    // reqwest panics without a provider; a second install changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .build();
    let Ok(client) = client else { return false };
    match client.post(address).send().await {
        Ok(answer) => answer.status().is_server_error() || answer.status().as_u16() == 429,
        Err(_) => true,
    }
}

pub(super) fn from_gcp_auth(operation: &str, error: &gcp_auth::Error, is_down: bool) -> ClientError {
    let why = match error {
        gcp_auth::Error::NoAuthMethod(gcloud, metadata, user_file) => format!(
            "no identity was found (user file: {}; metadata server: {}; gcloud: {})",
            with_causes(user_file),
            with_causes(metadata),
            with_causes(gcloud)
        ),
        other => with_causes(other),
    };
    if let Some(cause) = cause::named(None, &why) {
        return failed(cause.kind, operation, &why); // Its remedy is the table's.
    }
    // The server or the way to it failed, not the identity.
    if is_down || is_broken_way(error) {
        let hint =
            "Try again; if it lasts, check the network, the proxy and the status page of Google Cloud.";
        return failed(FailureKind::Transient, operation, &why).with_hint(hint);
    }
    let kind = FailureKind::Unauthorised;
    failed(kind, operation, &why).with_hint(
        "Run 'gcloud auth application-default login', or point GOOGLE_APPLICATION_CREDENTIALS at a service \
         account's key file. Impersonated and federated identity files are not understood.",
    )
}

fn with_causes(error: &gcp_auth::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            let _ = write!(text, ": {said}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::testing::{Script, Step};
    use gcp_auth::Error;
    use std::io;

    #[test]
    fn all_that_was_tried_is_told() {
        let io = |text: &str| io::Error::other(text.to_owned());
        let error = Error::NoAuthMethod(
            Box::new(Error::Io("failed to run `gcloud`", io("No such file"))),
            Box::new(Error::Str("HTTP request failed")),
            Box::new(Error::Io("failed to open file", io("denied"))),
        );
        let error = from_gcp_auth("finding an identity", &error, false);
        assert_eq!(error.kind, FailureKind::Unauthorised);
        for part in ["No such file", "HTTP request failed", "denied"] {
            assert!(error.to_string().contains(part), "{error}");
        }
        assert!(error.hint().contains("gcloud auth application-default login"));
    }

    #[test]
    fn a_broken_way_is_no_missing_identity() {
        let error = Error::Other("HTTP request failed", "connection refused".into());
        let error = from_gcp_auth("fetching a token", &error, false);
        assert_eq!(error.kind, FailureKind::Transient);
        assert!(error.text().contains("connection refused"), "{error}");
        let untrusted = "client error (Connect): invalid peer certificate: UnknownIssuer";
        let error = from_gcp_auth(
            "fetching a token",
            &Error::Other("HTTP request failed", untrusted.into()),
            false,
        );
        assert_eq!(error.kind, FailureKind::Permanent);
        assert!(error.hint().contains("SSL_CERT_FILE"), "{}", error.hint());
    }

    #[test]
    fn a_login_whose_token_server_cannot_be_reached_is_not_a_missing_identity() {
        let no_method = |user_file| {
            Error::NoAuthMethod(
                Box::new(Error::Str("gcloud")),
                Box::new(Error::Other("HTTP request failed", "no route".into())),
                Box::new(user_file),
            )
        };
        let kind = |error, is_down| from_gcp_auth("finding an identity", &error, is_down).kind;
        let broken = || Error::Other("HTTP request failed", "connection refused".into());
        let refused = || Error::Str("token request failed");
        assert_eq!(kind(no_method(broken()), false), FailureKind::Transient);
        assert_eq!(kind(no_method(refused()), false), FailureKind::Unauthorised);
        assert_eq!(kind(no_method(refused()), true), FailureKind::Transient);
        assert!(is_refusal(&no_method(refused())) && is_refusal(&refused()) && !is_refusal(&broken()));
        let no_file = Error::Io("failed to open", io::Error::other("none"));
        assert_eq!(kind(no_method(no_file), false), FailureKind::Unauthorised);
    }

    #[tokio::test]
    async fn a_token_server_in_trouble_is_told_from_one_that_refuses() {
        let script = Script::serve([503, 429, 400, 401].map(|status| Step::Say(status, "{}".into()))).await;
        for is_in_trouble in [true, true, false, false] {
            assert_eq!(is_down(&script.address).await, is_in_trouble);
        }
        let closed = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        assert!(is_down(&format!("http://{closed}/")).await);
    }
}
