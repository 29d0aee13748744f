//! What `GroupByAggregate` computes, and how its property is read (`GroupByConfig` and `aggregator/function`
//! of core-plugins).

use crate::plugin::projection::primitive;
use crate::plugin::wrangler::Decision;
use googlesql::value::{Column, ColumnType, Value};
use std::cmp::Ordering;

/// In the order in which a refusal lists them; the conditional ones repeat these with `IF`.
const FUNCTIONS: [&str; 21] = [
    "COUNT",
    "COUNTDISTINCT",
    "SUM",
    "AVG",
    "MIN",
    "MAX",
    "FIRST",
    "LAST",
    "STDDEV",
    "VARIANCE",
    "COLLECTLIST",
    "COLLECTSET",
    "LONGESTSTRING",
    "SHORTESTSTRING",
    "COUNTNULLS",
    "CONCAT",
    "CONCATDISTINCT",
    "LOGICALAND",
    "LOGICALOR",
    "CORRECTEDSUMOFSQUARES",
    "SUMOFSQUARES",
];

const CONDITIONAL: [&str; 19] = [
    "COUNTIF",
    "COUNTDISTINCTIF",
    "SUMIF",
    "AVGIF",
    "MINIF",
    "MAXIF",
    "STDDEVIF",
    "VARIANCEIF",
    "COLLECTLISTIF",
    "COLLECTSETIF",
    "LONGESTSTRINGIF",
    "SHORTESTSTRINGIF",
    "CONCATIF",
    "CONCATDISTINCTIF",
    "LOGICALANDIF",
    "LOGICALORIF",
    "CORRECTEDSUMOFSQUARESIF",
    "SUMOFSQUARESIF",
    "ANYIF",
];

/// `name:function(field):condition(expression)`.
#[derive(Clone, Debug)]
pub(super) struct Aggregate {
    name: String,
    /// In capital letters, without the `IF` of a conditional one.
    pub function: String,
    field: String,
    condition: Option<Decision>,
}

impl Aggregate {
    /// Reads the property.
    pub fn all(list: &str) -> Result<Vec<Self>, String> {
        let mut all: Vec<Self> = Vec::new();
        for text in list.split(',').map(str::trim) {
            let aggregate = Self::read(text)?;
            if all.iter().any(|other| other.name == aggregate.name) {
                return Err(format!(
                    "Cannot create multiple aggregate functions with the same name '{}'.",
                    aggregate.name
                ));
            }
            all.push(aggregate);
        }
        Ok(all)
    }

    fn read(text: &str) -> Result<Self, String> {
        let Some((name, call)) = text.split_once(':') else {
            return Err(format!(
                "Could not find ':' separating aggregate name from its function in '{text}'."
            ));
        };
        let call = call.trim();
        let Some((word, _)) = call.split_once('(') else {
            return Err(format!(
                "Could not find '(' in function '{call}'. Functions must be specified as function(field)."
            ));
        };
        let function = word.trim().to_uppercase();
        let conditional = CONDITIONAL.contains(&function.as_str());
        if !conditional && !FUNCTIONS.contains(&function.as_str()) {
            let all: Vec<&str> = FUNCTIONS.into_iter().chain(CONDITIONAL).collect();
            return Err(format!(
                "Invalid function '{}'. Must be one of {}.",
                word.trim(),
                all.join(",")
            ));
        }
        let Some(inside) = call.strip_suffix(')') else {
            return Err(format!(
                "Could not find closing ')' in function '{call}'. Functions must be specified as function(field)."
            ));
        };
        let at = call.to_lowercase().find("condition(");
        let field = match at {
            // `sumIf(price):condition(…)`: two letters stand between the field and the word.
            Some(at) => call.get(word.len() + 1..at.saturating_sub(2)),
            None => inside.get(word.len() + 1..),
        };
        let field = field.unwrap_or_default().trim();
        if field.is_empty() {
            return Err(format!(
                "Invalid function '{call}'. A field must be given as an argument."
            ));
        }
        let condition = match at.and_then(|at| inside.get(at + "condition(".len()..)) {
            None if conditional => {
                return Err("Missing 'condition' property for conditional function.".to_owned());
            }
            Some("") => return Err("The 'condition' property is missing arguments.".to_owned()),
            Some(text) => Some(Decision::compile(text.trim())?),
            None => None,
        };
        Ok(Self {
            name: name.trim().to_owned(),
            function: function
                .strip_suffix("IF")
                .filter(|_| conditional)
                .unwrap_or(&function)
                .to_owned(),
            field: field.to_owned(),
            condition: condition.filter(|_| conditional),
        })
    }

    /// The column that it makes.
    pub fn column(&self, columns: &[Column]) -> Result<Column, String> {
        let made = |kind, nullable| Column {
            nullable,
            ..Column::nullable(self.name.clone(), kind)
        };
        if self.field == "*" {
            return Ok(made(ColumnType::Int64, false));
        }
        let Some(field) = columns.iter().find(|column| column.name == self.field) else {
            return Err(format!(
                "Invalid aggregate {}({}): Field '{}' does not exist in input schema.",
                self.function, self.field, self.field
            ));
        };
        let same = Column {
            name: self.name.clone(),
            ..field.clone()
        };
        let numeric = |word: &str| match &field.kind {
            ColumnType::Int64 | ColumnType::Float64 => Ok(()),
            _ => Err(format!(
                "Cannot compute {word} on field {} because its type {} is not numeric",
                self.field,
                type_name(field)
            )),
        };
        let text = || match &field.kind {
            ColumnType::String => Ok(()),
            _ => Err(format!(
                "Field '{}' is of unsupported non-string type '{}'. ",
                self.field,
                primitive(&field.kind)
            )),
        };
        let truth = |word: &str| match &field.kind {
            ColumnType::Bool => Ok(()),
            _ => Err(format!(
                "Cannot compute {word} on field {} because its type {} is not boolean",
                self.field,
                type_name(field)
            )),
        };
        Ok(match self.function.as_str() {
            "COUNT" | "COUNTDISTINCT" | "COUNTNULLS" => made(ColumnType::Int64, false),
            "SUM" => numeric("Sum").map(|()| same)?,
            "MIN" => numeric("Min").map(|()| same)?,
            "MAX" => numeric("Max").map(|()| same)?,
            "AVG" => numeric("Avg").map(|()| made(ColumnType::Float64, field.nullable))?,
            "STDDEV" => numeric("standard deviation").map(|()| made(ColumnType::Float64, field.nullable))?,
            "VARIANCE" => numeric("variance").map(|()| made(ColumnType::Float64, field.nullable))?,
            "SUMOFSQUARES" => {
                numeric("sum of squares").map(|()| made(ColumnType::Float64, field.nullable))?
            }
            "CORRECTEDSUMOFSQUARES" => {
                numeric("corrected sum of squares").map(|()| made(ColumnType::Float64, field.nullable))?
            }
            "LONGESTSTRING" | "SHORTESTSTRING" | "CONCAT" | "CONCATDISTINCT" => text().map(|()| same)?,
            "LOGICALAND" => truth("Logical AND").map(|()| made(ColumnType::Bool, false))?,
            "LOGICALOR" => truth("Logical OR").map(|()| made(ColumnType::Bool, false))?,
            "COLLECTLIST" | "COLLECTSET" => made(ColumnType::Array(Box::new(field.kind.clone())), false),
            _ => same,
        })
    }

    /// Its value for a group.
    pub fn value<'a>(
        &self,
        columns: &[Column],
        rows: impl Iterator<Item = &'a [Value]>,
    ) -> Result<Value, String> {
        let place = columns.iter().position(|column| column.name == self.field);
        let mut values: Vec<&Value> = Vec::new();
        for row in rows {
            let wanted = self
                .condition
                .as_ref()
                .map(|condition| condition.holds(columns, row));
            if wanted.transpose()?.unwrap_or(true) {
                values.push(place.map_or(&Value::Bool(true), |place| &row[place]));
            }
        }
        Ok(self.compute(&values))
    }

    fn compute(&self, values: &[&Value]) -> Value {
        let there = || values.iter().copied().filter(|value| **value != Value::Null);
        let count = |number: usize| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
        let texts = || {
            there().filter_map(|value| match value {
                Value::Text(text) => Some(text.as_str()),
                _ => None,
            })
        };
        match self.function.as_str() {
            "COUNT" => count(there().count()),
            "COUNTNULLS" => count(values.len() - there().count()),
            "COUNTDISTINCT" => count(unique(values.iter().copied()).len()),
            "SUM" => there().fold(Value::Null, |sum, value| match (sum, value) {
                (Value::Int(sum), Value::Int(value)) => Value::Int(sum.wrapping_add(*value)),
                (Value::Float(sum), Value::Float(value)) => Value::Float(sum + value),
                (_, value) => value.clone(),
            }),
            "MIN" => there()
                .min_by(|a, b| compare(a, b))
                .cloned()
                .unwrap_or(Value::Null),
            "MAX" => there()
                .max_by(|a, b| compare(a, b))
                .cloned()
                .unwrap_or(Value::Null),
            "FIRST" | "ANY" => values.first().map_or(Value::Null, |value| (*value).clone()),
            "LAST" => values.last().map_or(Value::Null, |value| (*value).clone()),
            "COLLECTLIST" => Value::Array(values.iter().map(|value| (*value).clone()).collect()),
            "COLLECTSET" => Value::Array(unique(values.iter().copied()).into_iter().cloned().collect()),
            "LONGESTSTRING" => longest(texts(), Ordering::Greater),
            "SHORTESTSTRING" => longest(texts(), Ordering::Less),
            "CONCAT" => Value::Text(texts().collect::<Vec<_>>().join(", ")),
            "CONCATDISTINCT" => Value::Text(
                unique(there())
                    .into_iter()
                    .filter_map(|value| match value {
                        Value::Text(text) => Some(text.as_str()),
                        _ => None,
                    })
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
            "LOGICALAND" => Value::Bool(there().all(|value| *value == Value::Bool(true))),
            "LOGICALOR" => Value::Bool(there().any(|value| *value == Value::Bool(true))),
            statistic => statistics(statistic, there()),
        }
    }
}

fn unique<'a>(values: impl Iterator<Item = &'a Value>) -> Vec<&'a Value> {
    let mut seen = std::collections::HashSet::new();
    values.filter(|value| seen.insert(format!("{value:?}"))).collect()
}

/// The first of those that are longest, or shortest.
fn longest<'a>(texts: impl Iterator<Item = &'a str>, wanted: Ordering) -> Value {
    let length = |text: &str| text.encode_utf16().count();
    let found = texts.reduce(|kept, text| {
        if length(text).cmp(&length(kept)) == wanted {
            text
        } else {
            kept
        }
    });
    found.map_or(Value::Null, |text| Value::Text(text.to_owned()))
}

/// Those over a running mean, as the plugin computes them; of the whole group, not of a sample.
#[expect(clippy::cast_precision_loss, reason = "Java's `doubleValue` loses as much")]
fn statistics<'a>(function: &str, values: impl Iterator<Item = &'a Value>) -> Value {
    let (mut count, mut mean, mut squares, mut deviations) = (0.0, 0.0, 0.0, 0.0);
    for value in values {
        let number = match value {
            Value::Int(number) => *number as f64,
            Value::Float(number) => *number,
            _ => continue,
        };
        count += 1.0;
        let away = number - mean;
        mean += away / count;
        deviations += away * (number - mean);
        squares += number * number;
    }
    if count == 0.0 {
        return match function {
            "SUMOFSQUARES" | "CORRECTEDSUMOFSQUARES" => Value::Float(0.0),
            _ => Value::Null,
        };
    }
    Value::Float(match function {
        "AVG" => mean,
        "VARIANCE" => deviations / count,
        "STDDEV" => (deviations / count).sqrt(),
        "SUMOFSQUARES" => squares,
        _ => deviations,
    })
}

/// Orders two values of one type.
pub(super) fn compare(one: &Value, two: &Value) -> Ordering {
    match (one, two) {
        (Value::Int(one), Value::Int(two)) | (Value::Timestamp(one), Value::Timestamp(two)) => one.cmp(two),
        (Value::Float(one), Value::Float(two)) => one.total_cmp(two),
        (Value::Numeric(one), Value::Numeric(two)) => {
            let number = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
            number(one).total_cmp(&number(two))
        }
        (Value::Date(one), Value::Date(two))
        | (Value::Time(one), Value::Time(two))
        | (Value::DateTime(one), Value::DateTime(two))
        | (Value::Text(one), Value::Text(two)) => one.cmp(two),
        _ => Ordering::Equal,
    }
}

/// A logical type by its own name, another one by its primitive type's.
fn type_name(column: &Column) -> &'static str {
    match &column.kind {
        ColumnType::Numeric => "DECIMAL",
        ColumnType::Date => "DATE",
        ColumnType::Time => "TIME_MICROS",
        ColumnType::DateTime => "DATETIME",
        ColumnType::Timestamp => "TIMESTAMP_MICROS",
        kind => primitive(kind),
    }
}
