//! CREATE, DROP and ALTER. Partitions, clusters and most options are read and kept by nobody: they change cost
//! at Google, not results.

use super::analysis::Analyst;
use super::analysis::scope::Scope;
use super::catalogue::{self};
use super::kind::{self};
use super::session::Frame;
use super::store;
use super::syntax::tree::{ColumnDefinition, CreateTable, Object, Path, Place, Query};
use super::{QueryOutcome, SqlError, internal};
use crate::value::{Column, ColumnType as T, Value};

/// A name under which something is to be made.
pub(super) struct Room {
    /// `CREATE`, `REPLACE` or `SKIP`.
    pub operation: &'static str,
    /// Whether there is work left: it is not there yet, and this is no dry run.
    pub is_free: bool,
}

impl Analyst<'_> {
    pub(super) fn execute(&self, sql: &str) -> Result<(), SqlError> {
        self.session
            .connection
            .execute(sql, [])
            .map(drop)
            .map_err(internal)
    }

    pub(super) fn create_schema(&self, path: &Path, calm: bool) -> Result<QueryOutcome, SqlError> {
        let project = self.session.project;
        let name = match path.parts.as_slice() {
            [name] => name,
            [owner, name] if owner == project => name,
            _ => return Err(self.wrong(path.at, format!("Invalid dataset name: {}", path.parts.join(".")))),
        };
        let known = catalogue::datasets(self.session.connection)?
            .iter()
            .any(|dataset| dataset.name == *name);
        if known && !calm {
            return Err(duplicate(format!("Already Exists: Dataset {project}:{name}")));
        }
        if !known && !self.session.settings.dry_run {
            let sql = "INSERT INTO __datasets VALUES (?1, ?2)";
            let now = chrono::Utc::now().timestamp_millis();
            self.session
                .connection
                .execute(sql, (name, now))
                .map_err(internal)?;
        }
        Ok(QueryOutcome::plain("CREATE_SCHEMA"))
    }

    /// Makes room for a replacement, and refuses a second one of the name.
    pub(super) fn make_room(&self, full: &str, calm: bool, replace: bool) -> Result<Room, SqlError> {
        let (connection, project) = (self.session.connection, self.session.project);
        let dataset = full.split('.').next().unwrap_or_default();
        if !catalogue::datasets(connection)?
            .iter()
            .any(|known| known.name == dataset)
        {
            return Err(catalogue::not_found(
                connection,
                project,
                self.session.location,
                full,
            ));
        }
        let known = catalogue::exists(connection, full)? || catalogue::view(connection, full)?.is_some();
        if known && !calm && !replace {
            return Err(duplicate(format!("Already Exists: Table {project}:{full}")));
        }
        let operation = match (known, replace) {
            (true, false) => "SKIP",
            (true, true) => "REPLACE",
            _ => "CREATE",
        };
        let is_free = operation != "SKIP" && !self.session.settings.dry_run;
        if known && is_free {
            catalogue::remove(connection, full)?;
        }
        Ok(Room { operation, is_free })
    }

    pub(super) fn create_table(&self, table: &CreateTable) -> Result<QueryOutcome, SqlError> {
        let full = self.full_name(&table.path)?;
        let connection = self.session.connection;
        if let Some((path, rows)) = &table.like {
            let source = self.target(path)?;
            let room = self.make_room(&full, table.calm, table.replace)?;
            if room.is_free {
                catalogue::create(connection, &full, &source.columns)?;
                if *rows {
                    let all = store::read(connection, &source.full)?;
                    store::insert(connection, &full, &source.columns, &all)?;
                }
            }
            return Ok(QueryOutcome::defined("CREATE_TABLE", room.operation, &full));
        }
        let relation = table
            .query
            .as_ref()
            .map(|query| self.query(&Scope::EMPTY, query))
            .transpose()?;
        let columns: Vec<Column> = match (&table.columns, &relation) {
            (Some(defined), _) => defined.iter().map(|one| one.column.clone()).collect(),
            (None, Some(relation)) => relation.columns.clone(),
            (None, None) => {
                return Err(self.wrong(table.path.at, "CREATE TABLE needs a list of columns or AS SELECT"));
            }
        };
        self.check_names(&columns, table)?;
        // Read before the old table makes room: CREATE OR REPLACE TABLE t AS SELECT … FROM t.
        let rows = match &relation {
            Some(relation) if relation.columns.len() != columns.len() => {
                return Err(self.wrong(table.path.at, "The number of columns in the column definition list does not match the number of columns produced by the query"));
            }
            Some(relation) if !self.session.settings.dry_run => {
                Some((relation.rows)(&Frame::root(self.session))?)
            }
            _ => None,
        };
        for one in table.columns.iter().flatten() {
            self.check_default(one)?;
        }
        let room = self.make_room(&full, table.calm, table.replace)?;
        if room.is_free {
            catalogue::create(connection, &full, &columns)?;
            for one in table.columns.iter().flatten() {
                self.note_default(&full, &one.column.name, one.default.as_deref())?;
            }
            if let Some(description) = &table.description {
                self.note_description(&full, description)?;
            }
            if let Some(rows) = rows {
                let cast = |row: &Vec<Value>| {
                    let cells = row
                        .iter()
                        .zip(&columns)
                        .map(|(cell, column)| super::cast::cast(cell, &column.kind));
                    cells
                        .collect::<Result<Vec<_>, _>>()
                        .map(|row| super::change::stored(row, &columns))
                        .map_err(SqlError::invalid)
                };
                let rows = rows.iter().map(cast).collect::<Result<Vec<_>, _>>()?;
                store::insert(connection, &full, &columns, &rows)?;
            }
        }
        let statement = if table.query.is_some() {
            "CREATE_TABLE_AS_SELECT"
        } else {
            "CREATE_TABLE"
        };
        Ok(QueryOutcome::defined(statement, room.operation, &full))
    }

    fn check_names(&self, columns: &[Column], table: &CreateTable) -> Result<(), SqlError> {
        for (place, column) in columns.iter().enumerate() {
            if columns[..place]
                .iter()
                .any(|other| other.name.eq_ignore_ascii_case(&column.name))
            {
                return Err(self.wrong(
                    table.path.at,
                    format!("Duplicate column name {} in CREATE TABLE", column.name),
                ));
            }
        }
        Ok(())
    }

    /// A default must be right when it is written down, not when it is first needed.
    pub(super) fn check_default(&self, definition: &ColumnDefinition) -> Result<(), SqlError> {
        let Some(text) = &definition.default else {
            return Ok(());
        };
        let inside = Analyst { sql: text, ..*self };
        let typed = inside.expression(&Scope::EMPTY, &super::syntax::expression(text)?)?;
        inside
            .fitting(&typed, &definition.column, Place::default())
            .map(drop)
    }

    pub(super) fn note_default(
        &self,
        full: &str,
        column: &str,
        default: Option<&str>,
    ) -> Result<(), SqlError> {
        let done = match default {
            Some(text) => self.session.connection.execute(
                "INSERT OR REPLACE INTO __defaults VALUES (?1, ?2, ?3)",
                (full, column, text),
            ),
            None => self.session.connection.execute(
                "DELETE FROM __defaults WHERE name = ?1 AND column = ?2",
                (full, column),
            ),
        };
        done.map(drop).map_err(internal)
    }

    pub(super) fn note_description(&self, full: &str, description: &str) -> Result<(), SqlError> {
        let sql = "INSERT OR REPLACE INTO __descriptions VALUES (?1, ?2)";
        self.session
            .connection
            .execute(sql, (full, description))
            .map(drop)
            .map_err(internal)
    }

    pub(super) fn create_view(
        &self,
        path: &Path,
        calm: bool,
        replace: bool,
        from: usize,
        query: &Query,
    ) -> Result<QueryOutcome, SqlError> {
        let full = self.full_name(path)?;
        let relation = self.query(&Scope::EMPTY, query)?;
        let room = self.make_room(&full, calm, replace)?;
        if room.is_free {
            let text = self.sql[from..].trim().trim_end_matches(';').trim_end();
            // A view's columns in a type's words: `STRUCT<a INT64, b STRING>`.
            let quoted = relation.columns.into_iter().map(|mut column| {
                column.name = format!("`{}`", column.name);
                column
            });
            let columns = kind::name(&T::Struct(quoted.collect()));
            let sql = "INSERT INTO __views VALUES (?1, ?2, ?3, ?4)";
            let connection = self.session.connection;
            connection
                .execute(sql, (&full, text, self.dataset, columns))
                .map_err(internal)?;
            catalogue::touch(connection, &full)?;
        }
        Ok(QueryOutcome::defined("CREATE_VIEW", room.operation, &full))
    }

    pub(super) fn drop_object(
        &self,
        what: Object,
        path: &Path,
        calm: bool,
        cascade: bool,
    ) -> Result<QueryOutcome, SqlError> {
        let (connection, project) = (self.session.connection, self.session.project);
        if what == Object::Schema {
            return self.drop_schema(path, calm, cascade);
        }
        let statement = if what == Object::View {
            "DROP_VIEW"
        } else {
            "DROP_TABLE"
        };
        let full = self.full_name(path)?;
        let is_view = catalogue::view(connection, &full)?.is_some();
        if !is_view && !catalogue::exists(connection, &full)? {
            return if calm {
                Ok(QueryOutcome::defined(statement, "SKIP", &full))
            } else {
                Err(catalogue::not_found(
                    connection,
                    project,
                    self.session.location,
                    &full,
                ))
            };
        }
        if is_view != (what == Object::View) {
            let (is, wanted) = if is_view {
                ("VIEW", "TABLE")
            } else {
                ("TABLE", "VIEW")
            };
            return Err(SqlError::invalid(format!(
                "{project}:{full} is a {is}, not a {wanted}; it cannot be dropped with DROP {wanted}"
            )));
        }
        if !self.session.settings.dry_run {
            catalogue::remove(connection, &full)?;
        }
        Ok(QueryOutcome::defined(statement, "DROP", &full))
    }

    fn drop_schema(&self, path: &Path, calm: bool, cascade: bool) -> Result<QueryOutcome, SqlError> {
        let (connection, project) = (self.session.connection, self.session.project);
        let name = path.parts.last().map_or("", String::as_str);
        if !catalogue::datasets(connection)?
            .iter()
            .any(|dataset| dataset.name == name)
        {
            return if calm {
                Ok(QueryOutcome::plain("DROP_SCHEMA"))
            } else {
                Err(SqlError::not_found(format!(
                    "Not found: Dataset {project}:{name}"
                )))
            };
        }
        let tables = catalogue::tables(connection, name)?;
        if !tables.is_empty() && !cascade {
            return Err(SqlError {
                reason: "resourceInUse".into(),
                message: format!("Dataset {project}:{name} is still in use"),
            });
        }
        if !self.session.settings.dry_run {
            for table in tables {
                catalogue::remove(connection, &format!("{name}.{table}"))?;
            }
            connection
                .execute("DELETE FROM __datasets WHERE name = ?1", [name])
                .map_err(internal)?;
        }
        Ok(QueryOutcome::plain("DROP_SCHEMA"))
    }
}

fn duplicate(message: String) -> SqlError {
    SqlError {
        reason: "duplicate".into(),
        message,
    }
}
