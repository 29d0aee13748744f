//! Statements that change schemas, tables and views: CREATE, DROP and ALTER.

mod alter;
mod create;
mod drop;
mod new_table;
