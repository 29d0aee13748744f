//! Arguments that the profile gives every run: what goes before them, and that each line says where its value comes from.

use super::deployment::{deployed, judged, sink};
use super::*;
use serde_json::json;

fn arguments(pairs: &[(&str, &str)]) -> RuntimeArguments {
    pairs.iter().copied().collect()
}

/// Where an argument comes from, and its value.
fn of<'a>(start: &'a PlannedStart, name: &str) -> Option<(&'static str, &'a str)> {
    let all = start.arguments();
    let found = all.iter().find(|argument| argument.name == name)?;
    Some((found.source.as_str(), found.value?))
}

#[test]
fn an_edit_goes_before_the_row_the_row_before_the_profile_and_that_before_a_variable_and_a_preference() {
    let names = json!({"dataset": "${bq_dataset_id}", "table": "landing", "x": "${limit}"});
    let deployed = deployed(&[sink(&names)], &[("limit", "preference")]);
    let common = [
        ("limit", "profile"),
        ("bq_dataset_id", "cdf_output"),
        ("a.b", "dotted"),
    ];
    let mut first = row("hr", "a", 1);
    first.arguments.insert("limit", "row");
    let with_edit = ConfigurationRow {
        arguments: first.arguments.clone(),
        ..row("hr", "b", 2)
    };
    let (without, removed) = (row("hr", "c", 3), row("hr", "d", 4));
    let mut request = request(Scope::Chain);
    request.arguments = arguments(&common);
    let mut edited = with_edit.arguments.clone();
    edited.insert("limit", "edit");
    request.edits.insert(with_edit.task.clone(), edited);
    request
        .edits
        .insert(removed.task.clone(), RuntimeArguments::default());
    let plan = judged(request, vec![first, with_edit, without, removed], &deployed);
    assert_eq!(plan.error(), None);
    let starts = plan.pipelines.as_ref().unwrap();
    let expected = [
        ("row", "row"),
        ("edited", "edit"),
        ("profile", "profile"),
        ("profile", "profile"),
    ];
    for (start, (source, value)) in starts.iter().zip(expected) {
        assert_eq!(
            of(start, "limit"),
            Some((source, value)),
            "{:?}",
            start.pipeline.task
        );
        // The profile goes before the variable of the same name.
        assert_eq!(of(start, "bq_dataset_id"), Some(("profile", "cdf_output")));
        assert_eq!(start.pipeline.arguments.get("a.b"), Some("dotted"));
    }
    let shown = texts(&plan, Detail::Changes).join("\n");
    let line = "arguments of the profile for each, unless its row has them: a.b = dotted, bq_dataset_id = cdf_output, \
                limit = profile";
    assert!(
        shown.contains(line) && !shown.contains("variables for each"),
        "{shown}"
    );
    let shown = texts(&plan, Detail::Arguments).join("\n");
    assert!(shown.contains("limit = profile (the profile)"), "{shown}");
}

#[test]
fn a_pipeline_by_hand_gets_them_too_and_its_own_go_before_them() {
    let given = arguments(&[("business_unit", "hr"), ("data_source", "a"), ("limit", "given")]);
    let mut request = request(Scope::Single(given));
    request.arguments = arguments(&[("limit", "profile"), ("system.profile.name", "SYSTEM:dataproc")]);
    let plan = Plan::new(request, None);
    let start = &plan.pipelines.as_ref().unwrap()[0];
    assert_eq!(of(start, "limit"), Some(("by_hand", "given")));
    assert_eq!(
        of(start, "system.profile.name"),
        Some(("profile", "SYSTEM:dataproc"))
    );
    assert_eq!(start.pipeline.arguments.iter().count(), 4);
}

#[test]
fn they_are_kept_with_the_request_and_an_older_one_has_none() {
    let mut request = request(Scope::Chain);
    let before = serde_json::to_value(&request).unwrap();
    assert!(before.get("arguments").is_none(), "{before}");
    assert!(
        serde_json::from_value::<RunRequest>(before)
            .unwrap()
            .arguments
            .is_empty()
    );
    request.arguments = arguments(&[("a.b", "c"), ("jdbc", "mysql://u:hunter2@h/x")]);
    let written = serde_json::to_value(&request).unwrap();
    assert_eq!(serde_json::from_value::<RunRequest>(written).unwrap(), request);
    request.redact(&Secrets::default());
    assert_eq!(request.arguments.get("jdbc"), Some("mysql://u:***@h/x"));
}
