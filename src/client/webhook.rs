//! A message to a webhook. It carries no token of ours, and no error shows more of the address than its host: the
//! path is often a secret.

use super::error::{first_line, innermost};
use super::http::{RetryPolicy, build_for};
use domain::failure::Failure;
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// What a message may take with all its tries: the program waits for it before it ends.
pub const LONGEST: Duration = Duration::from_secs(10);

/// For one try.
const TRY: Duration = Duration::from_secs(4);

/// How often a message is sent at most. One whose answer was lost may arrive twice, which is better than never.
const TRIES: u32 = 3;

/// Sends a body; a lost connection, a 429 and what begins with 5 are tried again.
///
/// # Errors
/// Why it did not arrive, in one sentence.
pub async fn post(address: &Url, body: &Value) -> Result<(), Failure> {
    let host = address.host_str().unwrap_or_default();
    let refuse = |why: String| Failure::permanent(format!("The webhook at {host} was not told: {why}."));
    let (client, policy) = (build_for(address, TRY)?, RetryPolicy::default());
    let text = body.to_string();
    let all = async {
        let mut tries = 0;
        loop {
            let request = client
                .post(address.clone())
                .header(CONTENT_TYPE, "application/json");
            let (why, may_help) = match request.body(text.clone()).send().await {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                Ok(answer) => {
                    let status = answer.status();
                    let may_help = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
                    let text = answer.bytes().await.unwrap_or_default();
                    (format!("{}, {}", status.as_u16(), first_line(&text)), may_help)
                }
                Err(error) => (innermost(&error.without_url()), true),
            };
            tries += 1;
            if tries >= TRIES || !may_help {
                return Err(refuse(why.trim_end_matches([' ', ',', '.']).to_owned()));
            }
            tokio::time::sleep(policy.pause(tries)).await;
        }
    };
    let late = |_| {
        Err(refuse(format!(
            "no answer within {}",
            domain::time::human(LONGEST)
        )))
    };
    tokio::time::timeout(LONGEST, all).await.unwrap_or_else(late)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::testing::{Script, Step};
    use serde_json::json;

    async fn posted(steps: impl IntoIterator<Item = Step>) -> (Result<(), Failure>, usize, String) {
        let script = Script::serve(steps).await;
        let address = format!("{}/services/hunter2?key=hunter3", script.address);
        let outcome = post(&address.parse().unwrap(), &json!({"text": "a run ended"})).await;
        let seen = script.seen();
        let last = seen.last().map(|seen| seen.body.clone());
        (outcome, seen.len(), last.unwrap_or_default())
    }

    #[tokio::test]
    async fn what_can_get_better_is_tried_again() {
        for (steps, count) in [
            (vec![Step::Say(200, "ok".into())], 1),
            (
                vec![Step::Say(503, String::new()), Step::Say(204, String::new())],
                2,
            ),
            (
                vec![
                    Step::Reset,
                    Step::Say(429, String::new()),
                    Step::Say(200, "ok".into()),
                ],
                3,
            ),
        ] {
            let (outcome, seen, body) = posted(steps).await;
            outcome.unwrap();
            assert_eq!((seen, body.as_str()), (count, r#"{"text":"a run ended"}"#));
        }
    }

    #[tokio::test]
    async fn a_refusal_is_told_without_the_address() {
        for (steps, count, words) in [
            (vec![Step::Say(404, "no_service".into())], 1, "404, no_service."),
            (vec![Step::Say(302, String::new())], 1, "302."),
            (
                vec![Step::Reset, Step::Reset, Step::Say(500, "down".into())],
                3,
                "500, down.",
            ),
            (
                vec![Step::Reset, Step::Reset, Step::Reset],
                3,
                "127.0.0.1 was not told: ",
            ),
        ] {
            let (outcome, seen, _) = posted(steps).await;
            let reason = outcome.unwrap_err().reason;
            assert_eq!(seen, count, "{reason}");
            assert!(reason.contains(words), "{reason}");
            assert!(!reason.contains("hunter"), "{reason}");
        }
    }
}
