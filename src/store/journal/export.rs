//! Every fact of the journal in the order in which they were written, one at a time; also of a damaged file, as far
//! as it can be read, and then it says what could not be. The file itself is never changed.

use super::read_only::{self, Copy};
use super::schema;
use crate::store::error::StoreError;
use domain::time::Timestamp;
use rusqlite::{Connection, Row};
use serde_json::{Map, Value};
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::Path;

/// How many bytes of a file a fact takes at least: a bound for the positions that may be in it.
const SMALLEST_FACT: u64 = 64;

/// What is in one place of the journal, or in several that cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub enum Exported {
    /// A fact.
    Fact {
        /// Its run.
        run: String,
        /// When it happened.
        at: Timestamp,
        /// The fact as it is written, with `event` and its own keys; those of a newer Downbeat too.
        body: Map<String, Value>,
    },
    /// Places that cannot be read. Positions count all facts that were ever written, from 1.
    Unreadable {
        /// The first position.
        from: i64,
        /// The last one.
        to: i64,
        /// Why not.
        reason: String,
    },
}

/// Gives away everything in the journal until `each` fails; false if some of it could not be read. Blocks.
///
/// # Errors
/// Nothing can be read, or the first error of `each`.
pub(super) fn export<E: From<StoreError>>(
    path: &Path,
    each: &mut dyn FnMut(Exported) -> Result<(), E>,
) -> Result<bool, E> {
    let opened = match schema::exists(path) {
        Ok(false) => return Ok(true),
        Ok(true) => read_only::open(path),
        Err(error) => Err(error),
    };
    match opened {
        Ok(reading) => facts(path, &reading.connection, each),
        Err(error @ StoreError::Damaged { .. }) => salvage(path, error, each),
        Err(error) => Err(error.into()),
    }
}

/// Reads a copy as a file with the tables of a journal, whatever its head says.
fn salvage<E: From<StoreError>>(
    path: &Path,
    damage: StoreError,
    each: &mut dyn FnMut(Exported) -> Result<(), E>,
) -> Result<bool, E> {
    let copy = Copy::of(path)?;
    let file = copy.file();
    let is_a_journal = |connection: &Connection| {
        let known = connection.prepare("SELECT rowid, run, seq, at, body FROM events");
        known.is_ok()
    };
    // SQLite removes the -wal of a file without contents, and the facts in it.
    let first = schema::has_bytes(&file).then(|| tolerant(&file));
    let first = first.and_then(Result::ok).filter(is_a_journal);
    let connection = if let Some(connection) = first {
        connection
    } else {
        give_head(&file)?;
        let second = tolerant(&file).ok().filter(is_a_journal);
        second.ok_or_else(|| damage.clone())?
    };
    let mut found = 0_u64;
    let whole = facts(path, &connection, &mut |exported| {
        found += u64::from(matches!(exported, Exported::Fact { .. }));
        each(exported)
    })?;
    if found == 0 {
        return Err(damage.into());
    }
    if whole {
        let StoreError::Damaged { reason, .. } = damage else {
            return Ok(false);
        };
        // Where what is missing was cannot be told.
        each(Exported::Unreadable {
            from: 0,
            to: 0,
            reason,
        })?;
    }
    Ok(false)
}

/// A connection to a copy that does not mind a wrong length.
fn tolerant(file: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.execute_batch("PRAGMA writable_schema = ON;")?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// Replaces the first page of a copy, which says where the tables are, by that of a new journal: they always begin at
/// the same places.
fn give_head(file: &Path) -> Result<(), StoreError> {
    let fresh = schema::beside(file, ".fresh");
    drop(schema::open(&fresh)?);
    let at_path = |error| StoreError::io(file, &error);
    let mut head = vec![0; PAGE];
    let mut made = std::fs::File::open(&fresh).map_err(at_path)?;
    let is_empty = !schema::has_bytes(file);
    if is_empty {
        // Facts may be in the -wal alone: then every page of a new journal is needed.
        head.clear();
        made.read_to_end(&mut head).map_err(at_path)?;
    } else {
        made.read_exact(&mut head).map_err(at_path)?;
        // The length that the head tells: 0 is the file's own.
        head[28..32].fill(0);
    }
    let mut damaged = OpenOptions::new();
    damaged.write(true).create(true).truncate(false);
    let mut damaged = damaged.open(file).map_err(at_path)?;
    damaged.write_all(&head).map_err(at_path)
}

/// The size of a page of SQLite, unless somebody says otherwise.
const PAGE: usize = 4096;

/// All facts by position. Behind a place that cannot be read it goes on with the next one.
fn facts<E: From<StoreError>>(
    path: &Path,
    connection: &Connection,
    each: &mut dyn FnMut(Exported) -> Result<(), E>,
) -> Result<bool, E> {
    let sql = "SELECT rowid, run, at, body FROM events NOT INDEXED WHERE rowid >= ?1 ORDER BY rowid";
    let at_path = |error| StoreError::sqlite(path, &error);
    let mut statement = connection.prepare(sql).map_err(at_path)?;
    let mut gap = Gap::default();
    let (mut next, mut last) = (1, None);
    loop {
        let mut rows = statement.query([next]).map_err(at_path)?;
        let error = loop {
            match rows.next() {
                Ok(None) => break None,
                Err(error) => break Some(error.to_string()),
                Ok(Some(row)) => match place(row, next) {
                    Err(reason) => break Some(reason),
                    Ok(position) => {
                        next = position + 1;
                        match fact(row) {
                            Ok(fact) => {
                                gap.give(each)?;
                                each(fact)?;
                            }
                            Err(reason) => gap.add(position, reason),
                        }
                    }
                },
            }
        };
        let Some(reason) = error else { break };
        gap.add(next, reason);
        next += 1;
        if next > *last.get_or_insert_with(|| last_place(path, connection, next)) {
            break;
        }
    }
    gap.give(each)?;
    Ok(!gap.is_any)
}

/// The position of a row, which must not lie before the one that is asked for.
fn place(row: &Row<'_>, next: i64) -> Result<i64, String> {
    match row.get(0) {
        Ok(position) if position >= next => Ok(position),
        Ok(_) => Err("a place occurs twice".into()),
        Err(error) => Err(error.to_string()),
    }
}

fn fact(row: &Row<'_>) -> Result<Exported, String> {
    let text = |error: rusqlite::Error| error.to_string();
    let body: String = row.get("body").map_err(text)?;
    let body: Map<String, Value> = serde_json::from_str(&body).map_err(|error| error.to_string())?;
    Ok(Exported::Fact {
        run: row.get("run").map_err(text)?,
        at: Timestamp::from_millis(row.get("at").map_err(text)?),
        body,
    })
}

/// The last position that may hold a fact.
fn last_place(path: &Path, connection: &Connection, next: i64) -> i64 {
    let last = connection.query_row("SELECT max(rowid) FROM events", [], |row| row.get(0));
    last.unwrap_or_else(|_| {
        let length = std::fs::metadata(path).map_or(0, |file| file.len());
        next.saturating_add_unsigned(length / SMALLEST_FACT)
    })
}

/// Neighbouring places that cannot be read.
#[derive(Default)]
struct Gap {
    now: Option<(i64, i64, String)>,
    is_any: bool,
}

impl Gap {
    fn add(&mut self, position: i64, reason: String) {
        self.is_any = true;
        match &mut self.now {
            Some((_, to, _)) => *to = position,
            None => self.now = Some((position, position, reason)),
        }
    }

    fn give<E>(&mut self, each: &mut dyn FnMut(Exported) -> Result<(), E>) -> Result<(), E> {
        match self.now.take() {
            Some((from, to, reason)) => each(Exported::Unreadable { from, to, reason }),
            None => Ok(()),
        }
    }
}
