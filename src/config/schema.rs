//! The JSON schema of `config.toml`, for editors that complete and check it (Taplo, Even Better TOML): what
//! `downbeat config --schema` prints. Names, meanings and choices come from where they are read.

use super::connection::BAND_COLOURS;
use super::screen::{LONGEST_GRACE, ScreenSettings, THEMES, WAYS};
use super::template::{ARGUMENTS, DEFAULT_PROFILE, SECRET_ARGUMENTS, of_connection, of_screen};
use super::{Connection, Credentials};
use domain::retention::Retention;
use domain::variable::{VariableName, Variables};
use serde_json::{Map, Value, json};

/// The whole schema (JSON Schema 2020-12).
pub fn schema() -> Value {
    let Retention { days, runs } = Retention::default();
    let mut settings = Map::new();
    let mut put = |name: &str, value: Value| settings.insert(name.to_owned(), value);
    put(
        "default_profile",
        described(json!({"type": "string"}), DEFAULT_PROFILE),
    );
    put(
        "journal_days",
        described(
            json!({"type": "integer", "minimum": 0, "default": days}),
            "A run is removed, with its logs, this many days before the newest one.",
        ),
    );
    put(
        "journal_runs",
        described(
            json!({"type": "integer", "minimum": 1, "default": runs}),
            "This many newest runs are kept in any case.",
        ),
    );
    for name in ScreenSettings::NAMES {
        put(name, described(screen(name), of_screen(name).0));
    }
    let keys = json!({"type": ["string", "array"], "items": {"type": "string"}});
    put(
        "keys",
        described(
            json!({"type": "object", "additionalProperties": keys}),
            "Keys of the screen by the names of docs/keys.md; none takes a key away.",
        ),
    );
    put(
        "profile",
        json!({
            "type": "object",
            "description": "The environments.",
            "propertyNames": {"pattern": "^[A-Za-z0-9_-]{1,64}$"},
            "additionalProperties": profile(),
        }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "config.toml of Downbeat",
        "type": "object",
        "properties": settings,
        "additionalProperties": false,
        // Names with dots are tables in TOML where they have no quotes.
        "$defs": {"arguments": {
            "type": "object",
            "additionalProperties": {"anyOf": [scalar(), {"$ref": "#/$defs/arguments"}]},
        }},
    })
}

fn described(mut shape: Value, meaning: &str) -> Value {
    if let Value::Object(fields) = &mut shape {
        fields.insert("description".into(), meaning.into());
    }
    shape
}

fn profile() -> Value {
    let mut settings = Map::new();
    let defaults = Variables::default();
    let typed = json!(defaults);
    for name in VariableName::ALL {
        // What is not written where it has its default is a text, or true or false.
        let text = defaults.text(*name);
        let unwritten = Variables::flag(*name, &text).map_or_else(|| text.into(), Value::from);
        let default = typed.get(name.as_str()).unwrap_or(&unwritten);
        // Each of them can be written as a text too.
        let shape = match default {
            Value::Bool(_) => json!({"type": ["boolean", "string"], "default": default}),
            Value::Number(number) if number.is_f64() => {
                json!({"type": ["number", "string"], "default": default})
            }
            Value::Number(_) => json!({"type": ["integer", "string"], "default": default}),
            Value::Array(_) => {
                let arguments = json!({"type": "object", "additionalProperties": scalar()});
                json!({"type": ["array", "string"], "items": arguments})
            }
            _ if *name == VariableName::KeyColumns => {
                json!({"type": ["string", "array"], "items": {"type": "string"}, "default": default})
            }
            _ => json!({"type": "string", "default": default}),
        };
        settings.insert(name.to_string(), described(shape, name.description()));
    }
    for name in Connection::NAMES {
        settings.insert(
            name.to_owned(),
            described(connection(name), of_connection(name).0),
        );
    }
    let secrets = json!({"type": "array", "items": {"type": "string", "minLength": 1}});
    settings.insert("secret_arguments".into(), described(secrets, SECRET_ARGUMENTS));
    settings.insert(
        super::read::ARGUMENTS.into(),
        described(json!({"$ref": "#/$defs/arguments"}), ARGUMENTS),
    );
    json!({"type": "object", "properties": settings, "additionalProperties": false})
}

fn scalar() -> Value {
    json!({"type": ["string", "number", "boolean"]})
}

fn screen(name: &str) -> Value {
    match name {
        "theme" => json!({"enum": THEMES}),
        "ascii" => json!({"enum": ["auto", "true", "false", true, false]}),
        "notify" => json!({"type": ["array", "string"], "items": {"enum": WAYS}}),
        "stop_grace_seconds" => json!({"type": "integer", "minimum": 0, "maximum": LONGEST_GRACE}),
        "update_check" => json!({"anyOf": [
            {"enum": [true, false, "true", "false"]},
            {"type": "string", "format": "uri", "pattern": "^https?://"},
        ]}),
        _ => json!({"type": "boolean"}),
    }
}

fn connection(name: &str) -> Value {
    match name {
        "colour" => json!({"enum": BAND_COLOURS}),
        "credentials" | "datafusion_credentials" | "bigquery_credentials" | "cdap_credentials" => {
            json!({"enum": Credentials::WORDS})
        }
        "token_command" | "cdap_token_command" => json!({"type": "string", "pattern": "\\S"}),
        "impersonate_service_account" => {
            json!({"type": "string", "pattern": "^[^@\\s/]+@[^\\s/]*\\.[^\\s/]*$"})
        }
        "quota_project" => json!({"type": "string", "pattern": "^[A-Za-z0-9.:-]+$"}),
        "webhook_format" => json!({"enum": ["text", "json"]}),
        "read_only" | "protected" => json!({"type": "boolean"}),
        _ => json!({"type": "string", "format": "uri"}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::read::config;
    use boon::{Compiler, Schemas};

    /// Whether the schema takes a text of TOML.
    fn is_taken(text: &str) -> bool {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler
            .add_resource("http://downbeat.example/config", schema())
            .unwrap();
        let index = compiler
            .compile("http://downbeat.example/config", &mut schemas)
            .unwrap();
        let table: toml_edit::DocumentMut = text.parse().unwrap();
        schemas.validate(&json(table.as_item()), index).is_ok()
    }

    fn json(item: &toml_edit::Item) -> Value {
        if let Some(table) = item.as_table_like() {
            let fields = table.iter().map(|(name, item)| (name.to_owned(), json(item)));
            return Value::Object(fields.collect());
        }
        value(item.as_value().unwrap())
    }

    fn value(one: &toml_edit::Value) -> Value {
        match one {
            toml_edit::Value::String(text) => text.value().as_str().into(),
            toml_edit::Value::Integer(number) => (*number.value()).into(),
            toml_edit::Value::Float(number) => (*number.value()).into(),
            toml_edit::Value::Boolean(flag) => (*flag.value()).into(),
            toml_edit::Value::Array(list) => list.iter().map(value).collect(),
            toml_edit::Value::InlineTable(table) => {
                let fields = table.iter().map(|(name, one)| (name.to_owned(), value(one)));
                Value::Object(fields.collect())
            }
            toml_edit::Value::Datetime(_) => Value::Null,
        }
    }

    #[test]
    fn every_setting_is_in_it_with_a_meaning() {
        let schema = schema();
        let of_profile = &schema["properties"]["profile"]["additionalProperties"]["properties"];
        let names = VariableName::ALL.iter().map(|name| name.as_str());
        let profile = names
            .chain(Connection::NAMES)
            .chain(["secret_arguments", "arguments"]);
        let all = profile.map(|name| (name, &of_profile[name]));
        let screen = ScreenSettings::NAMES.map(|name| (name, &schema["properties"][name]));
        for (name, setting) in all.chain(screen) {
            let meaning = setting["description"].as_str().unwrap_or_default();
            assert!(meaning.len() > 4, "{name}: {setting}");
        }
    }

    #[test]
    fn it_takes_what_the_reader_takes() {
        for (text, is_good) in [
            ("default_profile = 'prod'\n[profile.prod]\n", true),
            ("journal_days = 0\njournal_runs = 1\n", true),
            ("journal_runs = 0\n", false),
            (
                "theme = 'light'\nascii = true\nnotify = ['bell']\nstop_grace_seconds = 60\n",
                true,
            ),
            ("theme = 'solarized'\n", false),
            ("stop_grace_seconds = 61\n", false),
            ("notify = ['horn']\n", false),
            ("update_check = false\n", true),
            ("update_check = 'https://mirror.example/latest'\n", true),
            ("update_check = 'never'\n", false),
            ("them = 'light'\n", false),
            ("[keys]\nretry = ['R', 'F5']\nwrap = 'none'\n", true),
            (
                "[profile.prod]\nbq_truncate = true\ndag_timeout_minutes = 12.5\nbq_config_max_results = 20\n",
                true,
            ),
            (
                "[profile.prod]\ndag_timeout_minutes = 12\ncolour = 'red'\ncredentials = 'none'\n",
                true,
            ),
            (
                "[profile.prod]\nsecret_arguments = ['db_word']\nprotected = true\n",
                true,
            ),
            (
                "[profile.prod]\nwebhook = 'https://hooks.example/a'\nwebhook_format = 'json'\n",
                true,
            ),
            (
                "[profile.prod]\ncdf_pipeline_run_arguments = [{ business_unit = 'hr' }]\n",
                true,
            ),
            (
                "[profile.prod]\ncredentials = 'command'\ntoken_command = 'gcloud auth print-access-token'\n",
                true,
            ),
            (
                "[profile.prod]\nimpersonate_service_account = 'loader@p.iam.gserviceaccount.com'\nquota_project = 'p'\n",
                true,
            ),
            ("[profile.prod]\ncdap_credentials = 'environment'\n", true),
            ("[profile.prod]\ncdap_credentials = 'gcloud'\n", false),
            ("[profile.prod]\ntoken_command = ' '\n", false),
            ("[profile.prod]\nimpersonate_service_account = 'loader'\n", false),
            ("[profile.prod]\nquota_project = 'my project'\n", false),
            (
                "[profile.prod]\nkey_columns = ['region', 'table_name']\nallow_schemaless_wrangler = true\n",
                true,
            ),
            ("[profile.prod]\nactive_column = ['a']\n", false),
            ("[profile.prod]\nwebhook_format = 'xml'\n", false),
            (
                "[profile.prod.arguments]\n'system.profile.name' = 'SYSTEM:native'\napp.pipeline.overwriteConfig = true\nn = 1\n",
                true,
            ),
            ("[profile.prod]\narguments = 'a=b'\n", false),
            ("[profile.prod.arguments]\na = ['b']\n", false),
            ("[profile.prod]\ncolour = 'mauve'\n", false),
            ("[profile.prod]\nproject = 'p'\n", false),
            ("[profile.'a b']\n", false),
        ] {
            assert_eq!(config(text).is_ok(), is_good, "the reader: {text}");
            assert_eq!(is_taken(text), is_good, "the schema: {text}");
        }
    }
}
