//! A table's full name that can be put into SQL: checked by BigQuery's rules first, quoted after.
//!
//! No query parameter can stand for a table, so this is the only way a name gets into a statement.

use domain::warehouse::TableAddress;
use std::fmt;

/// A table, as `` `project.dataset.table` ``.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    project: String,
    dataset: String,
    table: String,
}

impl TableName {
    /// Checks the three parts.
    ///
    /// # Errors
    /// A sentence that says which part is not allowed, and what is.
    pub fn new(address: &TableAddress) -> Result<Self, String> {
        let refuse = |what: &str, text: &str, rule: &str| {
            Err(format!("'{text}' cannot be the name of a {what}: {rule}."))
        };
        let TableAddress {
            project,
            dataset,
            table,
        } = address;
        if !is_project(project) {
            return refuse(
                "project",
                project,
                "6 to 30 lower-case letters, digits and -, beginning with a letter and not ending with -",
            );
        }
        if !is_word(dataset) {
            return refuse("dataset", dataset, "only letters, digits and _ are allowed");
        }
        if !is_table(table) {
            return refuse(
                "table",
                table,
                "only letters, digits, _, - and spaces are allowed, 1024 bytes at most",
            );
        }
        Ok(Self {
            project: project.clone(),
            dataset: dataset.clone(),
            table: table.clone(),
        })
    }
}

/// Quoted for SQL. No part can hold a backtick, a dot or a backslash.
impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}.{}.{}`", self.project, self.dataset, self.table)
    }
}

/// Old projects carry a domain in front: `example.com:name`.
fn is_project(text: &str) -> bool {
    let (domain, id) = text.rsplit_once(':').unwrap_or(("", text));
    let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    id.starts_with(|c: char| c.is_ascii_lowercase())
        && !id.ends_with('-')
        && (6..=30).contains(&id.len())
        && id.chars().all(small)
        && domain.chars().all(|c| small(c) || c == '.')
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= 1024 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Letters and digits of any script; a `$` would name a partition, which is not what is meant here.
fn is_table(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 1024
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' '))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(project: &str, dataset: &str, table: &str) -> Result<String, String> {
        let address = TableAddress {
            project: project.into(),
            dataset: dataset.into(),
            table: table.into(),
        };
        TableName::new(&address).map(|name| name.to_string())
    }

    #[test]
    fn legal_names_are_quoted_and_others_refused_with_a_sentence() {
        assert_eq!(
            name("my-project", "ds_1", "tä ble-2").unwrap(),
            "`my-project.ds_1.tä ble-2`"
        );
        assert_eq!(
            name("example.com:old-name", "d", "t").unwrap(),
            "`example.com:old-name.d.t`"
        );
        for (project, dataset, table) in [
            ("short", "d", "t"),
            ("My-Project", "d", "t"),
            ("my-project-", "d", "t"),
            ("my-project", "d-1", "t"),
            ("my-project", "d.x", "t"),
            ("my-project", "d", "t`; DROP TABLE x"),
            ("my-project", "d", "t\\"),
            ("my-project", "d", "a.b"),
            ("my-project", "d", "t$20240131"),
            ("my-project", "d", ""),
        ] {
            let said = name(project, dataset, table).unwrap_err();
            assert!(said.contains("cannot be the name of a"), "{said}");
        }
    }

    proptest! {
        #[test]
        fn nothing_ever_leaves_the_quotes(project in ".*", dataset in ".*", table in ".*") {
            if let Ok(sql) = name(&project, &dataset, &table) {
                let inside = &sql[1..sql.len() - 1];
                prop_assert!(!inside.contains(['`', '\\', '\n', '\'', '"']));
            }
        }
    }
}
