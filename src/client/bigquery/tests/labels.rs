//! Changes of labels under an etag, and what becomes of lost answers.

use super::*;

fn described(labels: Value, etag: &str) -> Step {
    let body = json!({"type": "TABLE", "labels": labels, "etag": etag});
    Step::SayWith(200, "date: Sun, 29 Nov 2026 17:23:20 GMT", body.to_string())
}

fn ours() -> LabelChanges {
    BTreeMap::from([("run".into(), Some("r1".into())), ("old".into(), None)])
}

async fn patch(script: &Script) -> Result<Patched, ClientError> {
    bigquery(script)
        .patch_labels(&address("my table"), &ours(), "E0")
        .await
}

fn done(etag: &str) -> Patched {
    Patched::Done { etag: etag.into() }
}

#[tokio::test]
async fn a_table_tells_labels_etag_and_the_servers_time() {
    let script = Script::serve([
        described(json!({"team": "data"}), "E0"),
        ok("{\"type\":\"TABLE\"}"),
    ])
    .await;
    let bigquery = bigquery(&script);
    let table = address("t");
    let found = bigquery.table(&table).await.unwrap();
    assert_eq!(
        (found.labels["team"].as_str(), found.etag.as_str()),
        ("data", "E0")
    );
    let time = found.server_time.map(|time| time.to_string());
    assert_eq!(time.as_deref(), Some("2026-11-29 17:23:20 UTC"));
    let bare = bigquery.table(&table).await.unwrap();
    assert_eq!(
        (bare.labels.len(), bare.etag.as_str(), bare.server_time),
        (0, "", None)
    );
}

#[tokio::test]
async fn labels_are_changed_under_the_etag_that_was_read() {
    let script = Script::serve([described(json!({"run": "r1"}), "E1")]).await;
    assert_eq!(patch(&script).await.unwrap(), done("E1"));
    let seen = script.seen().remove(0);
    assert_eq!(
        seen.line,
        "PATCH /bigquery/v2/projects/my-project/datasets/d/tables/my%20table HTTP/1.1"
    );
    assert!(seen.head.contains("\r\nif-match: e0"), "{}", seen.head);
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(body, json!({"labels": {"run": "r1", "old": null}}));
}

#[tokio::test]
async fn a_table_that_has_changed_is_left_alone() {
    let script = Script::serve([google_error(412, "conditionNotMet")]).await;
    assert_eq!(patch(&script).await.unwrap(), Patched::Changed);
    assert_eq!(script.seen().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_cleared_up_by_looking() {
    for lost in [
        Step::Reset,
        Step::Say(503, "<html>".into()),
        Step::Half("{".into()),
        ok("<html>"),
    ] {
        // It had arrived.
        let mine = described(json!({"run": "r1", "team": "data"}), "E1");
        let script = Script::serve([lost.clone(), mine.clone()]).await;
        assert_eq!(patch(&script).await.unwrap(), done("E1"), "{lost:?}");
        // It had not, and somebody else was faster.
        let theirs = described(json!({"run": "r2"}), "E1");
        let script = Script::serve([lost.clone(), theirs]).await;
        assert_eq!(patch(&script).await.unwrap(), Patched::Changed, "{lost:?}");
        // It had not, and is sent again, under the same etag.
        let before = described(json!({"old": "x"}), "E0");
        let script = Script::serve([lost.clone(), before.clone(), mine.clone()]).await;
        assert_eq!(patch(&script).await.unwrap(), done("E1"), "{lost:?}");
        assert_eq!(script.seen()[0].body, script.seen()[2].body);
        // It arrived late, just before it was sent again.
        let late = google_error(412, "conditionNotMet");
        let script = Script::serve([lost.clone(), before, late, mine]).await;
        assert_eq!(patch(&script).await.unwrap(), done("E1"), "{lost:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_cleared_up_is_ambiguous_and_a_refusal_is_not() {
    let script = Script::serve(vec![Step::Reset; 9]).await;
    assert_eq!(patch(&script).await.unwrap_err().kind, FailureKind::Ambiguous);
    let before = described(json!({}), "E0");
    let refusal = || google_error(403, "accessDenied");
    let script = Script::serve([Step::Reset, before, refusal(), refusal()]).await;
    assert_eq!(patch(&script).await.unwrap_err().kind, FailureKind::Ambiguous);
    let script = Script::serve([refusal(), refusal()]).await;
    let error = patch(&script).await.unwrap_err();
    assert_eq!(
        (error.kind, error.status()),
        (FailureKind::Unauthorised, Some(403))
    );
    // Too many changes of one table: nothing was done.
    let mine = described(json!({"run": "r1"}), "E1");
    let script = Script::serve([google_error(403, "rateLimitExceeded"), mine]).await;
    assert_eq!(patch(&script).await.unwrap(), done("E1"));
}
