//! `Joiner`: joins the rows of several stages by keys (`Joiner` and `JoinerConfig` of core-plugins).
//!
//! Rows are grouped by key. A key without rows of a required input is dropped; an optional input without rows
//! contributes nulls. So it is an inner join if all inputs are required, and a full outer join if none is.
//! The output has the order of the first input; a server's order is undefined.

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

/// A selected field: `stage.field as alias`.
struct Selected {
    stage: String,
    field: String,
    alias: String,
}

/// The settings in the properties.
struct Settings {
    /// The fields of the key, by stage.
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
    fn from_properties(context: &StageContext<'_>) -> Result<Self, Failure> {
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

impl Settings {
    /// Checks that no two output fields have the same name.
    fn check_aliases(&self) -> Result<(), Failure> {
        for (at, field) in self.selected.iter().enumerate() {
            if self.selected[..at]
                .iter()
                .any(|before| before.alias == field.alias)
            {
                return Err(invalid(&format!(
                    "Field '{}' from stage '{}' is a duplicate. Set an alias to make it unique.",
                    field.alias, field.stage
                )));
            }
        }
        Ok(())
    }

    /// Adds an empty batch for each input that has sent none: it still takes part in the join.
    fn with_missing_inputs(&self, mut inputs: NamedBatches) -> NamedBatches {
        for (stage, _) in &self.keys {
            if !inputs.iter().any(|(name, _)| name == stage) {
                inputs.push((stage.clone(), Batch::default()));
            }
        }
        inputs
    }
}

/// Validates the properties at deploy time, unless one of them has a macro. The schemas of the inputs are not
/// checked.
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

/// Parses `customers.id=items.c_id & customers.name=items.c_name`.
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
    let settings = Settings::from_properties(context)?;
    if inputs.is_empty() {
        return Ok(Batch::default());
    }
    settings.check_aliases()?;
    let inputs = settings.with_missing_inputs(inputs);
    let selected = settings.selected.iter();
    let columns = selected.map(|field| output_column(field, &inputs, &settings));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let groups = group_by_key(&inputs, &settings)?;
    context.count("joiner.keys", groups.len());
    let mut rows = Vec::new();
    let mut memory = context.memory.of_output();
    for group in groups.iter().filter(|group| is_joined(group, &inputs, &settings)) {
        let mut next = Some(vec![0; group.len()]);
        while let Some(places) = next {
            let combination = combination(group, &places);
            let selected = settings.selected.iter();
            let row: Vec<Value> = selected
                .map(|field| value(field, &inputs, &combination))
                .collect();
            memory.row(&row).map_err(|text| context.too_large(&text))?;
            rows.push(row);
            next = following(group, places);
        }
    }
    Ok(Batch { columns, rows })
}

/// The rows of one key, as row numbers for each input.
type Group = Vec<Vec<usize>>;

/// Groups the rows of all inputs by their keys, in the order in which the keys first appear.
fn group_by_key(inputs: &[(String, Batch)], settings: &Settings) -> Result<Vec<Group>, Failure> {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (input, (stage, batch)) in inputs.iter().enumerate() {
        let Some((_, fields)) = settings.keys.iter().find(|(name, _)| name == stage) else {
            return Err(invalid(&format!("Join keys cannot be empty for stage '{stage}'")));
        };
        let indices = fields.iter().map(|field| key_index(stage, batch, field));
        let indices = indices.collect::<Result<Vec<_>, _>>()?;
        for (number, row) in batch.rows.iter().enumerate() {
            let key: Vec<&Value> = indices.iter().flatten().map(|index| &row[*index]).collect();
            let is_unequal = !settings.null_safe && key.contains(&&Value::Null);
            let key = if is_unequal {
                format!("{input} {number}")
            } else {
                format!("{key:?}")
            };
            let group = *known.entry(key).or_insert_with(|| {
                groups.push(vec![Vec::new(); inputs.len()]);
                groups.len() - 1
            });
            groups[group][input].push(number);
        }
    }
    Ok(groups)
}

/// Whether the rows of a key are in the output: every required input has one, and if inputs are required at
/// all, at least one of them takes part.
fn is_joined(group: &Group, inputs: &[(String, Batch)], settings: &Settings) -> bool {
    let is_required = |input: &usize| settings.required.contains(&inputs[*input].0);
    let required: Vec<usize> = (0..inputs.len()).filter(is_required).collect();
    let is_complete = required.iter().all(|input| !group[*input].is_empty());
    is_complete && (settings.required.is_empty() || !required.is_empty())
}

/// One row of each input; an input without rows contributes `None`.
fn combination(group: &Group, places: &[usize]) -> Vec<Option<usize>> {
    let numbers = group.iter().zip(places);
    numbers
        .map(|(numbers, place)| numbers.get(*place).copied())
        .collect()
}

/// The places of the next combination, in which the last input changes first; `None` after the last one.
fn following(group: &Group, mut places: Vec<usize>) -> Option<Vec<usize>> {
    for (numbers, place) in group.iter().zip(&mut places).rev() {
        *place += 1;
        if *place < numbers.len() {
            return Some(places);
        }
        *place = 0;
    }
    None
}

/// The index of a key's field; `None` in an input without columns.
fn key_index(stage: &str, batch: &Batch, field: &str) -> Result<Option<usize>, Failure> {
    let found = batch.columns.iter().position(|column| column.name == field);
    if found.is_none() && !batch.columns.is_empty() {
        return Err(invalid(&format!(
            "Join key field '{field}' is not in the schema of stage '{stage}'."
        )));
    }
    Ok(found)
}

fn output_column(
    field: &Selected,
    inputs: &[(String, Batch)],
    settings: &Settings,
) -> Result<Column, Failure> {
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

fn value(field: &Selected, inputs: &[(String, Batch)], combination: &[Option<usize>]) -> Value {
    let found = inputs
        .iter()
        .zip(combination)
        .find(|((name, _), _)| *name == field.stage);
    let Some(((_, batch), Some(number))) = found else {
        return Value::Null;
    };
    let index = batch.columns.iter().position(|column| column.name == field.field);
    index.map_or(Value::Null, |index| batch.rows[*number][index].clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_input_changes_first() {
        let group = vec![vec![4, 5], Vec::new(), vec![7, 8]];
        let mut all = Vec::new();
        let mut next = Some(vec![0; 3]);
        while let Some(places) = next {
            all.push(combination(&group, &places));
            next = following(&group, places);
        }
        let expected = [(4, 7), (4, 8), (5, 7), (5, 8)];
        assert_eq!(all, expected.map(|(a, b)| vec![Some(a), None, Some(b)]));
    }
}
