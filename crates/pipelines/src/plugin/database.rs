//! The plugins that use the source database: `CloudSQLMySQL`, `Mysql` and `Database`, each as a source and as an
//! action, `Mysql` and `DatabaseQuery` as post actions.
//!
//! Host, port and connection name are ignored: all connections go to the one database of `source.rs`.
//! `database/split.rs` computes the splits of a query.

mod split;

use super::{ActionResult, Batch, Implementation, Plugin, StageContext, failure};
use crate::event::{Failure, LogLevel};
use crate::source::{Login, SqlException};
use std::collections::BTreeMap;

const CLOUD_SQL: (&str, &str, &str) = ("cloudsql-mysql-plugin", "1.11.0", "USER");
const MYSQL: (&str, &str, &str) = ("mysql-plugin", "1.11.0", "USER");
const DATABASE: (&str, &str, &str) = ("database-plugins", "2.12.0", "SYSTEM");

#[rustfmt::skip]
pub(super) const PLUGINS: &[Plugin] = &[
    Plugin::new("CloudSQLMySQL", "batchsource", CLOUD_SQL,
        &["referenceName", "jdbcPluginName", "connectionName", "database", "importQuery"], Implementation::Source(read)),
    Plugin::new("Mysql", "batchsource", MYSQL,
        &["referenceName", "jdbcPluginName", "database", "importQuery"], Implementation::Source(read)),
    Plugin::new("Database", "batchsource", DATABASE,
        &["referenceName", "jdbcPluginName", "connectionString", "importQuery"], Implementation::Source(read)),
    Plugin::new("CloudSQLMySQL", "action", CLOUD_SQL,
        &["jdbcPluginName", "connectionName", "database", "query"], Implementation::Action(act)),
    Plugin::new("Mysql", "action", MYSQL,
        &["jdbcPluginName", "host", "port", "database", "query"], Implementation::Action(act)),
    Plugin::new("Database", "action", DATABASE,
        &["jdbcPluginName", "connectionString", "query"], Implementation::Action(act)),
    Plugin::new("Mysql", "postaction", MYSQL,
        &["jdbcPluginName", "host", "port", "database", "query"], Implementation::Action(act)),
    Plugin::new("DatabaseQuery", "postaction", DATABASE,
        &["jdbcPluginName", "connectionString", "query"], Implementation::Action(act)),
];

const READER: &str = "org.apache.hadoop.mapreduce.lib.db.DataDrivenDBRecordReader";

/// The placeholder for the condition of a split in an import query.
const CONDITIONS: &str = "$CONDITIONS";

fn read(context: &StageContext<'_>) -> Result<Batch, Failure> {
    let query = Import::from_properties(context)?;
    let login = login(context);
    let fetch = |sql: &str| {
        context
            .stores
            .source
            .read(&login, sql, context.logical_start_time)
            .map_err(sql_exception)
    };
    if query.splits == 1 {
        if !query.sql.contains(CONDITIONS) {
            // A server logs this at ERROR, and the run succeeds (measured).
            let text = format!(
                "Could not find the clause substitution token $CONDITIONS in the query: [{}]. Parallel splits may not work correctly.",
                query.sql
            );
            context.log(LogLevel::Error, READER, text);
        }
        let (columns, rows) = fetch(&query.sql.replace(CONDITIONS, "(1 = 1)"))?;
        return Ok(Batch { columns, rows });
    }
    let (_, bounds) = fetch(&query.bounds)?;
    let conditions = split::conditions(&query.split_by, bounds.first(), query.splits)?;
    let mut whole = Batch::default();
    for condition in conditions {
        let (columns, rows) = fetch(&query.sql.replace(CONDITIONS, &condition))?;
        whole.columns = columns;
        whole.rows.extend(rows);
    }
    Ok(whole)
}

fn act(context: &StageContext<'_>) -> Result<ActionResult, Failure> {
    let mut first = Vec::new();
    let mode = context.property("sqlMode", "");
    if !mode.is_empty() {
        first.push(format!("SET SESSION sql_mode = '{}';", mode.replace('\'', "''")));
    }
    if context.property("useAnsiQuotes", "false") == "true" {
        first.push("SET SESSION sql_mode = (CONCAT(@@sql_mode , ',', 'ANSI_QUOTES'));".to_owned());
    }
    let sql = context.property("query", "");
    let done = context.stores.source.execute(&login(context), &first, &sql);
    done.map_err(|exception| failure(exception.class_name, exception.message))?;
    Ok(ActionResult::default())
}

/// A source wraps the driver's exception in an `SQLException`; an action does not (measured).
fn sql_exception(exception: SqlException) -> Failure {
    failure("java.sql.SQLException", exception.message)
}

/// The properties of a source, validated as the plugin does after macros are expanded.
struct Import {
    sql: String,
    bounds: String,
    split_by: String,
    splits: i64,
}

impl Import {
    fn from_properties(context: &StageContext<'_>) -> Result<Self, Failure> {
        // A trailing semicolon would end the query before the condition of a split.
        let query = |name: &str| context.property(name, "").trim().trim_end_matches(';').to_owned();
        let given = context.property("numSplits", "");
        // The default is two, Hadoop's default of `mapreduce.job.maps`.
        let splits = if given.is_empty() { Ok(2) } else { given.parse() };
        let splits: i64 = splits.map_err(|_| number_format(&format!("For input string: \"{given}\"")))?;
        let import = Self {
            sql: query("importQuery"),
            bounds: query("boundingQuery"),
            split_by: context.property("splitBy", ""),
            splits,
        };
        if splits < 1 {
            return Err(invalid(&format!(
                "Invalid value for Number of Splits '{splits}'. Must be at least 1."
            )));
        }
        if import.sql.is_empty() {
            return Err(invalid("Import Query is empty."));
        }
        if splits > 1 {
            let sql = &import.sql;
            if !sql.contains(CONDITIONS) {
                return Err(invalid(&format!(
                    "Import Query {sql} must contain the string '$CONDITIONS'. if Number of Splits is not set to 1."
                )));
            }
            for (value, name) in [
                (&import.split_by, "Split-By Field Name"),
                (&import.bounds, "Bounding Query"),
            ] {
                if value.is_empty() {
                    return Err(invalid(&format!(
                        "{name} must be specified if Number of Splits is not set to 1."
                    )));
                }
            }
        }
        Ok(import)
    }
}

fn number_format(text: &str) -> Failure {
    failure("java.lang.NumberFormatException", text)
}

fn invalid(text: &str) -> Failure {
    failure(
        "io.cdap.cdap.etl.api.validation.ValidationException",
        format!("Errors were encountered during validation. {text}"),
    )
}

fn login(context: &StageContext<'_>) -> Login {
    let mut login = Login {
        user: context.property("user", ""),
        password: context.property("password", ""),
        database: context.property("database", ""),
        arguments: pairs(&context.property("connectionArguments", ""), ';'),
    };
    // The `Database` plugin has a URL: `jdbc:mysql://host:port/database?a=b`.
    let address = context.property("connectionString", "");
    if let Some((_, path)) = address
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'))
    {
        let (database, settings) = path.split_once('?').unwrap_or((path, ""));
        if login.database.is_empty() {
            database.clone_into(&mut login.database);
        }
        login.arguments.extend(pairs(settings, '&'));
    }
    login
}

fn pairs(text: &str, between: char) -> BTreeMap<String, String> {
    text.split(between)
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bucket::Buckets;
    use crate::event::ExecutionEvent;
    use crate::memory::Memory;
    use crate::plugin::Stores;
    use crate::source::{PASSWORD, Source, USER};
    use googlesql::Warehouse;
    use std::cell::RefCell;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    fn run<T>(properties: &[(&str, &str)], work: impl Fn(&StageContext<'_>) -> T) -> (T, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let now = || chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let stores = Stores {
            warehouse: Arc::new(Warehouse::open(None, "p", "US").unwrap()),
            source: Arc::new(Source::open(None, 7, now).unwrap().without_first_read_failure()),
            buckets: Buckets::new(folder.path()),
            network: crate::plugin::Network::Loopback,
        };
        let own = [("user", USER), ("password", PASSWORD), ("database", "hr")];
        let properties = own.iter().chain(properties);
        let properties = properties
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let lines = RefCell::<Vec<String>>::default();
        let context = StageContext {
            stage: "s",
            properties: &properties,
            stores: &stores,
            logical_start_time: "w",
            thread: "t",
            emit: &|event| {
                if let ExecutionEvent::Log(line) = event {
                    lines.borrow_mut().push(line.message);
                }
            },
            stop: &AtomicBool::new(false),
            speed: 1.0,
            error_records: RefCell::default(),
            headers: crate::plugin::Headers::default(),
            memory: Memory::default(),
        };
        let done = work(&context);
        (done, lines.take())
    }

    #[test]
    fn splits_find_every_row_once() {
        let all = [
            ("importQuery", "SELECT id FROM engineer WHERE $CONDITIONS"),
            ("boundingQuery", "SELECT MIN(id), MAX(id) FROM engineer;"),
            ("splitBy", "id"),
            ("numSplits", "4"),
        ];
        let mut split = run(&all, read).0.unwrap().rows;
        let (one, lines) = run(
            &[("importQuery", "SELECT id FROM engineer"), ("numSplits", "1")],
            read,
        );
        let mut one = one.unwrap().rows;
        assert!(one.len() > 100 && lines[0].starts_with("Could not find the clause substitution token"));
        let key = |row: &Vec<_>| format!("{row:?}");
        split.sort_by_key(key);
        one.sort_by_key(key);
        assert_eq!(split, one);
    }

    #[test]
    fn missing_properties_are_errors() {
        for (properties, words) in [
            (
                vec![("importQuery", "SELECT 1"), ("numSplits", "0")],
                "'0'. Must be at least 1.",
            ),
            (
                vec![("importQuery", "SELECT 1")],
                "must contain the string '$CONDITIONS'",
            ),
            (
                vec![("importQuery", "SELECT 1 WHERE $CONDITIONS"), ("numSplits", "2")],
                "Split-By Field Name must be specified",
            ),
            (vec![("numSplits", "1")], "Import Query is empty."),
        ] {
            let failure = run(&properties, read).0.unwrap_err();
            assert!(failure.message.unwrap().contains(words), "{words}");
        }
    }

    #[test]
    fn an_action_changes_rows_and_keeps_the_drivers_exception() {
        let changed = |context: &StageContext<'_>| {
            act(context).unwrap();
            let query = "SELECT * FROM `hr`.`engineer` WHERE title = 'chief'";
            context
                .stores
                .source
                .read(&Login::own(), query, "w")
                .unwrap()
                .1
                .len()
        };
        let query = "UPDATE `hr`.`engineer` SET title = 'chief' WHERE id <= 3";
        assert_eq!(run(&[("query", query)], changed).0, 3);
        let failure = run(&[("query", "DELETE FROM `ops`.`missing`")], act)
            .0
            .unwrap_err();
        assert_eq!(failure.class_name, "java.sql.SQLSyntaxErrorException");
        assert_eq!(
            failure.message.as_deref(),
            Some("Table 'ops.missing' doesn't exist")
        );
    }
}
