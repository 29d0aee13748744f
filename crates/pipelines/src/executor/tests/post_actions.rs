//! Argument setters and post actions.

use super::flow::planned;
use super::{World, metric};
use crate::event::{ExecutionEvent, LogEntry, LogLevel};
use crate::execution::ExecutionEnd;
use crate::plugin::Network;
use crate::source::Login;
use googlesql::limits::MAX_VALUE_BYTES;
use googlesql::value::Value;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

const POST_ACTIONS: &str = include_str!("pipelines/post_actions.json");

const SETTINGS: &str = r#"{"arguments": [{"name": "fields", "value": "id, full_name"},
    {"name": "highest", "type": "int", "value": 4}, {"name": "table", "value": "set_${suffix}"}]}"#;

/// A server that gives these answers one after the other, and the requests that it got.
fn server(answers: Vec<String>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut request, mut piece) = (Vec::new(), [0; 4096]);
            // A request of these tests ends with its header, or with the word `done` in its body.
            loop {
                let size = stream.read(&mut piece).unwrap();
                request.extend_from_slice(&piece[..size]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let whole = text.ends_with("\r\n\r\n") && !text.starts_with("POST");
                if size == 0 || whole || text.ends_with("done") {
                    sender.send(text).unwrap();
                    break;
                }
            }
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (address, requests)
}

fn answer(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn title(world: &World) -> Value {
    let sql = "SELECT title FROM `hr`.`engineer` WHERE id = 1";
    let (_, rows) = world
        .executor
        .stores
        .source
        .read(&Login::own(), sql, "x")
        .unwrap();
    rows[0][0].clone()
}

fn errors(seen: &[ExecutionEvent]) -> Vec<&LogEntry> {
    let lines = seen.iter().filter_map(|event| match event {
        ExecutionEvent::Log(line) if line.level == LogLevel::Error => Some(line),
        _ => None,
    });
    lines
        .filter(|line| line.message.starts_with("Error while"))
        .collect()
}

#[test]
fn arguments_from_a_url_reach_later_macros_and_post_actions_run_by_their_condition() {
    planned(POST_ACTIONS).unwrap();
    let world = World::new();
    let (settings, asked) = server(vec![
        answer("503 Service Unavailable", ""),
        answer("200 OK", SETTINGS),
    ]);
    let (callback, called) = server(vec![answer("204 No Content", "")]);
    let arguments = [
        ("settings", settings.as_str()),
        ("callback", &callback),
        ("suffix", "by_address"),
    ];
    let (end, seen) = world.run(POST_ACTIONS, &arguments, 0);
    assert_eq!(end, ExecutionEnd::Completed);
    assert!(asked.recv().unwrap().starts_with("GET / HTTP/1.1\r\n"));
    asked.recv().unwrap();
    assert_eq!(metric(&seen, "Write.records.updated"), 4);
    let rows = world.count("SELECT COUNT(*) FROM cdf_output.set_by_address WHERE full_name IS NOT NULL");
    assert_eq!(rows, 4);
    let set = seen.iter().any(|event| {
        matches!(event, ExecutionEvent::ArgumentSet { node, name, value }
            if node == "phase-1" && name == "table" && value == "set_${suffix}")
    });
    assert!(set);
    assert_eq!(title(&world), Value::Text("marked".into()));
    let request = called.recv().unwrap();
    assert!(request.starts_with("POST / HTTP/1.1\r\n") && request.ends_with("\r\n\r\ndone"));
    assert!(request.to_lowercase().contains("x-run: 2023\r\n"), "{request}");
    // The `Email` plugin is not executed, which is logged; the run still completes.
    let errors = errors(&seen);
    assert_eq!(errors.len(), 1);
    assert_eq!(
        errors[0].message,
        "Error while running post action Write a letter."
    );
    assert!(
        errors[0]
            .stack_trace
            .contains("Plugin 'Email' of type 'postaction'")
    );
}

#[test]
fn a_refused_request_fails_the_action_and_the_failure_post_actions_run() {
    let world = World::new();
    let (settings, _asked) = server(vec![answer("404 Not Found", ""), answer("404 Not Found", "")]);
    // This server has no more answers and is closed.
    let (callback, _called) = server(Vec::new());
    let arguments = [
        ("settings", settings.as_str()),
        ("callback", &callback),
        ("suffix", "never"),
    ];
    let (end, seen) = world.run(POST_ACTIONS, &arguments, 0);
    let ExecutionEnd::Failed(failure) = end else {
        panic!("{end:?}")
    };
    assert_eq!(
        failure.innermost().message.as_deref(),
        Some("Received non-200 response code 404. Response message = Not Found")
    );
    assert_eq!(title(&world), Value::Text("blamed".into()));
    let messages: Vec<_> = errors(&seen).iter().map(|line| line.message.as_str()).collect();
    let expected = [
        "Error while running post action Tell.",
        "Error while running post action Write a letter.",
    ];
    assert_eq!(messages, expected);
}

#[test]
fn servers_of_other_machines_are_asked_only_if_that_is_allowed() {
    let moved =
        "HTTP/1.1 302 Found\r\nlocation: http://10.0.0.1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (redirects, _asked) = server(vec![moved.to_owned(), moved.to_owned()]);
    let (long, _asked) = server(vec![answer("200 OK", &"x".repeat(MAX_VALUE_BYTES + 1)); 2]);
    let refused = "10.0.0.1 is not this machine: the sandbox reaches others only with --allow-network";
    for (settings, expected) in [
        ("http://10.0.0.1/", refused),
        (&redirects, refused),
        (&long, "The response has more than 10485760 bytes"),
    ] {
        let world = World::new();
        let arguments = [
            ("settings", settings),
            ("callback", "http://10.0.0.1/"),
            ("suffix", "x"),
        ];
        let (end, seen) = world.run(POST_ACTIONS, &arguments, 0);
        let ExecutionEnd::Failed(failure) = end else {
            panic!("{end:?}")
        };
        assert_eq!(
            failure.innermost().message.as_deref(),
            Some(expected),
            "{settings}"
        );
        let told = errors(&seen)
            .into_iter()
            .find(|line| line.message.ends_with("Tell."));
        assert!(told.unwrap().stack_trace.contains(refused));
    }
    // With the permission the request is sent; nobody listens there.
    let mut world = World::new();
    world.executor.stores.network = Network::Any;
    let arguments = [
        ("settings", "http://127.0.0.1:1/"),
        ("callback", "http://127.0.0.1:1/"),
        ("suffix", "x"),
    ];
    let (end, _) = world.run(POST_ACTIONS, &arguments, 0);
    let ExecutionEnd::Failed(failure) = end else {
        panic!("{end:?}")
    };
    let message = failure.innermost().message.clone().unwrap();
    assert!(!message.contains("--allow-network"), "{message}");
}

#[test]
fn an_undefined_macro_in_a_post_action_fails_the_run_before_it_starts() {
    let world = World::new();
    let (end, seen) = world.run(POST_ACTIONS, &[("settings", "http://127.0.0.1:1/")], 0);
    let ExecutionEnd::Failed(failure) = end else {
        panic!("{end:?}")
    };
    assert_eq!(
        failure.message.as_deref(),
        Some("Argument 'callback' is not defined.")
    );
    assert!(seen.is_empty());
}

#[test]
fn arguments_from_a_row_and_from_an_object_are_used() {
    let setters = include_str!("pipelines/setters.json");
    planned(setters).unwrap();
    let world = World::new();
    let document = r#"{"arguments": [{"name": "highest", "type": "int", "value": 3}]}"#;
    let buckets = &world.executor.stores.buckets;
    buckets
        .put("gs://settings/updated_at.json", document.as_bytes())
        .unwrap();
    let columns = ("columns", "watermark_column,business_unit");
    let (end, seen) = world.run(
        setters,
        &[columns, ("business_unit", "hr"), ("data_source", "engineer")],
        0,
    );
    assert_eq!(end, ExecutionEnd::Completed);
    assert_eq!(metric(&seen, "Write.records.updated"), 3);
    for (columns, source, words) in [
        (
            "watermark_column",
            "nothing",
            "The query result total rows should be \"1\" but is \"0\"",
        ),
        (
            "watermark_column,other",
            "engineer",
            "Errors were encountered during validation. Column: \"other\" does not exist in table. Argument columns \
             must exist in table.",
        ),
    ] {
        let arguments = [
            ("columns", columns),
            ("business_unit", "hr"),
            ("data_source", source),
        ];
        let (end, _) = world.run(setters, &arguments, 0);
        let ExecutionEnd::Failed(failure) = end else {
            panic!("{end:?}")
        };
        assert_eq!(failure.innermost().message.as_deref(), Some(words));
    }
}
