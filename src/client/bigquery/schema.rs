//! The columns of a result, with the fields of the nested ones.

use serde::Deserialize;

/// A column of a result or of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// BigQuery's older name of its type, which its answers use: `INTEGER`, `BOOLEAN`, `FLOAT`, `RECORD`.
    /// The newer spellings are turned into these.
    pub kind: String,
    /// Whether it is an array.
    pub repeated: bool,
    /// The fields of a RECORD.
    pub fields: Vec<Column>,
    /// The type of the bounds of a RANGE; empty for every other type.
    pub bounds: String,
}

#[derive(Default, Deserialize)]
pub(super) struct Schema {
    #[serde(default)]
    pub(super) fields: Vec<Field>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Field {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    mode: String,
    #[serde(default)]
    fields: Vec<Field>,
    range_element_type: Option<Element>,
}

#[derive(Deserialize)]
struct Element {
    #[serde(rename = "type")]
    kind: String,
}

impl Schema {
    pub(super) fn columns(self) -> Vec<Column> {
        self.fields.into_iter().map(Column::from).collect()
    }
}

impl From<Field> for Column {
    fn from(field: Field) -> Self {
        Self {
            name: field.name,
            kind: older_name(&field.kind),
            repeated: field.mode.eq_ignore_ascii_case("REPEATED"),
            fields: field.fields.into_iter().map(Self::from).collect(),
            bounds: field
                .range_element_type
                .map_or(String::new(), |element| older_name(&element.kind)),
        }
    }
}

fn older_name(kind: &str) -> String {
    let upper = kind.to_ascii_uppercase();
    match upper.as_str() {
        "INT64" => "INTEGER".to_owned(),
        "FLOAT64" => "FLOAT".to_owned(),
        "BOOL" => "BOOLEAN".to_owned(),
        "STRUCT" => "RECORD".to_owned(),
        _ => upper,
    }
}
