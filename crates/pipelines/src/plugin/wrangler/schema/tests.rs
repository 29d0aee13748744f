//! Cells become values of the output schema, and schemas without end are refused.

use super::*;

fn one(kind: &str) -> Field {
    let schema =
        format!(r#"{{"type":"record","name":"r","fields":[{{"name":"f","type":[{kind},"null"]}}]}}"#);
    fields(&schema).unwrap().remove(0)
}

#[test]
fn cells_are_converted_or_refused_with_the_plugins_message() {
    let text = |text: &str| Cell::Text(text.into());
    let decimal = r#"{"type":"bytes","logicalType":"decimal","precision":5,"scale":2}"#;
    for (kind, cell, expected) in [
        (r#""int""#, text("12"), Ok(Value::Int(12))),
        (r#""int""#, text(" "), Ok(Value::Null)),
        (
            r#""int""#,
            text("x"),
            Err("Unable to convert 'x' to integer for field name 'f'"),
        ),
        (
            r#""int""#,
            Cell::Float(1.0),
            Err(
                "Schema specifies field 'f' is integer, but the value is not a integer or string. It is of type 'Double'",
            ),
        ),
        (r#""string""#, Cell::Long(5), Ok(Value::Text("5".into()))),
        (r#""string""#, text(""), Ok(Value::Text(String::new()))),
        (r#""double""#, Cell::Decimal("1.5".into()), Ok(Value::Float(1.5))),
        (r#""boolean""#, text("TRUE"), Ok(Value::Bool(true))),
        (
            decimal,
            Cell::Decimal("1.25".into()),
            Ok(Value::Numeric("1.25".into())),
        ),
    ] {
        assert_eq!(
            one(kind).value(Some(&cell)),
            expected.map_err(str::to_owned),
            "{kind} {cell:?}"
        );
    }
    assert_eq!(one(r#""long""#).value(None), Ok(Value::Null));
}

#[test]
fn a_missing_required_field_is_an_error() {
    let schema = r#"{"type":"record","name":"r","fields":[{"name":"f","type":"string"}]}"#;
    let field = fields(schema).unwrap().remove(0);
    assert!(field.value(None).unwrap_err().contains("cannot be set to 'null'"));
    assert!(fields(r#"{"fields":[{"name":"m","type":{"type":"map"}}]}"#).is_err());
}

#[test]
fn records_arrays_and_maps_are_made_of_json() {
    let record = r#"{"type":"record","name":"w","fields":[{"name":"first","type":["string","null"]},
        {"name":"day","type":[{"type":"int","logicalType":"date"},"null"]}]}"#;
    let list = format!(r#"{{"type":"array","items":{record}}}"#);
    let map = r#"{"type":"map","keys":"string","values":["long","null"]}"#;
    let text = |text: &str| Value::Text(text.into());
    let ada = Value::Struct(vec![text("Ada"), Value::Date("2024-02-29".into())]);
    for (kind, json, expected) in [
        (
            record,
            r#"{"first":"Ada","day":"2024-02-29","more":1}"#,
            Ok(ada.clone()),
        ),
        (
            record,
            r#"{"first":null}"#,
            Ok(Value::Struct(vec![Value::Null, Value::Null])),
        ),
        (
            record,
            r#"{"day":"soon"}"#,
            Err(
                "Field 'day' of type 'date' cannot be set to 'soon'. Make sure the value is being set is inline with \
                 the specified schema.",
            ),
        ),
        (
            record,
            "[]",
            Err("Unable decode object 'f' with schema type 'RECORD'."),
        ),
        (
            &list,
            r#"[{"first":"Ada","day":"2024-02-29"}]"#,
            Ok(Value::Array(vec![ada])),
        ),
        (&list, "{}", Err("Unable to decode array 'f'")),
        (
            map,
            r#"{"a":1,"b":null}"#,
            Ok(Value::Array(vec![
                Value::Struct(vec![text("a"), Value::Int(1)]),
                Value::Struct(vec![text("b"), Value::Null]),
            ])),
        ),
    ] {
        let cell = Cell::Json(serde_json::from_str(json).unwrap());
        assert_eq!(
            one(kind).value(Some(&cell)),
            expected.map_err(str::to_owned),
            "{json}"
        );
    }
}

#[test]
fn schemas_that_nest_or_repeat_without_end_are_refused() {
    let field =
        |kind: &str| format!(r#"{{"type":"record","name":"r","fields":[{{"name":"f","type":{kind}}}]}}"#);
    let array = r#"{"type":"array","items":"#;
    let nested = |depth: usize| field(&format!("{}\"long\"{}", array.repeat(depth), "}".repeat(depth)));
    assert!(fields(&nested(50)).is_ok());
    // Each record has the one before twice.
    let mut kinds =
        r#"{"name":"f0","type":{"type":"record","name":"t0","fields":[{"name":"x","type":"long"}]}}"#
            .to_owned();
    for at in 1..40 {
        let before = at - 1;
        let fields = ["a", "b"]
            .map(|name| format!(r#"{{"name":"{name}","type":"t{before}"}}"#))
            .join(",");
        let record = format!(r#"{{"type":"record","name":"t{at}","fields":[{fields}]}}"#);
        kinds = format!(r#"{kinds},{{"name":"f{at}","type":{record}}}"#);
    }
    let unsupported =
        |name: &str| SchemaError::Unsupported(format!("the type of field '{name}' in the output schema"));
    let itself = field(r#"{"type":"record","name":"s","fields":[{"name":"again","type":["s","null"]}]}"#);
    for (schema, error) in [
        (nested(MAX_DEPTH + 2), unsupported("f")),
        (nested(10_000), SchemaError::Invalid),
        (format!(r#"{{"fields":[{kinds}]}}"#), unsupported("b")),
        (itself, unsupported("again")),
        ("{".to_owned(), SchemaError::Invalid),
    ] {
        let found = fields(&schema).unwrap_err();
        let known = found == error
            || matches!(
                (&found, &error),
                (SchemaError::Unsupported(_), SchemaError::Unsupported(_))
            );
        assert!(known, "{found:?}");
    }
}
