//! The wrapper against a server that misbehaves.

use super::*;
use crate::client::Endpoint;
use crate::client::auth::Nobody;
use crate::client::credentials::{Credentials, Outside, Tokens, Wanted};
use crate::client::testing::{Script, Scripted, Step, ok, short_deadlines};
use serde_json::{Value, json};

fn http() -> Http {
    Http::new(Arc::new(Nobody), short_deadlines()).unwrap()
}

fn url(script: &Script) -> Url {
    Endpoint::parse(Service::Cdap, &script.address)
        .unwrap()
        .join(&["v3"])
        .unwrap()
}

fn get(script: &Script) -> Request {
    Request::get(Service::Cdap, "reading", url(script))
}

fn post_once(script: &Script) -> Request {
    Request::post_once(
        Service::Cdap,
        "acting",
        url(script),
        &json!({"a": "secret-argument"}),
    )
}

const WEB_PAGE: &str = "<html><head><title>502 Bad Gateway</title></head></html>";

/// What a server may do to a request that is not a clear answer.
fn unclear_answers() -> Vec<Step> {
    vec![
        Step::Say(500, String::new()),
        Step::Say(502, WEB_PAGE.into()),
        Step::Say(503, "No discoverable found".into()),
        Step::Reset,
        Step::Half("{\"a\":".into()),
        ok("{\"a\":"),
        ok(WEB_PAGE),
    ]
}

#[tokio::test]
async fn what_may_be_repeated_is_repeated() {
    for step in unclear_answers() {
        let script = Script::serve([step.clone(), ok("{\"a\":1}")]).await;
        let answer: Value = http().json(get(&script)).await.unwrap();
        assert_eq!(answer["a"], 1, "{step:?}");
        assert_eq!(script.seen().len(), 2, "{step:?}");
    }
}

#[tokio::test]
async fn what_must_not_happen_twice_is_sent_once_and_left_open() {
    for step in unclear_answers() {
        let script = Script::serve([step.clone()]).await;
        let error = http().call(&post_once(&script)).await.unwrap_err();
        assert_eq!(error.kind, FailureKind::Ambiguous, "{step:?}: {error}");
        assert_eq!(script.seen().len(), 1, "{step:?}");
        assert!(
            !format!("{error:?} {error} {:?}", post_once(&script)).contains("secret-argument"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn clear_answers_are_not_repeated() {
    for (status, text, kind) in [
        (400, "Invalid vaule x for start", FailureKind::Permanent),
        (404, "'namespace:x' was not found.", FailureKind::Permanent),
        (405, "/v3", FailureKind::Permanent),
        (501, "debug action is not implemented", FailureKind::Permanent),
    ] {
        let script = Script::serve([Step::Say(status, text.into())]).await;
        let error = http().call(&get(&script)).await.unwrap_err();
        assert_eq!(
            (error.kind, error.status(), error.text()),
            (kind, Some(status), text)
        );
        assert_eq!(script.seen().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn one_refusal_decides_nothing_and_the_second_does() {
    for (status, text, kind) in [
        (401, "{\"auth_uri\":[]}", FailureKind::Unidentified),
        (
            403,
            "Principal 'a' has insufficient privileges.",
            FailureKind::Unauthorised,
        ),
    ] {
        let refusal = || Step::Say(status, text.into());
        for request in [get, post_once] {
            let script = Script::serve([refusal(), ok("1")]).await;
            assert_eq!(http().call(&request(&script)).await.unwrap(), b"1", "{status}");
            let script = Script::serve([refusal(), refusal(), ok("1")]).await;
            let error = http().call(&request(&script)).await.unwrap_err();
            assert_eq!((error.kind, script.seen().len()), (kind, 2), "{status}");
        }
    }
}

#[tokio::test]
async fn tries_end() {
    let script = Script::serve(vec![Step::Say(503, "down".into()); 9]).await;
    let error = http().call(&get(&script)).await.unwrap_err();
    assert_eq!((error.kind, error.status()), (FailureKind::Transient, Some(503)));
    assert_eq!(script.seen().len(), 3);
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    for once in [false, true] {
        let script = Script::serve(vec![Step::Silence; 3]).await;
        let request = if once { post_once(&script) } else { get(&script) };
        let request = request.timeout(Duration::from_millis(30));
        let error = http().call(&request).await.unwrap_err();
        let kind = if once {
            FailureKind::Ambiguous
        } else {
            FailureKind::Transient
        };
        assert_eq!(error.kind, kind);
        assert!(error.text().contains("no answer within"), "{error}");
    }
}

#[tokio::test]
async fn a_request_that_never_left_is_not_ambiguous() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let place = Url::parse(&address).unwrap();
    let request = Request::post_once(Service::Cdap, "acting", place, &json!({}));
    let error = http().call(&request).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Unsent, "{error}");
    assert!(error.text().contains("no connection to 127.0.0.1"), "{error}");
}

#[tokio::test]
async fn a_proxy_that_opens_no_tunnel_has_sent_nothing() {
    for status in [403, 407, 502] {
        let script = Script::serve([Step::Say(status, WEB_PAGE.into())]).await;
        let proxy = reqwest::Proxy::all(&script.address).unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().proxy(proxy).build().unwrap();
        let place = Url::parse("https://cdap.example/v3").unwrap();
        let request = Request::post_once(Service::Cdap, "acting", place, &json!({}));
        let sent = exchange::send::<Vec<u8>>(&client, &request, None, &ServerTimes::default()).await;
        assert_eq!(sent.unwrap_err().kind, FailureKind::Unsent, "{status}");
        assert!(script.seen()[0].line.starts_with("CONNECT "), "{status}");
    }
}

#[tokio::test]
async fn a_name_that_nobody_knows_has_sent_nothing() {
    let place = Url::parse("https://cdap.invalid/v3").unwrap();
    let request = Request::post_once(Service::Cdap, "acting", place, &json!({}));
    let error = http().call(&request).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Unsent, "{error}");
}

#[tokio::test]
async fn a_wish_to_wait_is_heard() {
    let busy = Step::SayWith(429, "retry-after: 3000", "slow down".into());
    let script = Script::serve([busy]).await;
    let error = http().call(&get(&script)).await.unwrap_err();
    assert_eq!(
        (error.kind, error.retry_after()),
        (FailureKind::Busy, Some(Duration::from_secs(3000)))
    );
    assert_eq!(
        script.seen().len(),
        1,
        "longer than the call may take: not repeated"
    );
    let now = Step::SayWith(429, "retry-after: 0", "slow down".into());
    let script = Script::serve([now, ok("1")]).await;
    assert_eq!(http().call(&get(&script)).await.unwrap(), b"1");
}

#[tokio::test]
async fn a_huge_answer_is_not_swallowed() {
    let script = Script::serve([ok(format!("[{}1]", "1,".repeat(1 << 20)))]).await;
    let request = get(&script).max_bytes(1 << 20);
    let error = http().call(&request).await.unwrap_err();
    assert_eq!(
        (error.kind, error.text()),
        (FailureKind::Permanent, "the answer is larger than 1 MiB")
    );
}

#[tokio::test]
async fn nobody_is_followed_to_another_host() {
    let other = Script::serve([ok("1")]).await;
    let header: &'static str = Box::leak(format!("location: {}/x", other.address).into_boxed_str());
    let script = Script::serve(vec![Step::SayWith(302, header, String::new()); 3]).await;
    let error = http().call(&get(&script)).await.unwrap_err();
    assert_eq!((error.kind, error.status()), (FailureKind::Transient, Some(302)));
    assert!(error.text().contains("redirected to"), "{error}");
    assert!(
        error.hint().contains("endpoint in the profile"),
        "{}",
        error.hint()
    );
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn loopback_gets_no_token_but_a_user_agent() {
    let script = Script::serve([ok("1")]).await;
    let wanted = Wanted {
        tokens: Tokens::Environment,
        ..Wanted::default()
    };
    let outside = Outside::new(|_| Some("hush".into()));
    let http = Http::new(Arc::new(Credentials::new(wanted, &outside)), short_deadlines()).unwrap();
    http.call(&get(&script)).await.unwrap();
    let head = &script.seen()[0].head;
    assert!(
        head.contains("user-agent: downbeat/") && head.contains("accept-encoding: gzip"),
        "{head}"
    );
    assert!(
        !head.contains("authorization") && !format!("{http:?}").contains("hush"),
        "{head}"
    );
}

#[tokio::test]
async fn another_shape_is_no_answer() {
    type Numbers = std::collections::BTreeMap<String, u32>;
    let script = Script::serve([ok("[]"), ok("{\"a\":\"x\"}"), ok("{\"a\":1}")]).await;
    let read: Numbers = http().json(get(&script)).await.unwrap();
    assert_eq!((read["a"], script.seen().len()), (1, 3));

    let script = Script::serve(vec![ok("[]"); 9]).await;
    let read: Result<Numbers, _> = http().json(get(&script)).await;
    let error = read.unwrap_err();
    assert_eq!((error.kind, script.seen().len()), (FailureKind::Transient, 3));
    assert!(error.text().contains("unknown shape"), "{error}");

    let script = Script::serve(vec![ok("[]"); 9]).await;
    let acted: Result<Numbers, _> = http().json(post_once(&script)).await;
    assert_eq!(
        (acted.unwrap_err().kind, script.seen().len()),
        (FailureKind::Ambiguous, 1)
    );
}

#[tokio::test]
async fn a_page_of_a_proxy_is_no_answer() {
    for status in [200, 302, 400, 403, 404, 502] {
        let script = Script::serve([Step::Say(status, WEB_PAGE.into()), ok("{\"a\":1}")]).await;
        let answer: Value = http().json(get(&script)).await.unwrap();
        assert_eq!(
            (answer["a"].as_u64(), script.seen().len()),
            (Some(1), 2),
            "{status}"
        );
        let script = Script::serve([Step::Say(status, WEB_PAGE.into())]).await;
        let error = http().call(&post_once(&script)).await.unwrap_err();
        assert_eq!(
            (error.kind, script.seen().len()),
            (FailureKind::Ambiguous, 1),
            "{status}"
        );
        assert!(error.hint().contains("HTTPS_PROXY"), "{status}: {}", error.hint());
    }
}

#[tokio::test]
async fn a_page_that_asks_for_a_login_has_let_nothing_through() {
    for (status, requests) in [(401, 2), (407, 1), (511, 1)] {
        let script = Script::serve(vec![Step::Say(status, WEB_PAGE.into()); 3]).await;
        let error = http().call(&post_once(&script)).await.unwrap_err();
        assert_eq!(
            (error.kind, script.seen().len()),
            (FailureKind::Unsent, requests),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_page_is_not_taken_for_a_done() {
    let script = Script::serve([ok(WEB_PAGE), ok("")]).await;
    let request = Request::post(Service::Cdap, "stopping", url(&script), None).any_body();
    assert_eq!(http().call(&request).await.unwrap(), b"");
    assert_eq!(script.seen().len(), 2);
}

/// A self-signed certificate for 127.0.0.1, valid from 2020 to 2120.
const SELF_SIGNED: &[u8] = include_bytes!("self_signed.pem");

/// Takes connections over TLS until the test ends.
fn serve_untrusted() -> Url {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use std::io::Read;

    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificate = CertificateDer::from_pem_slice(SELF_SIGNED).unwrap();
    let key = PrivateKeyDer::from_pem_slice(SELF_SIGNED).unwrap();
    let settings = rustls::ServerConfig::builder().with_no_client_auth();
    let settings = Arc::new(settings.with_single_cert(vec![certificate], key).unwrap());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(settings.clone()).unwrap();
            // The client refuses the certificate in the middle of the handshake.
            let _ = rustls::StreamOwned::new(connection, stream).read(&mut [0]);
        }
    });
    Url::parse(&address).unwrap()
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_said_at_once() {
    let place = serve_untrusted();
    let reading = Request::get(Service::Cdap, "reading", place.clone());
    let acting = Request::post_once(Service::Cdap, "acting", place, &json!({}));
    for (request, kind) in [(reading, FailureKind::Permanent), (acting, FailureKind::Unsent)] {
        let error = http().call(&request).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.text().contains("UnknownIssuer"), "{error}");
        assert!(error.hint().contains("SSL_CERT_FILE"), "{}", error.hint());
    }
}

#[tokio::test]
async fn a_rejected_token_is_renewed_once() {
    let script = Script::serve([Step::Say(401, String::new()), ok("1")]).await;
    let http = Http::new(Arc::new(Scripted::new(&["old", "new"])), short_deadlines()).unwrap();
    assert_eq!(http.call(&post_once(&script)).await.unwrap(), b"1");
    let tokens: Vec<_> = script
        .seen()
        .iter()
        .map(|seen| seen.head.contains("authorization: bearer new"))
        .collect();
    assert_eq!(tokens, [false, true]);

    let script = Script::serve(vec![Step::Say(401, String::new()); 5]).await;
    let http = Http::new(Arc::new(Scripted::new(&["a", "b", "c"])), short_deadlines()).unwrap();
    let error = http.call(&get(&script)).await.unwrap_err();
    assert_eq!(
        (error.kind, script.seen().len()),
        (FailureKind::Unidentified, 2),
        "one renewal, no more"
    );
}

#[tokio::test]
async fn the_clock_of_a_service_is_read_from_its_answers() {
    let dated = |header| Step::SayWith(200, header, "1".into());
    let script = Script::serve([
        ok("1"),
        dated("date: Wed, 21 Oct 2015 07:28:00 GMT"),
        dated("date: Wed, 21 Oct 2015 08:28:00 GMT\r\nage: 60"),
    ])
    .await;
    let http = http();
    let server = || http.server_time(Service::Cdap);
    http.call(&get(&script)).await.unwrap();
    assert_eq!(server(), None);
    http.call(&get(&script)).await.unwrap();
    let told = server().unwrap();
    let date = Timestamp::from_seconds(1_445_412_480);
    assert!(told.earliest() >= date && told.latest() >= told.earliest() + Duration::from_secs(1));
    assert!(told.latest() < date + Duration::from_secs(60));
    http.call(&get(&script)).await.unwrap();
    assert_eq!(server(), Some(told), "a cached answer is an old one");
    assert_eq!(http.server_time(Service::BigQuery), None);
}

#[tokio::test]
async fn only_what_changes_something_is_told_and_without_its_body() {
    let script = Script::serve([ok("{}"), ok("{}"), Step::Say(400, "no".into())]).await;
    let http = http();
    let mut calls = http.calls().unwrap();
    assert!(http.calls().is_none(), "one reader is told");
    http.call(&get(&script)).await.unwrap();
    http.call(&post_once(&script).changing()).await.unwrap();
    http.call(&post_once(&script).changing()).await.unwrap_err();
    let done = calls.try_recv().unwrap();
    assert_eq!((done.method.as_str(), done.path.as_str()), ("POST", "/v3"));
    assert_eq!((done.operation.as_str(), done.failure), ("acting", None));
    let failed = calls.try_recv().unwrap();
    assert!(
        failed.failure.as_ref().is_some_and(|why| why.contains("400")),
        "{failed:?}"
    );
    assert!(!format!("{failed:?}").contains("secret-argument"));
    assert!(calls.try_recv().is_err());
}
