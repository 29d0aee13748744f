//! What SQLite keeps: connections, the catalog of datasets and tables, and the labels and rows of tables.
//!
//! It runs no GoogleSQL: a view's query is only text here.

pub(crate) mod catalog;
pub(crate) mod connections;
pub(crate) mod label;
pub(crate) mod name;
pub(crate) mod table;
