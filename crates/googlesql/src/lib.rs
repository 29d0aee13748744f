//! A SQL engine for GoogleSQL, the dialect of BigQuery, on rows that SQLite keeps.
//!
//! SQLite only stores: statements are parsed, typed and run here, so that types, NULLs, errors and their positions are
//! BigQuery's. It does no network I/O; servers and pipelines call a [`Warehouse`].
//!
//! ```
//! use googlesql::{QuerySettings, Warehouse};
//!
//! let warehouse = Warehouse::open(None, "my-project", "US")?;
//! let settings = QuerySettings::default();
//! warehouse.query("CREATE SCHEMA shop", &settings)?;
//! warehouse.query("CREATE TABLE shop.orders AS SELECT 1 AS id, NUMERIC '9.90' AS price", &settings)?;
//! let outcome = warehouse.query("SELECT SUM(price) AS total FROM shop.orders", &settings)?;
//! assert_eq!(outcome.columns[0].name, "total");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A statement's way, and the modules that it passes; each uses only those below it:
//!
//! ```text
//! warehouse              the entry: one statement, one transaction; load jobs
//! ddl, dml               CREATE, DROP, ALTER; INSERT, UPDATE, DELETE, MERGE
//! analysis               syntax tree → typed expressions and relations (names, types, signatures)
//! execution              rows of SELECT, joins, aggregates, windows, sorting
//! function               the scalar functions: name, signature, computation
//! session                the state of one statement, and the row that an expression sees
//! storage, cell          SQLite: connections, catalog, rows of tables; values as SQLite's cells
//! owner_only             files that only their owner can read
//! syntax                 text → syntax tree
//! cast, compare          CAST; order and equality
//! regexp                 regular expressions; the pipelines use it
//! numeric, datetime      exact decimals; dates, times and time zones
//! document               JSON, read within a bound
//! json_memory            what JSON from outside takes, before it is read
//! cancel, outcome        cancellation; what a statement is run with, and what it did
//! value, kind, error     values and types, their names, errors
//! memory                 the bytes of values and rows, which the crates above share; all that a statement holds
//! limits                 how deep a text nests and how large a value grows; the crates above share it
//! ```
//!
//! To add a function, add a line to a table in `function/` and name it in `docs/sql.md`. To add a statement, add it to
//! `syntax::ast::Statement`; the compiler then leads to `warehouse`.

#![cfg(feature = "full")]

mod analysis;
mod cancel;
mod cast;
pub mod cell;
mod compare;
mod datetime;
mod ddl;
mod dml;
mod document;
mod error;
mod execution;
mod function;
pub mod json_memory;
pub mod kind;
pub mod limits;
pub mod memory;
mod numeric;
mod outcome;
pub mod owner_only;
pub mod regexp;
mod session;
mod storage;
mod syntax;
pub mod value;
mod warehouse;

#[cfg(test)]
mod tests;

pub use cast::cast;
pub use datetime::parse_timestamp;
pub use error::SqlError;
pub use outcome::{Definition, Parameter, QueryOutcome, QuerySettings, RowChanges};
pub use storage::catalog::{DatasetDescription, TableDescription};
pub use storage::name::check_table_name;
pub use syntax::is_query;
pub use warehouse::{LoadOptions, TableUpdate, Warehouse, WriteDisposition};
