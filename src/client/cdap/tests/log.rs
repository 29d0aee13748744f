//! Logs that are larger than what is kept of them.

use super::*;

/// A log of events, each at this millisecond with a message of so many bytes.
fn log(events: impl IntoIterator<Item = (u64, usize)>) -> Step {
    let entry = |(at, bytes): (u64, usize)| {
        let message = "x".repeat(bytes);
        format!(r#"{{"log":{{"timestamp":{at},"message":"{message}","mdc":{{}}}},"offset":"-10000.{at}"}}"#)
    };
    let entries: Vec<_> = events.into_iter().map(entry).collect();
    ok(format!("[{}]", entries.join(",")))
}

#[tokio::test]
async fn a_large_page_ends_between_two_milliseconds() {
    let three = (1..=3).flat_map(|at| [(at, 100 << 10); 30]);
    let script = Script::serve([log(three)]).await;
    let page = cdap(&script)
        .logs_next(&app(), &run_id(), None, 1_000)
        .await
        .unwrap();
    assert!(page.is_cut);
    assert_eq!((page.events.len(), page.left_out), (60, 0));
    assert_eq!(page.offset.as_deref(), Some("-10000.2"));
}

#[tokio::test]
async fn too_much_of_one_millisecond_is_counted() {
    let script = Script::serve([log([(7, 100 << 10); 400].into_iter().chain([(8, 1)]))]).await;
    let page = cdap(&script)
        .logs_next(&app(), &run_id(), None, 1_000)
        .await
        .unwrap();
    let bytes: usize = page.events.iter().map(|event| event.message.len()).sum();
    assert!((31 << 20..33 << 20).contains(&bytes), "{bytes}");
    assert_eq!(page.events.len() as u64 + page.left_out, 400);
    assert_eq!((page.is_cut, page.offset.as_deref()), (true, Some("-10000.7")));
}

#[tokio::test]
async fn a_huge_line_is_cut_while_it_arrives() {
    let script = Script::serve([log([(1, 5), (2, 5_000_000), (3, 5)])]).await;
    let page = cdap(&script)
        .logs_next(&app(), &run_id(), None, 1_000)
        .await
        .unwrap();
    let sizes: Vec<_> = page
        .events
        .iter()
        .map(|event| (event.message.len(), event.left_out))
        .collect();
    assert_eq!(sizes, [(5, 0), (131_072, 5_000_000 - 131_072), (5, 0)]);
    assert!(!page.is_cut);
}

#[tokio::test]
async fn a_log_that_breaks_off_is_no_log() {
    let whole = r#"[{"log":{"timestamp":5,"message":"m"},"offset":"-10000.5"}"#;
    for step in [
        ok(whole),
        Step::Half(whole.to_owned()),
        ok("<html>Sign in</html>"),
    ] {
        let script = Script::serve(vec![step; 3]).await;
        let error = cdap(&script)
            .logs_next(&app(), &run_id(), None, 3)
            .await
            .unwrap_err();
        assert_eq!(error.kind, FailureKind::Transient, "{error}");
    }
}
