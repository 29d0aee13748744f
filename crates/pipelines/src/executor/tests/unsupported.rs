//! Plugins that a server has and the sandbox does not execute.

use super::{World, metric};
use crate::Personality;
use crate::artifact::{ArtifactRepository, PluginClass};
use crate::event::{ExecutionEvent, NodeEnd};
use crate::execution::ExecutionEnd;
use crate::plugin;
use serde_json::{Value as Json, json};

/// Plugin types that are not stages of a batch pipeline.
const NO_STAGES: [&str; 6] = [
    "jdbc",
    "validatingInputFormat",
    "validatingOutputFormat",
    "connector",
    "windower",
    "postaction",
];

fn stage(name: &str, plugin: &str, kind: &str, properties: &Json) -> Json {
    json!({"name": name, "plugin": {"name": plugin, "type": kind, "properties": properties}})
}

/// A pipeline that uses this plugin, in the position that its type allows.
fn pipeline(class: &PluginClass) -> Json {
    let PluginClass { name, r#type, .. } = class;
    let odd = stage("Odd", name, r#type, &json!({}));
    let read = json!({"importQuery": "SELECT id FROM engineer", "database": "hr", "numSplits": "1",
        "user": "${mysql_user}", "password": "${secure(mysql-password)}"});
    let source = stage("Read", "Mysql", "batchsource", &read);
    let sink = stage(
        "Write",
        "BigQueryTable",
        "batchsink",
        &json!({"dataset": "cdf_output", "table": "odd"}),
    );
    let (stages, connections) = match r#type.as_str() {
        "action" => (json!([odd]), json!([])),
        "batchsource" => (json!([odd, sink]), json!([{"from": "Odd", "to": "Write"}])),
        "batchsink" | "alertpublisher" => (json!([source, odd]), json!([{"from": "Read", "to": "Odd"}])),
        _ => (
            json!([source, odd, sink]),
            json!([{"from": "Read", "to": "Odd"}, {"from": "Odd", "to": "Write"}]),
        ),
    };
    json!({"config": {"stages": stages, "connections": connections, "postActions": []}})
}

#[test]
fn each_of_them_fails_the_run_before_a_row_is_read() {
    let installed = ArtifactRepository::shipped(Personality::V6_11, false).unwrap();
    let artifacts = installed.visible_in("default");
    let classes = artifacts.flat_map(|artifact| artifact.classes.plugins.iter());
    let mut unsupported: Vec<_> = classes
        .filter(|class| !NO_STAGES.contains(&class.r#type.as_str()))
        .filter(|class| plugin::find(&class.name, &class.r#type).is_none())
        .collect();
    unsupported.dedup_by_key(|class| (&class.name, &class.r#type));
    assert!(unsupported.iter().any(|class| class.name == "JavaScript"));
    for class in unsupported {
        let world = World::new();
        let (end, seen) = world.run(&pipeline(class).to_string(), &[], 0);
        let text = format!(
            "Plugin '{}' of type '{}' in stage 'Odd' is not executed by the sandbox",
            class.name, class.r#type
        );
        let ExecutionEnd::Failed(failure) = end else {
            panic!("{}: {end:?}", class.name)
        };
        assert_eq!(failure.innermost().message.as_ref(), Some(&text));
        let outside = format!("Stage 'Odd' encountered : java.lang.UnsupportedOperationException: {text}");
        assert_eq!(failure.message, Some(outside));
        assert_eq!(metric(&seen, "Read.records.in"), 0);
        assert!(matches!(
            seen.last(),
            Some(ExecutionEvent::NodeFinished { end: NodeEnd::Failed(_), node }) if node == "phase-1"
        ));
    }
}
