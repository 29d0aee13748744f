//! `Joiner`: rows of several stages with equal keys, as `Joiner` and `JoinerConfig` of core-plugins say it.
//!
//! All rows of a key come together: an input that is required and has none takes the key away, one that is
//! not required stands for itself with nulls. With every input required that is an inner join, with none
//! a full outer one. Rows leave in the order of the first input; a server's order is any.

use super::{Batch, CORE, Implementation, NamedBatches, Plugin, StageContext, failure};
use crate::event::Failure;
use googlesql::value::{Column, ColumnType, Value};
use std::collections::BTreeMap;

pub(super) const PLUGINS: &[Plugin] = &[Plugin::new(
    "Joiner",
    "batchjoiner",
    CORE,
    &["selectedFields"],
    Implementation::Aggregator(join),
)];

/// `stage.field as alias`.
struct Selected {
    stage: String,
    field: String,
    alias: String,
}

/// What the properties ask for.
struct Settings {
    /// The key's fields, by stage.
    keys: Vec<(String, Vec<String>)>,
    selected: Vec<Selected>,
    required: Vec<String>,
    /// Whether null equals null.
    null_safe: bool,
}

fn invalid(text: &str) -> Failure {
    failure(
        "io.cdap.cdap.etl.api.validation.ValidationException",
        format!("Errors were encountered during validation. {text}"),
    )
}

impl Settings {
    fn of(context: &StageContext<'_>) -> Result<Self, Failure> {
        let kind = context.property("conditionType", "basic");
        if kind.eq_ignore_ascii_case("advanced") {
            return Err(context.unsupported("conditionType", &kind));
        }
        if kind != "basic" {
            return Err(invalid(&format!("Invalid condition type {kind}")));
        }
        let list = |name: &str| -> Vec<String> {
            let given = context.property(name, "");
            let items = given.split(',').map(str::trim).filter(|item| !item.is_empty());
            items.map(str::to_owned).collect()
        };
        Ok(Self {
            keys: keys(&context.property("joinKeys", "")).map_err(|text| invalid(&text))?,
            selected: selected(&context.property("selectedFields", "")).map_err(|text| invalid(&text))?,
            required: list("requiredInputs"),
            null_safe: context
                .property("joinNullKeys", "true")
                .eq_ignore_ascii_case("true"),
        })
    }
}

/// What is refused when a pipeline is deployed; with a macro in one of its properties nothing is. What hangs
/// on the schemas of the inputs is not looked at.
pub(crate) fn configure(properties: &BTreeMap<String, String>) -> Result<(), String> {
    let given = |name: &str| properties.get(name).map_or("", String::as_str);
    let all = [
        "selectedFields",
        "requiredInputs",
        "schema",
        "conditionType",
        "joinKeys",
    ];
    if all.iter().any(|name| given(name).contains("${")) {
        return Ok(());
    }
    match given("conditionType").to_lowercase().as_str() {
        "" | "basic" => keys(given("joinKeys")).map(drop)?,
        "advanced" if given("conditionExpression").is_empty() => {
            return Err("A join condition must be specified.".to_owned());
        }
        "advanced" => {}
        _ => {
            return Err(format!(
                "Invalid condition type {} Set it to 'basic' or 'advanced'.",
                given("conditionType")
            ));
        }
    }
    selected(given("selectedFields")).map(drop)
}

/// `customers.id=items.c_id & customers.name=items.c_name`.
fn keys(text: &str) -> Result<Vec<(String, Vec<String>)>, String> {
    let mut keys: Vec<(String, Vec<String>)> = Vec::new();
    let mut stages = None;
    for part in text.split('&').map(str::trim).filter(|part| !part.is_empty()) {
        let fields: Vec<&str> = part.split('=').map(str::trim).collect();
        if *stages.get_or_insert(fields.len()) != fields.len() {
            return Err("There should be one join key from each of the stages".to_owned());
        }
        for field in fields {
            let Some((stage, name)) = field.split_once('.').filter(|(_, name)| !name.contains('.')) else {
                return Err(format!(
                    "Invalid syntax for key-value pair in list: {field}. \
                     It is expected to be a string separated by exactly one \\."
                ));
            };
            let (stage, name) = (stage.trim().to_owned(), name.trim().to_owned());
            match keys.iter_mut().find(|(known, _)| *known == stage) {
                Some((_, names)) => names.push(name),
                None => keys.push((stage, vec![name])),
            }
        }
    }
    if keys.is_empty() {
        return Err("Join keys cannot be empty".to_owned());
    }
    Ok(keys)
}

fn selected(text: &str) -> Result<Vec<Selected>, String> {
    if text.is_empty() {
        return Err("Must select at least one field".to_owned());
    }
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let one = |part: &str| {
        let (name, alias) = match part.split_once(" as ") {
            Some((name, alias)) => (name.trim(), Some(alias.trim())),
            None => (part, None),
        };
        let Some((stage, field)) = name.split_once('.').filter(|(_, field)| !field.contains('.')) else {
            return Err(format!(
                "Invalid syntax. Selected Fields must be of syntax <stageName>.<oldFieldName> as <alias>, but found {part}"
            ));
        };
        Ok(Selected {
            stage: stage.trim().to_owned(),
            field: field.trim().to_owned(),
            alias: alias.unwrap_or(field.trim()).to_owned(),
        })
    };
    parts.map(one).collect()
}

fn join(context: &StageContext<'_>, inputs: NamedBatches) -> Result<Batch, Failure> {
    let settings = Settings::of(context)?;
    if inputs.is_empty() {
        return Ok(Batch::default());
    }
    // An input of which not even an empty batch came still takes part.
    let mut inputs = inputs;
    for (stage, _) in &settings.keys {
        if !inputs.iter().any(|(name, _)| name == stage) {
            inputs.push((stage.clone(), Batch::default()));
        }
    }
    for (at, field) in settings.selected.iter().enumerate() {
        if settings.selected[..at]
            .iter()
            .any(|before| before.alias == field.alias)
        {
            return Err(invalid(&format!(
                "Field '{}' from stage '{}' is a duplicate. Set an alias to make it unique.",
                field.alias, field.stage
            )));
        }
    }
    let columns = settings
        .selected
        .iter()
        .map(|field| output(field, &inputs, &settings))
        .collect::<Result<Vec<_>, _>>()?;
    // By key: the rows of each input.
    let mut order: Vec<Vec<Vec<usize>>> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (at, (stage, batch)) in inputs.iter().enumerate() {
        let fields = settings.keys.iter().find(|(name, _)| name == stage);
        let Some((_, fields)) = fields else {
            return Err(invalid(&format!("Join keys cannot be empty for stage '{stage}'")));
        };
        let places = fields
            .iter()
            .map(|field| place(stage, batch, field))
            .collect::<Result<Vec<_>, _>>()?;
        for (number, row) in batch.rows.iter().enumerate() {
            let key: Vec<&Value> = places.iter().flatten().map(|place| &row[*place]).collect();
            let alone = !settings.null_safe && key.contains(&&Value::Null);
            let key = if alone {
                format!("{at} {number}")
            } else {
                format!("{key:?}")
            };
            let group = *known.entry(key).or_insert_with(|| {
                order.push(vec![Vec::new(); inputs.len()]);
                order.len() - 1
            });
            order[group][at].push(number);
        }
    }
    context.count("joiner.keys", order.len());
    let mut rows = Vec::new();
    for group in order {
        let lost = |at: usize| group[at].is_empty() && settings.required.contains(&inputs[at].0);
        if (0..inputs.len()).any(lost) {
            continue;
        }
        // With an input that is required, the others only add to its rows.
        let leading = |at: usize| settings.required.contains(&inputs[at].0) && !group[at].is_empty();
        if !settings.required.is_empty() && !(0..inputs.len()).any(leading) {
            continue;
        }
        let mut chosen: Vec<Vec<Option<usize>>> = vec![Vec::new()];
        for numbers in &group {
            let choices: Vec<Option<usize>> = if numbers.is_empty() {
                vec![None]
            } else {
                numbers.iter().copied().map(Some).collect()
            };
            chosen = chosen
                .into_iter()
                .flat_map(|row| {
                    choices.iter().map(move |choice| {
                        let mut row = row.clone();
                        row.push(*choice);
                        row
                    })
                })
                .collect();
        }
        for choice in chosen {
            rows.push(
                settings
                    .selected
                    .iter()
                    .map(|field| value(field, &inputs, &choice))
                    .collect(),
            );
        }
    }
    Ok(Batch { columns, rows })
}

/// Where a key's field stands; nowhere in an input without columns.
fn place(stage: &str, batch: &Batch, field: &str) -> Result<Option<usize>, Failure> {
    let found = batch.columns.iter().position(|column| column.name == field);
    if found.is_none() && !batch.columns.is_empty() {
        return Err(invalid(&format!(
            "Join key field '{field}' is not in the schema of stage '{stage}'."
        )));
    }
    Ok(found)
}

fn output(field: &Selected, inputs: &[(String, Batch)], settings: &Settings) -> Result<Column, Failure> {
    let (stage, name) = (&field.stage, &field.field);
    let Some((_, batch)) = inputs.iter().find(|(name, _)| *name == field.stage) else {
        return Err(invalid(&format!(
            "Selected field '{stage}'.'{name}' is invalid because stage '{stage}' is not part of the join."
        )));
    };
    let column = batch.columns.iter().find(|column| column.name == field.field);
    let Some(column) = column.cloned().or_else(|| {
        batch
            .columns
            .is_empty()
            .then(|| Column::nullable(field.field.clone(), ColumnType::String))
    }) else {
        return Err(invalid(&format!(
            "Selected field '{stage}'.'{name}' is invalid because stage '{stage}' does not contain field '{name}'."
        )));
    };
    Ok(Column {
        name: field.alias.clone(),
        nullable: column.nullable || !settings.required.contains(&field.stage),
        ..column
    })
}

fn value(field: &Selected, inputs: &[(String, Batch)], choice: &[Option<usize>]) -> Value {
    let found = inputs
        .iter()
        .zip(choice)
        .find(|((name, _), _)| *name == field.stage);
    let Some(((_, batch), Some(number))) = found else {
        return Value::Null;
    };
    let place = batch.columns.iter().position(|column| column.name == field.field);
    place.map_or(Value::Null, |place| batch.rows[*number][place].clone())
}
