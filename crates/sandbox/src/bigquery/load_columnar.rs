//! Load jobs of files that contain their schema: Avro and Parquet.
//!
//! The columns are those of the job's schema, else those of the table, else those of the files.

use super::ApiState;
use super::job::Outcome;
use super::load::Load;
use super::load_file;
use super::load_format::read_failed;
use super::table_reference::TableReference;
use googlesql::value::{Column, ColumnType};
use googlesql::{SqlError, WriteDisposition};
use pipelines::container::{Container, ReadOptions, SchemaMismatch, convert_rows};
use pipelines::memory::Memory;

/// The most bytes of a file: it is read as a whole.
const MAX_FILE: usize = 64 << 20;

impl Load {
    /// Reads the files and writes all their rows to the table, or none.
    pub(super) fn load_columnar(
        &self,
        state: &ApiState,
        container: Container,
        reading: ReadOptions,
    ) -> Result<Outcome, SqlError> {
        let places = load_file::places(state, self.bytes(), &self.uris)?;
        let mut memory = Memory::beside(self.uploaded());
        let (mut found, mut parts) = (Vec::<Column>::new(), Vec::new());
        let bytes = load_file::read(state, &places, |file| {
            let (content, held) = file.whole(MAX_FILE).map_err(|error| read_failed(&error))?;
            memory.hold(held).map_err(|text| read_failed(&text))?;
            let (columns, rows) = container
                .read(&content, reading, &mut memory)
                .map_err(|text| not_read(container, &text))?;
            memory.let_go(held);
            for column in &columns {
                if !found.iter().any(|known| same_name(known, column)) {
                    found.push(column.clone());
                }
            }
            parts.push((columns, rows));
            Ok(())
        })?;
        let columns = self.target_columns(state, found)?;
        let mut rows = Vec::new();
        for part in parts {
            let converted = convert_rows(part, &columns, &mut memory);
            rows.append(&mut converted.map_err(|mismatch| self.schema_error(state, &mismatch))?);
        }
        Ok(Outcome::Load {
            rows: self.destination.write(state, &columns, &rows)?,
            files: u64::try_from(places.len()).unwrap_or(u64::MAX),
            bytes: u64::try_from(bytes).unwrap_or(u64::MAX),
        })
    }

    fn target_columns(&self, state: &ApiState, found: Vec<Column>) -> Result<Vec<Column>, SqlError> {
        if let Some(columns) = &self.columns {
            return Ok(columns.clone());
        }
        if self.destination.how.write == WriteDisposition::Truncate {
            return Ok(found);
        }
        let TableReference { dataset, table } = &self.destination.table;
        let table = state.warehouse.table(dataset, table)?;
        let known = table.map_or_else(Vec::new, |table| table.columns);
        // The modes inside of a STRUCT are the table's.
        let column = |column: Column| match known.iter().find(|known| same_name(known, &column)) {
            Some(known) if same_type(&known.kind, &column.kind) => known.clone(),
            _ => column,
        };
        Ok(found.into_iter().map(column).collect())
    }

    fn schema_error(&self, state: &ApiState, mismatch: &SchemaMismatch) -> SqlError {
        if let SchemaMismatch::TooLarge(text) = mismatch {
            return read_failed(text);
        }
        let project = state.warehouse.project();
        let TableReference { dataset, table } = &self.destination.table;
        SqlError::bad_data(format!(
            "Provided Schema does not match Table {project}:{dataset}.{table}. {mismatch}"
        ))
    }
}

fn same_name(a: &Column, b: &Column) -> bool {
    a.name.eq_ignore_ascii_case(&b.name)
}

/// Whether two types are equal but for modes and descriptions.
fn same_type(a: &ColumnType, b: &ColumnType) -> bool {
    match (a, b) {
        (ColumnType::Array(a), ColumnType::Array(b)) => same_type(a, b),
        (ColumnType::Struct(a), ColumnType::Struct(b)) => b.iter().all(|b| {
            let found = a.iter().find(|a| same_name(a, b));
            found.is_some_and(|a| same_type(&a.kind, &b.kind))
        }),
        _ => a == b,
    }
}

fn not_read(container: Container, text: &str) -> SqlError {
    let text = match container {
        Container::Avro => {
            format!("The Apache Avro library failed to read data with the following error: {text}")
        }
        Container::Parquet => text.to_owned(),
    };
    read_failed(&text)
}
