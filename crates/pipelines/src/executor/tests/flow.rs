//! Pipelines with branches: ports, error records, joins, groups and conditions.

use super::{World, metric};
use crate::Personality;
use crate::artifact::{ArtifactRepository, PluginFinder};
use crate::event::ExecutionEvent;
use crate::execution::{ExecutionEnd, Executor, PipelinePlan};
use googlesql::QuerySettings;
use googlesql::value::Value;
use serde_json::Value as Json;

const PORTS: &str = include_str!("pipelines/ports.json");
const JOIN: &str = include_str!("pipelines/join.json");
const CONDITION: &str = include_str!("pipelines/condition.json");
const CHAIN: &str = include_str!("pipelines/chain.json");

pub(super) fn planned(app: &str) -> Result<PipelinePlan, String> {
    let app: Json = serde_json::from_str(app).unwrap();
    let installed = ArtifactRepository::shipped(Personality::V6_11, true).unwrap();
    let plugins = PluginFinder {
        artifacts: &installed,
        namespace: "default",
    };
    World::new().executor.plan(&app["config"], &plugins)
}

fn rows(world: &World, sql: &str) -> Vec<Vec<Value>> {
    let answer = world
        .executor
        .stores
        .warehouse
        .query(sql, &QuerySettings::default());
    answer.unwrap().rows
}

fn started(seen: &[ExecutionEvent]) -> Vec<&str> {
    let nodes = seen.iter().filter_map(|event| match event {
        ExecutionEvent::NodeStarted { node, .. } => Some(node.as_str()),
        _ => None,
    });
    nodes.collect()
}

fn int(number: i64) -> Value {
    Value::Int(number)
}

#[test]
fn records_are_sent_to_ports_and_error_records_to_the_collector() {
    planned(PORTS).unwrap();
    let world = World::new();
    let (end, seen) = world.run(PORTS, &[("limit", "100")], 0);
    assert_eq!(end, ExecutionEnd::Completed);
    let all = world.source_rows("id <= 100");
    let broken = world.source_rows("id <= 100 AND id % 10 = 0");
    let (with, without) = (
        world.source_rows("id <= 100 AND id % 10 <> 0 AND id % 3 <> 0 AND title IS NOT NULL"),
        world.source_rows("id <= 100 AND id % 10 <> 0 AND (id % 3 = 0 OR title IS NULL)"),
    );
    assert!(all == with + without + broken && with > 0 && broken > 0);
    for (wanted, count) in [
        ("Read.records.in", all),
        ("Read.records.out", all),
        ("Clean.records.in", all),
        ("Clean.records.out", all - broken),
        ("Clean.records.error", broken),
        ("Split.records.in", all - broken),
        ("Split.records.out.nonnull", with),
        ("Split.records.out.null", without),
        ("Titled.records.in", with),
        ("Untitled.records.in", without),
        ("Copy.records.updated", without),
        ("Collect.records.in", broken),
        ("Collect.records.out", broken),
        ("Broken.records.updated", broken),
    ] {
        assert_eq!(metric(&seen, wanted), count, "{wanted}");
    }
    assert_eq!(
        world.count("SELECT COUNT(*) FROM cdf_output.untitled WHERE title IS NULL"),
        without
    );
    assert_eq!(world.count("SELECT COUNT(*) FROM cdf_output.titled"), with);
    let sql = "SELECT id, errCode, errStage FROM cdf_output.broken ORDER BY id LIMIT 1";
    let first = vec![int(10), int(1), Value::Text("Clean".into())];
    assert_eq!(rows(&world, sql), [first]);
    let sql = "SELECT COUNT(*) FROM cdf_output.broken WHERE errMsg LIKE '%tenth%'";
    assert_eq!(world.count(sql), broken);
}

#[test]
fn the_older_release_fails_on_a_recipe_after_an_unknown_schema() {
    let run = |app: &str| {
        let (end, seen) = World::new().run_on(Personality::V6_10, app, &[("limit", "20")], 0);
        let failure = match end {
            ExecutionEnd::Failed(failure) => Some((failure.class_name, failure.message.unwrap())),
            _ => None,
        };
        (failure, metric(&seen, "Clean.records.in"))
    };
    let (failure, rows) = run(PORTS);
    let (class_name, message) = failure.unwrap();
    assert_eq!(class_name, "java.util.concurrent.ExecutionException");
    let words =
        "java.lang.NullPointerException: Cannot invoke \"io.cdap.cdap.api.data.schema.Schema.getFields()\"";
    assert!(message.starts_with(words), "{message}");
    assert_eq!(rows, 0);
    // It runs if the source has a schema.
    let schema = r#""referenceName": "read", "schema": "{\"type\":\"record\",\"name\":\"r\",\"fields\":[]}""#;
    let known = PORTS.replacen(r#""referenceName": "read""#, schema, 1);
    assert_ne!(known, PORTS);
    assert_eq!(run(&known), (None, 20));
    // A failure while a source is prepared is wrapped as recorded on 6.10.
    let missing = PORTS.replacen("FROM engineer", "FROM nothing", 1);
    let (failure, _) = run(&missing);
    assert_eq!(
        failure.unwrap().0,
        "org.apache.tephra.TransactionFailureException"
    );
}

#[test]
fn inputs_are_joined_grouped_and_deduplicated() {
    planned(JOIN).unwrap();
    let world = World::new();
    let (end, seen) = world.run(JOIN, &[("required", "Engineers,Leave")], 0);
    assert_eq!(end, ExecutionEnd::Completed);
    // The expected rows come from SQL on the source.
    let truth = |sql: &str| {
        let login = super::source::Login::own();
        world.executor.stores.source.read(&login, sql, "x").unwrap().1
    };
    let from = "FROM `hr`.`engineer` e JOIN `hr`.`leave_request` l ON e.id = l.engineer_id WHERE e.id <= 40";
    let joined = truth(&format!("SELECT count(*) {from}"));
    assert_eq!(rows(&world, "SELECT COUNT(*) FROM cdf_output.joined"), joined);
    assert_eq!(joined[0][0], int(metric(&seen, "Join.records.out")));
    let (engineers, leave) = (
        metric(&seen, "Engineers.records.out"),
        metric(&seen, "Leave.records.out"),
    );
    assert_eq!(metric(&seen, "Join.records.in"), engineers + leave);
    let sql =
        "SELECT kind, requests, total, least, most, people, `long` FROM cdf_output.grouped ORDER BY kind";
    let expected = truth(&format!(
        "SELECT l.kind, count(*), sum(l.days), min(l.days), max(l.days), count(DISTINCT e.id), \
         sum(CASE WHEN l.days > 10 THEN 1 ELSE 0 END) {from} GROUP BY l.kind ORDER BY l.kind"
    ));
    assert!(expected.len() > 1);
    assert_eq!(rows(&world, sql), expected);
    let sql = "SELECT COUNT(*) FROM cdf_output.grouped WHERE ARRAY_LENGTH(names) = requests AND requests > 0";
    let groups = i64::try_from(expected.len()).unwrap();
    assert_eq!(world.count(sql), groups);
    for wanted in [
        "Group.aggregator.groups",
        "Kinds.records.out",
        "Longest out.records.updated",
    ] {
        assert_eq!(metric(&seen, wanted), groups, "{wanted}");
    }
    let sql = "SELECT kind, days FROM cdf_output.longest ORDER BY kind";
    let longest = truth(&format!(
        "SELECT l.kind, max(l.days) {from} GROUP BY l.kind ORDER BY l.kind"
    ));
    assert_eq!(rows(&world, sql), longest);
}

#[test]
fn an_optional_input_contributes_nulls() {
    for (required, condition) in [
        (
            "Engineers",
            "LEFT JOIN `hr`.`leave_request` l ON e.id = l.engineer_id",
        ),
        ("", "LEFT JOIN `hr`.`leave_request` l ON e.id = l.engineer_id"),
    ] {
        let world = World::new();
        let (end, _) = world.run(JOIN, &[("required", required)], 0);
        assert_eq!(end, ExecutionEnd::Completed);
        let login = super::source::Login::own();
        let sql =
            format!("SELECT count(*) FROM (SELECT * FROM `hr`.`engineer` WHERE id <= 40) e {condition}");
        let left = world.executor.stores.source.read(&login, &sql, "x").unwrap().1[0][0].clone();
        let Value::Int(left) = left else {
            panic!("{left:?}")
        };
        let alone = "SELECT COUNT(*) FROM cdf_output.joined WHERE engineer IS NULL";
        let others = world.count(alone);
        assert_eq!(others > 0, required.is_empty());
        assert_eq!(
            world.count("SELECT COUNT(*) FROM cdf_output.joined"),
            left + others
        );
    }
}

#[test]
fn a_condition_selects_one_branch() {
    let plan = planned(CONDITION).unwrap();
    let ids: Vec<_> = plan.nodes.iter().map(|node| node.id.as_str()).collect();
    assert_eq!(ids, ["phase-1", "phase-3", "phase-4", "phase-5", "phase-6"]);
    assert_eq!(
        plan.nodes[0].description,
        "Sources 'Read' to sinks 'Enough.connector'."
    );
    assert_eq!(
        plan.nodes[1].description,
        "Sources 'Enough.connector' to sinks 'Many'."
    );
    for (limit, nodes, there, missing) in [
        ("20", ["phase-1", "phase-3", "phase-4"], "many", "few"),
        ("10", ["phase-1", "phase-5", "phase-6"], "few", "many"),
    ] {
        let world = World::new();
        let (end, seen) = world.run(CONDITION, &[("limit", limit), ("enough", "15")], 0);
        assert_eq!(end, ExecutionEnd::Completed);
        assert_eq!(started(&seen), nodes);
        let count: i64 = limit.parse().unwrap();
        assert_eq!(
            world.count(&format!("SELECT COUNT(*) FROM cdf_output.{there}")),
            count
        );
        assert_eq!(
            world.count(&format!("SELECT COUNT(*) FROM cdf_output.after_{there}")),
            0
        );
        let query = |sql: &str| {
            world
                .executor
                .stores
                .warehouse
                .query(sql, &QuerySettings::default())
        };
        assert!(query(&format!("SELECT 1 FROM cdf_output.{missing}")).is_err());
        assert!(query(&format!("SELECT 1 FROM cdf_output.after_{missing}")).is_err());
        let statistic = seen.iter().any(|event| {
            matches!(event, ExecutionEvent::ArgumentSet { name, value, .. }
                if name == "stage.statistics.Read.output.records" && value == limit)
        });
        assert!(statistic);
    }
}

#[test]
fn a_condition_can_follow_another() {
    planned(CHAIN).unwrap();
    for (first, second, nodes, table) in [
        ("yes", "yes", vec!["phase-3"], Some(("one", 5))),
        ("yes", "no", vec!["phase-4"], Some(("two", 7))),
        ("no", "yes", vec!["phase-5"], None),
    ] {
        let world = World::new();
        let (end, seen) = world.run(CHAIN, &[("first", first), ("second", second)], 0);
        assert_eq!(end, ExecutionEnd::Completed);
        assert_eq!(started(&seen), nodes);
        let (table, count) = table.unwrap_or(("neither", 0));
        assert_eq!(
            world.count(&format!("SELECT COUNT(*) FROM cdf_output.{table}")),
            count
        );
    }
}

#[test]
fn a_failed_condition_fails_the_run_without_a_node() {
    let world = World::new();
    let (end, seen) = world.run(CHAIN, &[("first", "yes")], 0);
    let ExecutionEnd::Failed(failure) = end else {
        panic!("{end:?}")
    };
    let words = "Condition includes a runtime argument 'second' that does not exist.";
    assert_eq!(failure.innermost().message.as_deref(), Some(words));
    assert!(
        failure
            .message
            .unwrap()
            .starts_with("Stage 'Second' encountered : ")
    );
    assert!(started(&seen).is_empty());
}

#[test]
fn invalid_branches_and_ports_are_refused_at_deploy_time() {
    for (app, from, to, words) in [
        (
            CONDITION,
            "\"condition\": false",
            "\"condition\": true",
            "For condition stage 'Enough', more than one outgoing connections are marked as true.",
        ),
        (
            CONDITION,
            "\"condition\": false",
            "\"port\": null",
            "For condition stage Enough, the connection Connection{from='Enough', to='Few', port='null', \
             condition='null'} is not marked with either 'true' or 'false'.",
        ),
        (
            PORTS,
            "\"port\": \"nonnull\"",
            "\"condition\": null",
            "Connection from Splitter 'Split' to 'Titled' must specify a port.",
        ),
        (
            PORTS,
            "\"from\": \"Clean\",\n        \"to\": \"Collect\"",
            "\"from\": \"Split\",\n        \"to\": \"Collect\"",
            "ErrorTransform Collect cannot have stage Split of type splittertransform as input. Only \
             batchsource,transform,batchaggregator,errortransform stages can emit errors.",
        ),
        (
            JOIN,
            "\"from\": \"Leave\",\n        \"to\": \"Join\"",
            "\"from\": \"Leave\",\n        \"to\": \"Group\"",
            "Failed to configure pipeline: Stage 'Join' encountered : At least two stages must be specified.",
        ),
        (
            JOIN,
            "CountDistinct(engineer)",
            "Guess(engineer)",
            "Failed to configure pipeline: Stage 'Group' encountered : Error encountered while configuring the \
             stage: 'Invalid function 'Guess'. Must be one of COUNT,",
        ),
    ] {
        let broken = app.replacen("${required}", "", 1).replacen(from, to, 1);
        assert_ne!(broken, app, "{from}");
        let refusal = planned(&broken).unwrap_err();
        assert!(refusal.starts_with(words), "{refusal}");
    }
}
