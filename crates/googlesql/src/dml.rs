//! Statements that change rows: INSERT, UPDATE, DELETE, TRUNCATE and MERGE.
//!
//! Each is analysed to its end before the first row is read, so a dry run finds its errors, and all rows are computed
//! before the first is written.

mod insert;
mod merge;
mod row;
mod target;
mod update;
