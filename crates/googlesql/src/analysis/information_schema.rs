//! `INFORMATION_SCHEMA` and `__TABLES__`: the catalog as rows.

use super::{Analyzer, Relation};
use crate::error::SqlError;
use crate::kind;
use crate::memory::RowSet;
use crate::storage::catalog::{self, DatasetDescription};
use crate::syntax::ast::Path;
use crate::value::{Column, ColumnType as T, Row, Value};
use std::rc::Rc;

const TABLES: [(&str, T); 8] = [
    ("table_catalog", T::String),
    ("table_schema", T::String),
    ("table_name", T::String),
    ("table_type", T::String),
    ("managed_table_type", T::String),
    ("is_insertable_into", T::String),
    ("creation_time", T::Timestamp),
    ("ddl", T::String),
];

const COLUMNS: [(&str, T); 10] = [
    ("table_catalog", T::String),
    ("table_schema", T::String),
    ("table_name", T::String),
    ("column_name", T::String),
    ("ordinal_position", T::Int64),
    ("is_nullable", T::String),
    ("data_type", T::String),
    ("is_generated", T::String),
    ("is_hidden", T::String),
    ("column_default", T::String),
];

const SCHEMATA: [(&str, T); 4] = [
    ("catalog_name", T::String),
    ("schema_name", T::String),
    ("creation_time", T::Timestamp),
    ("location", T::String),
];

const VIEWS: [(&str, T); 6] = [
    ("table_catalog", T::String),
    ("table_schema", T::String),
    ("table_name", T::String),
    ("view_definition", T::String),
    ("check_option", T::String),
    ("use_standard_sql", T::String),
];

/// `dataset.__TABLES__`, the older form.
const TABLES_LIST: [(&str, T); 8] = [
    ("project_id", T::String),
    ("dataset_id", T::String),
    ("table_id", T::String),
    ("creation_time", T::Int64),
    ("last_modified_time", T::Int64),
    ("row_count", T::Int64),
    ("size_bytes", T::Int64),
    ("type", T::Int64),
];

fn relation(columns: &[(&str, T)], rows: Vec<Row>) -> Relation {
    let rows = Rc::new(RowSet::uncounted(rows));
    let columns = columns
        .iter()
        .map(|(name, kind)| Column::nullable(*name, kind.clone()));
    Relation::new(columns.collect(), move |_| Ok(rows.clone()))
}

impl Analyzer<'_> {
    /// `dataset.__TABLES__`, if the path names it.
    ///
    /// # Errors
    /// An unknown dataset.
    pub(super) fn tables_list(&self, path: &Path) -> Result<Option<Relation>, SqlError> {
        let [before @ .., last] = &path.parts[..] else {
            return Ok(None);
        };
        let Some(dataset) = before.last().map(String::as_str).or(self.dataset) else {
            return Ok(None);
        };
        if last != "__TABLES__" {
            return Ok(None);
        }
        let connection = self.session.connection;
        let mut datasets = catalog::datasets(connection)?;
        datasets.retain(|known| known.name == dataset);
        if datasets.is_empty() {
            let (project, location) = (self.session.project, self.session.location);
            let full = format!("{dataset}.{last}");
            return Err(catalog::not_found(connection, project, location, &full));
        }
        let rows = self.rows_of_tables(&datasets, |dataset, table| {
            let Some(table_description) = catalog::describe_table(connection, dataset, table)? else {
                return Ok(Vec::new());
            };
            Ok(vec![vec![
                Self::text(self.session.project),
                Self::text(dataset),
                Self::text(table),
                Value::Int(table_description.created),
                Value::Int(table_description.modified),
                Value::Int(i64::try_from(table_description.rows).unwrap_or(i64::MAX)),
                Value::Int(0),
                Value::Int(if table_description.view.is_some() { 2 } else { 1 }),
            ]])
        })?;
        Ok(Some(relation(&TABLES_LIST, rows)))
    }

    /// The view of `INFORMATION_SCHEMA` that the path names, if it does.
    ///
    /// # Errors
    /// A view that is not supported, or an unknown dataset.
    pub(super) fn information_schema(&self, path: &Path) -> Result<Option<Relation>, SqlError> {
        let Some(at) = path
            .parts
            .iter()
            .position(|part| part.eq_ignore_ascii_case("INFORMATION_SCHEMA"))
        else {
            return Ok(None);
        };
        let what = path
            .parts
            .get(at + 1)
            .map(|part| part.to_ascii_uppercase())
            .unwrap_or_default();
        let connection = self.session.connection;
        let mut datasets = catalog::datasets(connection)?;
        // `dataset.INFORMATION_SCHEMA` is of that dataset, `region-us.INFORMATION_SCHEMA` of all.
        let dataset = match &path.parts[..at] {
            [] => self.dataset,
            [.., last] if last.to_ascii_lowercase().starts_with("region-") => None,
            [.., last] => Some(last.as_str()),
        };
        datasets.retain(|known| !known.is_hidden() || Some(known.name.as_str()) == dataset);
        if let Some(dataset) = dataset
            && what != "SCHEMATA"
        {
            datasets.retain(|known| known.name == dataset);
            if datasets.is_empty() {
                let full = format!("{dataset}.INFORMATION_SCHEMA");
                return Err(catalog::not_found(
                    connection,
                    self.session.project,
                    self.session.location,
                    &full,
                ));
            }
        }
        let (columns, rows): (&[(&str, T)], _) = match what.as_str() {
            "SCHEMATA" => (&SCHEMATA, datasets.iter().map(|d| self.schema_row(d)).collect()),
            "TABLES" => (
                &TABLES,
                self.rows_of_tables(&datasets, |dataset, table| self.table_row(dataset, table))?,
            ),
            "COLUMNS" => (
                &COLUMNS,
                self.rows_of_tables(&datasets, |dataset, table| self.column_rows(dataset, table))?,
            ),
            "VIEWS" => (
                &VIEWS,
                self.rows_of_tables(&datasets, |dataset, table| self.view_row(dataset, table))?,
            ),
            other => return Err(self.unsupported(path.at, &format!("INFORMATION_SCHEMA.{other}"))),
        };
        Ok(Some(relation(columns, rows)))
    }

    fn rows_of_tables(
        &self,
        datasets: &[DatasetDescription],
        rows: impl Fn(&str, &str) -> Result<Vec<Row>, SqlError>,
    ) -> Result<Vec<Row>, SqlError> {
        let mut all = Vec::new();
        for dataset in datasets {
            for table in catalog::tables(self.session.connection, &dataset.name)? {
                all.extend(rows(&dataset.name, &table)?);
            }
        }
        Ok(all)
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn schema_row(&self, dataset: &DatasetDescription) -> Row {
        vec![
            Self::text(self.session.project),
            Self::text(&dataset.name),
            Value::Timestamp(dataset.created * 1_000),
            Self::text(self.session.location),
        ]
    }

    fn table_row(&self, dataset: &str, table: &str) -> Result<Vec<Row>, SqlError> {
        let full = format!("{dataset}.{table}");
        let is_view = catalog::view(self.session.connection, &full)?.is_some();
        let (created, _) = catalog::times(self.session.connection, &full)?;
        let (kind, managed, insertable) = if is_view {
            ("VIEW", Value::Null, "NO")
        } else {
            ("BASE TABLE", Self::text("NATIVE"), "YES")
        };
        Ok(vec![vec![
            Self::text(self.session.project),
            Self::text(dataset),
            Self::text(table),
            Self::text(kind),
            managed,
            Self::text(insertable),
            Value::Timestamp(created * 1_000),
            Value::Null,
        ]])
    }

    fn column_rows(&self, dataset: &str, table: &str) -> Result<Vec<Row>, SqlError> {
        let full = format!("{dataset}.{table}");
        let columns = catalog::columns_of(self.session.connection, &full)?;
        let defaults = catalog::defaults(self.session.connection, &full)?;
        let row = |(ordinal, column): (i64, &Column)| {
            let default = defaults
                .iter()
                .find(|(name, _)| *name == column.name)
                .map_or("NULL", |(_, text)| text);
            vec![
                Self::text(self.session.project),
                Self::text(dataset),
                Self::text(table),
                Self::text(&column.name),
                Value::Int(ordinal),
                Self::text(if column.nullable { "YES" } else { "NO" }),
                Self::text(&kind::name(&column.kind)),
                Self::text("NEVER"),
                Self::text("NO"),
                Self::text(default),
            ]
        };
        Ok((1..).zip(&columns).map(row).collect())
    }

    fn view_row(&self, dataset: &str, table: &str) -> Result<Vec<Row>, SqlError> {
        let Some(view) = catalog::view(self.session.connection, &format!("{dataset}.{table}"))? else {
            return Ok(Vec::new());
        };
        Ok(vec![vec![
            Self::text(self.session.project),
            Self::text(dataset),
            Self::text(table),
            Self::text(&view.query),
            Value::Null,
            Self::text("YES"),
        ]])
    }
}
