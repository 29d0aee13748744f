//! Tables and pipelines of other people: other key columns, another active column, rows by a condition or a query, data in
//! another project, no output table, arguments that all rows get. What is loaded is counted in the warehouse.

use super::lab::{Lab, PROJECT};
use super::pipeline::{SCHEMA, google, pipeline, source, statement};
use serde_json::{Value, json};

/// The project of the sandbox in which jobs can run, and which has no data.
const TOOLS: &str = "downbeat-tools";

/// A sink that fills this table.
fn sink(table: &str) -> Value {
    let more = json!({"referenceName": "out", "operation": "insert", "allowSchemaRelaxation": "true",
        "schema": SCHEMA, "dataset": "cdf_output", "table": table});
    google("Out", "BigQueryTable", "batchsink", &more)
}

/// A table `jobs` with other columns, a table `out` with three rows, and a pipeline that adds one row to it.
fn lab() -> Lab {
    let lab = Lab::at_speed("50");
    lab.sql(
        "CREATE TABLE cdf_output.jobs AS \
         SELECT 'eu-west' AS region, 'order lines' AS table_name, TRUE AS is_enabled, 'prod' AS env UNION ALL \
         SELECT 'us.east', 'x', TRUE, 'test' UNION ALL SELECT 'eu', 'idle', FALSE, 'prod'",
    );
    lab.sql("CREATE TABLE cdf_output.seed AS SELECT 'x' AS v");
    lab.sql("CREATE TABLE cdf_output.out AS SELECT CAST(n AS STRING) AS v FROM UNNEST([1, 2, 3]) AS n");
    lab.deploy("copy", &pipeline(&[source("seed"), sink("out")]));
    lab
}

/// Settings for those tables, and more.
fn configure(lab: &Lab, more: &[(&str, &str)]) {
    let settings = [
        ("cdf_pipeline_name", "'copy'"),
        ("bq_config_table", "'jobs'"),
        ("bq_output_table", "'out'"),
        ("key_columns", "['region', 'table_name']"),
        ("active_column", "'is_enabled'"),
    ];
    let all: Vec<_> = settings
        .into_iter()
        .filter(|(name, _)| more.iter().all(|(other, _)| other != name))
        .chain(more.iter().copied())
        .collect();
    lab.configure(&all);
}

#[test]
fn a_table_with_other_columns_runs_once_its_settings_are_given() {
    let lab = lab();
    lab.configure(&[
        ("cdf_pipeline_name", "'copy'"),
        ("bq_config_table", "'jobs'"),
        ("bq_output_table", "'out'"),
    ]);
    let told = lab.run(&[]);
    assert_eq!(told.code, 2, "{}", told.all());
    told.has(&[
        "no columns business_unit, data_source and is_active",
        "If is_enabled says which rows run, set active_column to is_enabled.",
        "set key_columns to them; the columns are region, table_name, is_enabled and env.",
    ]);
    assert_eq!(lab.count("out"), 3, "nothing was emptied");

    configure(&lab, &[("bq_config_filter", "\"env = 'prod' -- not the tests\"")]);
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    told.has(&["start_pipeline_eu-west_order_lines"]);
    assert_eq!(
        lab.count("out"),
        1,
        "emptied, and filled by the one active row of the filter"
    );
    let arguments = lab.arguments("copy");
    assert_eq!(arguments.len(), 1, "{arguments:?}");
    assert_eq!(
        (arguments[0]["region"].as_str(), arguments[0]["env"].as_str()),
        ("eu-west", "prod")
    );
    assert!(!arguments[0].contains_key("is_enabled"));

    let told = lab.run(&["--only", "eu-west/order lines"]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert_eq!(lab.count("out"), 2, "some rows empty nothing");
    let told = lab.run(&["--only", "eu-west"]);
    assert!(told.code != 0, "{}", told.all());
    told.has(&["a row is named REGION/TABLE_NAME"]);

    let dry = lab.run(&["--dry-run", "--output", "json"]);
    let plan = dry.lines().remove(0);
    assert_eq!(
        plan["left_out"][0]["keys"][1],
        json!({"column": "table_name", "value": "idle"})
    );
    assert_eq!(plan["left_out"][0]["reason"], "is_enabled is not true");
}

#[test]
fn a_query_gives_the_rows() {
    let lab = lab();
    let query = "\"\"\"SELECT 'q' AS region, table_name, is_enabled FROM cdf_output.jobs WHERE env = 'test' # one\"\"\"";
    configure(&lab, &[("bq_config_query", query)]);
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    told.has(&["start_pipeline_q_x"]);
    assert_eq!(lab.count("out"), 1);
    let plan = lab.run(&["--dry-run", "--output", "json"]).lines().remove(0);
    assert!(plan["configuration_table"].is_null(), "{plan}");
    configure(&lab, &[("bq_config_query", "'SELECT * FROM cdf_output.out'")]);
    let told = lab.run(&[]);
    assert_eq!(told.code, 2, "{}", told.all());
    told.has(&["the run would empty its own configuration"]);
    assert_eq!(lab.count("out"), 1);
}

#[test]
fn a_key_that_is_pasted_into_sql_empties_nothing() {
    let lab = lab();
    let take = statement(
        "Take",
        "INSERT INTO cdf_output.out (v) VALUES ('${region}')",
        false,
    );
    lab.deploy("copy", &pipeline(&[take, source("seed"), sink("out")]));
    configure(&lab, &[]);
    let told = lab.run(&[]);
    assert_eq!(told.code, 2, "{}", told.all());
    told.has(&[
        "region of eu-west.order lines may hold letters, digits and _ only: the pipeline pastes it into SQL, in Take (sql)",
        "region of us.east.x may hold letters",
    ]);
    assert_eq!(lab.count("out"), 3);
    assert!(lab.arguments("copy").is_empty());
}

#[test]
fn jobs_run_in_one_project_on_the_data_of_another() {
    let lab = Lab::at_speed("50");
    lab.configure(&[]);
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    let rows = lab.count("landing");
    let cdap = format!("'http://{}/api'", lab.sandbox.address());
    let tools = format!("'{TOOLS}'");
    let data = format!("'{PROJECT}'");
    let arguments = format!("{{ project_id = '{PROJECT}' }}");
    let dotted = format!("'{PROJECT}.cdf_output'");
    for more in [
        ("bq_project_id", data.as_str()),
        ("bq_dataset_id", dotted.as_str()),
    ] {
        let settings = [
            ("project_id", tools.as_str()),
            ("cdap_endpoint", cdap.as_str()),
            ("arguments", arguments.as_str()),
            more,
        ];
        lab.configure(&settings);
        // Each run loads what is newer than the watermark: without one all of it again.
        lab.sql("DELETE FROM cdf_output.watermark WHERE TRUE");
        let told = lab.run(&[]);
        assert_eq!(told.code, 0, "{more:?}: {}", told.all());
        told.has(&[&format!("{PROJECT}.cdf_output.landing")]);
        assert_eq!(lab.count("landing"), rows, "{more:?}: emptied and filled once");
    }
    // Without the argument the pipeline would fill a table of the other project.
    lab.configure(&[
        ("project_id", tools.as_str()),
        ("cdap_endpoint", cdap.as_str()),
        ("bq_project_id", data.as_str()),
    ]);
    let told = lab.run(&[]);
    assert_eq!(told.code, 2, "{}", told.all());
    assert_eq!(lab.count("landing"), rows, "nothing was emptied");
}

#[test]
fn without_an_output_table_rows_are_added_and_nothing_is_emptied() {
    let lab = lab();
    configure(&lab, &[("bq_output_table", "''")]);
    let told = lab.run(&[]);
    assert_eq!(told.code, 2, "{}", told.all());
    told.has(&["bq_output_table is empty"]);
    let by_hand = lab.run(&["--args", "region=eu,table_name=by_hand"]);
    assert_eq!(by_hand.code, 0, "{}", by_hand.all());
    by_hand.has(&["start_pipeline_eu_by_hand"]);
    assert_eq!(lab.count("out"), 4);
    configure(&lab, &[("bq_output_table", "''"), ("bq_truncate", "false")]);
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert_eq!(lab.count("out"), 6, "one for each active row");
    let plan = lab.run(&["--dry-run"]);
    plan.has(&[
        "truncate_table: left out, because no output table is named",
        "table (not set)",
    ]);
}

#[test]
fn preferences_and_plugins_that_cannot_be_read_are_notes() {
    let lab = Lab::at_speed("50");
    lab.configure(&[]);
    lab.play("[[request]]\nservice = 'cdap'\noperation = ['preferences', 'plugins']\nanswer = 403\ntext = 'Forbidden'\n");
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    told.has(&[
        "What the preferences of the pipeline give is not known.",
        "Only a preference can give these macros a value",
    ]);
    assert!(lab.count("landing") > 0);
}

#[test]
fn all_rows_get_the_arguments_of_the_profile() {
    let lab = lab();
    let arguments =
        "{ 'system.profile.name' = 'SYSTEM:dataproc', app.pipeline.overwriteConfig = true, env = 'profile' }";
    configure(&lab, &[("arguments", arguments)]);
    let plan = lab.run(&["--dry-run", "--output", "json"]).lines().remove(0);
    let of = |name: &str| {
        let all = plan["pipelines"][0]["arguments"].as_array().unwrap();
        let found = all.iter().find(|one| one["name"] == name).unwrap();
        (found["value"].clone(), found["source"].clone())
    };
    assert_eq!(
        of("system.profile.name"),
        (json!("SYSTEM:dataproc"), json!("profile"))
    );
    assert_eq!(
        of("env"),
        (json!("prod"), json!("row")),
        "the row goes before the profile"
    );
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    for arguments in lab.arguments("copy") {
        assert_eq!(arguments["system.profile.name"], "SYSTEM:dataproc");
        assert_eq!(arguments["app.pipeline.overwriteConfig"], "true");
        assert_ne!(arguments["env"], "profile");
    }
    let path = "/api/v3/namespaces/default/apps/copy/workflows/DataPipelineWorkflow/runs";
    assert_eq!(lab.sandbox.get(path)[0]["profile"]["profileName"], "dataproc");
    let told = lab.run(&[
        "--args",
        "region=eu,table_name=t,system.profile.name=SYSTEM:native",
    ]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert_eq!(lab.arguments("copy")[0]["system.profile.name"], "SYSTEM:native");
}
