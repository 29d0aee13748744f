//! `ErrorCollector`: the error records of other stages, with fields for the message, the code and the stage.

use super::{Batch, CORE, ErrorRecord, Implementation, Plugin, StageContext, failure};
use crate::event::Failure;
use googlesql::value::{Column, ColumnType, Value};

pub(super) const PLUGINS: &[Plugin] = &[Plugin::new(
    "ErrorCollector",
    "errortransform",
    CORE,
    &[],
    Implementation::ErrorTransform(collect),
)];

/// A duplicate field fails the run; a server refuses it at deploy time, if it knows the input schema then.
fn collect(context: &StageContext<'_>, records: Vec<ErrorRecord>) -> Result<Vec<Batch>, Failure> {
    let named = |property: &str| Some(context.property(property, "")).filter(|name| !name.is_empty());
    let added = [
        (named("messageField"), ColumnType::String),
        (named("codeField"), ColumnType::Int64),
        (named("stageField"), ColumnType::String),
    ];
    let mut batches: Vec<(Vec<Column>, Batch)> = Vec::new();
    for record in records {
        let values = [
            Value::Text(record.message),
            Value::Int(record.code),
            Value::Text(record.stage),
        ];
        let mut row = record.row;
        let wanted = added.iter().zip(values);
        row.extend(wanted.filter_map(|((name, _), value)| name.as_ref().map(|_| value)));
        if let Some((_, batch)) = batches.iter_mut().find(|(columns, _)| *columns == record.columns) {
            batch.rows.push(row);
            continue;
        }
        let mut columns = record.columns.clone();
        for (name, kind) in &added {
            let Some(name) = name else { continue };
            if columns.iter().any(|column| column.name == *name) {
                let text = format!("Input schema already contains field '{name}'.");
                return Err(failure("java.lang.IllegalArgumentException", text));
            }
            columns.push(Column {
                nullable: false,
                ..Column::nullable(name.clone(), kind.clone())
            });
        }
        let rows = vec![row];
        batches.push((record.columns, Batch { columns, rows }));
    }
    Ok(batches.into_iter().map(|(_, batch)| batch).collect())
}
