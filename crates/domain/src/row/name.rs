//! What names a row: its two key columns.

use super::{ConfigurationRow, task_id};
use crate::id::TaskId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The keys of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowName {
    /// `business_unit`.
    pub business_unit: String,
    /// `data_source`.
    pub data_source: String,
}

impl RowName {
    /// The task that the row becomes.
    pub fn task(&self) -> TaskId {
        task_id(&self.business_unit, &self.data_source)
    }
}

/// As a command line writes it: `hr/engineer`.
impl fmt::Display for RowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.business_unit, self.data_source)
    }
}

/// Reads `hr/engineer`; a unit cannot contain the stroke.
impl FromStr for RowName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('/') {
            Some((unit, source)) if !unit.trim().is_empty() && !source.trim().is_empty() => Ok(Self {
                business_unit: unit.trim().to_owned(),
                data_source: source.trim().to_owned(),
            }),
            _ => Err("a row is named UNIT/SOURCE, such as hr/engineer".into()),
        }
    }
}

impl ConfigurationRow {
    /// What names it.
    pub fn name(&self) -> RowName {
        RowName {
            business_unit: self.business_unit.clone(),
            data_source: self.data_source.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        let name: RowName = "hr / engineer".parse().unwrap();
        assert_eq!(name.to_string(), "hr/engineer");
        assert_eq!(name.to_string().parse(), Ok(name));
        for text in ["", "hr", "/engineer", "hr/", " / "] {
            assert!(text.parse::<RowName>().is_err(), "{text}");
        }
    }
}
