//! What the caller may not read of a pipeline is a note, and what depends on it is no error; a sink that depends on it is.

use super::deployment::{deployed, judged, messages, sink, stage, with_argument};
use super::*;
use crate::deployed::Unread;
use crate::finding::Severity;
use serde_json::json;

#[test]
fn preferences_and_plugins_that_cannot_be_read_are_notes() {
    let read = stage(
        "Read",
        "GCSFile",
        "batchsource",
        &json!({"path": "${path}", "project": "${project}"}),
    );
    let out = sink(&json!({"dataset": "cdf_output", "table": "landing"}));
    let mut pipeline = deployed(&[read, out], &[]);
    let rows = || vec![with("project", "given")];
    let missing = judged(request(Scope::Chain), rows(), &pipeline);
    assert_eq!(
        messages(&missing, Severity::Error),
        ["The pipeline uses macros without a value: path (in Read)."]
    );
    pipeline.unread = Unread {
        preferences: Some("CDAP: 403.".into()),
        plugins: Some("CDAP: 403, too.".into()),
    };
    let plan = judged(request(Scope::Chain), rows(), &pipeline);
    assert_eq!(plan.error(), None);
    assert_eq!(
        messages(&plan, Severity::Warning),
        [
            "Only a preference can give these macros a value, and the preferences cannot be read: path (in Read)."
        ]
    );
    assert_eq!(
        messages(&plan, Severity::Note),
        [
            "What the preferences of the pipeline give is not known. CDAP: 403.",
            "Every property of the pipeline is taken as one in which macros are expanded. CDAP: 403, too."
        ]
    );
}

#[test]
fn a_sink_that_only_a_preference_names_is_not_known_and_nothing_is_emptied_for_it() {
    let mut pipeline = deployed(&[sink(&json!({"dataset": "cdf_output", "table": "${t}"}))], &[]);
    pipeline.unread.preferences = Some("CDAP: 403.".into());
    let plan = judged(request(Scope::Chain), vec![row("hr", "a", 1)], &pipeline);
    let errors = messages(&plan, Severity::Error);
    assert_eq!(
        errors,
        [
            "Which table the stage Out fills is not known: table is ${t}, which only a preference can give, and the preferences cannot be read."
        ]
    );
}

fn with(name: &str, value: &str) -> ConfigurationRow {
    with_argument("a", name, value)
}
