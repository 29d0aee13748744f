//! The test plugins of `--lab`.

use super::*;
use crate::artifact::{ArtifactRepository, PluginFinder};
use std::fs;

fn config(engine: &str) -> Json {
    let stage = |name: &str, plugin: &str, kind: &str, properties: Json| json!({"name": name, "plugin": {"name": plugin, "type": kind, "properties": properties}});
    json!({"engine": engine, "connections": [{"from": "act", "to": "src"}, {"from": "src", "to": "work"}, {"from": "work", "to": "sink"}],
    "stages": [
        stage("act", "LabAction", "action", json!({"set": "${set}", "fail": "${fail}"})),
        stage("src", "LabSource", "batchsource", json!({"path": "${input}"})),
        stage("work", "LabWork", "transform", json!({"sleepMillis": "${sleep}", "failAt": "${failAt}", "errorAt": "${errorAt}", "logLevel": "${level}"})),
        stage("sink", "LabSink", "batchsink", json!({"path": "${output}"})),
    ]})
}

struct Lab {
    world: World,
    arguments: BTreeMap<String, String>,
}

impl Lab {
    fn new() -> Self {
        let world = World::new();
        let input = world.folder.path().join("in.txt");
        fs::write(&input, "line 1\nline 2\nline 3\nline 4\n").unwrap();
        let output = world.folder.path().join("out");
        let mut arguments: BTreeMap<String, String> = ["set", "fail", "failAt", "errorAt", "level"]
            .map(|name| (name.to_owned(), String::new()))
            .into();
        arguments.insert("sleep".into(), "0".into());
        arguments.insert("input".into(), input.to_string_lossy().into_owned());
        arguments.insert("output".into(), output.to_string_lossy().into_owned());
        Self { world, arguments }
    }

    fn run(
        &self,
        engine: &str,
        changes: &[(&str, &str)],
        stop: &AtomicBool,
    ) -> (ExecutionEnd, Vec<ExecutionEvent>) {
        let mut arguments = self.arguments.clone();
        arguments.extend(
            changes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let request = ExecutionRequest {
            personality: Personality::V6_11,
            namespace: "default".into(),
            pipeline: "lab".into(),
            config: config(engine),
            macros: macros::MacroOptions::default(),
            arguments,
            secure_keys: BTreeMap::new(),
            pace: Duration::ZERO,
            stage_fault: None,
            speed: 1.0,
        };
        let mut seen = Vec::new();
        let end = self.world.executor.execute(&request, stop, &mut |event| {
            // Stops the run while the second line is processed.
            if matches!(&event, ExecutionEvent::Log(line) if line.message.contains("<line 2>") && changes.contains(&("stop", "2"))) {
                stop.store(true, Ordering::Relaxed);
            }
            seen.push(event);
        });
        (end, seen)
    }

    fn written(&self) -> Option<String> {
        fs::read_to_string(self.world.folder.path().join("out/part-m-00000")).ok()
    }
}

fn running() -> AtomicBool {
    AtomicBool::new(false)
}

fn said(seen: &[ExecutionEvent]) -> Vec<&str> {
    seen.iter()
        .filter_map(|event| match event {
            ExecutionEvent::Log(line) => Some(line.message.as_str()),
            _ => None,
        })
        .collect()
}

#[test]
fn lines_are_copied_and_error_records_counted() {
    let lab = Lab::new();
    let (end, seen) = lab.run(
        "mapreduce",
        &[("errorAt", "3"), ("set", "a=b"), ("level", "INFO")],
        &running(),
    );
    assert_eq!(end, ExecutionEnd::Completed);
    assert_eq!(lab.written().unwrap(), "line 1\nline 2\nline 4\n");
    assert!(lab.world.folder.path().join("out/_SUCCESS").exists());
    for (name, count) in [
        ("src.records.out", 4),
        ("work.records.in", 4),
        ("work.records.out", 3),
        ("work.records.error", 1),
        ("sink.records.in", 3),
    ] {
        assert_eq!(metric(&seen, name), count, "{name}");
    }
    assert!(seen.iter().any(
        |o| matches!(o, ExecutionEvent::ArgumentSet { name, value, .. } if name == "a" && value == "b")
    ));
    assert_eq!(
        said(&seen)
            .iter()
            .filter(|text| text.starts_with("worked on <line "))
            .count(),
        4
    );
}

#[test]
fn a_failed_record_is_reported_as_by_each_engine() {
    let lab = Lab::new();
    let (end, seen) = lab.run("mapreduce", &[("failAt", "line 3")], &running());
    let ExecutionEnd::Failed(failure) = end else {
        panic!("{end:?}")
    };
    let message = failure.message.unwrap();
    assert!(
        message.starts_with("MapReduce JobId job_local") && message.ends_with(" failed"),
        "{message}"
    );
    let text = "Failed to execute pipeline stage 'src' with the error: lab: bad record 'line 3'. Please review your pipeline configuration and check the system logs for more details.";
    assert!(said(&seen).contains(&text), "{seen:?}");
    assert_eq!(lab.written(), None);

    let lab = Lab::new();
    let (end, _) = lab.run("spark", &[("failAt", "line 3")], &running());
    let ExecutionEnd::Failed(failure) = end else {
        panic!("{end:?}")
    };
    assert_eq!(
        failure.message.as_deref(),
        Some("Stage 'work' encountered : java.lang.IllegalArgumentException: lab: bad record 'line 3'")
    );
}

#[test]
fn a_failure_before_the_first_record_has_its_own_message() {
    let lab = Lab::new();
    let there = lab.world.folder.path().to_string_lossy().into_owned();
    for (name, value, expected) in [
        ("input", "/nosuch", "Input path does not exist: /nosuch".to_owned()),
        ("output", &there, format!("Output directory {there} already exists")),
        (
            "sleep",
            "abc",
            "Unable to create config for transform LabWork 'sleepMillis' is invalid: Value of field class lab.LabPlugins$WorkConfig.sleepMillis is expected to be a number.".to_owned(),
        ),
    ] {
        let (end, seen) = lab.run("mapreduce", &[(name, value)], &running());
        let ExecutionEnd::Failed(failure) = end else {
            panic!("{end:?}")
        };
        assert_eq!(failure.innermost().message.as_deref(), Some(expected.as_str()));
        assert!(!seen.iter().any(|o| matches!(o, ExecutionEvent::JobSubmitted { .. })), "{name}");
    }
}

#[test]
fn a_stop_takes_effect_within_a_record() {
    let lab = Lab::new();
    let changes = [("sleep", "50"), ("level", "INFO"), ("stop", "2")];
    let (end, seen) = lab.run("mapreduce", &changes, &running());
    assert_eq!(end, ExecutionEnd::Killed);
    assert_eq!(
        said(&seen)
            .iter()
            .filter(|text| text.starts_with("worked on"))
            .count(),
        2
    );
    assert_eq!(lab.written(), None);
}

#[test]
fn they_are_installed_only_on_request() {
    let world = World::new();
    let plan = |lab: bool| {
        let installed = ArtifactRepository::shipped(Personality::V6_11, lab).unwrap();
        let plugins = PluginFinder {
            artifacts: &installed,
            namespace: "default",
        };
        world.executor.plan(&config("spark"), &plugins)
    };
    let refused = plan(false).unwrap_err();
    assert!(
        refused.contains("Plugin named 'LabAction' of type 'action' not found"),
        "{refused}"
    );
    assert!(plan(true).is_ok());
}
