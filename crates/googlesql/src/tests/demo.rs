//! The tables of the demo, and the statements that pipelines and the tool run on them.

use super::*;

#[test]
fn the_seed_has_eight_rows_six_of_them_active() {
    let warehouse = warehouse();
    seed(&warehouse);
    let sql = "SELECT COUNT(*), COUNTIF(is_active) FROM `p-1.cdf_output.configuration`";
    assert_eq!(
        run(&warehouse, sql).unwrap().rows,
        [[Value::Int(8), Value::Int(6)]]
    );
    let described = warehouse.table("cdf_output", "configuration").unwrap().unwrap();
    let kinds: Vec<_> = described
        .columns
        .iter()
        .map(|c| (c.name.as_str(), c.kind.clone(), c.nullable))
        .collect();
    assert_eq!(kinds[2], ("is_active", ColumnType::Bool, false));
    assert_eq!(kinds[10], ("updated_at", ColumnType::Timestamp, true));
}

#[test]
fn views_show_the_newest_watermark() {
    let warehouse = warehouse();
    for (load, at) in [("one", "2024-01-01 00:00:00"), ("two", "2024-01-02 00:00:00")] {
        let sql = format!(
            "INSERT INTO `p-1.cdf_output.watermark` (business_unit, data_source, load_id, watermark, updated_at)
             VALUES ('hr', 'engineer', '{load}', TIMESTAMP('{at}'), TIMESTAMP('{at}'))"
        );
        assert_eq!(
            run(&warehouse, &sql)
                .unwrap()
                .changes
                .map(|changes| changes.total()),
            Some(1)
        );
    }
    let outcome = run(&warehouse, "SELECT * FROM `p-1.cdf_output.watermark_current`").unwrap();
    assert_eq!(outcome.rows.len(), 1);
    assert!(
        outcome.columns.iter().all(|c| !c.name.starts_with("__")),
        "{:?}",
        outcome.columns
    );
    assert_eq!(outcome.rows[0][2], Value::Text("two".into()));
    assert!(matches!(outcome.rows[0][3], Value::Timestamp(_)));
}

#[test]
fn the_tools_own_query_has_all_types() {
    let sql = "SELECT c.*, w.watermark FROM `p-1.cdf_output.configuration` c
               LEFT JOIN `p-1.cdf_output.watermark_current` w USING (business_unit, data_source)
               WHERE c.is_active ORDER BY c.priority, 1, 2";
    let outcome = run(&warehouse(), sql).unwrap();
    assert_eq!(outcome.rows.len(), 6);
    let kinds: Vec<_> = outcome
        .columns
        .iter()
        .map(|c| (c.name.as_str(), c.kind.clone()))
        .collect();
    assert_eq!(kinds.len(), 12);
    assert_eq!(kinds[2], ("is_active", ColumnType::Bool));
    assert_eq!(kinds[11], ("watermark", ColumnType::Timestamp));
}

#[test]
fn the_shipped_pipelines_statements_run() {
    let pipeline: serde_json::Value =
        serde_json::from_str(include_str!("../../../../assets/cdf-mysql-to-bigquery.json")).unwrap();
    let sql = |stage: &str| {
        let stages = pipeline["config"]["stages"].as_array().unwrap();
        let found = stages.iter().find(|s| s["name"] == stage).unwrap();
        let mut text = found["plugin"]["properties"]["sql"].as_str().unwrap().to_owned();
        for (name, value) in [
            ("project_id", "p-1"),
            ("bq_dataset_id", "cdf_output"),
            ("bq_watermark_table", "watermark"),
            ("bq_config_table", "configuration"),
            ("bq_output_table", "landing"),
            ("business_unit", "hr"),
            ("data_source", "engineer"),
            ("load_id", "l-1"),
            ("watermark", "1970-01-02 00:00:00"),
            (
                "logicalStartTime(yyyy-MM-dd HH:mm:ss,1m,UTC)",
                "2024-01-01 00:00:00",
            ),
        ] {
            text = text.replace(&format!("${{{name}}}"), value);
        }
        text
    };
    let warehouse = warehouse();
    let first = run(&warehouse, &sql("Read watermark")).unwrap();
    assert_eq!(first.rows[0][0], Value::Text("1970-01-02 00:00:00".into()));
    assert!(matches!(&first.rows[0][2], Value::Text(schema) if schema.contains("full_name")));
    assert!(first.columns.iter().all(|c| c.kind == ColumnType::String));
    let rows = [vec![Value::Text("l-1".into())], vec![Value::Text("l-1".into())]];
    let columns = [Column::nullable("load_id", ColumnType::String)];
    warehouse
        .append("cdf_output", "landing", &columns, &rows)
        .unwrap();
    assert_eq!(
        run(&warehouse, &sql("Update watermark"))
            .unwrap()
            .changes
            .map(|changes| changes.total()),
        Some(1)
    );
    let loaded = run(
        &warehouse,
        "SELECT rows_loaded, watermark FROM cdf_output.watermark",
    )
    .unwrap();
    assert_eq!(
        loaded.rows,
        [[Value::Int(2), Value::Timestamp(1_704_067_200_000_000)]]
    );
    let again = run(&warehouse, &sql("Read watermark")).unwrap();
    assert_eq!(again.rows[0][0], Value::Text("2024-01-01 00:00:00".into()));
    let unknown = sql("Read watermark").replace("'engineer'", "'nobody'");
    let error = run(&warehouse, &unknown).unwrap_err();
    assert!(
        error
            .message
            .starts_with("No source_fields in the configuration table"),
        "{error}"
    );
    let checked = QuerySettings {
        dry_run: true,
        ..QuerySettings::default()
    };
    assert!(warehouse.query(&unknown, &checked).is_ok());
}
