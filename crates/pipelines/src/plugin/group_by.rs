//! The aggregators of core-plugins: `GroupByAggregate`, `Distinct` and `Deduplicate`.
//!
//! Groups leave in the order in which they first came; a server's order is any. `group_by/function.rs`
//! computes.

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

/// What is refused when a pipeline is deployed; properties that hold a macro are not looked at.
pub(crate) fn configure(properties: &BTreeMap<String, String>) -> Result<(), String> {
    let aggregates = properties.get("aggregates").map_or("", String::as_str);
    if aggregates.contains("${") {
        return Ok(());
    }
    Aggregate::all(aggregates).map(drop)
}

fn illegal(text: impl Into<String>) -> Failure {
    failure("java.lang.IllegalArgumentException", text)
}

/// All rows of an aggregator's inputs: it sees them as one.
fn whole(context: &StageContext<'_>, inputs: NamedBatches) -> Result<Batch, Failure> {
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

fn places(
    columns: &[Column],
    names: &[&str],
    missing: impl Fn(&str) -> String,
) -> Result<Vec<usize>, Failure> {
    let place = |name: &&str| {
        let found = columns.iter().position(|column| column.name == **name);
        found.ok_or_else(|| illegal(missing(name)))
    };
    names.iter().map(place).collect()
}

/// The numbers of the rows of each group.
fn groups(rows: &[Vec<Value>], places: &[usize]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (number, row) in rows.iter().enumerate() {
        let key: Vec<&Value> = places.iter().map(|place| &row[*place]).collect();
        let group = *known.entry(format!("{key:?}")).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(number);
    }
    groups
}

fn group_by(context: &StageContext<'_>, inputs: NamedBatches) -> Result<Batch, Failure> {
    let aggregates = Aggregate::all(&context.property("aggregates", "")).map_err(illegal)?;
    let batch = whole(context, inputs)?;
    if batch.columns.is_empty() {
        return Ok(Batch::default());
    }
    let fields = context.property("groupByFields", "");
    let places = places(&batch.columns, &names(&fields), |name| {
        format!("Cannot group by field '{name}' because it does not exist in input schema.")
    })?;
    let mut columns: Vec<Column> = places.iter().map(|place| batch.columns[*place].clone()).collect();
    for aggregate in &aggregates {
        columns.push(aggregate.column(&batch.columns).map_err(illegal)?);
    }
    let groups = groups(&batch.rows, &places);
    context.count("aggregator.groups", groups.len());
    let mut rows = Vec::with_capacity(groups.len());
    for group in groups {
        let mut row: Vec<Value> = places
            .iter()
            .map(|place| batch.rows[group[0]][*place].clone())
            .collect();
        for aggregate in &aggregates {
            let members = group.iter().map(|number| batch.rows[*number].as_slice());
            row.push(aggregate.value(&batch.columns, members).map_err(illegal)?);
        }
        rows.push(row);
    }
    Ok(Batch { columns, rows })
}

fn distinct(context: &StageContext<'_>, inputs: NamedBatches) -> Result<Batch, Failure> {
    let batch = whole(context, inputs)?;
    if batch.columns.is_empty() {
        return Ok(Batch::default());
    }
    let fields = context.property("fields", "");
    let mut places = places(&batch.columns, &names(&fields), |name| {
        format!("Field {name} does not exist in input schema.")
    })?;
    if places.is_empty() {
        places = (0..batch.columns.len()).collect();
    }
    let groups = groups(&batch.rows, &places);
    context.count("aggregator.groups", groups.len());
    let row = |group: Vec<usize>| {
        let first = &batch.rows[group[0]];
        places.iter().map(|place| first[*place].clone()).collect()
    };
    Ok(Batch {
        columns: places.iter().map(|place| batch.columns[*place].clone()).collect(),
        rows: groups.into_iter().map(row).collect(),
    })
}

/// Which record of a group stays.
fn deduplicate(context: &StageContext<'_>, inputs: NamedBatches) -> Result<Batch, Failure> {
    let fields = context.property("uniqueFields", "");
    let filter = context.property("filterOperation", "");
    let chosen = match filter.split(':').map(str::trim).collect::<Vec<_>>()[..] {
        [""] => None,
        [field, function] => {
            // What stands behind a blank is dropped.
            let word = function.split(' ').next().unwrap_or_default();
            let function = word.to_uppercase();
            if !["FIRST", "LAST", "MIN", "MAX", "ANY"].contains(&function.as_str()) {
                return Err(illegal(format!(
                    "Invalid function '{word}'. Must be one of FIRST,LAST,MIN,MAX,ANY."
                )));
            }
            Some((field, function))
        }
        _ => {
            return Err(illegal(format!(
                "Invalid filter operation. It should be of format 'fieldName:functionName'. But got : {filter}"
            )));
        }
    };
    if names(&fields).is_empty() {
        // A record without a field as the key of all groups: what a server makes of it is not known.
        return Err(context.unsupported("uniqueFields", ""));
    }
    let batch = whole(context, inputs)?;
    if batch.columns.is_empty() {
        return Ok(Batch::default());
    }
    let places = places(&batch.columns, &names(&fields), |name| {
        format!("Field {name} does not exist in input schema.")
    })?;
    let chosen = match chosen {
        None => None,
        Some((field, function)) => {
            let place = batch.columns.iter().position(|column| column.name == field);
            let place = place.ok_or_else(|| {
                illegal(format!(
                    "Field '{field}' cannot be used as a filter field since it does not exist in the output schema"
                ))
            })?;
            Some((place, function))
        }
    };
    let groups = groups(&batch.rows, &places);
    context.count("aggregator.groups", groups.len());
    let rows = groups.into_iter().map(|group| {
        let mut numbers = group.into_iter();
        let first = numbers.next().unwrap_or_default();
        let kept = numbers.fold(first, |kept, other| match &chosen {
            Some((place, function)) => {
                let (one, two) = (&batch.rows[kept][*place], &batch.rows[other][*place]);
                if stays(function, one, two) { kept } else { other }
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

/// Whether the first of two records stays; of two equal ones the second does (`NumberSelection.select`).
fn stays(function: &str, one: &Value, two: &Value) -> bool {
    match (function, one, two) {
        ("FIRST" | "ANY", ..) | (_, _, Value::Null) => true,
        ("LAST", ..) | (_, Value::Null, _) => false,
        ("MAX", ..) => function::compare(one, two) == Ordering::Greater,
        _ => function::compare(one, two) == Ordering::Less,
    }
}
