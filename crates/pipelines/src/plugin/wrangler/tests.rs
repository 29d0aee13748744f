//! Whole recipes, and the effect of errors in them.

use super::*;
use crate::bucket::Buckets;
use crate::memory::Memory;
use crate::plugin::Stores;
use crate::source::Source;
use googlesql::Warehouse;
use googlesql::value::ColumnType;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const SCHEMA_OF_TEXT: &str = "{\"name\":\"NAME\",\"type\":[\"string\",\"null\"]}";

/// Runs the plugin on two rows; the output has these columns, as text.
fn run(properties: &[(&str, &str)], columns: &str) -> Result<Vec<Vec<String>>, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let now = || chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    let stores = Stores {
        warehouse: Arc::new(Warehouse::open(None, "p", "US").unwrap()),
        source: Arc::new(Source::open(None, 7, now).unwrap()),
        buckets: Buckets::new(folder.path()),
        network: crate::plugin::Network::Loopback,
    };
    let fields: Vec<_> = columns
        .split(' ')
        .map(|name| SCHEMA_OF_TEXT.replace("NAME", name))
        .collect();
    let schema = format!(
        "{{\"type\":\"record\",\"name\":\"r\",\"fields\":[{}]}}",
        fields.join(",")
    );
    let all = [("field", "*"), ("schema", schema.as_str())];
    let all = all
        .iter()
        .chain(properties)
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let context = StageContext {
        stage: "Wrangle",
        properties: &all,
        stores: &stores,
        logical_start_time: "w",
        thread: "t",
        emit: &|_| {},
        stop: &AtomicBool::new(false),
        speed: 1.0,
        error_records: std::cell::RefCell::default(),
        headers: Headers::default(),
        memory: Memory::default(),
    };
    let kinds = [
        ("id", ColumnType::Int64),
        ("name", ColumnType::String),
        ("body", ColumnType::String),
        ("at", ColumnType::Timestamp),
        ("sum", ColumnType::Numeric),
        ("none", ColumnType::String),
    ];
    let columns = kinds.map(|(name, kind)| Column::nullable(name, kind)).to_vec();
    let row = |id: i64, name: &str, body: &str| {
        vec![
            Value::Int(id),
            Value::Text(name.into()),
            Value::Text(body.into()),
            Value::Timestamp(1_681_380_806_000_000),
            Value::Numeric("10.255".into()),
            Value::Null,
        ]
    };
    let rows = vec![
        row(1, "ada lovelace", "a,b c"),
        row(2, " Grace ", "{\"x\":{\"y\":1},\"z\":[2,3]}"),
    ];
    let output = apply(&context, Batch { columns, rows })?;
    let shown = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => panic!("{other:?}"),
    };
    Ok(output
        .rows
        .iter()
        .map(|row| row.iter().map(shown).collect())
        .collect())
}

fn wrangled(recipe: &str, columns: &str) -> Vec<Vec<String>> {
    run(&[("directives", recipe)], columns).unwrap_or_else(|failure| panic!("{recipe}: {failure:?}"))
}

fn refusal(properties: &[(&str, &str)]) -> String {
    run(properties, "name").unwrap_err().message.unwrap()
}

#[test]
fn directives_work_as_in_the_plugin() {
    for (recipe, column, expected) in [
        (
            "set-column :x exp:{ name.toUpperCase() + '!' }",
            "x",
            "ADA LOVELACE!",
        ),
        ("set column x id * 2 + 1", "x", "3"),
        ("rename name who", "who", "ada lovelace"),
        ("drop name", "name", "-"),
        ("keep id", "name", "-"),
        ("copy name other", "other", "ada lovelace"),
        ("swap name body", "name", "a,b c"),
        ("merge :id :name :both ' / '", "both", "1 / ada lovelace"),
        ("set-headers :one,:two", "two", "ada lovelace"),
        ("change-column-case upper", "NAME", "ada lovelace"),
        ("columns-replace s/na/NA/", "NAme", "ada lovelace"),
        ("fill-null-or-empty :none 'x'", "none", "x"),
        ("titlecase name", "name", "Ada Lovelace"),
        ("uppercase :name;", "name", "ADA LOVELACE"),
        ("find-and-replace name s/a/4/g", "name", "4d4 lovel4ce"),
        ("cut-character name x 1-3", "x", "ada"),
        ("mask-number name ###-xxx", "name", "ada-xxx"),
        ("parse-as-csv :body ',' false", "body_2", "b c"),
        ("split-to-columns :body '[, ]'", "body_3", "c"),
        (
            "extract-regex-groups name (\\w)\\w*\\s(\\w+)",
            "name_1_2",
            "lovelace",
        ),
        ("set-type :id string", "id", "1"),
        ("set-type :sum decimal 2 'HALF_UP'", "sum", "10.26"),
        ("set-type :sum int", "sum", "10"),
        (
            "set-type :sum double\nquantize :sum :x 0:5='low',5:20='high'\n",
            "x",
            "high",
        ),
        ("format-date at yyyy/MM/dd HH:mm", "at", "2023/04/13 10:13"),
        (
            "parse-as-simple-date :name yyyy",
            "at",
            "2023-04-13T10:13:26Z[UTC]",
        ),
        ("timestamp-to-datetime :at", "at", "2023-04-13T10:13:26"),
        ("set-column :x exp:{ date:YEAR(at) }", "x", "2023"),
        ("encode base64 name", "name_encode_base64", "YWRhIGxvdmVsYWNl"),
        ("url-encode name", "name", "ada+lovelace"),
        (
            "hash name MD5 true",
            "name",
            "000000000000000000000000000000003d29f1eedd2cf6faae7be6ae7bbbf9e1",
        ),
        (
            "write-as-json-object :o :id,:name",
            "o",
            "{\"id\":1,\"name\":\"ada lovelace\"}",
        ),
        ("set-variable v id + 40\nset-column :x exp:{ v + 1 }", "x", "42"),
        ("increment-variable n 3 true\nset-column :x exp:{ n }", "x", "3"),
    ] {
        // Only the first row is checked; the second one may be an error.
        let got = run(&[("directives", recipe), ("on-error", "skip-error")], column);
        let got = got.unwrap_or_else(|failure| panic!("{recipe}: {failure:?}"));
        if recipe.starts_with("hash") {
            assert_eq!(got[0][0].len(), 64, "{recipe}");
        } else if recipe.starts_with("parse-as-simple-date") {
            assert!(got.is_empty(), "{recipe}");
        } else {
            assert_eq!(got.first().map(|row| row[0].as_str()), Some(expected), "{recipe}");
        }
    }
}

#[test]
fn rows_are_filtered_and_multiplied() {
    for (recipe, rows) in [
        ("filter-rows-on condition-true id == 1", 1),
        ("filter-rows-on condition-false id == 1", 1),
        ("filter-row exp:{ id > 0 } true", 0),
        ("filter-by-regex if-matched :name '.*ada.*'", 1),
        ("filter-rows-on regex-not-match name .*ada.*", 1),
        ("filter-rows-on empty-or-null-columns none", 0),
        ("split-to-rows :name ' '", 4),
        ("set-column :x exp:{ none == null ? 'y' : 'n' }", 2),
    ] {
        assert_eq!(wrangled(recipe, "name").len(), rows, "{recipe}");
    }
    let rows = run(
        &[("directives", "filter-row exp:{id==1} true\nparse-as-json :body 5")],
        "body_x_y body_z",
    );
    assert_eq!(rows.unwrap(), [["1", "[2,3]"]]);
    assert_eq!(run(&[("precondition", "id == 2")], "name").unwrap().len(), 1);
    assert_eq!(run(&[("field", "body")], "name body").unwrap()[0], ["-", "a,b c"]);
}

#[test]
fn errors_fail_the_run_with_the_plugins_message() {
    for (recipe, words) in [
        (
            "copy nope x",
            "Error encountered while executing 'copy' : Column 'nope' does not exist.",
        ),
        (
            "nope :name",
            "Directive 'nope' not found in system and user scope. Check the name of directive.",
        ),
        (
            "rename :name",
            "Improper usage of directive 'rename', usage - 'rename :source :target'",
        ),
        (
            "rename name body",
            "Column 'body' already exists. Apply the 'drop body' directive before renaming 'name' to 'body'.",
        ),
        (
            "set-column :x exp:{ name * 2 }",
            "Error encountered while executing 'set-column' : Type mismatch.",
        ),
        (
            "set-column :x exp:{ 1 + }",
            "Error encountered while parsing 'set-column' : Error encountered while compiling",
        ),
        (
            "set-column :x exp:{ 1",
            "Encountered syntax error, please ensure the directive is valid:\nAt line 1:",
        ),
        (
            "set-type :name int",
            "Error encountered while executing 'set-type' : Column 'name' cannot be converted to a 'int'.",
        ),
        (
            "send-to-error exp:{ id == 1 } 'bad id'",
            "Errors in Wrangler Transformation - bad id (ecode: 1, directive: send-to-error)",
        ),
        (
            "send-to-error-and-continue exp:{ id == 1 }",
            "Errors in Wrangler Transformation - id == 1  (ecode: 1)",
        ),
        (
            "fail exp:{ id == 2 }",
            "Condition 'id == 2 ' evaluated to true. Terminating processing.",
        ),
        ("hash :none 'MD5'", "Column 'none' has null value."),
        (
            "encode rot13 name",
            "Type of encoding specified 'ROT13' is not supported.",
        ),
        (
            "parse-timestamp :id 'weeks'",
            "Time unit 'weeks' is not a supported time unit.",
        ),
        (
            "set-column :name exp:{ at }\nparse-as-simple-date :at 'yyyy-bb'",
            "Illegal pattern character 'b'",
        ),
    ] {
        let text = refusal(&[("directives", recipe)]);
        assert!(
            text.starts_with("Stage:Wrangle - Failing pipeline due to error : "),
            "{text}"
        );
        assert!(text.contains(words), "{recipe}: {text}");
    }
}

#[test]
fn errors_are_skipped_if_the_stage_says_so() {
    for strategy in ["skip-error", "send-to-error-port"] {
        let rows = run(
            &[
                ("directives", "send-to-error exp:{ id == 1 }"),
                ("on-error", strategy),
            ],
            "name",
        );
        assert_eq!(rows.unwrap(), [[" Grace "]]);
        // A recipe that cannot be parsed drops every record, and the run completes.
        let rows = run(&[("directives", "nope :name"), ("on-error", strategy)], "name");
        assert!(rows.unwrap().is_empty());
    }
}

#[test]
fn unsupported_features_fail_the_run_in_any_case() {
    for (recipe, words) in [
        (
            "invoke-http http://x :name",
            "Directive 'invoke-http' is not supported by the sandbox",
        ),
        ("stemming name", "'stemming'"),
        (
            "#pragma load-directives mine;\nmine :name",
            "User Defined Directive 'mine' is not supported",
        ),
        (
            "parse-as-fixed-length :name 0,2",
            "A width below 1 or above 2^63 - 1 of directive 'parse-as-fixed-length'",
        ),
        (
            "parse-as-fixed-length :name 99999999999999999999",
            "A width below 1 or above 2^63 - 1 of directive 'parse-as-fixed-length'",
        ),
        (
            "parse-as-fixed-length :name 1,99999999999999999999,2",
            "A width below 1 or above 2^63 - 1 of directive 'parse-as-fixed-length'",
        ),
        (
            "set-column :x exp:{ string:repeat('x', 10000000) }\nfind-and-replace :x s/x/xx/g",
            "A text of more than 10485760 bytes of directive 'find-and-replace'",
        ),
        (
            "set-column :x exp:{ string:repeat('x', 1000000) }\nsplit-to-rows :x ''",
            "A text of more than 100000 parts of directive 'split-to-rows'",
        ),
        (
            "set-column :x exp:{ string:repeat('x', 10000) }\nparse-as-fixed-length :x 1",
            "A record that becomes rows of more than 62914560 bytes",
        ),
        (
            "set-column :x exp:{ '[' + string:repeat('0,', 600000) + '0]' }\nparse-as-json :x",
            "A document of more than 500000 values of directive 'parse-as-json'",
        ),
        (
            "set-column :x exp:{ string:repeat(',', 200000) }\nparse-as-csv :x ','",
            "A text of more than 100000 values",
        ),
        (
            "set-column :x exp:{ geo:inFence(1, 2, 3) }",
            "Function 'geo:inFence' with 3 arguments of directive 'set-column'",
        ),
        (
            "filter-by-regex if-matched :name '(?=a)b'",
            "The regular expression",
        ),
    ] {
        let text = refusal(&[("directives", recipe), ("on-error", "skip-error")]);
        assert!(
            text.starts_with("Stage:Wrangle - ") && text.contains(words),
            "{recipe}: {text}"
        );
    }
}

#[test]
fn deployment_refuses_what_the_plugin_refuses() {
    let check = |pairs: &[(&str, &str)]| {
        let mut all: BTreeMap<String, String> =
            pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        all.entry("schema".into()).or_insert_with(|| "${schema}".into());
        configure(&all)
    };
    assert_eq!(check(&[("directives", "drop a\nuppercase :b")]), Ok(()));
    assert_eq!(check(&[("directives", "${recipe}")]), Ok(()));
    assert_eq!(check(&[("directives", "set-column :a exp:{")]), Ok(()));
    for (pairs, words) in [
        (
            ("directives", "nope a"),
            "Wrangler plugin has a directive 'nope' that does not exist in system or user space.",
        ),
        (
            ("directives", "#pragma load-directives mine;"),
            "User Defined Directive 'mine' is not deployed or is not available.",
        ),
        (("schema", "{"), "Invalid output schema."),
        (("precondition", "a ="), "Error encountered while compiling"),
        (
            ("expressionLanguage", "sql"),
            "Precondition (SQL) must be present.",
        ),
    ] {
        let refused = check(&[pairs]).unwrap_err();
        assert!(refused.contains(words), "{pairs:?}: {refused}");
    }
}
