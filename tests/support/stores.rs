//! What lies in the sandbox's files: source, warehouse and bucket, read past the program.

use super::home::Home;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The sources whose rows in the configuration table are active.
pub const ACTIVE: [(&str, &str); 6] = [
    ("hr", "engineer"),
    ("hr", "payroll"),
    ("finance", "invoice"),
    ("finance", "expense"),
    ("sales", "orders"),
    ("operations", "ticket"),
];

/// A row: business unit, data source, id.
pub type Row = (String, String, i64);

/// The stores of a home's sandbox.
pub struct Stores {
    folder: PathBuf,
}

impl Stores {
    pub fn of(home: &Home) -> Self {
        Self {
            folder: home.path().join("sandbox"),
        }
    }

    /// The rows of one source with `from <= updated_at < to`, both as `YYYY-MM-DD HH:MM:SS`.
    pub fn source(&self, unit: &str, source: &str, from: &str, to: &str) -> BTreeSet<Row> {
        let sql = format!("SELECT id FROM {source} WHERE updated_at >= ?1 AND updated_at < ?2");
        let database = open(&self.database(unit));
        let mut statement = database.prepare(&sql).unwrap();
        let ids = statement
            .query_map([from, to], |row| row.get::<_, i64>(0))
            .unwrap();
        ids.map(|id| (unit.to_owned(), source.to_owned(), id.unwrap()))
            .collect()
    }

    /// The same of all active sources.
    pub fn sources(&self, from: &str, to: &str) -> BTreeSet<Row> {
        let each = ACTIVE
            .iter()
            .map(|(unit, source)| self.source(unit, source, from, to));
        each.flatten().collect()
    }

    /// A copy of a source's first row arrives, with another id and moment.
    pub fn arrive(&self, unit: &str, source: &str, id: i64, moment: &str) {
        let database = Connection::open(self.database(unit)).unwrap();
        let script = format!(
            "CREATE TEMP TABLE copy AS SELECT * FROM {source} WHERE id = 1;
             UPDATE copy SET id = {id}, updated_at = '{moment}';
             INSERT INTO {source} SELECT * FROM copy;"
        );
        database.execute_batch(&script).unwrap();
    }

    /// The rows of a table of the warehouse, as often as they are there; `landing_committed` is counted here
    /// from the two tables that it is made of, and not by asking the program.
    pub fn warehouse(&self, table: &str) -> Vec<Row> {
        let path = self.folder.join("warehouse.db");
        if !path.exists() {
            return Vec::new();
        }
        let sql = format!("SELECT business_unit, data_source, id FROM \"cdf_output.{table}\"");
        let database = open(&path);
        database
            .execute_batch(
                "CREATE TEMP VIEW \"cdf_output.landing_committed\" AS SELECT * FROM \"cdf_output.landing\" o
                 WHERE EXISTS (SELECT 1 FROM \"cdf_output.watermark\" w WHERE w.load_id = o.load_id)",
            )
            .unwrap();
        let mut statement = database.prepare(&sql).unwrap();
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// The moments up to which something was loaded, each once.
    pub fn watermarks(&self) -> Vec<String> {
        let database = open(&self.folder.join("warehouse.db"));
        let sql = "SELECT DISTINCT strftime('%Y-%m-%d %H:%M:%S', watermark / 1000000, 'unixepoch') FROM \"cdf_output.watermark\"";
        let mut statement = database.prepare(sql).unwrap();
        let moments = statement.query_map([], |row| row.get(0)).unwrap();
        moments.map(Result::unwrap).collect()
    }

    /// The rows in all files of the bucket, as often as they are there.
    pub fn bucket(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        // What is known of the objects lies beside the buckets, hidden.
        let buckets = folders(&self.folder.join("bucket")).into_iter();
        for bucket in buckets.filter(|folder| !name(folder).starts_with('.')) {
            for unit in folders(&bucket.join("cdf")) {
                for source in folders(&unit) {
                    for load in folders(&source).iter().flat_map(|date| folders(date)) {
                        rows.extend(part(&load.join("part-r-00000"), &name(&unit), &name(&source)));
                    }
                }
            }
        }
        rows
    }

    fn database(&self, unit: &str) -> PathBuf {
        self.folder.join("source").join(format!("{unit}.db"))
    }
}

/// Rows as a set; that none is there twice is asserted.
pub fn distinct(rows: Vec<Row>) -> BTreeSet<Row> {
    let count = rows.len();
    let set: BTreeSet<Row> = rows.into_iter().collect();
    assert_eq!(set.len(), count, "a row is there twice");
    set
}

fn open(path: &Path) -> Connection {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

fn part(path: &Path, unit: &str, source: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(path).unwrap();
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            (row["business_unit"].as_str(), row["data_source"].as_str()),
            (Some(unit), Some(source))
        );
        (unit.to_owned(), source.to_owned(), row["id"].as_i64().unwrap())
    };
    text.lines().map(row).collect()
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}
