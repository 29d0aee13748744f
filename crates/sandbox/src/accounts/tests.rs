//! The token endpoint and the metadata server, without a socket.

use super::*;
use crate::clock::Clock;
use crate::scenario::Scenario;
use axum::http::HeaderMap;

fn state() -> State<Arc<ApiState>> {
    State(Arc::new(ApiState {
        faults: Arc::new(FaultInjector::new(Scenario::default(), Clock::new(1.0))),
        project: "p-1".into(),
    }))
}

async fn read(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn request_token(body: &str) -> (u16, Json) {
    let (status, text) = read(token(state(), body.to_owned()).await).await;
    (status, serde_json::from_str(&text).unwrap())
}

fn assertion(from: i64, until: i64) -> String {
    let claims = json!({"iss": "me", "iat": from, "exp": until, "scope": "a b"}).to_string();
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
}

#[tokio::test]
async fn tokens_are_issued_for_refresh_tokens_and_valid_assertions() {
    let now = chrono::Utc::now().timestamp();
    let jwt = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=";
    for (body, scope) in [
        (
            "grant_type=refresh_token&refresh_token=x&client_id=y".to_owned(),
            SCOPE,
        ),
        (format!("{jwt}{}", assertion(now, now + 3600)), "a b"),
    ] {
        let (status, answer) = request_token(&body).await;
        assert_eq!(
            (status, &answer["scope"], &answer["token_type"]),
            (200, &json!(scope), &json!("Bearer"))
        );
        assert!(answer["expires_in"].as_i64().unwrap() > 3590);
        let header = format!("Bearer {}", answer["access_token"].as_str().unwrap());
        assert!(!Token::parse(&header).unwrap().is_expired(0));
    }
    for (body, error) in [
        ("grant_type=refresh_token".to_owned(), "invalid_request"),
        (String::new(), "invalid_request"),
        ("grant_type=password".to_owned(), "unsupported_grant_type"),
        (format!("{jwt}x"), "invalid_grant"),
        (
            format!("{jwt}{}", assertion(now - 7200, now - 3600)),
            "invalid_grant",
        ),
        (format!("{jwt}{}", assertion(now, now + 86_400)), "invalid_grant"),
    ] {
        let (status, answer) = request_token(&body).await;
        assert_eq!(
            (status, answer["error"].as_str().unwrap()),
            (400, error),
            "{body}"
        );
    }
}

#[tokio::test]
async fn the_metadata_server_describes_the_service_account() {
    let get = async |path: &str, flavor: bool| {
        let mut headers = HeaderMap::new();
        if flavor {
            headers.insert("metadata-flavor", "Google".parse().unwrap());
        }
        let uri = format!("/computeMetadata/v1{path}").parse().unwrap();
        read(metadata::answer(state(), uri, headers).await).await
    };
    let me = "sandbox@p-1.iam.gserviceaccount.com";
    assert_eq!(get("/project/project-id", true).await, (200, "p-1".into()));
    assert_eq!(
        get("/instance/service-accounts/default/email", true).await,
        (200, me.into())
    );
    let (_, account) = get("/instance/service-accounts/default/?recursive=true", true).await;
    let account: Json = serde_json::from_str(&account).unwrap();
    assert_eq!(
        account,
        json!({"aliases": ["default"], "email": me, "scopes": [SCOPE]})
    );
    let (_, token) = get("/instance/service-accounts/default/token?scopes=a", true).await;
    let token: Json = serde_json::from_str(&token).unwrap();
    assert_eq!(token["token_type"], "Bearer");
    assert_eq!(get("/project/project-id", false).await.0, 403);
    assert_eq!(get("/instance/disks", true).await.0, 404);
    assert_eq!(get("/instance/service-accounts/other/token", true).await.0, 404);
}
