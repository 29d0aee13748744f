//! CREATE SCHEMA, TABLE and VIEW.

use super::new_table::duplicate;
use crate::analysis::scope::Scope;
use crate::analysis::{Analyzer, Relation};
use crate::cast::cast;
use crate::error::SqlError;
use crate::memory;
use crate::outcome::QueryOutcome;
use crate::session::{Frame, Rows};
use crate::storage::catalog::{self, View};
use crate::storage::table;
use crate::syntax::ast::{CreateSchema, CreateTable, CreateView, Template};
use crate::value::{Column, Row, Value};
use std::collections::HashSet;

impl Analyzer<'_> {
    pub(crate) fn create_schema(&self, schema: &CreateSchema) -> Result<QueryOutcome, SqlError> {
        let project = self.session.project;
        let path = &schema.path;
        let name = match path.parts.as_slice() {
            [name] => name,
            [owner, name] if owner == project => name,
            _ => return Err(self.wrong(path.at, format!("Invalid dataset name: {}", path.parts.join(".")))),
        };
        let exists = catalog::dataset_exists(self.session.connection, name)?;
        if exists && !schema.if_not_exists {
            return Err(duplicate(format!("Already Exists: Dataset {project}:{name}")));
        }
        if !exists && !self.session.settings.dry_run {
            catalog::create_dataset(self.session.connection, name)?;
        }
        Ok(QueryOutcome::empty("CREATE_SCHEMA"))
    }

    pub(crate) fn create_table(&self, table: &CreateTable) -> Result<QueryOutcome, SqlError> {
        let full = self.full_name(&table.path)?;
        if let Some(template) = &table.template {
            return self.create_from_template(&full, table, template);
        }
        let relation = table
            .query
            .as_ref()
            .map(|query| self.whole_query(query))
            .transpose()?;
        let columns = self.columns_of_new_table(table, relation.as_ref())?;
        // Read before the old table is dropped: CREATE OR REPLACE TABLE t AS SELECT … FROM t.
        let rows = match &relation {
            Some(relation) if !self.session.settings.dry_run => {
                Some((relation.rows)(&Frame::root(self.session))?)
            }
            _ => None,
        };
        for one in table.columns.iter().flatten() {
            self.check_default(one.default.as_deref(), &one.column)?;
        }
        let new = self.new_table(&full, table.if_not_exists, table.replace)?;
        if new.is_free {
            self.write_table(&full, table, &columns, rows)?;
        }
        let statement_type = if table.query.is_some() {
            "CREATE_TABLE_AS_SELECT"
        } else {
            "CREATE_TABLE"
        };
        Ok(QueryOutcome::defined(statement_type, new.operation, &full))
    }

    /// CREATE TABLE … LIKE, COPY and CLONE.
    fn create_from_template(
        &self,
        full: &str,
        table: &CreateTable,
        template: &Template,
    ) -> Result<QueryOutcome, SqlError> {
        let connection = self.session.connection;
        let source = self.target(&template.path)?;
        let new = self.new_table(full, table.if_not_exists, table.replace)?;
        if new.is_free {
            catalog::create_table(connection, full, &source.columns)?;
            if template.with_rows {
                let rows = self.session.table(&source.scan(), false)?;
                table::insert(connection, full, &source.columns, &rows)?;
            }
        }
        Ok(QueryOutcome::defined("CREATE_TABLE", new.operation, full))
    }

    /// The columns of the list, or else of the query.
    fn columns_of_new_table(
        &self,
        table: &CreateTable,
        relation: Option<&Relation>,
    ) -> Result<Vec<Column>, SqlError> {
        let at = table.path.at;
        let columns: Vec<Column> = match (&table.columns, relation) {
            (Some(definitions), _) => definitions.iter().map(|one| one.column.clone()).collect(),
            (None, Some(relation)) => relation.columns.clone(),
            (None, None) => {
                return Err(self.wrong(at, "CREATE TABLE needs a list of columns or AS SELECT"));
            }
        };
        let mut names = HashSet::new();
        for column in &columns {
            if !names.insert(column.name.to_ascii_lowercase()) {
                return Err(self.wrong(
                    at,
                    format!("Duplicate column name {} in CREATE TABLE", column.name),
                ));
            }
        }
        if relation.is_some_and(|relation| relation.columns.len() != columns.len()) {
            return Err(self.wrong(at, "The number of columns in the column definition list does not match the number of columns produced by the query"));
        }
        Ok(columns)
    }

    fn write_table(
        &self,
        full: &str,
        table: &CreateTable,
        columns: &[Column],
        rows: Option<Rows>,
    ) -> Result<(), SqlError> {
        let connection = self.session.connection;
        catalog::create_table(connection, full, columns)?;
        for one in table.columns.iter().flatten() {
            catalog::set_default(connection, full, &one.column.name, one.default.as_deref())?;
        }
        if let Some(description) = &table.description {
            catalog::set_description(connection, full, description)?;
        }
        let Some(rows) = rows else {
            return Ok(());
        };
        let convert = |row: &[Value]| {
            let cells = row.iter().zip(columns);
            cells
                .map(|(cell, column)| cast(cell, &column.kind))
                .collect::<Result<Row, _>>()
                .map_err(SqlError::invalid)
                .and_then(|row| table::check_arrays(columns, &row).map(|()| row))
        };
        let mut converted = self.session.rows();
        memory::consume(rows, |row| converted.push(convert(&row)?))?;
        table::insert(connection, full, columns, &converted)
    }

    /// Checks a DEFAULT when it is defined, not when it is first used.
    pub(super) fn check_default(&self, default: Option<&str>, column: &Column) -> Result<(), SqlError> {
        match default {
            Some(text) => self.default_for(text, column).map(drop),
            None => Ok(()),
        }
    }

    pub(crate) fn create_view(&self, view: &CreateView) -> Result<QueryOutcome, SqlError> {
        let full = self.full_name(&view.path)?;
        let relation = self.query(&Scope::EMPTY, &view.query)?;
        let new = self.new_table(&full, view.if_not_exists, view.replace)?;
        if new.is_free {
            let text = self.sql[view.query_start..].trim();
            let definition = View {
                query: text.trim_end_matches(';').trim_end().to_owned(),
                dataset: self.dataset.map(str::to_owned),
            };
            catalog::create_view(self.session.connection, &full, &definition, relation.columns)?;
        }
        Ok(QueryOutcome::defined("CREATE_VIEW", new.operation, &full))
    }
}
