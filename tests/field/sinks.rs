//! What fills the output table: names that go along, sinks that write elsewhere, macros without a value, and the
//! rights to do it all. A table that would not be filled keeps its rows.

use super::home::Told;
use super::lab::Lab;
use super::pipeline::{SCHEMA, google, pipeline, source, statement, trash};
use serde_json::{Value, json};

/// A table with three rows that no pipeline has written.
const KEPT: &str = "CREATE OR REPLACE TABLE cdf_output.kept AS SELECT * FROM UNNEST([1, 2, 3]) AS a";

/// One active row.
const ONE_ROW: &str = "CREATE OR REPLACE TABLE cdf_output.one_row AS \
    SELECT * FROM cdf_output.configuration WHERE data_source = 'payroll' AND business_unit = 'hr'";

/// What a viewer is told: no permission, and no start.
const VIEWER: &str = "
[[request]]
path = '*:testIamPermissions'
answer = 200
content_type = 'application/json'
text = '{}'

[[request]]
operation = 'start'
answer = 403
text = 'Forbidden'
";

/// What BigQuery says to those who may read the table only.
const READER: &str = r#"
[[request]]
operation = 'query'
body = 'TRUNCATE'
answer = 403
content_type = 'application/json'
text = '{"error": {"code": 403, "message": "Access Denied: Table kept: User does not have permission.", "errors": [{"reason": "accessDenied"}]}}'
"#;

/// A query of one row, made into arguments.
fn setter(sql: &str) -> Value {
    statement("Look up", sql, true)
}

/// A BigQuery sink with these names.
fn sink(names: &Value) -> Value {
    let mut more = json!({"referenceName": "out", "operation": "insert", "allowSchemaRelaxation": "true",
        "schema": SCHEMA});
    for (name, value) in names.as_object().unwrap() {
        more[name] = value.clone();
    }
    google("Out", "BigQueryTable", "batchsink", &more)
}

/// A sandbox with the table `kept`, which is to be emptied, one active row, and a pipeline of these stages.
fn lab(stages: &[Value]) -> Lab {
    let lab = Lab::at_speed("50");
    lab.sql(KEPT);
    lab.sql(ONE_ROW);
    lab.sql("CREATE OR REPLACE TABLE cdf_output.seed AS SELECT 'x' AS v");
    lab.deploy("copy", &pipeline(stages));
    lab.configure(&[
        ("cdf_pipeline_name", "'copy'"),
        ("bq_config_table", "'one_row'"),
        ("bq_output_table", "'kept'"),
    ]);
    lab
}

#[track_caller]
fn is_refused(lab: &Lab, told: &Told, words: &[&str]) {
    assert_eq!(told.code, 2, "{}", told.all());
    told.has(words);
    assert_eq!(lab.count("kept"), 3, "{}", told.all());
}

#[test]
fn the_table_that_is_emptied_is_the_one_that_is_filled() {
    let lab = Lab::new();
    lab.sql(ONE_ROW);
    lab.sql("CREATE TABLE cdf_output.mine LIKE cdf_output.landing");
    lab.configure(&[("bq_config_table", "'one_row'"), ("bq_output_table", "'mine'")]);
    let landing = lab.count("landing");
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert!(lab.count("mine") > 0, "{}", told.all());
    assert_eq!(lab.count("landing"), landing, "its preferences name landing");
    let given = lab.arguments("cdf_mysql_to_bigquery").remove(0);
    assert_eq!(given["bq_output_table"], "mine");
    assert_eq!(given["bq_config_table"], "one_row");
}

#[test]
fn the_name_in_a_row_wins_and_must_be_the_emptied_table() {
    let lab = Lab::new();
    lab.sql(KEPT);
    lab.sql(
        "CREATE TABLE cdf_output.one_row AS SELECT *, 'landing' AS bq_output_table \
         FROM cdf_output.configuration WHERE data_source = 'payroll'",
    );
    lab.configure(&[("bq_config_table", "'one_row'"), ("bq_output_table", "'kept'")]);
    is_refused(
        &lab,
        &lab.run(&[]),
        &["cdf_output.landing", "cdf_output.kept", "Import To BigQuery"],
    );
    lab.configure(&[("bq_config_table", "'one_row'")]);
    let told = lab.run(&["--dry-run", "--output", "json"]);
    assert_eq!(told.code, 0, "{}", told.all());
    let arguments = told.lines().remove(0)["pipelines"][0]["arguments"].clone();
    let of = |name: &str| {
        let mut found = arguments.as_array().unwrap().iter();
        found.find(|argument| argument["name"] == name).unwrap()["source"].clone()
    };
    assert_eq!(
        (of("bq_output_table"), of("bq_dataset_id")),
        ("row".into(), "variable".into())
    );
}

#[test]
fn the_shipped_pipeline_without_preferences_lacks_its_macros_before_anything_is_emptied() {
    let lab = Lab::new();
    lab.sql(KEPT);
    let shipped = include_str!("../../assets/cdf-mysql-to-bigquery.json");
    lab.deploy("bare", &serde_json::from_str(shipped).unwrap());
    lab.configure(&[("cdf_pipeline_name", "'bare'"), ("bq_output_table", "'kept'")]);
    let told = lab.run(&[]);
    is_refused(
        &lab,
        &told,
        &[
            "bq_watermark_table (in Read watermark, Update watermark)",
            "cloudsql_connection_name",
            "gcs_bucket",
            "mysql_user",
        ],
    );
    for given in ["project_id", "bq_location", "watermark_column", "load_id"] {
        assert!(
            !told.all().contains(&format!("{given} (in")),
            "{given}: {}",
            told.all()
        );
    }
    assert!(lab.arguments("bare").is_empty(), "nothing was started");
}

#[test]
fn a_macro_that_is_looked_up_before_the_argument_setter_is_missing() {
    let mut first = setter("SELECT 'x' AS found");
    first["plugin"]["properties"]["location"] = "${bq_region}".into();
    let lab = lab(&[
        first,
        source("seed"),
        sink(&json!({"dataset": "cdf_output", "table": "kept"})),
    ]);
    is_refused(&lab, &lab.run(&[]), &["bq_region (in Look up)"]);
}

#[test]
fn a_macro_that_one_row_lacks_is_told_with_its_task() {
    let lab = lab(&[
        source("seed"),
        sink(&json!({"dataset": "cdf_output", "table": "kept", "bucket": "${part}"})),
    ]);
    lab.sql(
        "CREATE OR REPLACE TABLE cdf_output.one_row AS SELECT 'u' AS business_unit, source AS data_source, \
         TRUE AS is_active, IF(source = 'a', 'bucket-a', NULL) AS part FROM UNNEST(['a', 'b']) AS source",
    );
    is_refused(&lab, &lab.run(&[]), &["part (in Out; start_pipeline_u_b)"]);
}

#[test]
fn a_sink_in_another_table_dataset_or_project_prevents_the_run() {
    for (names, filled) in [
        (
            json!({"dataset": "cdf_output", "table": "landing"}),
            "downbeat-sandbox.cdf_output.landing",
        ),
        (
            json!({"dataset": "other", "table": "kept"}),
            "downbeat-sandbox.other.kept",
        ),
        (
            json!({"datasetProject": "other-project", "dataset": "cdf_output", "table": "kept"}),
            "other-project.cdf_output.kept",
        ),
    ] {
        let lab = lab(&[source("seed"), sink(&names)]);
        let told = lab.run(&[]);
        is_refused(
            &lab,
            &told,
            &[
                "would empty downbeat-sandbox.cdf_output.kept",
                &format!("Out fills {filled}"),
            ],
        );
        let told = lab.run(&["--dry-run", "--set", "bq_truncate=false"]);
        assert_eq!(told.code, 0, "{}", told.all());
        assert!(
            told.out
                .contains(&format!("warning: The stage Out fills {filled}")),
            "{}",
            told.all()
        );
    }
}

#[test]
fn a_sink_that_cannot_be_known_is_refused_without_the_flag() {
    let names = json!({"dataset": "cdf_output", "table": "${target}"});
    let lab = lab(&[setter("SELECT 'kept' AS target"), source("seed"), sink(&names)]);
    let told = lab.run(&[]);
    is_refused(
        &lab,
        &told,
        &[
            "${target}, which the stage Look up sets",
            "--allow-unresolved-sink",
        ],
    );
    let told = lab.run(&["--dry-run", "--allow-unresolved-sink"]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert!(
        told.out
            .contains("warning: Which table the stage Out fills is not known"),
        "{}",
        told.all()
    );
    let told = lab.run(&["--allow-unresolved-sink"]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert_eq!(
        lab.sql("SELECT v FROM cdf_output.kept"),
        [vec![Value::from("x")]],
        "{}",
        told.all()
    );
}

#[test]
fn a_pipeline_without_a_bigquery_sink_empties_nothing() {
    let lab = lab(&[source("seed"), trash("Bin")]);
    is_refused(
        &lab,
        &lab.run(&[]),
        &["None of the pipeline's sinks is a BigQuery sink: Bin (Trash)"],
    );
}

#[test]
fn who_may_not_run_pipelines_empties_nothing() {
    let lab = Lab::new();
    lab.sql(KEPT);
    lab.sql("CREATE TABLE cdf_output.mine LIKE cdf_output.landing");
    lab.configure(&[("bq_output_table", "'kept'")]);
    lab.play(VIEWER);
    let told = lab.run(&[]);
    lab.play_nothing();
    is_refused(&lab, &told, &["datafusion.pipelines.execute"]);
    assert!(
        lab.arguments("cdf_mysql_to_bigquery").is_empty(),
        "{}",
        told.all()
    );
}

#[test]
fn a_service_that_does_not_answer_for_rights_is_a_warning() {
    let lab = Lab::new();
    lab.configure(&[]);
    for answer in [403, 404, 501] {
        lab.play(&format!(
            "[[request]]\npath = '*:testIamPermissions'\nanswer = {answer}\n"
        ));
        let told = lab.run(&["--dry-run"]);
        assert_eq!(told.code, 0, "{answer}: {}", told.all());
        assert!(
            told.out.contains("could not be asked"),
            "{answer}: {}",
            told.all()
        );
    }
}

#[test]
fn a_table_that_may_not_be_emptied_is_told_before_the_run() {
    let lab = Lab::new();
    lab.sql(KEPT);
    lab.configure(&[("bq_output_table", "'kept'")]);
    lab.play(READER);
    let told = lab.run(&[]);
    is_refused(&lab, &told, &["kept could not be emptied", "Access Denied"]);
    assert!(!told.all().contains("truncate_table: success"), "{}", told.all());
}

/// The pipeline reads a column that this configuration table does not have.
#[test]
fn a_pipeline_whose_first_statement_fails_empties_nothing() {
    let lab = Lab::new();
    lab.sql(KEPT);
    lab.sql(
        "CREATE TABLE cdf_output.narrow AS SELECT business_unit, data_source, is_active, source_fields \
         FROM cdf_output.configuration WHERE data_source = 'payroll'",
    );
    lab.configure(&[("bq_config_table", "'narrow'"), ("bq_output_table", "'kept'")]);
    is_refused(
        &lab,
        &lab.run(&[]),
        &["stage Read watermark fails", "watermark_column"],
    );
}

/// After the table has been emptied the row names another one; the pipeline must not fill that.
#[test]
fn rows_that_change_after_the_check_are_checked_again() {
    let lab = lab(&[
        source("seed"),
        sink(&json!({"dataset": "cdf_output", "table": "${bq_output_table}"})),
    ]);
    lab.sql("CREATE TABLE cdf_output.elsewhere (v STRING)");
    lab.sql("DROP TABLE cdf_output.one_row");
    lab.sql(
        "CREATE VIEW cdf_output.one_row AS SELECT 'u' AS business_unit, 's' AS data_source, TRUE AS is_active, \
         IF(EXISTS(SELECT 1 FROM cdf_output.kept), 'kept', 'elsewhere') AS bq_output_table",
    );
    let told = lab.run(&[]);
    assert_eq!(lab.count("kept"), 0, "{}", told.all());
    assert_eq!(told.code, 1, "{}", told.all());
    assert!(
        told.all()
            .contains("Out fills downbeat-sandbox.cdf_output.elsewhere"),
        "{}",
        told.all()
    );
    assert_eq!(lab.count("elsewhere"), 0);
    assert!(lab.arguments("copy").is_empty(), "no pipeline was started");
}
