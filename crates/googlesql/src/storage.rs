//! What SQLite keeps: connections, the catalog of datasets and tables, and the labels and rows of tables.
//!
//! It runs no GoogleSQL: a view's query is only text here.

/// SQLite's name of the number of a row. `rowid` and `oid` mean the same, but may be columns.
pub(crate) const ROW_ID: &str = "_rowid_";

pub(crate) mod catalog;
pub(crate) mod connections;
pub(crate) mod label;
pub(crate) mod name;
pub(crate) mod table;
