//! Statements with parameters that change rows.

use super::*;
use domain::activation::Parameter;

fn parameters() -> Vec<Parameter> {
    vec![Parameter {
        name: "business_unit".into(),
        kind: "STRING",
        value: "it's `odd`".into(),
    }]
}

#[tokio::test]
async fn parameters_are_sent_beside_the_text_and_the_changed_rows_are_read() {
    let waiting = json!({"jobComplete": false, "jobReference": {"jobId": "j", "location": "US"}});
    let done = json!({"jobComplete": true, "numDmlAffectedRows": "2"});
    let script = Script::serve([ok(waiting.to_string()), ok(done.to_string())]).await;
    let changed = bigquery(&script).change("UPDATE t", &parameters()).await.unwrap();
    assert_eq!(changed, 2);
    let seen = script.seen();
    let body: Value = serde_json::from_str(&seen[0].body).unwrap();
    assert_eq!(body["query"], "UPDATE t");
    assert_eq!(body["parameterMode"], "NAMED");
    assert_eq!(
        body["queryParameters"],
        json!([{"name": "business_unit", "parameterType": {"type": "STRING"}, "parameterValue": {"value": "it's `odd`"}}])
    );
    assert!(
        seen[1].line.contains("/queries/j?location=US"),
        "{}",
        seen[1].line
    );
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_the_same_body() {
    let done = json!({"jobComplete": true, "numDmlAffectedRows": "1"});
    let script = Script::serve([Step::Reset, ok(done.to_string())]).await;
    assert_eq!(bigquery(&script).change("UPDATE t", &[]).await.unwrap(), 1);
    let seen = script.seen();
    assert_eq!(seen[0].body, seen[1].body);
}

#[tokio::test]
async fn an_answer_without_a_number_is_not_taken_for_none() {
    let script = Script::serve([ok(json!({"jobComplete": true}).to_string())]).await;
    let error = bigquery(&script).change("UPDATE t", &[]).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Ambiguous);
}
