//! A run goes on as whom it has begun, and asks for no more tokens than it needs.

use super::google::Login;
use super::*;

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";

/// A login whose tokens are used up at once.
fn with_login<'a>(google: &'a Google, turns: &[Login], steps: &[Step]) -> Child<'a> {
    google.logs_in("r", turns);
    google.set_life(1);
    let mut child = Child::new(google, steps);
    let file = google.write("login.json", &Google::login("r").to_string());
    child.set("GOOGLE_APPLICATION_CREDENTIALS", file);
    child
}

fn carried(google: &Google) -> Vec<String> {
    google
        .calls()
        .into_iter()
        .filter_map(|call| call.identity)
        .collect()
}

#[test]
fn a_token_of_another_account_is_refused() {
    let begin = || Step::Begin(None);
    let resume = || Step::Begin(Some(ANN.into()));
    let once = || Step::CallAtOnce(1);
    for (turns, steps, uses) in [
        // The run has begun as Ann, and a renewal brings Bob.
        (
            vec![Login::As(ANN), Login::As(BOB)],
            vec![begin(), once(), once()],
            vec![ANN],
        ),
        // The same where only Google knows whose the token is.
        (
            vec![Login::Nameless(ANN), Login::Nameless(BOB)],
            vec![begin(), once(), once()],
            vec![ANN],
        ),
        // It is carried on by another process, which finds Bob.
        (vec![Login::As(BOB)], vec![resume(), once()], vec![]),
        (
            vec![Login::As(ANN)],
            vec![resume(), once(), once()],
            vec![ANN, ANN],
        ),
        // Another run may begin as somebody else; without a run everybody may look.
        (
            vec![Login::As(ANN), Login::As(BOB)],
            vec![begin(), once(), begin(), once()],
            vec![ANN, BOB],
        ),
        (
            vec![Login::As(ANN), Login::As(BOB)],
            vec![once(), once()],
            vec![ANN, BOB],
        ),
        // Ann again after Bob was refused.
        (
            vec![Login::As(ANN), Login::As(BOB), Login::As(ANN)],
            vec![begin(), once(), once(), Step::CallUntilAnswered],
            vec![ANN, ANN],
        ),
    ] {
        let google = Google::new(None);
        let child = with_login(&google, &turns, &steps);
        let outcomes = child.run();
        assert_eq!(carried(&google), uses, "{steps:?}: {outcomes:#?}");
        for refused in outcomes.iter().filter(|outcome| outcome.kind.is_some()) {
            assert_eq!(refused.kind.as_deref(), Some("Unidentified"), "{refused:?}");
            assert!(
                refused.text.contains(ANN) && refused.text.contains(BOB),
                "{refused:?}"
            );
            assert!(refused.hint.contains(ANN), "{refused:?}");
        }
        let refused = outcomes.iter().filter(|outcome| outcome.kind.is_some()).count();
        assert_eq!(refused + uses.len(), outcomes.len());
    }
}

#[test]
fn a_login_that_is_revoked_in_the_middle_does_not_become_gclouds_account() {
    let google = Google::new(None);
    let revoked = Login::Refused(
        400,
        r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#,
    );
    let steps = [Step::Begin(None), Step::CallAtOnce(1), Step::CallAtOnce(1)];
    let mut child = with_login(&google, &[Login::As(ANN), revoked], &steps);
    let token = google.token_of("gcloud@example.com");
    let program = google.program("bin/gcloud", &format!("echo {token}"));
    child.set("PATH", program.parent().unwrap());
    let outcomes = child.run();
    assert_eq!(carried(&google), [ANN]);
    assert!(outcomes[1].text.contains("invalid_grant"), "{outcomes:?}");
    assert!(outcomes[1].identity.contains(ANN), "{outcomes:?}");
}

#[test]
fn a_refusal_is_not_asked_for_again_by_each_call() {
    let refused = Login::Refused(400, r#"{"error":"invalid_grant"}"#);
    for turns in [
        vec![Login::As(ANN), refused],
        vec![Login::As(ANN), Login::As(BOB)],
    ] {
        let google = Google::new(None);
        let steps = [Step::Begin(None), Step::CallAtOnce(1), Step::CallAtOnce(20)];
        let outcomes = with_login(&google, &turns, &steps).run();
        let refused = outcomes.iter().filter(|outcome| outcome.kind.is_some());
        assert_eq!(refused.count(), 20, "{outcomes:?}");
        assert_eq!(google.asked().len(), 2);
        assert!(outcomes[20].identity.contains(ANN), "{outcomes:?}");
    }
}

#[test]
fn a_file_that_is_written_anew_is_read_anew() {
    let google = Google::new(None);
    google.logs_in("r-ann", &[Login::As(ANN)]);
    google.logs_in("r-bob", &[Login::As(BOB)]);
    let file = google.write("login.json", &Google::login("r-bob").to_string());
    let text = Google::login("r-ann").to_string();
    let steps = [
        // A look before the run, with a token that is good for long.
        Step::CallAtOnce(1),
        Step::Begin(Some(ANN.into())),
        Step::CallAtOnce(1),
        Step::Write(file.clone(), text),
        Step::CallUntilAnswered,
    ];
    let mut child = Child::new(&google, &steps);
    child.set("GOOGLE_APPLICATION_CREDENTIALS", file);
    let outcomes = child.run();
    assert_eq!(carried(&google), [BOB, ANN], "{outcomes:?}");
    assert_eq!(outcomes.len(), 3);
    assert!(outcomes[1].text.contains(BOB), "{outcomes:?}");
}

#[test]
fn many_calls_at_once_make_one_look_up() {
    let google = Google::new(None);
    let mut child = with_login(&google, &[Login::As(ANN)], &[Step::CallAtOnce(20)]);
    google.set_life(3600);
    child.directly();
    let outcomes = child.run();
    assert!(
        outcomes.iter().all(|outcome| outcome.kind.is_none()),
        "{outcomes:?}"
    );
    assert_eq!(carried(&google).len(), 20);
    assert_eq!(google.asked(), ["oauth2.googleapis.com/token"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_look_up_that_nobody_waits_for_any_more_ends_with_its_command() {
    use crate::client::auth::Authority as _;
    let google = Google::new(None);
    let number = google.write("number", "");
    let wanted = Wanted {
        tokens: Tokens::Command(Secret::new(&format!(
            "echo $$ > '{}'; sleep 600",
            number.display()
        ))),
        ..Wanted::default()
    };
    let credentials = Credentials::new(wanted, &Outside::new(|_| None));
    let url = url::Url::parse("https://bigquery.googleapis.com/").unwrap();
    let started = Instant::now();
    let began = async {
        loop {
            let written = std::fs::read_to_string(&number).unwrap();
            if let Ok(number) = written.trim().parse::<i32>() {
                return number;
            }
            assert!(started.elapsed().as_secs() < 60, "it has not begun");
            tokio::task::yield_now().await;
        }
    };
    // The workers are free all the while: both futures are on one thread.
    let number = tokio::select! {
        number = began => number,
        outcome = credentials.grant(Service::BigQuery, &url) => panic!("{outcome:?}"),
    };
    let is_gone = || {
        let state = std::fs::read_to_string(format!("/proc/{number}/stat"));
        state.map_or(true, |state| state.contains(") Z "))
    };
    while !is_gone() {
        assert!(started.elapsed().as_secs() < 60, "it lives on");
        tokio::task::yield_now().await;
    }
}
