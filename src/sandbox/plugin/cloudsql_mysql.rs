//! `CloudSQLMySQL`: reads the source database with the import query.

use super::{
    Artifact, Batch, CLOUDSQL_MYSQL, Definition, Desk, Nested, Properties, Reader, Role, Stage, failure,
};
use crate::sandbox::macros::listing::has_macro;
use crate::sandbox::observation::{Failure, Level};
use crate::sandbox::source::{Answer, Login};
use crate::sandbox::value::{Column, Value};
use std::sync::Arc;

/// The only driver that is installed.
const DRIVER: &str = "cloudsql-mysql";
const DRIVER_ARTIFACT: Artifact = Artifact {
    name: "mysql-connector-java",
    version: "8.3.0",
    scope: "USER",
};

pub(super) const DEFINITION: Definition = Definition {
    name: "CloudSQLMySQL",
    kind: "batchsource",
    artifact: CLOUDSQL_MYSQL,
    required: &[
        "referenceName",
        "jdbcPluginName",
        "instanceType",
        "connectionName",
        "database",
        "importQuery",
    ],
    check: Some(check),
    nested,
    role: Role::Source(open),
};

fn check(properties: &Properties) -> Result<(), String> {
    let text = |name: &str| properties.get(name).map_or("", String::as_str);
    let reference = text("referenceName");
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-.$".contains(letter);
    if !reference.chars().all(is_plain) {
        return Err(format!(
            "Invalid reference name '{reference}'. Supported characters are: letters, numbers, and '_', '-', '.', or '$'."
        ));
    }
    for name in ["port", "numSplits", "fetchSize"] {
        let value = text(name);
        if !value.is_empty() && !has_macro(value) && value.parse::<i32>().is_err() {
            return Err(format!(
                "Unable to create config for batchsource CloudSQLMySQL '{name}' is invalid: Value of field class \
                 io.cdap.plugin.cloudsql.mysql.CloudSQLMySQLSource$CloudSQLMySQLSourceConfig.{name} is expected to be a number."
            ));
        }
    }
    let driver = text("jdbcPluginName");
    if has_macro(driver) {
        Ok(())
    } else {
        installed(driver)
    }
}

fn installed(driver: &str) -> Result<(), String> {
    if driver == DRIVER {
        return Ok(());
    }
    Err(format!(
        "Unable to load JDBC Driver class for plugin name '{driver}'. Ensure that the plugin '{driver}' of type \
         'jdbc' containing the driver has been installed correctly."
    ))
}

fn nested(properties: &Properties) -> Vec<Nested> {
    let driver = properties.get("jdbcPluginName").cloned().unwrap_or_default();
    let of = |suffix: String| Nested {
        suffix,
        name: driver.clone(),
        kind: "jdbc",
        artifact: DRIVER_ARTIFACT,
    };
    vec![of("jdbc".into()), of(format!("source.jdbc.{driver}"))]
}

fn open(stage: &Stage, desk: &mut Desk<'_>) -> Result<Box<dyn Reader>, Failure> {
    let driver = stage.required("jdbcPluginName")?;
    installed(driver).map_err(|text| failure("java.lang.IllegalArgumentException", text))?;
    let query = stage.required("importQuery")?;
    if !query.contains("$CONDITIONS") {
        // An ERROR line even of a good run (measured).
        let text = format!(
            "Could not find the clause substitution token $CONDITIONS in the query: [{query}]. Parallel splits may not work correctly."
        );
        let logger = "org.apache.hadoop.mapreduce.lib.db.DataDrivenDBRecordReader";
        desk.say(Level::Error, logger, Some(&stage.name), text);
    }
    let login = Login {
        user: stage.text("user").unwrap_or_default(),
        password: stage.text("password").unwrap_or_default(),
        database: stage.required("database")?,
    };
    let now = (desk.world.clock)();
    let sql = query.replace("$CONDITIONS", "1=1");
    let Answer { columns, rows } = desk
        .world
        .source
        .select(now, &login, &sql, stage.logical_start)
        .map_err(|message| failure("java.sql.SQLException", message))?;
    let columns = Arc::new(columns);
    Ok(Box::new(Records {
        columns,
        rows: rows.into_iter(),
    }))
}

struct Records {
    columns: Arc<Vec<Column>>,
    rows: std::vec::IntoIter<Vec<Value>>,
}

impl Reader for Records {
    fn left(&self) -> usize {
        self.rows.len()
    }

    fn next(&mut self, most: usize) -> Result<Option<Batch>, Failure> {
        let rows: Vec<_> = self.rows.by_ref().take(most).collect();
        let columns = Arc::clone(&self.columns);
        Ok((!rows.is_empty()).then_some(Batch { columns, rows }))
    }
}
