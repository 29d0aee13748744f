//! What names a row of the configuration table: the values of its key columns. Tasks, `--only` and the screen name a row
//! by them, in the order of the variable `key_columns`.

use crate::arguments::RuntimeArguments;
use crate::id::TaskId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The key columns of the case study.
pub const USUAL: [&str; 2] = ["business_unit", "data_source"];

/// More key columns than that are a mistake.
const MOST_COLUMNS: usize = 8;

/// The value of `key_columns`: which columns name a row, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyColumns(Vec<String>);

/// What names a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "WrittenName", into = "WrittenName")]
pub struct RowName(Vec<Key>);

/// A key column of a row, and its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
struct Key {
    column: String,
    value: String,
}

/// How a name is written, in the journal and in JSON.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum WrittenName {
    Usual {
        business_unit: String,
        data_source: String,
    },
    Keys {
        keys: Vec<Key>,
    },
}

impl Default for KeyColumns {
    fn default() -> Self {
        Self(USUAL.map(str::to_owned).into())
    }
}

/// `business_unit, data_source`.
impl fmt::Display for KeyColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

impl From<KeyColumns> for String {
    fn from(columns: KeyColumns) -> Self {
        columns.to_string()
    }
}

/// Reads names between commas.
impl TryFrom<String> for KeyColumns {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let columns: Vec<_> = text.split(',').map(|column| column.trim().to_owned()).collect();
        let is_twice = |at: usize| {
            columns[..at]
                .iter()
                .any(|one| one.eq_ignore_ascii_case(&columns[at]))
        };
        if let Some(column) = columns.iter().find(|column| !is_word(column)) {
            return Err(format!(
                "'{column}' is not allowed: names of columns between commas, of letters, digits and _."
            ));
        }
        if let Some(at) = (0..columns.len()).find(|at| is_twice(*at)) {
            return Err(format!("{} is there twice.", columns[at]));
        }
        if columns.len() > MOST_COLUMNS {
            return Err(format!("At most {MOST_COLUMNS} columns name a row."));
        }
        Ok(Self(columns))
    }
}

impl KeyColumns {
    /// The columns in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether they are those of the case study.
    pub fn is_usual(&self) -> bool {
        self.0 == USUAL
    }

    /// The name of the row with these values, one for each column.
    pub fn name<'a>(&self, values: impl IntoIterator<Item = &'a str>) -> RowName {
        let keys = self.0.iter().zip(values).map(|(column, value)| Key {
            column: column.clone(),
            value: value.to_owned(),
        });
        RowName(keys.collect())
    }

    /// The row that these arguments are of; `None` if they lack one of the columns.
    pub fn row_of(&self, arguments: &RuntimeArguments) -> Option<RowName> {
        let values: Option<Vec<_>> = self
            .iter()
            .map(|column| arguments.get_in_any_case(column))
            .collect();
        Some(self.name(values?))
    }

    /// Reads `hr/engineer`. Only the last value can contain a stroke.
    ///
    /// # Errors
    /// How a row is named.
    pub fn parse_name(&self, text: &str) -> Result<RowName, String> {
        let values: Vec<_> = text.splitn(self.0.len(), '/').map(str::trim).collect();
        if values.len() < self.0.len() || values.iter().any(|value| value.is_empty()) {
            let example = if self.is_usual() {
                ", such as hr/engineer"
            } else {
                ""
            };
            return Err(format!(
                "a row is named {}{example}",
                self.0.join("/").to_uppercase()
            ));
        }
        Ok(self.name(values))
    }

    /// What a table needs of them, in a sentence: `business_unit and data_source`.
    pub fn listed(&self) -> String {
        let names: Vec<_> = self.iter().collect();
        crate::finding::listed(&names)
    }
}

impl RowName {
    /// The name of a row by the case study's columns.
    pub fn usual(business_unit: &str, data_source: &str) -> Self {
        KeyColumns::default().name([business_unit, data_source])
    }

    /// The task that the row becomes.
    pub fn task(&self) -> TaskId {
        let values = self.values().collect::<Vec<_>>().join("_");
        // Commands name tasks, and other schedulers allow no space in one.
        TaskId::new(format!("{}{}", TaskId::PIPELINE, values.replace(' ', "_")))
    }

    /// The values in the order of their columns.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.value.as_str())
    }

    /// The columns and their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|key| (key.column.as_str(), key.value.as_str()))
    }

    /// As a list shows it: `hr / engineer`.
    pub fn title(&self) -> String {
        self.values().collect::<Vec<_>>().join(" / ")
    }

    /// As a finding is about it: `hr.engineer`.
    pub fn dotted(&self) -> String {
        self.values().collect::<Vec<_>>().join(".")
    }
}

/// As a command line writes it: `hr/engineer`.
impl fmt::Display for RowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.values().collect::<Vec<_>>().join("/"))
    }
}

impl From<RowName> for WrittenName {
    fn from(name: RowName) -> Self {
        let is_usual = name.0.iter().map(|key| key.column.as_str()).eq(USUAL);
        match <[Key; 2]>::try_from(name.0) {
            Ok([unit, source]) if is_usual => Self::Usual {
                business_unit: unit.value,
                data_source: source.value,
            },
            Ok(keys) => Self::Keys { keys: keys.into() },
            Err(keys) => Self::Keys { keys },
        }
    }
}

impl TryFrom<WrittenName> for RowName {
    type Error = &'static str;

    fn try_from(written: WrittenName) -> Result<Self, Self::Error> {
        match written {
            WrittenName::Usual {
                business_unit,
                data_source,
            } => Ok(Self::usual(&business_unit, &data_source)),
            WrittenName::Keys { keys } if keys.is_empty() => Err("a row needs a key"),
            WrittenName::Keys { keys } => Ok(Self(keys)),
        }
    }
}

/// Letters, digits and `_`: the rule for what is pasted into SQL.
pub fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= 1024 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// What the value of a key may hold where no SQL gets it: no sign that ends a name in a path, a command or a text.
pub fn is_legal_value(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "_.- ".contains(c);
    !text.trim().is_empty() && text.trim() == text && text.len() <= 1024 && text.chars().all(legal)
}

#[cfg(test)]
mod tests;
