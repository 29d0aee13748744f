//! CREATE, DROP and TRUNCATE. Options, partitions and clusters are read and kept by nobody: they
//! change cost at Google, not results.

use super::error::SqlError;
use super::rewrite::{self, path, quote};
use super::statement::{Statement, done, moment_literals};
use super::token::{Kind, Token};
use super::{QueryOutcome, catalogue, internal, kind};
use crate::sandbox::value::ColumnType;

impl Statement<'_> {
    pub(super) fn truncate(&self) -> Result<QueryOutcome, SqlError> {
        let named = self.tokens.get(1).filter(|t| t.is("TABLE"));
        let (parts, next) = path(self.tokens, 2);
        let (Some(_), None, false) = (named, self.tokens.get(next), parts.is_empty()) else {
            return Err(self.unexpected(next.min(1)));
        };
        let name = self.names().table(&parts, 0)?;
        let found = self
            .existing(&name)?
            .ok_or_else(|| self.warehouse.not_found(&name))?;
        if found == "view" {
            let project = &self.warehouse.project;
            return Err(SqlError::invalid(format!(
                "Cannot truncate {project}:{name}: it is a VIEW, not a TABLE"
            )));
        }
        let count = self.execute(&format!("DELETE FROM {}", quote(&name)))?;
        self.note(&name)?;
        Ok(done("TRUNCATE_TABLE", Some(count)))
    }

    pub(super) fn create(&self) -> Result<QueryOutcome, SqlError> {
        let mut at = 1;
        let replace = self.words(&mut at, &["OR", "REPLACE"]);
        let what = self
            .tokens
            .get(at)
            .map(|t| t.text.to_ascii_uppercase())
            .unwrap_or_default();
        at += 1;
        let calm = self.words(&mut at, &["IF", "NOT", "EXISTS"]);
        let (parts, next) = path(self.tokens, at);
        match what.as_str() {
            "SCHEMA" => self.create_schema(&parts, calm),
            "TABLE" => self.create_table(&parts, next, calm, replace),
            "VIEW" => self.create_view(&parts, next, calm, replace),
            other => Err(SqlError::unsupported(
                self.sql,
                self.tokens[0].at,
                &format!("CREATE {other}"),
            )),
        }
    }

    pub(super) fn drop_object(&self) -> Result<QueryOutcome, SqlError> {
        let what = self
            .tokens
            .get(1)
            .map(|t| t.text.to_ascii_uppercase())
            .unwrap_or_default();
        if what != "TABLE" && what != "VIEW" {
            return Err(SqlError::unsupported(
                self.sql,
                self.tokens[0].at,
                &format!("DROP {what}"),
            ));
        }
        let mut at = 2;
        let calm = self.words(&mut at, &["IF", "EXISTS"]);
        let (parts, _) = path(self.tokens, at);
        let name = self.names().table(&parts, 0)?;
        if self.existing(&name)?.is_none() {
            return if calm {
                Ok(done("DROP_TABLE", None))
            } else {
                Err(self.warehouse.not_found(&name))
            };
        }
        self.drop_named(&what, &name)?;
        Ok(done(
            if what == "VIEW" { "DROP_VIEW" } else { "DROP_TABLE" },
            None,
        ))
    }

    fn create_schema(&self, parts: &[String], calm: bool) -> Result<QueryOutcome, SqlError> {
        let Some(name) = parts.last() else {
            return Err(self.unexpected(1));
        };
        let known = self.warehouse.datasets()?.contains(name);
        if known && !calm {
            let project = &self.warehouse.project;
            return Err(SqlError {
                reason: "duplicate",
                message: format!("Already Exists: Dataset {project}:{name}"),
            });
        }
        if !known && !self.settings.dry_run {
            self.warehouse
                .lock()
                .execute(
                    "INSERT INTO __datasets VALUES (?1, ?2)",
                    (name, chrono::Utc::now().timestamp_millis()),
                )
                .map_err(internal)?;
        }
        Ok(done("CREATE_SCHEMA", None))
    }

    /// Whether there is work left: makes room for a replacement, refuses a second one of the name.
    fn make_room(&self, name: &str, calm: bool, replace: bool) -> Result<bool, SqlError> {
        let dataset = name.split('.').next().unwrap_or_default();
        if !self.warehouse.datasets()?.iter().any(|known| known == dataset) {
            return Err(self.warehouse.not_found(name));
        }
        match self.existing(name)? {
            None => Ok(true),
            Some(_) if calm => Ok(false),
            Some(found) if replace => self.drop_named(found, name).map(|()| true),
            Some(_) => {
                let project = &self.warehouse.project;
                Err(SqlError {
                    reason: "duplicate",
                    message: format!("Already Exists: Table {project}:{name}"),
                })
            }
        }
    }

    fn create_table(
        &self,
        parts: &[String],
        at: usize,
        calm: bool,
        replace: bool,
    ) -> Result<QueryOutcome, SqlError> {
        let name = self.names().table(parts, 0)?;
        let columns = self.columns(at)?;
        if self.make_room(&name, calm, replace)? {
            self.execute(&format!("CREATE TABLE {} ({})", quote(&name), columns.join(", ")))?;
            self.note(&name)?;
            self.describe_columns(&name, at)?;
        }
        Ok(done("CREATE_TABLE", None))
    }

    fn create_view(
        &self,
        parts: &[String],
        at: usize,
        calm: bool,
        replace: bool,
    ) -> Result<QueryOutcome, SqlError> {
        let name = self.names().table(parts, 0)?;
        let Some(start) = self.tokens[at..]
            .iter()
            .position(|t| t.is("AS"))
            .map(|offset| at + offset + 1)
        else {
            return Err(self.unexpected(at));
        };
        let tokens = moment_literals(&self.warehouse.lock(), self.tokens[start..].to_vec());
        let body = rewrite::rewrite(self.names(), &tokens)?;
        if self.make_room(&name, calm, replace)? {
            self.execute(&format!("CREATE VIEW {} AS {body}", quote(&name)))?;
            self.note(&name)?;
        }
        Ok(done("CREATE_VIEW", None))
    }

    /// The column definitions in the brackets at `at`, in SQLite's words.
    fn columns(&self, at: usize) -> Result<Vec<String>, SqlError> {
        if !self.tokens.get(at).is_some_and(|t| t.is_symbol("(")) {
            return Err(SqlError::unsupported(
                self.sql,
                self.tokens[0].at,
                "CREATE TABLE without columns",
            ));
        }
        let mut definitions = Vec::new();
        for item in split(&self.tokens[at + 1..]) {
            let [name, type_name, rest @ ..] = item else {
                return Err(self.unexpected(at));
            };
            if name.is("PRIMARY") {
                continue; // NOT ENFORCED, at Google too.
            }
            let kind = kind::from_name(&type_name.text).ok_or_else(|| {
                SqlError::unsupported(self.sql, type_name.at, &format!("Type {}", type_name.text))
            })?;
            definitions.push(self.column(name, kind, rest)?);
        }
        Ok(definitions)
    }

    fn column(&self, name: &Token, kind: ColumnType, rest: &[Token]) -> Result<String, SqlError> {
        let mut definition = kind::definition(&name.text, kind);
        if rest
            .windows(2)
            .any(|pair| pair[0].is("NOT") && pair[1].is("NULL"))
        {
            definition.push_str(" NOT NULL");
        }
        if let Some(start) = rest.iter().position(|t| t.is("DEFAULT")) {
            let value = &rest[start + 1..];
            let end = value
                .iter()
                .position(|t| t.is("OPTIONS") || t.is("NOT"))
                .unwrap_or(value.len());
            let text = rewrite::rewrite(self.names(), &value[..end])?;
            definition = format!("{definition} DEFAULT ({text})");
        }
        Ok(definition)
    }

    fn words(&self, at: &mut usize, wanted: &[&str]) -> bool {
        let found = wanted
            .iter()
            .enumerate()
            .all(|(i, word)| self.tokens.get(*at + i).is_some_and(|t| t.is(word)));
        if found {
            *at += wanted.len();
        }
        found
    }

    fn existing(&self, name: &str) -> Result<Option<&'static str>, SqlError> {
        let found = catalogue::is_view(&self.warehouse.lock(), name)?;
        Ok(found.map(|is_view| if is_view { "view" } else { "table" }))
    }

    fn execute(&self, sql: &str) -> Result<usize, SqlError> {
        if self.settings.dry_run {
            return Ok(0);
        }
        let result = self.warehouse.lock().execute(sql, []);
        result.map_err(|error| self.warehouse.translate(self.sql, &error))
    }

    fn drop_named(&self, what: &str, name: &str) -> Result<(), SqlError> {
        self.execute(&format!("DROP {what} {}", quote(name)))?;
        if self.settings.dry_run {
            return Ok(());
        }
        catalogue::forget(&self.warehouse.lock(), name)
    }

    fn note(&self, name: &str) -> Result<(), SqlError> {
        if self.settings.dry_run {
            return Ok(());
        }
        catalogue::touch(&self.warehouse.lock(), name)
    }

    /// Keeps `OPTIONS (description = '…')` of the columns in the brackets at `at`.
    fn describe_columns(&self, table: &str, at: usize) -> Result<(), SqlError> {
        if self.settings.dry_run {
            return Ok(());
        }
        for item in split(&self.tokens[at + 1..]) {
            let text = item
                .windows(3)
                .find(|three| three[0].is("description") && three[1].is_symbol("="))
                .map(|three| three[2].text.as_str());
            if let (Some(text), Some(column)) = (text, item.first()) {
                catalogue::describe(&self.warehouse.lock(), table, &column.text, text)?;
            }
        }
        Ok(())
    }

    fn unexpected(&self, at: usize) -> SqlError {
        match self.tokens.get(at) {
            Some(token) => SqlError::syntax(self.sql, token.at, &format!("Unexpected \"{}\"", token.text)),
            None => SqlError::syntax(self.sql, self.sql.len(), "Unexpected end of statement"),
        }
    }
}

/// The comma-separated items up to the bracket that closes them.
fn split(tokens: &[Token]) -> Vec<&[Token]> {
    let mut items = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (i, token) in tokens.iter().enumerate() {
        match (token.kind, token.text.as_str()) {
            (Kind::Symbol, "(") => depth += 1,
            (Kind::Symbol, ")") if depth == 0 => {
                items.push(&tokens[start..i]);
                break;
            }
            (Kind::Symbol, ")") => depth -= 1,
            (Kind::Symbol, ",") if depth == 0 => {
                items.push(&tokens[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    items
}
