//! The sinks `GCS` and `File`: one part file in a new directory, and `_SUCCESS` beside it at the end.

use super::format::Format;
use super::object_path;
use crate::bucket::{create_directory, create_file};
use crate::container::avro::schema;
use crate::container::{self, Codec, SchemaMismatch};
use crate::event::{Failure, LogLevel};
use crate::macros::date_format::{DateFormat, zone};
use crate::memory::Memory;
use crate::plugin::{Batch, Sink, StageContext, failure, too_large};
use chrono::DateTime;
use googlesql::value::{Column, Row};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const LOGGER: &str = "io.cdap.plugin.gcp.gcs.sink.GCSBatchSink";

pub(super) fn open(context: &StageContext<'_>) -> Result<Box<dyn Sink>, Failure> {
    let format = match Format::from_properties(context)? {
        Format::Text | Format::Blob => {
            return Err(context.unsupported("format", &context.property("format", "text")));
        }
        format => format,
    };
    let schema = context.property("schema", "");
    let columns = match format {
        Format::Container(_) if !schema.is_empty() => {
            Some(schema::columns(&schema).map_err(|text| context.invalid_schema(&text))?)
        }
        _ => None,
    };
    let path = directory(context)?;
    let folder = context
        .stores
        .buckets
        .locate(&object_path(&path))
        .map_err(|text| failure("java.lang.IllegalArgumentException", text))?;
    create_directory(&folder).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => failure(
            "org.apache.hadoop.mapred.FileAlreadyExistsException",
            format!("Output directory {path} already exists"),
        ),
        _ => broken(&folder, &error),
    })?;
    let base = context.property("outputFileNameBase", "part");
    let extension = format.extension();
    let file = create_file(&folder, &format!("{base}-r-00000{extension}"))
        .map_err(|error| broken(&folder, &error))?;
    context.log(LogLevel::Info, LOGGER, format!("Writing to {path}"));
    Ok(Box::new(Directory {
        stage: context.stage.to_owned(),
        folder,
        file: Box::new(file),
        header: context.property("writeHeader", "false") == "true",
        format,
        columns,
        collected: Batch::default(),
    }))
}

/// The path, followed by the time of the run in the format of `suffix`.
fn directory(context: &StageContext<'_>) -> Result<String, Failure> {
    let (path, suffix) = (context.property("path", ""), context.property("suffix", ""));
    if suffix.is_empty() {
        return Ok(path);
    }
    let format =
        DateFormat::new(&suffix).map_err(|text| failure("java.lang.IllegalArgumentException", text))?;
    let moment = context
        .logical_start_time
        .parse::<i64>()
        .ok()
        .and_then(DateTime::from_timestamp_millis)
        .unwrap_or_default();
    let shown = format.write(moment, zone("UTC"));
    Ok(format!("{}/{shown}", path.trim_end_matches('/')))
}

struct Directory {
    stage: String,
    folder: PathBuf,
    file: Box<dyn Write + Send>,
    format: Format,
    /// Whether the header line is still to be written.
    header: bool,
    /// The rows of a format that is written as a whole, and the columns of the given schema.
    collected: Batch,
    columns: Option<Vec<Column>>,
}

impl Directory {
    fn line(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.file, "{text}").map_err(|error| broken(&self.folder, &error))
    }
}

impl Sink for Directory {
    fn write(&mut self, batch: &Batch, memory: &mut Memory) -> Result<(), Failure> {
        if matches!(self.format, Format::Container(_)) {
            let has = |name: &str| batch.columns.iter().any(|column| column.name == name);
            let mut wanted = self.columns.iter().flatten();
            if let Some(missing) = wanted.find(|column| !has(&column.name)) {
                // Also if the column is nullable (measured).
                return Err(failure(
                    "io.cdap.cdap.api.exception.ProgramFailureException",
                    format!(
                        "Error occurred in the phase: 'Writing'. Error message: Input record does not contain the {} field.",
                        missing.name
                    ),
                ));
            }
            self.collected.columns.clone_from(&batch.columns);
            for row in &batch.rows {
                memory.row(row).map_err(|text| too_large(&self.stage, &text))?;
                self.collected.rows.push(row.clone());
            }
            return Ok(());
        }
        if std::mem::take(&mut self.header)
            && let Some(names) = self.format.header(&batch.columns)
        {
            self.line(&names)?;
        }
        for row in &batch.rows {
            let line = self.format.line(&batch.columns, row);
            let line = line.map_err(|text| failure("java.io.IOException", text))?;
            self.line(&line)?;
        }
        Ok(())
    }

    fn commit(mut self: Box<Self>) -> Result<Option<i64>, Failure> {
        if let Format::Container(container) = self.format {
            let Batch { columns, rows } = self.collected;
            let mut write = |columns: &[Column], rows: &[Row]| {
                container.write_to(&mut *self.file, (columns, rows), Codec::None, true)
            };
            let written = match self.columns {
                Some(wanted) => Memory::of(&rows)
                    .map_err(SchemaMismatch::TooLarge)
                    .and_then(|mut memory| container::convert_rows((columns, rows), &wanted, &mut memory))
                    .map_err(|mismatch| mismatch.to_string())
                    .and_then(|rows| write(&wanted, &rows)),
                None => write(&columns, &rows),
            };
            written.map_err(|text| failure("java.io.IOException", text))?;
        }
        let done = self
            .file
            .flush()
            .and_then(|()| create_file(&self.folder, "_SUCCESS").map(drop));
        done.map(|()| None).map_err(|error| broken(&self.folder, &error))
    }
}

fn broken(folder: &Path, error: &io::Error) -> Failure {
    failure("java.io.IOException", format!("{}: {error}", folder.display()))
}

/// `Trash`: drops all rows.
#[expect(clippy::unnecessary_wraps, reason = "the signature of every sink")]
pub(super) fn open_trash(_: &StageContext<'_>) -> Result<Box<dyn Sink>, Failure> {
    Ok(Box::new(Trash))
}

struct Trash;

impl Sink for Trash {
    fn write(&mut self, _: &Batch, _: &mut Memory) -> Result<(), Failure> {
        Ok(())
    }

    fn commit(self: Box<Self>) -> Result<Option<i64>, Failure> {
        Ok(None)
    }
}
