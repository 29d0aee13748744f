//! Parses and computes the aggregates of `GroupByAggregate` (`GroupByConfig` and `aggregator/function` of
//! core-plugins).

use crate::plugin::projection::primitive;
use crate::plugin::wrangler::BooleanExpression;
use googlesql::value::{Column, ColumnType, Value};
use std::cmp::Ordering;

/// The functions in the order of the error message for an unknown one.
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

/// One aggregate: `name:function(field):condition(expression)`.
#[derive(Clone, Debug)]
pub(super) struct Aggregate {
    name: String,
    /// In upper case, without the `IF` of a conditional function.
    pub function: String,
    field: String,
    condition: Option<BooleanExpression>,
}

impl Aggregate {
    /// Parses the property `aggregates`.
    pub fn parse_list(list: &str) -> Result<Vec<Self>, String> {
        let mut all: Vec<Self> = Vec::new();
        for text in list.split(',').map(str::trim) {
            let aggregate = Self::parse(text)?;
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

    fn parse(text: &str) -> Result<Self, String> {
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
            // `sumIf(price):condition(…)` has two letters between the field and the word.
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
            Some(text) => Some(BooleanExpression::compile(text.trim())?),
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

    /// The column of the result.
    pub fn column(&self, columns: &[Column]) -> Result<Column, String> {
        if self.field == "*" {
            return Ok(self.result(ColumnType::Int64, false));
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
        let float = || self.result(ColumnType::Float64, field.nullable);
        let boolean = || self.result(ColumnType::Bool, false);
        Ok(match self.function.as_str() {
            "COUNT" | "COUNTDISTINCT" | "COUNTNULLS" => self.result(ColumnType::Int64, false),
            "SUM" => check_numeric(field, "Sum").map(|()| same)?,
            "MIN" => check_numeric(field, "Min").map(|()| same)?,
            "MAX" => check_numeric(field, "Max").map(|()| same)?,
            "AVG" => check_numeric(field, "Avg").map(|()| float())?,
            "STDDEV" => check_numeric(field, "standard deviation").map(|()| float())?,
            "VARIANCE" => check_numeric(field, "variance").map(|()| float())?,
            "SUMOFSQUARES" => check_numeric(field, "sum of squares").map(|()| float())?,
            "CORRECTEDSUMOFSQUARES" => check_numeric(field, "corrected sum of squares").map(|()| float())?,
            "LONGESTSTRING" | "SHORTESTSTRING" | "CONCAT" | "CONCATDISTINCT" => {
                check_string(field).map(|()| same)?
            }
            "LOGICALAND" => check_boolean(field, "Logical AND").map(|()| boolean())?,
            "LOGICALOR" => check_boolean(field, "Logical OR").map(|()| boolean())?,
            "COLLECTLIST" | "COLLECTSET" => {
                self.result(ColumnType::Array(Box::new(field.kind.clone())), false)
            }
            _ => same,
        })
    }

    fn result(&self, kind: ColumnType, nullable: bool) -> Column {
        Column {
            nullable,
            ..Column::nullable(self.name.clone(), kind)
        }
    }

    /// The value for the rows of a group.
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
                .map(|condition| condition.is_true_for(columns, row));
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

fn check_numeric(field: &Column, function: &str) -> Result<(), String> {
    match &field.kind {
        ColumnType::Int64 | ColumnType::Float64 => Ok(()),
        _ => Err(format!(
            "Cannot compute {function} on field {} because its type {} is not numeric",
            field.name,
            type_name(field)
        )),
    }
}

fn check_string(field: &Column) -> Result<(), String> {
    match &field.kind {
        ColumnType::String => Ok(()),
        _ => Err(format!(
            "Field '{}' is of unsupported non-string type '{}'. ",
            field.name,
            primitive(&field.kind)
        )),
    }
}

fn check_boolean(field: &Column, function: &str) -> Result<(), String> {
    match &field.kind {
        ColumnType::Bool => Ok(()),
        _ => Err(format!(
            "Cannot compute {function} on field {} because its type {} is not boolean",
            field.name,
            type_name(field)
        )),
    }
}

fn unique<'a>(values: impl Iterator<Item = &'a Value>) -> Vec<&'a Value> {
    let mut seen = std::collections::HashSet::new();
    values.filter(|value| seen.insert(format!("{value:?}"))).collect()
}

/// The first of the longest texts, or of the shortest ones.
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

/// The statistics with a running mean, computed as in the plugin; the variance is that of the whole population.
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

/// Compares two values of one type.
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

/// The name of a logical type, otherwise of the primitive type.
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
