//! The splitters of transform-plugins: records leave by ports.

use super::{Batch, Implementation, NamedBatches, Plugin, StageContext};
use crate::plugin::projection::primitive;
use googlesql::value::{Column, Value};

/// Its version was never seen on a server: the one that goes with core-plugins.
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

/// The columns with one that cannot be null.
fn sure(columns: &[Column], at: Option<usize>) -> Vec<Column> {
    let mut columns = columns.to_vec();
    if let Some(column) = at.and_then(|at| columns.get_mut(at)) {
        column.nullable = false;
    }
    columns
}

/// `null` and `nonnull`.
fn by_null(context: &StageContext<'_>, batch: Batch) -> NamedBatches {
    let field = context.property("field", "");
    let at = batch.columns.iter().position(|column| column.name == field);
    let modify = context.property("modifySchema", "true") == "true";
    let sure = if modify {
        sure(&batch.columns, at)
    } else {
        batch.columns.clone()
    };
    let mut ports = NamedBatches::new();
    if !batch.columns.is_empty() {
        port(&mut ports, "null", &batch.columns);
        port(&mut ports, "nonnull", &sure);
    }
    for row in batch.rows {
        let value = at.and_then(|at| row.get(at)).unwrap_or(&Value::Null);
        let (name, columns) = match value {
            Value::Null => ("null", &batch.columns),
            _ => ("nonnull", &sure),
        };
        port(&mut ports, name, columns).rows.push(row);
    }
    ports
}

/// One port for each type of a union. The only unions here are those of a type and null.
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
    let sure = if modify {
        sure(&batch.columns, Some(at))
    } else {
        batch.columns.clone()
    };
    for row in batch.rows {
        match row[at] {
            Value::Null => port(&mut ports, "null", &batch.columns).rows.push(row),
            _ => port(&mut ports, &kind.to_lowercase(), &sure).rows.push(row),
        }
    }
    ports
}
