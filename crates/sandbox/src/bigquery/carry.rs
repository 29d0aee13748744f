//! Load jobs of files that carry their schema: Avro and Parquet.
//!
//! The columns are those that are given, else those of the table, else the files' own.

use super::Desk;
use super::intake::Load;
use super::work::Outcome;
use googlesql::value::{Column, ColumnType};
use googlesql::{SqlError, WriteDisposition};
use pipelines::container::{Container, ReadOptions, SchemaMismatch, convert_rows};

impl Load {
    /// Reads the files and puts their rows into the table: all or none.
    pub(super) fn carry(
        &self,
        desk: &Desk,
        container: Container,
        reading: ReadOptions,
    ) -> Result<Outcome, SqlError> {
        let contents = self.contents(desk)?;
        let (mut own, mut parts, mut bytes) = (Vec::<Column>::new(), Vec::new(), 0);
        for content in &contents {
            bytes += u64::try_from(content.len()).unwrap_or(u64::MAX);
            let (columns, rows) = container
                .read(content, reading)
                .map_err(|text| broken(container, &text))?;
            for column in &columns {
                if !own.iter().any(|known| same(known, column)) {
                    own.push(column.clone());
                }
            }
            parts.push((columns, rows));
        }
        let columns = self.target(desk, own)?;
        let mut rows = Vec::new();
        for part in parts {
            rows.extend(convert_rows(part, &columns).map_err(|mismatch| self.unlike(desk, &mismatch))?);
        }
        let to = &self.destination;
        let rows = desk
            .warehouse
            .load(&to.dataset, &to.table, &columns, &rows, to.how)?;
        Ok(Outcome::Load {
            rows,
            files: u64::try_from(contents.len()).unwrap_or(u64::MAX),
            bytes,
        })
    }

    fn target(&self, desk: &Desk, own: Vec<Column>) -> Result<Vec<Column>, SqlError> {
        if let Some(columns) = &self.columns {
            return Ok(columns.clone());
        }
        let to = &self.destination;
        if to.how.write == WriteDisposition::Truncate {
            return Ok(own);
        }
        let table = desk.warehouse.table(&to.dataset, &to.table)?;
        let known = table.map_or_else(Vec::new, |table| table.columns);
        // A field's modes inside of a STRUCT are the table's.
        let column = |column: Column| match known.iter().find(|known| same(known, &column)) {
            Some(known) if alike(&known.kind, &column.kind) => known.clone(),
            _ => column,
        };
        Ok(own.into_iter().map(column).collect())
    }

    fn unlike(&self, desk: &Desk, mismatch: &SchemaMismatch) -> SqlError {
        let (project, to) = (desk.warehouse.project(), &self.destination);
        SqlError::bad_data(format!(
            "Provided Schema does not match Table {project}:{}.{}. {mismatch}",
            to.dataset, to.table
        ))
    }
}

fn same(a: &Column, b: &Column) -> bool {
    a.name.eq_ignore_ascii_case(&b.name)
}

/// Whether two types differ in modes and descriptions at most.
fn alike(a: &ColumnType, b: &ColumnType) -> bool {
    match (a, b) {
        (ColumnType::Array(a), ColumnType::Array(b)) => alike(a, b),
        (ColumnType::Struct(a), ColumnType::Struct(b)) => b.iter().all(|b| {
            let found = a.iter().find(|a| same(a, b));
            found.is_some_and(|a| alike(&a.kind, &b.kind))
        }),
        _ => a == b,
    }
}

fn broken(container: Container, text: &str) -> SqlError {
    let said = match container {
        Container::Avro => {
            format!("The Apache Avro library failed to read data with the following error: {text}")
        }
        Container::Parquet => text.to_owned(),
    };
    SqlError::bad_data(format!("Error while reading data, error message: {said}"))
}
