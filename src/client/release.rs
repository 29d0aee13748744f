//! The newest version of this program, as GitHub tells it, or a mirror in the same form. It is asked without credentials,
//! and whoever is asked learns no more than which version asks.

use super::error::{first_line, innermost};
use super::http::build_for;
use domain::failure::Failure;
use domain::release::{Release, version};
use reqwest::header::ACCEPT;
use serde::Deserialize;
use std::time::Duration;
use url::Url;

/// What the question may take.
const LONGEST: Duration = Duration::from_secs(5);

/// The most that is read of an answer, which lists the files of the release and says what is new in it.
const CAP: usize = 1 << 20;

/// The longest address of a page that is shown to somebody.
const LONGEST_PAGE: usize = 200;

#[derive(Deserialize)]
struct Latest {
    tag_name: String,
    html_url: String,
}

/// Asks an address once.
///
/// # Errors
/// Why there is no answer that is understood, in one sentence.
pub async fn newest(address: &Url) -> Result<Release, Failure> {
    let host = address.host_str().unwrap_or_default();
    let refuse = |why: &str| Failure::permanent(format!("{host} did not tell the newest version: {why}."));
    let client = build_for(address, LONGEST)?;
    let asked = client.get(address.clone()).header(ACCEPT, "application/json");
    let lost = |error: reqwest::Error| refuse(&innermost(&error.without_url()));
    let mut answer = asked.send().await.map_err(lost)?;
    if !answer.status().is_success() {
        return Err(refuse(answer.status().as_str()));
    }
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(lost)? {
        body.extend_from_slice(&piece);
        if body.len() > CAP {
            return Err(refuse("the answer is too large"));
        }
    }
    let latest: Latest = serde_json::from_slice(&body).map_err(|error| refuse(&error.to_string()))?;
    let number = version(&latest.tag_name);
    let number = number.ok_or_else(|| {
        refuse(&format!(
            "'{}' is not a version",
            first_line(latest.tag_name.as_bytes())
        ))
    })?;
    let page = Url::parse(&latest.html_url).ok().map(String::from);
    let page = page.filter(|page| page.starts_with("https://") && page.len() <= LONGEST_PAGE);
    Ok(Release {
        version: number,
        page: page.ok_or_else(|| refuse("it names no page"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::testing::{Script, Step, ok};
    use serde_json::json;

    async fn asked(step: Step) -> (Result<Release, Failure>, Vec<crate::client::testing::Seen>) {
        let script = Script::serve([step]).await;
        let address = format!("{}/repos/acme/downbeat/releases/latest", script.address);
        let outcome = newest(&address.parse().unwrap()).await;
        (outcome, script.seen())
    }

    #[tokio::test]
    async fn the_answer_of_github_is_understood_and_no_credentials_are_sent() {
        // The members that are used, among others, as api.github.com sends them.
        let body = json!({
            "url": "https://api.github.com/repos/acme/downbeat/releases/1",
            "html_url": "https://github.com/acme/downbeat/releases/tag/v0.2.0",
            "id": 1,
            "tag_name": "v0.2.0",
            "name": "0.2.0",
            "draft": false,
            "prerelease": false,
            "assets": [{"name": "downbeat-x86_64-unknown-linux-gnu.tar.gz", "size": 12_345_678}],
            "body": "What is new",
        });
        let (outcome, seen) = asked(ok(body.to_string())).await;
        let release = outcome.unwrap();
        assert_eq!(release.version.to_string(), "0.2.0");
        assert_eq!(
            release.page,
            "https://github.com/acme/downbeat/releases/tag/v0.2.0"
        );
        let [seen] = seen.as_slice() else {
            panic!("{seen:?}")
        };
        assert_eq!(seen.line, "GET /repos/acme/downbeat/releases/latest HTTP/1.1");
        assert!(seen.head.contains("user-agent: downbeat/"), "{}", seen.head);
        for name in ["authorization:", "cookie:"] {
            assert!(!seen.head.contains(name), "{}", seen.head);
        }
    }

    #[tokio::test]
    async fn what_is_no_answer_is_said_once_and_not_asked_again() {
        let page = "https://example.org/x";
        let latest = |tag: &str, page: &str| ok(json!({"tag_name": tag, "html_url": page}).to_string());
        for (step, words) in [
            (Step::Say(404, "{}".into()), "404"),
            (
                Step::SayWith(302, "location: http://127.0.0.1:9/", String::new()),
                "302",
            ),
            (Step::Say(403, "rate limit exceeded".into()), "403"),
            (Step::Reset, "127.0.0.1 did not tell"),
            (Step::Half("{".into()), "127.0.0.1 did not tell"),
            (ok("<html>"), "expected value"),
            (latest("nightly", page), "'nightly' is not a version"),
            (latest("v1.0.0", "javascript:alert(1)"), "no page"),
            (
                latest("v1.0.0", &format!("{page}/{}", "y".repeat(300))),
                "no page",
            ),
            (ok(" ".repeat(CAP + 1)), "too large"),
        ] {
            let (outcome, seen) = asked(step).await;
            let reason = outcome.unwrap_err().reason;
            assert!(reason.contains(words), "{words}: {reason}");
            assert_eq!(seen.len(), 1, "{reason}");
        }
    }
}
