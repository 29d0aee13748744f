//! What the local Google reads: statements, files, recipes, requests. It runs in this process, with stores in memory and in
//! a temporary folder, and must answer whatever it is given within a bound of memory.

use googlesql::limits::MAX_VALUE_BYTES;
use googlesql::value::{Column, ColumnType, Value};
use googlesql::{QuerySettings, Warehouse};
use pipelines::artifact::Jar;
use pipelines::bucket::Buckets;
use pipelines::container::{Codec, Container, ReadOptions};
use pipelines::fuzzing;
use pipelines::macros::Scope;
use pipelines::memory::Memory;
use pipelines::plugin::{Network, Stores};
use pipelines::source::Source;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Once};

#[path = "sandbox/requests.rs"]
mod requests;

pub use requests::requests;

/// A function of any bytes.
pub type Target = fn(&[u8]);

/// Every target by the name of its folder of seeds.
pub const TARGETS: [(&str, Target); 10] = [
    ("filter", filter),
    ("sql", sql),
    ("cron", cron),
    ("class_file", class_file),
    ("jar", jar),
    ("macros", macros),
    ("wrangler", wrangler),
    ("avro", avro),
    ("parquet", parquet),
    ("requests", requests),
];

/// After how many statements the tables are made anew, so that what they have made does not add up.
const STATEMENTS: usize = 500;

/// The tables that statements of the seeds use.
const TABLES: &str = "
CREATE SCHEMA d;
CREATE TABLE d.t (a INT64, b STRING, c NUMERIC, x ARRAY<INT64>, s STRUCT<k STRING, v FLOAT64>, at TIMESTAMP, day DATE);
INSERT INTO d.t VALUES (1, 'one', 1.5, [1, 2], STRUCT('k', 0.5), TIMESTAMP '2026-11-01 08:00:00', DATE '2026-11-01'),
  (2, NULL, NULL, [], NULL, NULL, NULL);
CREATE VIEW d.v AS SELECT a, b FROM d.t WHERE a > 0;";

thread_local! {
    static WAREHOUSE: RefCell<(usize, Option<Warehouse>)> = const { RefCell::new((STATEMENTS, None)) };
    static STORES: Stores = stores();
}

fn warehouse() -> Warehouse {
    let warehouse = Warehouse::open(None, "project", "US").unwrap();
    warehouse.seed(TABLES).unwrap();
    warehouse
}

/// A Wrangler stage reads none of them.
fn stores() -> Stores {
    Stores {
        warehouse: Arc::new(warehouse()),
        source: Arc::new(Source::open(None, 1, chrono::Utc::now).unwrap()),
        buckets: Buckets::new(std::env::temp_dir().join("downbeat-fuzz")),
        network: Network::Loopback,
    }
}

/// The filter of a list on the first line; the item that is matched on the others.
pub fn filter(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (filter, item) = text
        .split_once('\n')
        .unwrap_or((&text, "{\"name\":\"a\",\"labels\":{\"k\":\"v\"}}"));
    let item = serde_json::from_str(item).unwrap_or_default();
    let _ = sandbox::fuzzing::matches(filter, &item);
}

/// A cron expression, and the time after which it is to be due.
pub fn cron(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (expression, after) = text.split_once('\n').unwrap_or((&text, ""));
    let after = after.trim().parse().unwrap_or(1_764_500_000_000);
    if let Some(next) = sandbox::fuzzing::next_time(expression, after) {
        assert!(next > after, "{text}");
    }
}

/// A statement in GoogleSQL.
pub fn sql(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    WAREHOUSE.with_borrow_mut(|(count, open)| {
        if *count >= STATEMENTS || open.is_none() {
            (*count, *open) = (0, Some(warehouse()));
        }
        *count += 1;
        let Some(warehouse) = open else { return };
        if let Err(error) = warehouse.query(&text, &QuerySettings::default()) {
            assert!(!error.message.is_empty(), "{text}");
            assert_ne!(error.reason, "internalError", "{text}: {}", error.message);
        }
    });
}

/// A class of an uploaded jar.
pub fn class_file(data: &[u8]) {
    let _ = fuzzing::is_class_file(data);
}

/// An uploaded jar.
pub fn jar(data: &[u8]) {
    if let Ok(jar) = Jar::open(data) {
        let _ = (jar.bundle_version(), jar.foreign_parent(), jar.plugins());
    }
}

/// A property with macros on the first line; arguments `NAME=VALUE` on the others.
pub fn macros(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (property, lines) = text.split_once('\n').unwrap_or((&text, ""));
    let arguments = lines.lines().filter_map(|line| line.split_once('='));
    let scope = Scope {
        arguments: arguments
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        secure: BTreeMap::from([("key".to_owned(), "word".to_owned())]),
    };
    for escaping in [false, true] {
        if let Ok(length) = fuzzing::macros(property, &scope, escaping) {
            assert!(length <= MAX_VALUE_BYTES, "{length}");
        }
    }
}

/// A recipe, an empty line, and the texts of two columns of the rows: `body`, and `other` behind a tab.
pub fn wrangler(data: &[u8]) {
    const SCHEMA: &str = r#"{"type":"record","name":"o","fields":[{"name":"body","type":["string","null"]},
        {"name":"other","type":["long","null"]},{"name":"body_1","type":["string","null"]}]}"#;
    let text = String::from_utf8_lossy(data);
    let (recipe, lines) = text
        .split_once("\n\n")
        .unwrap_or((&text, "1,2\t3\n{\"a\":[1]}\t<b/>"));
    let properties = [
        ("field", "*"),
        ("directives", recipe),
        ("schema", SCHEMA),
        ("on-error", "skip-error"),
    ];
    let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let columns = ["body", "other"].map(|name| Column::nullable(name, ColumnType::String));
    let rows = lines.lines().take(100).map(|line| {
        let (body, other) = line.split_once('\t').unwrap_or((line, ""));
        vec![Value::Text(body.to_owned()), Value::Text(other.to_owned())]
    });
    let rows: Vec<_> = rows.collect();
    STORES.with(|stores| {
        if let Ok(rows) = fuzzing::wrangler(stores, &properties.into(), columns.to_vec(), rows) {
            assert!(rows.iter().all(|row| row.len() == 3), "{text}");
        }
    });
}

/// The most rows that are written again: what the target itself holds must not count.
const WRITTEN: usize = 10_000;

/// Reads a file; what can be read is written, and reads the same.
fn container(container: Container, data: &[u8]) {
    let options = ReadOptions {
        logical_types: true,
        list_inference: true,
    };
    let read = |data: &[u8]| container.read(&data.to_vec().into(), options, &mut Memory::default());
    let _ = container.columns(&data.to_vec().into());
    if let Ok((columns, rows)) = read(data)
        && rows.len() <= WRITTEN
        && let Ok(written) = container.write(&columns, &rows, Codec::Deflate, true)
    {
        let again = read(&written);
        assert!(
            again.is_ok_and(|(_, again)| again.len() == rows.len()),
            "{columns:?}"
        );
    }
}

/// An Avro file.
pub fn avro(data: &[u8]) {
    container(Container::Avro, data);
}

/// A Parquet file. Panics of the crate that reads it are caught, but `cargo fuzz` has set a hook that ends the process.
pub fn parquet(data: &[u8]) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| std::panic::set_hook(Box::new(|panic| drop(writeln!(std::io::stderr(), "{panic}")))));
    container(Container::Parquet, data);
}
