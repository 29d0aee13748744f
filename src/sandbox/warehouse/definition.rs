//! CREATE, DROP and ALTER. Partitions, clusters and most options are read and kept by nobody: they change cost
//! at Google, not results.

use super::analysis::Analyst;
use super::analysis::scope::Scope;
use super::catalogue::{self, columns_of};
use super::kind::{self, quote};
use super::session::Frame;
use super::store;
use super::syntax::tree::{ColumnDefinition, CreateTable, Object, Path, Query, TableChange};
use super::{QueryOutcome, SqlError, internal};
use crate::sandbox::value::{Column, ColumnType as T, Value};

/// What may become of a column by SET DATA TYPE.
const WIDER: [(T, T); 4] = [
    (T::Int64, T::Numeric),
    (T::Int64, T::Float64),
    (T::Numeric, T::Float64),
    (T::Date, T::DateTime),
];

impl Analyst<'_> {
    fn execute(&self, sql: &str) -> Result<(), SqlError> {
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
        Ok(QueryOutcome::defined("CREATE_SCHEMA"))
    }

    /// Whether there is work left: makes room for a replacement, refuses a second one of the name.
    fn make_room(&self, full: &str, calm: bool, replace: bool) -> Result<bool, SqlError> {
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
        if (known && calm) || self.session.settings.dry_run {
            return Ok(false);
        }
        if known {
            catalogue::remove(connection, full)?;
        }
        Ok(true)
    }

    pub(super) fn create_table(&self, table: &CreateTable) -> Result<QueryOutcome, SqlError> {
        let full = self.full_name(&table.path)?;
        let connection = self.session.connection;
        if let Some((path, rows)) = &table.like {
            let source = self.target(path)?;
            if self.make_room(&full, table.calm, table.replace)? {
                catalogue::create(connection, &full, &source.columns)?;
                if *rows {
                    let all = store::read(connection, &source.full)?;
                    store::insert(connection, &full, &source.columns, &all)?;
                }
            }
            return Ok(QueryOutcome::defined("CREATE_TABLE"));
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
        if self.make_room(&full, table.calm, table.replace)? {
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
        Ok(QueryOutcome::defined(if table.query.is_some() {
            "CREATE_TABLE_AS_SELECT"
        } else {
            "CREATE_TABLE"
        }))
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
    fn check_default(&self, definition: &ColumnDefinition) -> Result<(), SqlError> {
        let Some(text) = &definition.default else {
            return Ok(());
        };
        let inside = Analyst { sql: text, ..*self };
        let typed = inside.expression(&Scope::EMPTY, &super::syntax::expression(text)?)?;
        inside
            .fitting(&typed, &definition.column, Default::default())
            .map(drop)
    }

    fn note_default(&self, full: &str, column: &str, default: Option<&str>) -> Result<(), SqlError> {
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

    fn note_description(&self, full: &str, description: &str) -> Result<(), SqlError> {
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
        if self.make_room(&full, calm, replace)? {
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
        Ok(QueryOutcome::defined("CREATE_VIEW"))
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
                Ok(QueryOutcome::defined(statement))
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
        Ok(QueryOutcome::defined(statement))
    }

    fn drop_schema(&self, path: &Path, calm: bool, cascade: bool) -> Result<QueryOutcome, SqlError> {
        let (connection, project) = (self.session.connection, self.session.project);
        let name = path.parts.last().map_or("", String::as_str);
        if !catalogue::datasets(connection)?
            .iter()
            .any(|dataset| dataset.name == name)
        {
            return if calm {
                Ok(QueryOutcome::defined("DROP_SCHEMA"))
            } else {
                Err(SqlError::not_found(format!(
                    "Not found: Dataset {project}:{name}"
                )))
            };
        }
        let tables = catalogue::tables(connection, name)?;
        if !tables.is_empty() && !cascade {
            return Err(SqlError {
                reason: "resourceInUse",
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
        Ok(QueryOutcome::defined("DROP_SCHEMA"))
    }

    pub(super) fn alter_table(
        &self,
        path: &Path,
        calm: bool,
        changes: &[TableChange],
    ) -> Result<QueryOutcome, SqlError> {
        let full = self.full_name(path)?;
        if calm && !catalogue::exists(self.session.connection, &full)? {
            return Ok(QueryOutcome::defined("ALTER_TABLE"));
        }
        self.target(path)?;
        for change in changes {
            self.change_table(&full, change)?;
        }
        if !self.session.settings.dry_run && !matches!(changes, [TableChange::RenameTo(_)]) {
            catalogue::touch(self.session.connection, &full)?;
        }
        Ok(QueryOutcome::defined("ALTER_TABLE"))
    }

    fn change_table(&self, full: &str, change: &TableChange) -> Result<(), SqlError> {
        let connection = self.session.connection;
        let columns = columns_of(connection, full)?;
        let place = |name: &str| {
            columns
                .iter()
                .position(|column| column.name.eq_ignore_ascii_case(name))
        };
        let missing = |name: &str, at| self.wrong(at, format!("Column {name} not found in table {full}"));
        let dry = self.session.settings.dry_run;
        match change {
            TableChange::Add { definition, calm, at } => {
                let column = &definition.column;
                if place(&column.name).is_some() {
                    return if *calm {
                        Ok(())
                    } else {
                        Err(self.wrong(*at, format!("Column already exists: {}", column.name)))
                    };
                }
                if !column.nullable {
                    return Err(self.wrong(
                        *at,
                        format!("Cannot add required column {} to an existing table", column.name),
                    ));
                }
                self.check_default(definition)?;
                if !dry {
                    self.execute(&format!(
                        "ALTER TABLE {} ADD COLUMN {}",
                        quote(full),
                        kind::definition(column)
                    ))?;
                    if let Some(text) = &column.description {
                        catalogue::describe(connection, full, &column.name, text)?;
                    }
                    self.note_default(full, &column.name, definition.default.as_deref())?;
                }
            }
            TableChange::DropColumn { name, calm, at } => {
                let Some(place) = place(name) else {
                    return if *calm { Ok(()) } else { Err(missing(name, *at)) };
                };
                if columns.len() == 1 {
                    return Err(self.wrong(*at, "Cannot drop the only column of a table"));
                }
                self.rebuilt(full, &columns, |columns, rows| {
                    columns.remove(place);
                    rows.iter_mut().for_each(|row| drop(row.remove(place)));
                    Ok(())
                })?;
            }
            TableChange::RenameColumn { from, to, at } => {
                let place = place(from).ok_or_else(|| missing(from, *at))?;
                self.rebuilt(full, &columns, |columns, _| {
                    columns[place].name.clone_from(to);
                    Ok(())
                })?;
            }
            TableChange::SetKind { name, kind, at } => {
                let place = place(name).ok_or_else(|| missing(name, *at))?;
                let from = columns[place].kind.clone();
                if from != *kind && !WIDER.contains(&(from.clone(), kind.clone())) {
                    let (from, to) = (kind::name(&from), kind::name(kind));
                    return Err(self.wrong(*at, format!("ALTER TABLE ALTER COLUMN SET DATA TYPE requires that the existing column type ({from}) is assignable to the new type ({to})")));
                }
                self.rebuilt(full, &columns, |columns, rows| {
                    columns[place].kind = kind.clone();
                    for row in rows {
                        row[place] = super::cast::cast(&row[place], kind).map_err(SqlError::invalid)?;
                    }
                    Ok(())
                })?;
            }
            TableChange::DropNotNull { name, at } => {
                let place = place(name).ok_or_else(|| missing(name, *at))?;
                self.rebuilt(full, &columns, |columns, _| {
                    columns[place].nullable = true;
                    Ok(())
                })?;
            }
            TableChange::SetDefault { name, default, at } => {
                let place = place(name).ok_or_else(|| missing(name, *at))?;
                let column = columns[place].clone();
                self.check_default(&ColumnDefinition {
                    column,
                    default: default.clone(),
                })?;
                if !dry {
                    self.note_default(full, &columns[place].name, default.as_deref())?;
                }
            }
            TableChange::Describe {
                column: Some(name),
                description,
                at,
            } => {
                let place = place(name).ok_or_else(|| missing(name, *at))?;
                if let Some(text) = description.as_deref().filter(|_| !dry) {
                    catalogue::describe(connection, full, &columns[place].name, text)?;
                }
            }
            TableChange::Describe {
                column: None,
                description,
                ..
            } => {
                if let Some(text) = description.as_deref().filter(|_| !dry) {
                    self.note_description(full, text)?;
                }
            }
            TableChange::RenameTo(name) => {
                let dataset = full.split('.').next().unwrap_or_default();
                let to = format!("{dataset}.{name}");
                if self.make_room(&to, false, false)? {
                    self.execute(&format!("ALTER TABLE {} RENAME TO {}", quote(full), quote(&to)))?;
                    for table in ["__tables", "__columns", "__defaults", "__descriptions"] {
                        let sql = format!("UPDATE {table} SET name = ?1 WHERE name = ?2");
                        connection.execute(&sql, (&to, full)).map_err(internal)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The table made anew with other columns and what its rows become.
    fn rebuilt(
        &self,
        full: &str,
        columns: &[Column],
        change: impl FnOnce(&mut Vec<Column>, &mut Vec<Vec<Value>>) -> Result<(), SqlError>,
    ) -> Result<(), SqlError> {
        let connection = self.session.connection;
        let (mut columns, mut rows) = (columns.to_vec(), store::read(connection, full)?);
        let defaults = catalogue::defaults(connection, full)?;
        let (created, _) = catalogue::times(connection, full)?;
        change(&mut columns, &mut rows)?;
        if self.session.settings.dry_run {
            return Ok(());
        }
        let description: Option<String> = connection
            .query_row(
                "SELECT MAX(description) FROM __descriptions WHERE name = ?1",
                [full],
                |row| row.get(0),
            )
            .map_err(internal)?;
        catalogue::remove(connection, full)?;
        catalogue::create(connection, full, &columns)?;
        let sql = "UPDATE __tables SET created = ?2 WHERE name = ?1";
        connection.execute(sql, (full, created)).map_err(internal)?;
        for (column, text) in defaults
            .iter()
            .filter(|(name, _)| columns.iter().any(|column| column.name == *name))
        {
            self.note_default(full, column, Some(text))?;
        }
        if let Some(text) = description {
            self.note_description(full, &text)?;
        }
        store::insert(connection, full, &columns, &rows)
    }
}

fn duplicate(message: String) -> SqlError {
    SqlError {
        reason: "duplicate",
        message,
    }
}
