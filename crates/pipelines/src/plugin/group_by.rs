//! The aggregators of core-plugins: `GroupByAggregate`, `Distinct` and `Deduplicate`.
//!
//! Groups are returned in the order in which they first appear; a server's order is undefined.
//! `group_by/function.rs` computes the aggregates.

mod function;

use super::{Batch, CORE, Implementation, NamedBatches, Plugin, StageContext, failure};
use crate::event::Failure;
use function::Aggregate;
use googlesql::value::{Column, Value};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

pub(super) const PLUGINS: &[Plugin] = &[
    Plugin::new(
        "GroupByAggregate",
        "batchaggregator",
        CORE,
        &["groupByFields", "aggregates"],
        Implementation::Aggregator(group_by),
    ),
    Plugin::new(
        "Distinct",
        "batchaggregator",
        CORE,
        &[],
        Implementation::Aggregator(distinct),
    ),
    Plugin::new(
        "Deduplicate",
        "batchaggregator",
        CORE,
        &[],
        Implementation::Aggregator(deduplicate),
    ),
];

/// Validates the properties at deploy time; those with macros are not checked.
pub(crate) fn configure(properties: &BTreeMap<String, String>) -> Result<(), String> {
    let aggregates = properties.get("aggregates").map_or("", String::as_str);
    if aggregates.contains("${") {
        return Ok(());
    }
    Aggregate::parse_list(aggregates).map(drop)
}

fn illegal(text: impl Into<String>) -> Failure {
    failure("java.lang.IllegalArgumentException", text)
}

/// Concatenates the rows of all inputs.
fn concat_inputs(context: &StageContext<'_>, inputs: NamedBatches) -> Result<Batch, Failure> {
    let mut whole = Batch::default();
    for (_, batch) in inputs {
        if whole.columns.is_empty() {
            whole = batch;
        } else if whole.columns == batch.columns {
            whole.rows.extend(batch.rows);
        } else if !batch.rows.is_empty() {
            return Err(illegal(format!(
                "Stage '{}' has inputs with different schemas",
                context.stage
            )));
        }
    }
    Ok(whole)
}

fn names(list: &str) -> Vec<&str> {
    list.split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect()
}

fn indices(
    columns: &[Column],
    names: &[&str],
    missing: impl Fn(&str) -> String,
) -> Result<Vec<usize>, Failure> {
    let index = |name: &&str| {
        let found = columns.iter().position(|column| column.name == **name);
        found.ok_or_else(|| illegal(missing(name)))
    };
    names.iter().map(index).collect()
}

/// The row numbers of each group.
fn groups(rows: &[Vec<Value>], indices: &[usize]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (number, row) in rows.iter().enumerate() {
        let key: Vec<&Value> = indices.iter().map(|index| &row[*index]).collect();
        let group = *known.entry(format!("{key:?}")).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(number);
    }
    groups
}

fn group_by(context: &StageContext<'_>, inputs: NamedBatches) -> Result<Batch, Failure> {
    let aggregates = Aggregate::parse_list(&context.property("aggregates", "")).map_err(illegal)?;
    let batch = concat_inputs(context, inputs)?;
    if batch.columns.is_empty() {
        return Ok(Batch::default());
    }
    let fields = context.property("groupByFields", "");
    let indices = indices(&batch.columns, &names(&fields), |name| {
        format!("Cannot group by field '{name}' because it does not exist in input schema.")
    })?;
    let mut columns: Vec<Column> = indices
        .iter()
        .map(|index| batch.columns[*index].clone())
        .collect();
    for aggregate in &aggregates {
        columns.push(aggregate.column(&batch.columns).map_err(illegal)?);
    }
    let groups = groups(&batch.rows, &indices);
    context.count("aggregator.groups", groups.len());
    let mut rows = Vec::with_capacity(groups.len());
    let mut memory = context.memory.of_output();
    for group in groups {
        let mut row: Vec<Value> = indices
            .iter()
            .map(|index| batch.rows[group[0]][*index].clone())
            .collect();
        for aggregate in &aggregates {
            let members = group.iter().map(|number| batch.rows[*number].as_slice());
            let value = aggregate.value(&batch.columns, members).map_err(illegal)?;
            memory
                .row(std::slice::from_ref(&value))
                .map_err(|text| context.too_large(&text))?;
            row.push(value);
        }
        rows.push(row);
    }
    Ok(Batch { columns, rows })
}

fn distinct(context: &StageContext<'_>, inputs: NamedBatches) -> Result<Batch, Failure> {
    let batch = concat_inputs(context, inputs)?;
    if batch.columns.is_empty() {
        return Ok(Batch::default());
    }
    let fields = context.property("fields", "");
    let mut indices = indices(&batch.columns, &names(&fields), |name| {
        format!("Field {name} does not exist in input schema.")
    })?;
    if indices.is_empty() {
        indices = (0..batch.columns.len()).collect();
    }
    let groups = groups(&batch.rows, &indices);
    context.count("aggregator.groups", groups.len());
    let row = |group: Vec<usize>| {
        let first = &batch.rows[group[0]];
        indices.iter().map(|index| first[*index].clone()).collect()
    };
    Ok(Batch {
        columns: indices
            .iter()
            .map(|index| batch.columns[*index].clone())
            .collect(),
        rows: groups.into_iter().map(row).collect(),
    })
}

/// `Deduplicate`: keeps one record of each group.
fn deduplicate(context: &StageContext<'_>, inputs: NamedBatches) -> Result<Batch, Failure> {
    let fields = context.property("uniqueFields", "");
    let filter = context.property("filterOperation", "");
    let filter = parse_filter(&filter)?;
    if names(&fields).is_empty() {
        // The key of all groups would be a record without fields; what a server does then is not known.
        return Err(context.unsupported("uniqueFields", ""));
    }
    let batch = concat_inputs(context, inputs)?;
    if batch.columns.is_empty() {
        return Ok(Batch::default());
    }
    let unique = indices(&batch.columns, &names(&fields), |name| {
        format!("Field {name} does not exist in input schema.")
    })?;
    let filter = match filter {
        None => None,
        Some((field, function)) => {
            let index = indices(&batch.columns, &[field], |name| {
                format!(
                    "Field '{name}' cannot be used as a filter field since it does not exist in the output schema"
                )
            })?;
            Some((index[0], function))
        }
    };
    let groups = groups(&batch.rows, &unique);
    context.count("aggregator.groups", groups.len());
    let rows = groups.into_iter().map(|group| {
        let mut numbers = group.into_iter();
        let first = numbers.next().unwrap_or_default();
        let kept = numbers.fold(first, |kept, other| match &filter {
            Some((index, function)) => {
                let (one, two) = (&batch.rows[kept][*index], &batch.rows[other][*index]);
                if keeps_first(function, one, two) {
                    kept
                } else {
                    other
                }
            }
            None => kept,
        });
        batch.rows[kept].clone()
    });
    let rows = rows.collect();
    Ok(Batch {
        columns: batch.columns,
        rows,
    })
}

/// Parses `field:FUNCTION`, which selects the record that a group keeps.
fn parse_filter(filter: &str) -> Result<Option<(&str, String)>, Failure> {
    match filter.split(':').map(str::trim).collect::<Vec<_>>()[..] {
        [""] => Ok(None),
        [field, function] => {
            // The plugin ignores what follows a blank.
            let word = function.split(' ').next().unwrap_or_default();
            let function = word.to_uppercase();
            if !["FIRST", "LAST", "MIN", "MAX", "ANY"].contains(&function.as_str()) {
                return Err(illegal(format!(
                    "Invalid function '{word}'. Must be one of FIRST,LAST,MIN,MAX,ANY."
                )));
            }
            Ok(Some((field, function)))
        }
        _ => Err(illegal(format!(
            "Invalid filter operation. It should be of format 'fieldName:functionName'. But got : {filter}"
        ))),
    }
}

/// Whether the first of two records is kept; of two equal ones it is the second (`NumberSelection.select`).
fn keeps_first(function: &str, one: &Value, two: &Value) -> bool {
    match (function, one, two) {
        ("FIRST" | "ANY", ..) | (_, _, Value::Null) => true,
        ("LAST", ..) | (_, Value::Null, _) => false,
        ("MAX", ..) => function::compare(one, two) == Ordering::Greater,
        _ => function::compare(one, two) == Ordering::Less,
    }
}
