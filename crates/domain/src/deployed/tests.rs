//! Stages, their macros, and who sets them, on the shipped pipeline and on small ones.

use super::*;
use serde_json::json;

fn pipeline(configuration: &Value) -> DeployedPipeline {
    DeployedPipeline::read(configuration, &BTreeMap::new(), RuntimeArguments::default())
}

fn stage(name: &str, plugin: &str, properties: &Value) -> Value {
    json!({"name": name, "plugin": {"name": plugin, "type": "action", "properties": properties}})
}

#[expect(
    clippy::disallowed_macros,
    reason = "the shipped pipeline is the test's input"
)]
fn shipped() -> DeployedPipeline {
    let text = include_str!("../../../../assets/cdf-mysql-to-bigquery.json");
    let app: Value = serde_json::from_str(text).unwrap();
    pipeline(&app["config"])
}

fn arguments(pairs: &[(&str, &str)]) -> RuntimeArguments {
    pairs.iter().copied().collect()
}

fn find<'a>(pipeline: &'a DeployedPipeline, name: &str) -> &'a Stage {
    pipeline.stages.iter().find(|stage| stage.name == name).unwrap()
}

/// The names that are missing in any stage.
fn missing(pipeline: &DeployedPipeline, given: &RuntimeArguments) -> Vec<String> {
    let gaps = pipeline
        .stages
        .iter()
        .flat_map(|stage| pipeline.lookups(stage, given).gaps);
    let names: BTreeSet<_> = gaps
        .filter_map(|gap| match gap {
            Gap::Missing(name) => Some(name),
            _ => None,
        })
        .collect();
    names.into_iter().collect()
}

#[test]
fn the_shipped_pipeline_lacks_nine_macros_and_sets_four_itself() {
    let pipeline = shipped();
    let given = arguments(&[("business_unit", "hr"), ("data_source", "leave")]);
    assert_eq!(
        missing(&pipeline, &given),
        [
            "bq_config_table",
            "bq_dataset_id",
            "bq_location",
            "bq_output_table",
            "bq_watermark_table",
            "cloudsql_connection_name",
            "gcs_bucket",
            "mysql_user",
            "project_id"
        ]
    );
    let sink = find(&pipeline, "Import To BigQuery");
    let set: Vec<_> = sink
        .setters()
        .iter()
        .flat_map(|setter| setter.sets.clone().unwrap())
        .collect();
    assert_eq!(set, ["load_id", "output_schema", "watermark", "watermark_column"]);
    let schema = pipeline.property(sink, "schema", &given).unwrap();
    let by_the_first_stage = Gap::SetBy {
        name: "output_schema".into(),
        stage: "Read watermark".into(),
    };
    assert_eq!(schema.gaps, [by_the_first_stage].into());
    assert!(find(&pipeline, "Read watermark").setters().is_empty());
}

#[test]
fn arguments_win_over_preferences() {
    let configuration = json!({"stages": [stage("Out", "BigQueryTable", &json!({"table": "${t}_${u}"}))]});
    let preferences = arguments(&[("t", "preference"), ("u", "${v}"), ("v", "deep")]);
    let pipeline = DeployedPipeline::read(&configuration, &BTreeMap::new(), preferences);
    let table = |given: &[(&str, &str)]| {
        let expansion = pipeline.property(&pipeline.stages[0], "table", &arguments(given));
        expansion.unwrap().text
    };
    assert_eq!(table(&[]).as_deref(), Some("preference_deep"));
    assert_eq!(table(&[("t", "row"), ("v", "x")]).as_deref(), Some("row_x"));
}

#[test]
fn only_stages_behind_a_setter_are_excused() {
    for (setter, sets) in [
        (
            stage(
                "S",
                "BigQueryExecute",
                &json!({"rowAsArguments": "true", "sql": "SELECT 1 AS x"}),
            ),
            Some(vec!["x"]),
        ),
        (
            stage(
                "S",
                "BigQueryExecute",
                &json!({"rowAsArguments": true, "sql": "SELECT * FROM t"}),
            ),
            None,
        ),
        (
            stage(
                "S",
                "BigQueryExecute",
                &json!({"rowAsArguments": "${flag}", "sql": "SELECT 1 AS x"}),
            ),
            Some(vec!["x"]),
        ),
        (
            stage(
                "S",
                "BigQueryArgumentSetter",
                &json!({"argumentsColumns": "x, y"}),
            ),
            Some(vec!["x", "y"]),
        ),
        (
            stage("S", "GCSArgumentSetter", &json!({"path": "gs://a/b"})),
            None,
        ),
        (stage("S", "arg-setter", &json!({})), None),
    ] {
        let text = setter.to_string();
        let uses = json!({"a": "${x}", "b": "${z}"});
        let pipeline = pipeline(&json!({
            "stages": [stage("Before", "GCSMove", &uses), setter, stage("Behind", "GCSMove", &uses),
                stage("Last", "GCSMove", &uses), stage("Beside", "GCSMove", &uses)],
            "connections": [{"from": "Before", "to": "S"}, {"from": "S", "to": "Behind"},
                {"from": "Behind", "to": "Last"}, {"from": "Last", "to": "Behind"}],
            "postActions": [stage("Mail", "Email", &uses)],
        }));
        let sets: Option<BTreeSet<_>> = sets.map(|names| names.into_iter().map(str::to_owned).collect());
        for name in ["Behind", "Last", "Mail"] {
            let stage = find(&pipeline, name);
            assert_eq!(stage.setters()[0].sets, sets, "{name} {text}");
            let gaps = pipeline.lookups(stage, &RuntimeArguments::default()).gaps;
            assert_eq!(gaps.contains(&Gap::Missing("z".into())), sets.is_some(), "{text}");
            assert!(!gaps.contains(&Gap::Missing("x".into())), "{text}");
        }
        for name in ["Before", "Beside"] {
            let gaps = pipeline
                .lookups(find(&pipeline, name), &RuntimeArguments::default())
                .gaps;
            assert_eq!(
                gaps,
                ["x", "z"].map(|name| Gap::Missing(name.into())).into(),
                "{name} {text}"
            );
        }
    }
    let plain = json!({"stages": [stage("S", "BigQueryExecute", &json!({"rowAsArguments": "false"}))]});
    assert_eq!(pipeline(&plain).stages[0].argument_setter(), None);
}

#[test]
fn a_setter_of_unknown_names_may_replace_what_is_given() {
    let pipeline = pipeline(&json!({
        "stages": [stage("S", "ArgumentSetter", &json!({})), stage("Out", "BigQueryTable", &json!({"table": "${t}"}))],
        "connections": [{"from": "S", "to": "Out"}],
    }));
    let gaps = pipeline
        .lookups(find(&pipeline, "Out"), &arguments(&[("t", "landing")]))
        .gaps;
    let gap = Gap::MayBeSetBy {
        name: "t".into(),
        stage: "S".into(),
        given: true,
    };
    assert_eq!(gaps, [gap].into());
}

#[test]
fn what_the_server_does_not_expand_is_not_looked_up() {
    let properties =
        json!({"path": "${a}", "schema": "${b}", "unknown": "${c}", "plain": r"\${d}", "escaped": r"\${e}"});
    let configuration = json!({"stages": [stage("S", "File", &properties)]});
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let rules = MacroRules {
        literal: names(&["schema"]),
        without_escapes: names(&["plain"]),
        known: names(&["path", "schema", "plain", "escaped"]),
    };
    let rules = [("S".to_owned(), rules)].into();
    let pipeline = DeployedPipeline::read(&configuration, &rules, RuntimeArguments::default());
    assert_eq!(missing(&pipeline, &RuntimeArguments::default()), ["a", "d"]);
}

#[test]
fn the_first_statements_are_known_before_the_run() {
    let sql = |sql: &str| json!({"dialect": "standard", "sql": sql, "location": "US"});
    let stages = [
        stage("First", "BigQueryExecute", &sql("SELECT ${a}; ")),
        stage("Beside", "BigQueryExecute", &sql("SELECT ${missing}")),
        stage("Script", "BigQueryExecute", &sql("CREATE TABLE t; SELECT 1")),
        stage(
            "Legacy",
            "BigQueryExecute",
            &json!({"dialect": "legacy", "sql": "SELECT 1"}),
        ),
        stage("Second", "BigQueryExecute", &sql("SELECT 2")),
    ];
    let configuration = json!({"stages": stages, "connections": [{"from": "First", "to": "Second"}]});
    let found = pipeline(&configuration).first_statements(&arguments(&[("a", "1")]));
    let found: Vec<_> = found
        .iter()
        .map(|found| (found.stage.as_str(), found.sql.as_str()))
        .collect();
    assert_eq!(found, [("First", "SELECT 1; ")]);
}

#[test]
fn macros_of_password_properties_are_found_through_others() {
    let properties = json!({"password": "${pw_${env}}", "user": "${name}", "url": "x"});
    let configuration = json!({"stages": [stage("S", "Database", &properties)]});
    let preferences = arguments(&[("pw_prod", "${real}")]);
    let pipeline = DeployedPipeline::read(&configuration, &BTreeMap::new(), preferences);
    let found = |given: &[(&str, &str)]| -> Vec<_> {
        let names = pipeline.macros_in_properties(&arguments(given), |name| name == "password");
        names.into_iter().collect()
    };
    assert_eq!(found(&[("env", "prod")]), ["env", "pw_prod", "real"]);
    assert_eq!(found(&[]), ["env"]);
}

#[test]
fn nothing_of_a_property_or_preference_is_shown() {
    let configuration = json!({"stages": [stage("S", "Database", &json!({"password": "hunter2"}))]});
    let preferences = arguments(&[("db_password", "hunter2")]);
    let pipeline = DeployedPipeline::read(&configuration, &BTreeMap::new(), preferences);
    assert!(!format!("{pipeline:?}").contains("hunter2"));
}

#[test]
fn what_is_not_a_pipeline_has_no_stages() {
    for odd in [
        Value::Null,
        json!([]),
        json!({"stages": "x"}),
        json!({"stages": [{"plugin": 1}, 7]}),
    ] {
        let pipeline = pipeline(&odd);
        let mut stages = pipeline.stages.iter().filter(|stage| !stage.is_outside);
        assert!(stages.all(|stage| stage.name.is_empty()), "{odd}");
    }
}
