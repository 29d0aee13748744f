//! Taking, renewing and releasing when requests are refused, lost, or come too late.

use super::*;
use domain::finding::FindingCode;

/// A rule for the first changes of a table.
fn patches(first: u32, fault: &str) -> String {
    format!(
        "[[request]]\nservice = \"bigquery\"\noperation = \"table\"\nmethod = \"PATCH\"\nfirst = {first}\n{fault}\n"
    )
}

const DENIED: &str = r#"answer = 403
text = '{"error": {"code": 403, "message": "Access Denied: Permission bigquery.tables.update denied", "errors": [{"reason": "accessDenied"}]}}'
"#;

#[tokio::test]
async fn a_table_that_changes_in_between_is_read_again() {
    let world = World::start(&patches(3, "answer = 412")).await;
    let (lease, _) = world.lease("run-1");
    assert_eq!(lease.take().await.unwrap(), HELD);
    assert_eq!(world.claim().await.unwrap().run, "run-1");
    world.sandbox.shutdown().await;

    let world = World::start(&patches(99, "answer = 412")).await;
    let failure = world.lease("run-1").0.take().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Transient);
    assert_eq!(world.claim().await, None);
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn lost_answers_make_no_second_holder() {
    for fault in [
        "reset = \"after\"",
        "reset = \"before\"",
        "answer = 503\neffect = \"done\"",
        "html = 502",
        "truncate = 0.5",
    ] {
        let world = World::start(&patches(2, fault)).await;
        let ((one, _), (other, _)) = (world.lease("run-1"), world.lease("run-2"));
        let (first, second) = tokio::join!(one.take(), other.take());
        let taken = [first.unwrap(), second.unwrap()];
        let held = taken.iter().filter(|taken| **taken == HELD).count();
        assert_eq!(held, 1, "{fault}: {taken:?}");
        let winner = if taken[0] == HELD { &one } else { &other };
        winner.ensure().await.unwrap();
        winner.release().await.unwrap();
        assert_eq!(world.claim().await, None, "{fault}");
        world.sandbox.shutdown().await;
    }
}

#[tokio::test]
async fn what_may_have_been_written_is_released_too() {
    // The change takes effect, and nobody can see that for a while.
    let blind = "[[request]]\nservice = \"bigquery\"\noperation = \"table\"\nmethod = \"GET\"\nafter = 1\nfirst = 4\nanswer = 503\n";
    let world = World::start(&format!("{}{blind}", patches(1, "reset = \"after\""))).await;
    let (lease, _) = world.lease("run-1");
    let failure = lease.take().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Ambiguous);
    assert_eq!(world.claim().await.unwrap().run, "run-1");
    lease.release().await.unwrap();
    assert_eq!(world.claim().await, None);
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_release_whose_answer_is_lost_is_a_release() {
    let rule = patches(2, "after = 1\nreset = \"after\"").replace("first = 2\n", "first = 1\n");
    let world = World::start(&rule).await;
    let (lease, _) = world.lease("run-1");
    assert_eq!(lease.take().await.unwrap(), HELD);
    lease.release().await.unwrap();
    assert_eq!(world.claim().await, None);
    assert_eq!(world.lease("run-2").0.take().await.unwrap(), HELD);
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn without_the_right_to_write_labels_a_run_may_begin_and_says_what_it_costs() {
    let world = World::start(&patches(9, DENIED)).await;
    let (lease, clock) = world.lease("run-1");
    let Taken::Unprotected(finding) = lease.take().await.unwrap() else {
        panic!("not refused");
    };
    assert_eq!(finding.code, Some(FindingCode::Unreserved));
    let said = finding.text(|remedies| format!("{remedies:?}"));
    for part in [
        "would not see this run",
        "bigquery.tables.update denied",
        "downbeat-sandbox.cdf_output.landing",
    ] {
        assert!(said.contains(part), "{said}");
    }
    clock.pass(4000);
    lease.ensure().await.unwrap();
    lease.release().await.unwrap();
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_reader_still_respects_the_lease_of_others() {
    let denied = format!("after = 1\n{DENIED}");
    let world = World::start(&patches(9, &denied)).await;
    assert_eq!(world.lease("run-1").0.take().await.unwrap(), HELD);
    let (reader, _) = world.lease("run-2");
    let said = refusal(reader.take().await.unwrap());
    assert!(said.contains("run run-1 of"), "{said}");
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_renewal_that_fails_is_no_loss_before_the_end() {
    let denied = format!("after = 1\n{DENIED}");
    let world = World::start(&patches(2, &denied)).await;
    let (lease, clock) = world.lease("run-1");
    assert_eq!(lease.take().await.unwrap(), HELD);
    clock.pass(300);
    lease.ensure().await.unwrap();
    clock.pass(300);
    // Now it is over, and nothing may be started on it.
    let failure = lease.ensure().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unauthorised);
    assert!(failure.reason.contains("cannot be reserved"), "{failure:?}");
    lease.ensure().await.unwrap();
    assert_eq!(world.claim().await.unwrap().run, "run-1");
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_table_that_is_not_there_is_no_lease() {
    let mut world = World::start("").await;
    world.output.table.table = "nothing".into();
    let failure = world.lease("run-1").0.take().await.unwrap_err();
    assert!(failure.reason.contains("Not found: Table"), "{failure:?}");
    world.sandbox.shutdown().await;
}
