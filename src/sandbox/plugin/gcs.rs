//! The `GCS` sink: JSON lines in a directory of the local bucket.
//!
//! Values as the real sink writes them (measured): a DATE is the number of days since 1970, a TIMESTAMP
//! the number of microseconds, a DECIMAL a plain number.

use super::{Batch, GOOGLE, Plugin, Sink, Task, Work, failure};
use crate::sandbox::observation::{Failure, Level};
use crate::sandbox::value::Value;
use chrono::NaiveDate;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const LOGGER: &str = "io.cdap.plugin.gcp.gcs.sink.GCSBatchSink";

pub(super) const PLUGINS: &[Plugin] = &[Plugin::new(
    "GCS",
    "batchsink",
    GOOGLE,
    &["referenceName", "path", "format"],
    Work::Sink(open),
)];

fn open(task: &Task<'_>) -> Result<Box<dyn Sink>, Failure> {
    let format = task.property("format", "json");
    if format != "json" {
        return Err(task.unsupported("format", &format));
    }
    let path = task.property("path", "");
    let buckets = task.stores.buckets.clone();
    let folder = buckets
        .locate(&path)
        .map_err(|text| failure("java.lang.IllegalArgumentException", text))?;
    buckets
        .create_directory(&folder)
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => failure(
                "org.apache.hadoop.mapred.FileAlreadyExistsException",
                format!("Output directory {path} already exists"),
            ),
            _ => broken(&folder, &error),
        })?;
    let file = buckets
        .create_file(&folder, "part-r-00000")
        .map_err(|error| broken(&folder, &error))?;
    task.say(Level::Info, LOGGER, format!("Writing to {path}"));
    Ok(Box::new(Directory {
        folder,
        file: Box::new(file),
        buckets,
    }))
}

struct Directory {
    folder: PathBuf,
    file: Box<dyn Write>,
    buckets: crate::sandbox::bucket::Buckets,
}

impl Sink for Directory {
    fn write(&mut self, batch: &Batch) -> Result<(), Failure> {
        for row in &batch.rows {
            let cells = batch.columns.iter().zip(row);
            let pairs: Vec<_> = cells
                .map(|(column, value)| format!("{}:{}", quoted(&column.name), json(value)))
                .collect();
            writeln!(self.file, "{{{}}}", pairs.join(",")).map_err(|error| broken(&self.folder, &error))?;
        }
        Ok(())
    }

    fn commit(mut self: Box<Self>) -> Result<Option<i64>, Failure> {
        let done = self
            .file
            .flush()
            .and_then(|()| self.buckets.create_file(&self.folder, "_SUCCESS").map(drop));
        done.map(|()| None).map_err(|error| broken(&self.folder, &error))
    }
}

fn broken(folder: &Path, error: &io::Error) -> Failure {
    failure("java.io.IOException", format!("{}: {error}", folder.display()))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn json(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) | Value::Timestamp(number) => number.to_string(),
        Value::Float(number) => serde_json::Value::from(*number).to_string(),
        Value::Numeric(text) => text.clone(),
        Value::Date(text) => match text.parse::<NaiveDate>() {
            Ok(day) => day
                .signed_duration_since(NaiveDate::default())
                .num_days()
                .to_string(),
            Err(_) => quoted(text),
        },
        Value::Array(items) | Value::Struct(items) => {
            format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(","))
        }
        Value::Bytes(bytes) => quoted(&String::from_utf8_lossy(bytes)),
        Value::Text(text) | Value::Time(text) | Value::DateTime(text) | Value::Json(text) => quoted(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_measured() {
        for (value, text) in [
            (Value::Date("2019-01-02".into()), "17898"),
            (Value::Timestamp(1_681_344_060_000_000), "1681344060000000"),
            (Value::Numeric("1234.50".into()), "1234.50"),
            (Value::Text("a\"ü".into()), "\"a\\\"ü\""),
            (Value::Null, "null"),
        ] {
            assert_eq!(json(&value), text);
        }
    }
}
