//! Fields that are dropped, kept, renamed and converted.

use super::*;
use crate::bucket::Buckets;
use crate::memory::Memory;
use crate::plugin::Stores;
use crate::source::Source;
use googlesql::Warehouse;
use googlesql::value::Column;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn properties(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

fn run(pairs: &[(&str, &str)]) -> Result<Batch, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let now = || chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    let stores = Stores {
        warehouse: Arc::new(Warehouse::open(None, "p", "US").unwrap()),
        source: Arc::new(Source::open(None, 7, now).unwrap()),
        buckets: Buckets::new(folder.path()),
        network: crate::plugin::Network::Loopback,
    };
    let properties = properties(pairs);
    let context = StageContext {
        stage: "s",
        properties: &properties,
        stores: &stores,
        logical_start_time: "w",
        thread: "t",
        emit: &|_| {},
        stop: &AtomicBool::new(false),
        speed: 1.0,
        error_records: RefCell::default(),
        headers: crate::plugin::Headers::default(),
        memory: Memory::default(),
    };
    let columns = [
        ("a", ColumnType::Int64),
        ("b", ColumnType::String),
        ("c", ColumnType::Float64),
        ("d", ColumnType::Date),
    ];
    let columns = columns.map(|(name, kind)| Column::nullable(name, kind)).to_vec();
    let row = vec![
        Value::Int(7),
        Value::Text("12".into()),
        Value::Float(1.5),
        Value::Date("2024-02-29".into()),
    ];
    apply(
        &context,
        Batch {
            columns,
            rows: vec![row, vec![Value::Null; 4]],
        },
    )
}

#[test]
fn columns_are_dropped_kept_renamed_and_converted() {
    let names = |pairs: &[(&str, &str)]| -> Vec<String> {
        run(pairs)
            .unwrap()
            .columns
            .into_iter()
            .map(|column| column.name)
            .collect()
    };
    assert_eq!(names(&[("drop", "a , c")]), ["b", "d"]);
    assert_eq!(names(&[("keep", "d,a"), ("rename", "a:x")]), ["x", "d"]);
    let batch = run(&[("convert", "a:string,b:long,c:int")]).unwrap();
    let kinds: Vec<_> = batch.columns.iter().map(|column| column.kind.clone()).collect();
    assert_eq!(
        kinds,
        [
            ColumnType::String,
            ColumnType::Int64,
            ColumnType::Int64,
            ColumnType::Date
        ]
    );
    assert_eq!(
        batch.rows[0][..3],
        [Value::Text("7".into()), Value::Int(12), Value::Int(2)]
    );
    assert_eq!(batch.rows[1], vec![Value::Null; 4]);
}

#[test]
fn errors_are_those_of_the_plugin() {
    for (pairs, words) in [
        (
            vec![("drop", "a"), ("keep", "b")],
            "Cannot specify both drop and keep.",
        ),
        (
            vec![("rename", "a:x,a:y")],
            "Cannot rename 'a' to both 'x' and 'y'.",
        ),
        (
            vec![("rename", "a:x,b:x")],
            "Cannot rename more than one field to 'x'.",
        ),
        (
            vec![("convert", "a:long,a:int")],
            "Cannot convert 'a' to multiple types.",
        ),
        (
            vec![("convert", "a:record")],
            "Cannot convert field 'a' to a 'record'.",
        ),
        (
            vec![("convert", "a:text")],
            "No enum constant io.cdap.cdap.api.data.schema.Schema.Type.TEXT",
        ),
    ] {
        let refused = configure(&properties(&pairs)).unwrap_err();
        assert!(refused.contains(words), "{refused}");
        assert!(run(&pairs).unwrap_err().message.unwrap().contains(words));
    }
    for (pairs, words) in [
        (
            vec![("drop", "a,b,c,d")],
            "'Fields to drop' cannot contain all the fields",
        ),
        (
            vec![("convert", "a:boolean")],
            "Cannot convert field 'a' from type 'LONG' to type 'BOOLEAN'.",
        ),
        (
            vec![("convert", "d:string")],
            "Cannot convert field 'd' from type 'INT' to type 'STRING'.",
        ),
    ] {
        assert_eq!(configure(&properties(&pairs)), Ok(()));
        assert!(run(&pairs).unwrap_err().message.unwrap().contains(words));
    }
    let failure = parse("x1", SimpleType::Int).unwrap_err();
    assert_eq!(failure.message.as_deref(), Some("For input string: \"x1\""));
}
