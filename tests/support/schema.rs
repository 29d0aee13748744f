//! Lines of JSON against `docs/json.schema.json`.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

pub const SCHEMA: &str = include_str!("../../docs/json.schema.json");

/// The schema of a whole line, and of each event.
pub struct Checker {
    pub schemas: Schemas,
    pub line: SchemaIndex,
    events: BTreeMap<String, SchemaIndex>,
}

pub static CHECKER: LazyLock<Checker> = LazyLock::new(|| {
    const ADDRESS: &str = "http://downbeat.example/json.schema.json";
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let names = events(&schema);
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource(ADDRESS, schema).unwrap();
    let line = compiler.compile(ADDRESS, &mut schemas).unwrap();
    let events = names.into_iter().map(|name| {
        let place = format!("{ADDRESS}#/$defs/{name}");
        let index = compiler.compile(&place, &mut schemas).unwrap();
        (name, index)
    });
    let events = events.collect();
    Checker {
        schemas,
        line,
        events,
    }
});

/// The names of the events that a line can have.
pub fn events(schema: &Value) -> BTreeSet<String> {
    let choices = schema["oneOf"].as_array().unwrap().iter();
    let name = |choice: &Value| {
        choice["$ref"]
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned()
    };
    choices.map(name).collect()
}

/// Checks one line; its event.
pub fn check(line: &Value) -> String {
    let event = line["event"].as_str().unwrap_or_default().to_owned();
    let index = CHECKER.events.get(&event);
    let index = *index.unwrap_or_else(|| panic!("the schema has no event of {line}"));
    // The schema of the event says what is wrong with it; that of a line, that it is one of them.
    for index in [index, CHECKER.line] {
        if let Err(error) = CHECKER.schemas.validate(line, index) {
            panic!("{error}\n{line}");
        }
    }
    event
}
