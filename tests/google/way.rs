//! The way of every call: through the proxy, trusting the authority that `SSL_CERT_FILE` names.

use super::google::INSTANCE;
use super::lab::{Lab, callers};
use std::collections::BTreeSet;

const LOADER: &str = "loader@p.iam.gserviceaccount.com";

#[test]
fn all_calls_of_a_run_go_through_the_proxy_with_one_token() {
    let lab = Lab::new();
    let told = lab.start(&lab.key(LOADER), &["run", "--output", "json"]);
    assert_eq!(told.code, 0, "{}", told.all());
    let calls = lab.google.calls();
    assert_eq!(callers(&calls), [LOADER].into());
    assert_eq!(lab.google.asked(), ["oauth2.googleapis.com/token"]);
    let tunnels = lab.google.tunnels();
    let hosts: BTreeSet<_> = tunnels.iter().map(String::as_str).collect();
    let expected = [
        "oauth2.googleapis.com",
        "datafusion.googleapis.com",
        "bigquery.googleapis.com",
        INSTANCE,
    ];
    assert!(expected.iter().all(|host| hosts.contains(host)), "{hosts:?}");
    // Whatever was asked came through it.
    assert!(calls.iter().all(|call| hosts.contains(call.host.as_str())));
    // The servers close each connection.
    assert_eq!(tunnels.len(), calls.len() + 1, "{hosts:?}");
    let first = &told.lines()[0];
    assert_eq!(first["credentials"]["account"], LOADER, "{first}");
}

#[test]
fn doctor_and_dry_run_go_through_it_too() {
    let lab = Lab::new();
    for arguments in [&["doctor", "--output", "json"][..], &["run", "--dry-run"]] {
        let told = lab.start(&lab.key(LOADER), arguments);
        assert_ne!(told.code, 4, "{}", told.all());
        let calls = lab.google.calls();
        assert!(calls.len() > 5, "{}", told.all());
        assert_eq!(callers(&calls), [LOADER].into());
        assert_eq!(lab.google.tunnels().len(), calls.len() + lab.google.asked().len());
    }
}

#[test]
fn an_authority_that_is_not_trusted_is_named_once_with_its_remedy() {
    let lab = Lab::new();
    for arguments in [&["run"][..], &["run", "--dry-run"]] {
        let mut command = lab.command(&lab.key(LOADER), arguments);
        command.env_remove("SSL_CERT_FILE");
        let told = super::home::finish(command);
        assert_eq!(told.code, 2, "{}", told.all());
        for words in ["oauth2.googleapis.com", "UnknownIssuer", "SSL_CERT_FILE"] {
            assert!(told.all().contains(words), "{words}: {}", told.all());
        }
        // A certificate that is not trusted now is not trusted in a second.
        assert_eq!(lab.google.tunnels(), ["oauth2.googleapis.com"], "{}", told.all());
        assert_eq!(lab.google.calls(), []);
    }
    let mut command = lab.command(&lab.key(LOADER), &["doctor"]);
    command.env_remove("SSL_CERT_FILE");
    let told = super::home::finish(command);
    assert!(
        told.code != 0 && told.out.contains("SSL_CERT_FILE"),
        "{}",
        told.all()
    );
    assert_eq!(lab.google.tunnels(), ["oauth2.googleapis.com"], "{}", told.all());
}
