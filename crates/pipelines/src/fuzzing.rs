//! Entries for the targets in `fuzz/`: they call what is private. Nothing else uses them.

use crate::artifact::class_file::ClassFile;
use crate::event::Failure;
use crate::macros::{Scope, expand};
use crate::memory::Memory;
use crate::plugin::{Batch, Headers, Implementation, StageContext, Stores, find};
use googlesql::value::{Column, Row};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

/// Whether these bytes can be read as a class file.
pub fn is_class_file(bytes: &[u8]) -> bool {
    ClassFile::read(bytes, &mut (1 << 20)).is_some()
}

/// Expands the macros of a text. How many bytes come out, or the failure.
pub fn macros(text: &str, scope: &Scope, escaping: bool) -> Result<usize, Failure> {
    expand(text, scope, escaping).map(|expanded| expanded.len())
}

/// Sends rows through a Wrangler stage with these properties. The rows that come out, or the failure.
pub fn wrangler(
    stores: &Stores,
    properties: &BTreeMap<String, String>,
    columns: Vec<Column>,
    rows: Vec<Row>,
) -> Result<Vec<Row>, Failure> {
    let Some(Implementation::Transform(apply)) =
        find("Wrangler", "transform").map(|plugin| plugin.implementation)
    else {
        return Ok(rows);
    };
    let context = StageContext {
        stage: "Wrangler",
        properties,
        stores,
        logical_start_time: "0",
        thread: "main",
        emit: &|_| {},
        stop: &AtomicBool::new(false),
        speed: 1.0,
        error_records: RefCell::default(),
        headers: Headers::default(),
        memory: Memory::default(),
    };
    apply(&context, Batch { columns, rows }).map(|batch| batch.rows)
}
