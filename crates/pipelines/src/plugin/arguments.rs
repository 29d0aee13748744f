//! The JSON that sets arguments, which `ArgumentSetter` reads from a URL and `GCSArgumentSetter` from an object:
//!
//! ```text
//! {"arguments": [{"name": "input.path", "type": "string", "value": "gs://b/in"}, …]}
//! ```

use super::{ActionResult, GOOGLE, Implementation, Plugin, StageContext, failure};
use crate::event::Failure;
use googlesql::limits::MAX_VALUE_BYTES;
use serde_json::{Value as Json, json};
use std::io::ErrorKind;

pub(super) const PLUGINS: &[Plugin] = &[Plugin::new(
    "GCSArgumentSetter",
    "action",
    GOOGLE,
    &["path"],
    Implementation::Action(set_from_object),
)];

/// How a plugin writes a map: the separator within an entry, and the one between entries.
pub(super) type MapStyle = (&'static str, &'static str);

/// The style of `ArgumentSetter`.
pub(super) const HTTP: MapStyle = (":", ",");
const BUCKET: MapStyle = ("=", ";");

fn set_from_object(context: &StageContext<'_>) -> Result<ActionResult, Failure> {
    let path = context.property("path", "");
    // The plugin gets null for a missing blob.
    let bytes = context.stores.buckets.read_at_most(&path, MAX_VALUE_BYTES);
    let bytes = bytes.map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => failure("java.io.IOException", error.to_string()),
        _ => Failure {
            class_name: "java.lang.NullPointerException".to_owned(),
            message: None,
            cause: None,
        },
    })?;
    Ok(ActionResult {
        arguments: read(&String::from_utf8_lossy(&bytes), &path, BUCKET)?,
        processed: 0,
    })
}

/// Parses the arguments of a document; `place` is named in errors.
pub(super) fn read(text: &str, place: &str, style: MapStyle) -> Result<Vec<(String, String)>, Failure> {
    let wrong = |text: String| failure("java.lang.RuntimeException", text);
    let document: Json = serde_json::from_str(text)
        // Gson's exact message is not known.
        .map_err(|error| wrong(format!("Could not parse response from '{place}': {error}")))?;
    let Some(arguments) = document.get("arguments").and_then(Json::as_array) else {
        return Err(Failure {
            class_name: "java.lang.NullPointerException".to_owned(),
            message: None,
            cause: None,
        });
    };
    let one = |argument: &Json| {
        let name = argument
            .get("name")
            .and_then(Json::as_str)
            .unwrap_or("null")
            .to_owned();
        let kind = argument.get("type").and_then(Json::as_str).unwrap_or("string");
        let none = Json::Null;
        let given = argument.get("value").unwrap_or(&none);
        if given.is_null() {
            return Err(failure(
                "java.lang.IllegalArgumentException",
                format!("Null Argument value for name '{name}'"),
            ));
        }
        let value = value(kind, given, style).ok_or_else(|| {
            failure(
                "java.lang.IllegalArgumentException",
                format!("Invalid argument type '{kind}'"),
            )
        })?;
        Ok((name, value))
    };
    arguments.iter().map(one).collect()
}

fn value(kind: &str, given: &Json, (inside, between): MapStyle) -> Option<String> {
    let text = |json: &Json| match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let whole = |json: &Json| {
        let number = json.as_i64().or_else(|| json.as_str()?.parse().ok());
        number.map(|number| number.to_string())
    };
    let float = |json: &Json| {
        let number = json.as_f64().or_else(|| json.as_str()?.parse().ok());
        number.map(super::wrangler::double)
    };
    match kind.to_lowercase().as_str() {
        "string" => Some(text(given)),
        "int" | "short" => whole(given),
        "float" | "double" => float(given),
        "char" => text(given).chars().next().map(String::from),
        "array" => Some(given.as_array()?.iter().map(text).collect::<Vec<_>>().join("\n")),
        "map" => {
            let entries = given.as_object()?.iter();
            let entries: Vec<_> = entries
                .map(|(key, value)| format!("{key}{inside}{}", text(value)))
                .collect();
            Some(entries.join(between))
        }
        "schema" => schema(given),
        _ => None,
    }
}

/// The Avro schema of a list of fields, with the key order of CDAP.
fn schema(given: &Json) -> Option<String> {
    let fields = given.as_array()?.iter().map(|field| {
        let name = field.get("name")?.as_str()?;
        let kind = match field.get("type")?.as_str()?.to_lowercase().as_str() {
            "double" => "double",
            "float" => "float",
            "long" => "long",
            "int" | "short" => "int",
            _ => "string",
        };
        let nullable = field.get("nullable").and_then(Json::as_bool).unwrap_or(true);
        let kind = if nullable {
            json!([kind, "null"])
        } else {
            json!(kind)
        };
        Some(format!("{{\"name\":{},\"type\":{kind}}}", json!(name)))
    });
    let fields = fields.collect::<Option<Vec<_>>>()?;
    Some(format!(
        "{{\"type\":\"record\",\"name\":\"record\",\"fields\":[{}]}}",
        fields.join(",")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_converted_to_text() {
        let document = json!({"arguments": [
            {"name": "path", "value": "gs://b/in"},
            {"name": "count", "type": "int", "value": 3},
            {"name": "ratio", "type": "Double", "value": 2},
            {"name": "directives", "type": "array", "value": ["drop a", "keep b"]},
            {"name": "pairs", "type": "map", "value": {"a": "1", "b": "2"}},
            {"name": "schema", "type": "schema", "value": [
                {"name": "id", "type": "long", "nullable": false}, {"name": "name", "type": "string"}]},
        ]});
        let arguments = read(&document.to_string(), "x", HTTP).unwrap();
        let expected = [
            ("path", "gs://b/in"),
            ("count", "3"),
            ("ratio", "2.0"),
            ("directives", "drop a\nkeep b"),
            ("pairs", "a:1,b:2"),
            (
                "schema",
                r#"{"type":"record","name":"record","fields":[{"name":"id","type":"long"},{"name":"name","type":["string","null"]}]}"#,
            ),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(arguments, expected);
    }

    #[test]
    fn invalid_arguments_are_errors() {
        for (text, words) in [
            ("{", "Could not parse response from 'x': "),
            (
                r#"{"arguments":[{"name":"a"}]}"#,
                "Null Argument value for name 'a'",
            ),
            (
                r#"{"arguments":[{"name":"a","type":"guess","value":1}]}"#,
                "Invalid argument type 'guess'",
            ),
        ] {
            let message = read(text, "x", HTTP).unwrap_err().message.unwrap();
            assert!(message.starts_with(words), "{message}");
        }
    }
}
