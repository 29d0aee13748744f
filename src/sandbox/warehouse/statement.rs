//! One statement on its way: rewritten, bound, run, its result typed. DDL goes to `warehouse/ddl.rs`.

use super::rewrite::{self, path};
use super::token::{Kind, Token};
use super::{QueryOutcome, QuerySettings, SqlError, Warehouse, catalogue, kind};
use crate::sandbox::value::{Column, ColumnType};
use rusqlite::Connection;
use rusqlite::types::Value as Cell;

/// A statement on its way.
pub(super) struct Statement<'a> {
    pub warehouse: &'a Warehouse,
    pub sql: &'a str,
    pub tokens: &'a [Token],
    pub settings: &'a QuerySettings,
}

impl<'a> Statement<'a> {
    pub(super) fn names(&self) -> rewrite::Names<'a> {
        rewrite::Names {
            sql: self.sql,
            project: &self.warehouse.project,
            dataset: self.settings.default_dataset.as_deref(),
            elsewhere: self
                .settings
                .location
                .as_deref()
                .filter(|place| !place.eq_ignore_ascii_case(&self.warehouse.location)),
        }
    }

    pub(super) fn select(&self) -> Result<QueryOutcome, SqlError> {
        self.check_parameters()?;
        let connection = self.warehouse.lock();
        let tokens = moment_literals(&connection, self.tokens.to_vec());
        let sql = rewrite::rewrite(self.names(), &tokens)?;
        let result = self.run_select(&connection, &sql);
        drop(connection);
        result.map_err(|error| self.warehouse.translate(self.sql, &error))
    }

    fn run_select(&self, connection: &Connection, sql: &str) -> rusqlite::Result<QueryOutcome> {
        let mut statement = connection.prepare(sql)?;
        self.bind(&mut statement)?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let declared: Vec<_> = statement
            .columns()
            .map(|c| c.decl_type().and_then(kind::declared))
            .collect();
        let width = names.len();
        let mut cells: Vec<Vec<Cell>> = Vec::new();
        let mut rows = statement.raw_query();
        while !self.settings.dry_run
            && let Some(row) = rows.next()?
        {
            cells.push((0..width).map(|i| row.get(i)).collect::<Result<_, _>>()?);
        }
        drop(rows);
        let kinds = self.kinds(connection, &declared, &cells);
        let shown: Vec<usize> = (0..width).filter(|i| names[*i] != rewrite::QUALIFY).collect();
        let pick = |row: Vec<Cell>| {
            shown
                .iter()
                .map(|&i| kind::value(row[i].clone(), kinds[i]))
                .collect()
        };
        Ok(QueryOutcome {
            statement_type: "SELECT",
            columns: columns(&names, &kinds, &shown),
            rows: cells.into_iter().map(pick).collect(),
            affected_rows: None,
        })
    }

    /// A type for each column: the declared one, else the guessed one, else what the cells are.
    fn kinds(
        &self,
        connection: &Connection,
        declared: &[Option<ColumnType>],
        cells: &[Vec<Cell>],
    ) -> Vec<ColumnType> {
        let inferred = kind::select_items(connection, self.tokens);
        let fits = inferred.len() == declared.len();
        let guessed = |i: usize| inferred.get(i).copied().flatten().filter(|_| fits);
        declared
            .iter()
            .enumerate()
            .map(|(i, known)| {
                known
                    .or_else(|| guessed(i))
                    .unwrap_or_else(|| kind::of_cells(cells.iter().map(|row| &row[i])))
            })
            .collect()
    }

    pub(super) fn change(&self, statement_type: &'static str) -> Result<QueryOutcome, SqlError> {
        let tokens = self.spelled_out(statement_type)?;
        let at = if statement_type == "UPDATE" { 1 } else { 2 };
        let target = self.names().table(&path(&tokens, at).0, tokens[0].at)?;
        self.check_parameters()?;
        let connection = self.warehouse.lock();
        let tokens = moment_literals(&connection, tokens);
        let sql = rewrite::rewrite(self.names(), &tokens)?;
        let run = || {
            let mut statement = connection.prepare(&sql)?;
            self.bind(&mut statement)?;
            if self.settings.dry_run {
                Ok(0)
            } else {
                statement.raw_execute()
            }
        };
        let result: rusqlite::Result<usize> = run();
        if matches!(result, Ok(count) if count > 0) {
            catalogue::touch(&connection, &target)?;
        }
        drop(connection);
        let count = result.map_err(|error| self.warehouse.translate(self.sql, &error))?;
        Ok(done(statement_type, Some(count)))
    }

    /// The tokens with the INTO or FROM that GoogleSQL lets one leave out, and not without a WHERE
    /// where it wants one.
    fn spelled_out(&self, statement_type: &str) -> Result<Vec<Token>, SqlError> {
        let mut tokens = self.tokens.to_vec();
        if statement_type != "INSERT" && !tokens.iter().any(|t| t.is("WHERE")) {
            let place = super::error::place(self.sql, tokens[0].at);
            return Err(SqlError::invalid(format!(
                "{statement_type} must have a WHERE clause at {place}"
            )));
        }
        let word = match statement_type {
            "INSERT" => "INTO",
            "DELETE" => "FROM",
            _ => return Ok(tokens),
        };
        if !tokens.get(1).is_some_and(|t| t.is(word)) {
            let at = tokens[0].at;
            tokens.insert(
                1,
                Token {
                    kind: Kind::Word,
                    text: word.into(),
                    at,
                },
            );
        }
        Ok(tokens)
    }

    /// SQLite takes a parameter that nobody gave for NULL; GoogleSQL does not.
    fn check_parameters(&self) -> Result<(), SqlError> {
        let mut position = 0;
        for token in self.tokens.iter().filter(|t| t.kind == Kind::Parameter) {
            let given = &self.settings.parameters;
            let place = || super::error::place(self.sql, token.at);
            if token.text == "?" {
                position += 1;
                if given.iter().filter(|(name, _)| name.is_empty()).count() < position {
                    return Err(SqlError::invalid(format!(
                        "Query parameter number {position} is not defined at {}",
                        place()
                    )));
                }
            } else if !given
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case(&token.text[1..]))
            {
                let name = &token.text[1..];
                return Err(SqlError::invalid(format!(
                    "Query parameter '{name}' not found at {}",
                    place()
                )));
            }
        }
        Ok(())
    }

    fn bind(&self, statement: &mut rusqlite::Statement<'_>) -> rusqlite::Result<()> {
        for (index, (name, value)) in self.settings.parameters.iter().enumerate() {
            // Names of parameters have no case in GoogleSQL, but one in SQLite: ask for each.
            for place in 1..=statement.parameter_count() {
                let wanted = match statement.parameter_name(place) {
                    Some(given) => given[1..].eq_ignore_ascii_case(name),
                    None => name.is_empty() && place == index + 1,
                };
                if wanted {
                    statement.raw_bind_parameter(place, kind::cell(value))?;
                }
            }
        }
        Ok(())
    }
}

pub(super) fn done(statement_type: &'static str, count: Option<usize>) -> QueryOutcome {
    QueryOutcome {
        statement_type,
        columns: Vec::new(),
        rows: Vec::new(),
        affected_rows: count.map(|count| u64::try_from(count).unwrap_or(u64::MAX)),
    }
}

/// `updated_at > '2024-01-01'`: GoogleSQL reads such a text as a TIMESTAMP, SQLite as a text.
pub(super) fn moment_literals(connection: &Connection, mut tokens: Vec<Token>) -> Vec<Token> {
    let compares =
        |t: &Token| t.kind == Kind::Symbol && ["=", "<", ">", "<=", ">=", "<>", "!="].contains(&&*t.text);
    let is_moment = |t: &Token| {
        let name = t.text.rsplit('.').next().unwrap_or_default();
        matches!(t.kind, Kind::Word | Kind::Name)
            && kind::column(connection, name) == Some(ColumnType::Timestamp)
    };
    let places: Vec<usize> = tokens
        .windows(3)
        .enumerate()
        .filter(|(_, three)| compares(&three[1]))
        .filter_map(|(at, three)| match (three[0].kind, three[2].kind) {
            (_, Kind::Text) if is_moment(&three[0]) => Some(at + 2),
            (Kind::Text, _) if at == 0 || !tokens[at - 1].is("TIMESTAMP") => {
                // The column may stand behind its table's name.
                let column = tokens[at + 2..]
                    .chunks(2)
                    .take_while(|pair| pair.get(1).is_some_and(|t| t.is_symbol(".")))
                    .count();
                tokens
                    .get(at + 2 + 2 * column)
                    .filter(|t| is_moment(t))
                    .map(|_| at)
            }
            _ => None,
        })
        .collect();
    for place in places.into_iter().rev() {
        let at = tokens[place].at;
        let text = "TIMESTAMP".to_owned();
        tokens.insert(
            place,
            Token {
                kind: Kind::Word,
                text,
                at,
            },
        );
    }
    tokens
}

/// The result's columns; an expression without an alias is called as at Google: `f0_`, `f1_` …
fn columns(names: &[String], kinds: &[ColumnType], shown: &[usize]) -> Vec<Column> {
    let mut unnamed = 0;
    let mut column = |&i: &usize| {
        let name = &names[i];
        let plain = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
            && !["TRUE", "FALSE", "NULL"].contains(&name.to_ascii_uppercase().as_str());
        if plain {
            return Column::nullable(name, kinds[i]);
        }
        unnamed += 1;
        Column::nullable(format!("f{}_", unnamed - 1), kinds[i])
    };
    shown.iter().map(&mut column).collect()
}
