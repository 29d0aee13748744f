//! Load jobs: CSV, JSON lines, Avro and Parquet, from an upload or from the bucket, all of it or nothing.
//!
//! A file is read whole before anything is written. An empty CSV cell is NULL, quoted or not: the two
//! cannot be told apart here.

use super::Desk;
use super::detection::detected;
use super::parameter::{json_value, scalar};
use super::work::{Destination, Outcome};
use flate2::read::MultiGzDecoder;
use googlesql::kind::name as type_name;
use googlesql::value::{Column, ColumnType, Value};
use googlesql::{SqlError, WriteDisposition};
use pipelines::container::{Container, ReadOptions};
use serde_json::Value as Json;
use std::io::Read;

/// A load that is asked for.
pub(super) struct Load {
    pub destination: Destination,
    pub form: Form,
    /// The given schema; without one it is the table's, or detected.
    pub columns: Option<Vec<Column>>,
    pub autodetect: bool,
    pub uris: Vec<String>,
    pub data: Option<Vec<u8>>,
    pub taking: Taking,
}

/// How the files are written.
pub(super) enum Form {
    Csv {
        delimiter: u8,
        quote: Option<u8>,
        skip: usize,
        null: String,
        jagged: bool,
    },
    Json,
    /// With the schema in each file.
    Container(Container, ReadOptions),
}

/// What is put up with.
#[derive(Clone, Copy)]
pub(super) struct Taking {
    pub bad_records: usize,
    pub ignore_unknown: bool,
}

/// A record before it has types: a text for each place, or a JSON object.
pub(super) enum Raw {
    Cells(Vec<Option<String>>),
    Object(Json),
}

impl Load {
    pub fn perform(self, desk: &Desk) -> Result<Outcome, SqlError> {
        if let Form::Container(container, reading) = self.form {
            return self.carry(desk, container, reading);
        }
        let (mut files, mut bytes, mut raw) = (0, 0, Vec::new());
        for content in self.contents(desk)? {
            files += 1;
            bytes += u64::try_from(content.len()).unwrap_or(u64::MAX);
            raw.extend(self.records(&content)?);
        }
        let columns = self.schema(desk, &mut raw)?;
        let mut rows = Vec::with_capacity(raw.len());
        let mut bad = Vec::new();
        for (number, record) in raw.iter().enumerate() {
            match row(record, &columns, self.taking.ignore_unknown, self.jagged()) {
                Ok(cells) => rows.push(cells),
                Err(text) => bad.push((number + 1, text)),
            }
        }
        if bad.len() > self.taking.bad_records {
            let (number, text) = &bad[0];
            return Err(SqlError::bad_data(format!(
                "Error while reading data, error message: {} processing encountered too many errors, giving up. \
                 Rows: {}; errors: {}; max bad: {}; error percent: 0; row {number}: {text}",
                if matches!(self.form, Form::Json) {
                    "JSON"
                } else {
                    "CSV"
                },
                raw.len(),
                bad.len(),
                self.taking.bad_records
            )));
        }
        let to = &self.destination;
        let rows = desk
            .warehouse
            .load(&to.dataset, &to.table, &columns, &rows, to.how)?;
        Ok(Outcome::Load { rows, files, bytes })
    }

    fn jagged(&self) -> bool {
        matches!(self.form, Form::Csv { jagged: true, .. } | Form::Json)
    }

    pub(super) fn contents(&self, desk: &Desk) -> Result<Vec<Vec<u8>>, SqlError> {
        if let Some(data) = &self.data {
            return Ok(vec![plain(data.clone())?]);
        }
        let mut contents = Vec::new();
        for uri in &self.uris {
            let found = matching(desk, uri)?;
            if found.is_empty() {
                return Err(SqlError::not_found(format!("Not found: URI {uri}")));
            }
            for uri in found {
                let content = desk.buckets.read(&uri);
                let content = content.map_err(|error| SqlError::bad_data(format!("{uri}: {error}")))?;
                contents.push(plain(content)?);
            }
        }
        Ok(contents)
    }

    fn records(&self, content: &[u8]) -> Result<Vec<Raw>, SqlError> {
        match &self.form {
            Form::Csv {
                delimiter,
                quote,
                skip,
                null,
                ..
            } => {
                let mut builder = csv::ReaderBuilder::new();
                builder.has_headers(false).flexible(true).delimiter(*delimiter);
                match quote {
                    Some(quote) => builder.quote(*quote),
                    None => builder.quoting(false),
                };
                let broken = |error: csv::Error| {
                    SqlError::bad_data(format!("Error while reading data, error message: {error}"))
                };
                let cell = |text: &str| (text != null).then(|| text.to_owned());
                let mut records = Vec::new();
                for record in builder.from_reader(content).records().skip(*skip) {
                    records.push(Raw::Cells(record.map_err(broken)?.iter().map(cell).collect()));
                }
                Ok(records)
            }
            Form::Json => {
                let text = String::from_utf8_lossy(content);
                let lines = text
                    .lines()
                    .enumerate()
                    .filter(|(_, line)| !line.trim().is_empty());
                let parse = |(number, line): (usize, &str)| match serde_json::from_str(line) {
                    Ok(object @ Json::Object(_)) => Ok(Raw::Object(object)),
                    _ => Err(SqlError::bad_data(format!(
                        "Error while reading data, error message: JSON parsing error in row starting at line {}: Parser terminated before end of string",
                        number + 1
                    ))),
                };
                lines.map(parse).collect()
            }
            Form::Container(..) => Ok(Vec::new()),
        }
    }

    /// The given schema, else the table's, else a detected one.
    fn schema(&self, desk: &Desk, raw: &mut Vec<Raw>) -> Result<Vec<Column>, SqlError> {
        if let Some(columns) = &self.columns {
            return Ok(columns.clone());
        }
        let to = &self.destination;
        if let Some(table) = desk.warehouse.table(&to.dataset, &to.table)?
            && (to.how.write != WriteDisposition::Truncate || !self.autodetect)
        {
            return Ok(table.columns);
        }
        if !self.autodetect {
            let message = "No schema specified on job or table.";
            return Err(SqlError::bad_data(message));
        }
        Ok(detected(raw))
    }
}

/// A packed file is known by its first bytes, whatever it is called.
fn plain(content: Vec<u8>) -> Result<Vec<u8>, SqlError> {
    if !content.starts_with(&[0x1f, 0x8b]) {
        return Ok(content);
    }
    let mut plain = Vec::new();
    MultiGzDecoder::new(&content[..])
        .read_to_end(&mut plain)
        .map_err(|error| SqlError::bad_data(format!("Error while reading data, error message: {error}")))?;
    Ok(plain)
}

/// The objects that a `gs://` address names; one `*` stands for anything.
fn matching(desk: &Desk, uri: &str) -> Result<Vec<String>, SqlError> {
    desk.buckets.locate(uri).map_err(SqlError::bad_data)?;
    let inside = uri.strip_prefix("gs://").unwrap_or(uri);
    let (bucket, name) = inside.split_once('/').unwrap_or((inside, ""));
    let (before, after) = name.split_once('*').unwrap_or((name, ""));
    let all = desk.buckets.objects(bucket, before);
    let fits = |object: &String| {
        if name.contains('*') {
            object.len() >= before.len() + after.len() && object.ends_with(after)
        } else {
            object == name
        }
    };
    Ok(all
        .into_iter()
        .filter(fits)
        .map(|object| format!("gs://{bucket}/{object}"))
        .collect())
}

fn row(raw: &Raw, columns: &[Column], ignore_unknown: bool, jagged: bool) -> Result<Vec<Value>, String> {
    match raw {
        Raw::Cells(cells) => {
            if cells.len() > columns.len() && !ignore_unknown {
                return Err(format!(
                    "Too many values in line. Found {} column(s) while expected {}.",
                    cells.len(),
                    columns.len()
                ));
            }
            if cells.len() < columns.len() && !jagged {
                return Err(format!(
                    "Too few values in line. Found {} column(s) while expected {}.",
                    cells.len(),
                    columns.len()
                ));
            }
            let texts = columns.iter().enumerate();
            texts
                .map(|(place, column)| cell(cells.get(place).and_then(Option::as_deref), column))
                .collect()
        }
        Raw::Object(object) => of_object(object, columns, ignore_unknown),
    }
}

/// A JSON object as a row.
pub(super) fn of_object(
    object: &Json,
    columns: &[Column],
    ignore_unknown: bool,
) -> Result<Vec<Value>, String> {
    let fields = object.as_object().into_iter().flatten();
    let known = |name: &str| {
        columns
            .iter()
            .any(|column| column.name.eq_ignore_ascii_case(name))
    };
    if let Some((name, _)) = fields.clone().find(|(name, _)| !known(name))
        && !ignore_unknown
    {
        return Err(format!("No such field: {name}."));
    }
    let value = |column: &Column| {
        let mut fields = fields.clone();
        let found = fields.find(|(name, _)| name.eq_ignore_ascii_case(&column.name));
        if matches!(column.kind, ColumnType::Array(_) | ColumnType::Struct(_)) {
            let given = found.map_or(&Json::Null, |(_, value)| value);
            return json_value(given, &column.kind).ok_or_else(|| {
                format!(
                    "Could not parse '{given}' as {} for field {}",
                    type_name(&column.kind),
                    column.name
                )
            });
        }
        let text = match found.map(|(_, value)| value) {
            None | Some(Json::Null) => None,
            Some(Json::String(text)) if column.kind != ColumnType::Json => Some(text.clone()),
            Some(other) => Some(other.to_string()),
        };
        cell(text.as_deref(), column)
    };
    columns.iter().map(value).collect()
}

fn cell(text: Option<&str>, column: &Column) -> Result<Value, String> {
    match text {
        None if column.nullable => Ok(Value::Null),
        None => Err(format!("Missing required field: {}.", column.name)),
        Some(text) => scalar(text.trim(), &column.kind)
            .map(|value| match value {
                // Blanks around a text are part of it.
                Value::Text(_) => Value::Text(text.to_owned()),
                other => other,
            })
            .ok_or_else(|| {
                format!(
                    "Could not parse '{text}' as {} for field {}",
                    type_name(&column.kind),
                    column.name
                )
            }),
    }
}
