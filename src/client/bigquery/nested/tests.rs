//! Each type as BigQuery documents its JSON, and values of another shape.

use super::super::schema::Schema;
use super::*;
use serde_json::json as tree;

/// What a column of this schema gives for what came under `v`.
fn text(field: Value, value: Value) -> Result<Option<String>, String> {
    let schema: Schema = serde_json::from_value(tree!({"fields": [field]})).unwrap();
    json(&value, &schema.columns()[0])
}

fn array(kind: &str, items: &[&str]) -> String {
    let field = tree!({"name": "c", "type": kind, "mode": "REPEATED"});
    let items: Vec<_> = items.iter().map(|item| tree!({"v": item})).collect();
    text(field, Value::from(items)).unwrap().unwrap()
}

#[test]
fn every_type_is_written_as_documented() {
    for (kind, items, expected) in [
        (
            "STRING",
            vec!["a\"\\\n\u{1}\u{2028}é/", ""],
            r#"["a\"\\\n\u0001\u2028é/",""]"#,
        ),
        ("BOOL", vec!["true", "F"], "[true,false]"),
        (
            "INTEGER",
            vec!["9007199254740992", "9007199254740993", "-9007199254740993"],
            r#"[9007199254740992,"9007199254740993","-9007199254740993"]"#,
        ),
        (
            "FLOAT64",
            vec![
                "1.0",
                "0.1",
                "1.0E20",
                "1e-5",
                "-2.5E-4",
                "123456789012345.0",
                "NaN",
                "-inf",
                "Infinity",
            ],
            r#"[1,0.1,1e+20,1e-05,-0.00025,123456789012345,"NaN","-Infinity","Infinity"]"#,
        ),
        (
            "NUMERIC",
            vec!["1", "-2.50", "3.00", "9007199254740993"],
            r#"[1,"-2.5",3,"9007199254740993"]"#,
        ),
        ("BIGNUMERIC", vec!["0.1"], r#"["0.1"]"#),
        ("BYTES", vec!["aGk="], r#"["aGk="]"#),
        ("DATE", vec!["2024-02-29"], r#"["2024-02-29"]"#),
        (
            "TIME",
            vec!["06:00:00", "06:00:00.500000", "06:00:00.000001"],
            r#"["06:00:00","06:00:00.500","06:00:00.000001"]"#,
        ),
        (
            "DATETIME",
            vec!["2024-02-29T23:59:59.5"],
            r#"["2024-02-29T23:59:59.500"]"#,
        ),
        (
            "TIMESTAMP",
            vec!["1704164645678901", "1.704164645E9", "-500000"],
            r#"["2024-01-02T03:04:05.678901Z","2024-01-02T03:04:05Z","1969-12-31T23:59:59.500Z"]"#,
        ),
        ("JSON", vec![r#"{"a":[1]}"#, "null"], r#"[{"a":[1]},null]"#),
        ("GEOGRAPHY", vec!["POINT(1 2)"], r#"["POINT(1 2)"]"#),
        (
            "INTERVAL",
            vec![
                "1-2 3 4:5:6.500",
                "0-0 0 0:0:0",
                "-0-1 -2 -0:0:0.5",
                "0-0 0 1:0:0",
            ],
            r#"["P1Y2M3DT4H5M6.5S","P0Y","P-1M-2DT-0.5S","PT1H"]"#,
        ),
        ("STRING", vec![], "[]"),
    ] {
        assert_eq!(array(kind, &items), expected, "{kind}");
    }
}

#[test]
fn structs_nest_and_keep_their_names() {
    let field = tree!({"name": "s", "type": "RECORD", "mode": "NULLABLE", "fields": [
        {"name": "a", "type": "INTEGER"},
        {"name": "Mixed", "type": "STRING"},
        {"name": "list", "type": "STRUCT", "mode": "REPEATED", "fields": [
            {"name": "x", "type": "FLOAT"}, {"name": "tags", "type": "STRING", "mode": "REPEATED"}]},
    ]});
    let value = tree!({"f": [{"v": "1"}, {"v": null}, {"v": [
        {"v": {"f": [{"v": "0.5"}, {"v": [{"v": "p"}, {"v": "q"}]}]}},
        {"v": {"f": [{"v": null}, {"v": []}]}},
    ]}]});
    assert_eq!(
        text(field.clone(), value).unwrap().as_deref(),
        Some(r#"{"a":1,"Mixed":null,"list":[{"x":0.5,"tags":["p","q"]},{"x":null,"tags":[]}]}"#)
    );
    assert_eq!(text(field, Value::Null), Ok(None));
    let list = tree!({"name": "l", "type": "STRING", "mode": "REPEATED"});
    assert_eq!(text(list, Value::Null), Ok(Some("[]".into())));
}

#[test]
fn a_range_is_an_object() {
    let range = |kind: &str| tree!({"name": "r", "type": "RANGE", "mode": "REPEATED", "rangeElementType": {"type": kind}});
    let dates = tree!([{"v": "[2024-01-01, 2024-02-01)"}, {"v": "[UNBOUNDED, 2024-02-01)"}]);
    assert_eq!(
        text(range("DATE"), dates).unwrap().as_deref(),
        Some(r#"[{"start":"2024-01-01","end":"2024-02-01"},{"start":null,"end":"2024-02-01"}]"#)
    );
    let moments = tree!([{"v": "[1704164645000000, UNBOUNDED)"}]);
    assert_eq!(
        text(range("TIMESTAMP"), moments).unwrap().as_deref(),
        Some(r#"[{"start":"2024-01-02T03:04:05Z","end":null}]"#)
    );
}

#[test]
fn another_shape_is_told() {
    let record = tree!({"name": "s", "type": "RECORD", "fields": [{"name": "a", "type": "INTEGER"}]});
    let list = tree!({"name": "l", "type": "INTEGER", "mode": "REPEATED"});
    for (field, value) in [
        (record.clone(), tree!({"f": []})),
        (record.clone(), tree!("x")),
        (record, tree!({"f": [{"v": "x"}]})),
        (list.clone(), tree!("1")),
        (list, tree!([{"v": "x"}])),
        (tree!({"name": "t", "type": "STRING"}), tree!([{"v": "x"}])),
        (
            tree!({"name": "j", "type": "JSON", "mode": "REPEATED"}),
            tree!([{"v": "{"}]),
        ),
    ] {
        assert!(text(field, value.clone()).is_err(), "{value}");
    }
}
