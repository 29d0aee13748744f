//! The splitters of transform-plugins, which send records to ports.

use super::{Batch, Implementation, NamedBatches, Plugin, StageContext};
use crate::plugin::projection::primitive;
use googlesql::value::{Column, Value};

/// No server was recorded with it; the version is that of core-plugins.
const ARTIFACT: (&str, &str, &str) = ("transform-plugins", "2.12.0", "SYSTEM");

pub(super) const PLUGINS: &[Plugin] = &[
    Plugin::new(
        "UnionSplitter",
        "splittertransform",
        ARTIFACT,
        &["unionField"],
        Implementation::Splitter(by_type),
    ),
    Plugin::new(
        "NullFieldSplitter",
        "splittertransform",
        ARTIFACT,
        &["field"],
        Implementation::Splitter(by_null),
    ),
];

fn port<'a>(ports: &'a mut NamedBatches, name: &str, columns: &[Column]) -> &'a mut Batch {
    let at = ports
        .iter()
        .position(|(port, _)| port == name)
        .unwrap_or_else(|| {
            let batch = Batch {
                columns: columns.to_vec(),
                rows: Vec::new(),
            };
            ports.push((name.to_owned(), batch));
            ports.len() - 1
        });
    &mut ports[at].1
}

/// The columns, one of them not nullable.
fn with_non_null(columns: &[Column], at: Option<usize>) -> Vec<Column> {
    let mut columns = columns.to_vec();
    if let Some(column) = at.and_then(|at| columns.get_mut(at)) {
        column.nullable = false;
    }
    columns
}

/// `NullFieldSplitter`: the ports `null` and `nonnull`.
fn by_null(context: &StageContext<'_>, batch: Batch) -> NamedBatches {
    let field = context.property("field", "");
    let at = batch.columns.iter().position(|column| column.name == field);
    let modify = context.property("modifySchema", "true") == "true";
    let non_null = if modify {
        with_non_null(&batch.columns, at)
    } else {
        batch.columns.clone()
    };
    let mut ports = NamedBatches::new();
    if !batch.columns.is_empty() {
        port(&mut ports, "null", &batch.columns);
        port(&mut ports, "nonnull", &non_null);
    }
    for row in batch.rows {
        let value = at.and_then(|at| row.get(at)).unwrap_or(&Value::Null);
        let (name, columns) = match value {
            Value::Null => ("null", &batch.columns),
            _ => ("nonnull", &non_null),
        };
        port(&mut ports, name, columns).rows.push(row);
    }
    ports
}

/// `UnionSplitter`: one port for each type of a union. The only unions here are those of a type and null.
fn by_type(context: &StageContext<'_>, batch: Batch) -> NamedBatches {
    let field = context.property("unionField", "");
    let modify = context.property("modifySchema", "true") == "true";
    let mut ports = NamedBatches::new();
    let Some(at) = batch.columns.iter().position(|column| column.name == field) else {
        for row in &batch.rows {
            context.emit_error(
                &batch.columns,
                row,
                100,
                format!("Field '{field}' does not exist."),
            );
        }
        return ports;
    };
    let kind = primitive(&batch.columns[at].kind);
    if !batch.columns[at].nullable {
        let text = format!("Field '{field}' is not of type union, but is of type '{kind}'.");
        for row in &batch.rows {
            context.emit_error(&batch.columns, row, 200, text.clone());
        }
        return ports;
    }
    let non_null = if modify {
        with_non_null(&batch.columns, Some(at))
    } else {
        batch.columns.clone()
    };
    for row in batch.rows {
        match row[at] {
            Value::Null => port(&mut ports, "null", &batch.columns).rows.push(row),
            _ => port(&mut ports, &kind.to_lowercase(), &non_null).rows.push(row),
        }
    }
    ports
}
