//! What cannot be used stops with its reason and a fitting remedy, and no other identity takes its place.

use super::google::Login;
use super::*;
use serde_json::json;

fn first(child: &Child<'_>) -> Outcome {
    child.run().into_iter().next().unwrap()
}

/// gcloud works: an identity that must not be taken.
fn with_gcloud(child: &mut Child<'_>) {
    let token = child.google.token_of("gcloud@example.com");
    let program = child.google.program("bin/gcloud", &format!("echo {token}"));
    child.set("PATH", program.parent().unwrap());
}

#[test]
fn a_file_that_cannot_be_used_stops_with_its_path_and_reason() {
    let login = "sdk/application_default_credentials.json";
    for (name, content, reason) in [
        ("key.json", Some("{"), "it is not JSON"),
        ("key.json", Some("[1]"), "it is not a JSON object"),
        ("key.json", Some("{}"), "it has no type"),
        (
            "key.json",
            Some(r#"{"type":"gdch_service_account"}"#),
            "its type 'gdch_service_account'",
        ),
        ("key.json", Some(r#"{"type":"service_account"}"#), "missing field"),
        (
            "key.json",
            Some(
                r#"{"type":"service_account","client_email":"a@b.c","private_key":"hush","token_uri":"https://oauth2.googleapis.com/token"}"#,
            ),
            "PKCS#8",
        ),
        (
            "key.json",
            Some(r#"{"type":"authorized_user","client_id":"c"}"#),
            "missing field",
        ),
        (
            "key.json",
            Some(r#"{"type":"external_account","audience":"a"}"#),
            "missing field",
        ),
        (
            "key.json",
            Some(
                r#"{"type":"impersonated_service_account","source_credentials":{"type":"authorized_user","client_id":"c","client_secret":"hush","refresh_token":"hush"}}"#,
            ),
            "service_account_impersonation_url",
        ),
        (
            "key.json",
            Some(
                r#"{"type":"impersonated_service_account","service_account_impersonation_url":"https://evil.example/serviceAccounts/a:generateAccessToken","source_credentials":{"type":"authorized_user","client_id":"c","client_secret":"hush","refresh_token":"hush"}}"#,
            ),
            "not an address of Google's",
        ),
        ("key.json", None, "No such file"),
        (login, Some(r#"{"type":"unheard_of"}"#), "its type 'unheard_of'"),
        (login, Some(""), "it is not JSON"),
    ] {
        let google = Google::new(None);
        let mut child = Child::new(&google, &[Step::CallAll]);
        with_gcloud(&mut child);
        let path = google.write(name, content.unwrap_or_default());
        if content.is_none() {
            std::fs::remove_file(&path).unwrap();
        }
        if name == login {
            child.set("CLOUDSDK_CONFIG", path.parent().unwrap());
        } else {
            child.set("GOOGLE_APPLICATION_CREDENTIALS", &path);
        }
        let outcome = first(&child);
        assert_eq!(
            outcome.kind.as_deref(),
            Some("Unidentified"),
            "{content:?}: {outcome:?}"
        );
        let is_told = outcome.text.contains(path.to_str().unwrap()) && outcome.text.contains(reason);
        assert!(is_told, "{reason}: {}", outcome.text);
        assert_eq!(google.calls(), [], "{content:?}");
    }
}

#[test]
fn a_refusal_has_a_fitting_remedy() {
    for (status, body, words) in [
        (
            400,
            r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#,
            "gcloud auth application-default login",
        ),
        (
            400,
            r#"{"error":"invalid_grant","error_description":"reauth related error (invalid_rapt)","error_subtype":"invalid_rapt"}"#,
            "asks for a new login",
        ),
        (
            400,
            r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#,
            "new key",
        ),
        (
            400,
            r#"{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."}"#,
            "clock",
        ),
        (
            400,
            r#"{"error":"invalid_grant","error_description":"Invalid grant: account not found"}"#,
            "service account",
        ),
        (
            401,
            r#"{"error":"invalid_client","error_description":"The OAuth client was deleted."}"#,
            "gcloud auth application-default login",
        ),
    ] {
        let google = Google::new(None);
        google.logs_in("r", &[Login::Refused(status, body)]);
        let mut child = Child::new(&google, &[Step::CallAll]);
        with_gcloud(&mut child);
        let file = google.write("login.json", &Google::login("r").to_string());
        child.set("GOOGLE_APPLICATION_CREDENTIALS", file);
        let outcome = first(&child);
        assert_eq!(outcome.kind.as_deref(), Some("Unidentified"), "{outcome:?}");
        assert!(
            outcome.hint.to_lowercase().contains(&words.to_lowercase()),
            "{body}: {}",
            outcome.hint
        );
        assert_eq!(google.calls(), []);
    }
}

#[test]
fn an_impersonation_that_is_not_allowed_names_the_role() {
    let google = Google::new(None);
    let mut child = Child::new(&google, &[Step::CallAll]);
    child.set("GCE_METADATA_HOST", google.metadata.to_string());
    child.orders.impersonate = Some("forbidden@p.iam.gserviceaccount.com".into());
    let outcome = first(&child);
    assert_eq!(outcome.kind.as_deref(), Some("Unidentified"), "{outcome:?}");
    assert!(
        outcome.hint.contains("Service Account Token Creator"),
        "{}",
        outcome.hint
    );
}

#[test]
fn a_token_server_in_trouble_is_no_refusal() {
    let google = Google::new(None);
    google.logs_in("r", &[Login::Refused(503, "{}")]);
    let mut child = Child::new(&google, &[Step::CallAll]);
    let file = google.write("login.json", &Google::login("r").to_string());
    child.set("GOOGLE_APPLICATION_CREDENTIALS", file);
    let outcome = first(&child);
    // The request that wanted the token has not left.
    assert_eq!(outcome.kind.as_deref(), Some("Unsent"), "{outcome:?}");
}

#[test]
fn an_authority_that_is_not_trusted_is_permanent_for_every_source_over_tls() {
    for is_federated in [false, true] {
        let google = Google::new(None);
        let mut child = Child::new(&google, &[Step::CallAll]);
        child.variables.remove("SSL_CERT_FILE");
        let content = if is_federated {
            let token = google.write("oidc", "github");
            json!({
                "type": "external_account",
                "audience": "//iam.googleapis.com/a",
                "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                "token_url": format!("https://localhost:{}/v1/token", google.secure.port()),
                "credential_source": {"file": token},
            })
        } else {
            google.key("loader@p.iam.gserviceaccount.com")
        };
        let file = google.write("credentials.json", &content.to_string());
        child.set("GOOGLE_APPLICATION_CREDENTIALS", file);
        let outcome = first(&child);
        assert_eq!(outcome.kind.as_deref(), Some("Permanent"), "{outcome:?}");
        assert!(outcome.text.contains("UnknownIssuer"), "{}", outcome.text);
        assert!(outcome.hint.contains("SSL_CERT_FILE"), "{}", outcome.hint);
    }
}

#[test]
fn nobody_at_all_is_told_with_all_that_was_tried() {
    let google = Google::new(None);
    let mut child = Child::new(&google, &[Step::CallAll]);
    child.set("HOME", google.authority().parent().unwrap());
    child.set("PATH", "/nowhere");
    let outcome = first(&child);
    assert_eq!(outcome.kind.as_deref(), Some("Unidentified"), "{outcome:?}");
    for part in [
        "GOOGLE_APPLICATION_CREDENTIALS is not set",
        ".config/gcloud",
        "metadata server: ",
        "gcloud could not be started",
    ] {
        assert!(outcome.text.contains(part), "{part}: {}", outcome.text);
    }
    assert!(
        outcome.hint.contains("gcloud auth application-default login"),
        "{}",
        outcome.hint
    );
}
