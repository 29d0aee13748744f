//! The warehouse: datasets of tables in SQLite, and statements run on them. Its calls block.

mod load;
mod page;
mod update;

pub use load::{LoadOptions, WriteDisposition};
pub use update::TableUpdate;

use crate::analysis::{Analyzer, Relation};
use crate::cancel;
use crate::error::SqlError;
use crate::execution::result;
use crate::memory::{Memory, RowSet, SharedMemory};
use crate::outcome::{QueryOutcome, QuerySettings};
use crate::session::{Frame, Session};
use crate::storage::catalog::{self, DatasetDescription, TableDescription};
use crate::storage::connections::Connections;
use crate::syntax;
use crate::syntax::ast::Statement;
use chrono::Utc;
use rusqlite::Connection;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// Datasets, tables and views of one project in one location.
#[derive(Debug)]
pub struct Warehouse {
    pub(crate) connections: Connections,
    /// The time of the newest statement, in microseconds since 1970.
    last_time: AtomicI64,
    /// What all statements hold.
    memory: SharedMemory,
    project: String,
    location: String,
}

impl Warehouse {
    /// Opens `warehouse.db` in a folder, or a warehouse in memory. `location` is BigQuery's: `US`.
    ///
    /// # Errors
    /// SQLite's, and those of creating the file.
    pub fn open(folder: Option<&Path>, project: &str, location: &str) -> rusqlite::Result<Self> {
        Ok(Self {
            connections: Connections::open(folder)?,
            last_time: AtomicI64::new(0),
            memory: SharedMemory::default(),
            project: project.into(),
            location: location.into(),
        })
    }

    /// The project that owns all datasets.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The location of all datasets.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// Runs a script of statements, each ended by `;` and a line break, if there is no dataset yet: all of it
    /// in one transaction, so that a process that is killed meanwhile leaves no half of it.
    ///
    /// An older version kept views as views of SQLite. If there are such, they are dropped, and the script's
    /// `CREATE OR REPLACE VIEW` statements run.
    ///
    /// # Errors
    /// That of the first statement that fails; nothing is done then.
    pub fn seed(&self, script: &str) -> Result<(), SqlError> {
        cancel::on_large_stack(|| {
            self.connections
                .write(|connection| self.seed_here(connection, script))
        })
    }

    /// Runs one statement in one transaction.
    ///
    /// # Errors
    /// BigQuery's, and `… is not supported by the sandbox`.
    pub fn query(&self, sql: &str, settings: &QuerySettings) -> Result<QueryOutcome, SqlError> {
        cancel::on_large_stack(|| self.query_here(sql, settings))
    }

    /// Runs one statement until it is done or `stop` becomes true.
    ///
    /// # Errors
    /// As [`Warehouse::query`], and reason `stopped`.
    pub fn query_until(
        &self,
        sql: &str,
        settings: &QuerySettings,
        stop: &Arc<AtomicBool>,
    ) -> Result<QueryOutcome, SqlError> {
        cancel::with_flag(stop, || self.query(sql, settings))
    }

    /// All datasets, by name.
    pub fn datasets(&self) -> Result<Vec<DatasetDescription>, SqlError> {
        self.connections.read(catalog::datasets)
    }

    /// The dataset of this name, if there is one.
    pub fn dataset(&self, name: &str) -> Result<Option<DatasetDescription>, SqlError> {
        let all = self.connections.read(catalog::datasets)?;
        Ok(all.into_iter().find(|dataset| dataset.name == name))
    }

    /// The names of a dataset's tables and views.
    pub fn tables(&self, dataset: &str) -> Result<Vec<String>, SqlError> {
        self.connections
            .read(|connection| catalog::tables(connection, dataset))
    }

    /// The table or view of this name, if there is one.
    pub fn table(&self, dataset: &str, table: &str) -> Result<Option<TableDescription>, SqlError> {
        self.connections
            .read(|connection| catalog::describe_table(connection, dataset, table))
    }

    fn seed_here(&self, connection: &Connection, script: &str) -> Result<(), SqlError> {
        let is_used = catalog::datasets(connection)?
            .iter()
            .any(|dataset| !dataset.is_hidden());
        if is_used && !catalog::drop_sqlite_views(connection)? {
            return Ok(());
        }
        let all = script.split(";\n").filter(|text| !text.trim().is_empty());
        for sql in all.filter(|text| !is_used || text.contains("CREATE OR REPLACE VIEW")) {
            self.run(
                connection,
                sql,
                &syntax::statement(sql)?,
                &QuerySettings::default(),
            )?;
        }
        Ok(())
    }

    fn query_here(&self, sql: &str, settings: &QuerySettings) -> Result<QueryOutcome, SqlError> {
        let statement = syntax::statement(sql)?;
        let run = |connection: &Connection| self.run(connection, sql, &statement, settings);
        if matches!(statement, Statement::Query(_)) {
            self.connections.read(run)
        } else {
            self.connections.change(run)
        }
    }

    fn run(
        &self,
        connection: &Connection,
        sql: &str,
        statement: &Statement,
        settings: &QuerySettings,
    ) -> Result<QueryOutcome, SqlError> {
        let now = self.next_time();
        let session = Session::new(
            connection,
            &self.project,
            &self.location,
            settings,
            now,
            Memory::new(&self.memory),
        );
        let analyzer = Analyzer {
            session: &session,
            sql,
            dataset: settings.default_dataset.as_deref(),
            depth: 0,
        };
        execute(&analyzer, statement)
    }

    /// The current time in microseconds since 1970. No two statements have the same, so that "the newest row" is
    /// always one row.
    fn next_time(&self) -> i64 {
        let now = Utc::now().timestamp_micros();
        let next = |last: i64| now.max(last.saturating_add(1));
        let last = self
            .last_time
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(next(last)));
        last.map_or(now, next)
    }
}

fn execute(analyzer: &Analyzer<'_>, statement: &Statement) -> Result<QueryOutcome, SqlError> {
    match statement {
        Statement::Query(query) => {
            let Relation { columns, rows, .. } = analyzer.whole_query(query)?;
            result::check_columns(&columns)?;
            let rows = if analyzer.session.settings.dry_run {
                Vec::new()
            } else {
                let found = rows(&Frame::root(analyzer.session))?;
                // It may keep its rows for a second reader.
                drop(rows);
                let found = Rc::try_unwrap(found).map_or_else(|shared| shared.to_vec(), RowSet::into_rows);
                result::finish(&columns, found)?
            };
            Ok(QueryOutcome {
                columns,
                rows,
                ..QueryOutcome::empty("SELECT")
            })
        }
        Statement::Insert(insert) => analyzer.insert(insert),
        Statement::Update(update) => analyzer.update(update),
        Statement::Delete(delete) => analyzer.delete(delete),
        Statement::Merge(merge) => analyzer.merge(merge),
        Statement::Truncate(path) => analyzer.truncate(path),
        Statement::CreateSchema(schema) => analyzer.create_schema(schema),
        Statement::CreateTable(table) => analyzer.create_table(table),
        Statement::CreateView(view) => analyzer.create_view(view),
        Statement::Drop(drop) => analyzer.drop_object(drop),
        Statement::AlterTable(alter) => analyzer.alter_table(alter),
    }
}
