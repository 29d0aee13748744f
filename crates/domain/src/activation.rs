//! Activating or deactivating a row of the configuration table: the statement that is shown before it runs, and what is
//! said after that.
//!
//! Only the quoted name of the table is part of its text; names of rows and values are parameters.

use crate::failure::Failure;
use crate::key::{RowName, USUAL};
use crate::variable::Variables;

/// A change of `active_column` of one row, as it was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    /// The row.
    pub row: RowName,
    /// Whether it is to be active.
    pub active: bool,
    /// Where it is.
    pub place: Place,
    /// How many rows have these keys.
    pub rows: u64,
    kind: &'static str,
    value: String,
}

/// The table whose rows are activated, and which of its columns and rows count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The quoted name of the table.
    pub table: String,
    column: String,
    condition: String,
}

/// A named parameter of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, without the sign.
    pub name: String,
    /// BigQuery's name of its type.
    pub kind: &'static str,
    /// Its value.
    pub value: String,
}

/// Texts for yes and no, of which each is the other's opposite.
const PAIRS: [(&str, &str); 5] = [
    ("true", "false"),
    ("t", "f"),
    ("yes", "no"),
    ("y", "n"),
    ("1", "0"),
];

impl Place {
    /// The table of this quoted name, by the settings of the variables.
    pub fn new(table: String, variables: &Variables) -> Self {
        Self {
            table,
            column: variables.active_column.clone(),
            condition: variables.config_condition(" AND "),
        }
    }

    /// The statement that looks at a row before it is changed.
    pub fn lookup(&self, row: &RowName) -> String {
        format!(
            "SELECT {} FROM {} {}",
            quoted(&self.column),
            self.table,
            self.rows(row)
        )
    }

    /// The condition for the rows of this name that the configuration has.
    fn rows(&self, row: &RowName) -> String {
        let keys = row.iter().map(|(column, _)| {
            let name = quoted(column);
            // Of which type other columns are is not known.
            if USUAL.contains(&column) {
                format!("{name} = @{column}")
            } else {
                format!("CAST({name} AS STRING) = @{column}")
            }
        });
        format!(
            "WHERE {}{}",
            keys.collect::<Vec<_>>().join(" AND "),
            self.condition
        )
    }
}

/// A column in a statement. Any word may be the name of one, also one that is SQL's own.
fn quoted(column: &str) -> String {
    if USUAL.contains(&column) || column == "is_active" {
        column.to_owned()
    } else {
        format!("`{column}`")
    }
}

/// The parameters that name a row.
pub fn keys(row: &RowName) -> Vec<Parameter> {
    let text = |(name, value): (&str, &str)| Parameter {
        name: name.to_owned(),
        kind: "STRING",
        value: value.to_owned(),
    };
    row.iter().map(text).collect()
}

impl Activation {
    /// Judges a change: `kind` is the type of the column, and `values` are its cells in the rows with these
    /// keys.
    ///
    /// # Errors
    /// Why it cannot be done.
    pub fn new(
        row: RowName,
        active: bool,
        place: Place,
        kind: &str,
        values: &[Option<String>],
    ) -> Result<Self, Failure> {
        if values.is_empty() {
            let reason = format!("{} has no row {row} any more.", place.table);
            return Err(Failure::permanent(reason).with_remedy("Read the table again."));
        }
        let (kind, value) = match kind {
            "BOOL" | "BOOLEAN" => ("BOOL", if active { "true" } else { "false" }.to_owned()),
            "INT64" | "INTEGER" => ("INT64", if active { "1" } else { "0" }.to_owned()),
            "STRING" => ("STRING", text(active, values)),
            other => {
                let reason = format!(
                    "The column {} of {} is {other}, which is neither BOOL nor STRING.",
                    place.column, place.table
                );
                return Err(Failure::permanent(reason).with_remedy("Make it BOOL."));
            }
        };
        Ok(Self {
            row,
            active,
            place,
            rows: values.len() as u64,
            kind,
            value,
        })
    }

    /// The statement.
    pub fn statement(&self) -> String {
        let Place { table, column, .. } = &self.place;
        let rows = self.place.rows(&self.row);
        format!("UPDATE {table} SET {} = @{column} {rows}", quoted(column))
    }

    /// Its parameters.
    pub fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = vec![Parameter {
            name: self.place.column.clone(),
            kind: self.kind,
            value: self.value.clone(),
        }];
        parameters.extend(keys(&self.row));
        parameters
    }

    /// `active` or `inactive`.
    pub const fn word(&self) -> &'static str {
        if self.active { "active" } else { "inactive" }
    }

    /// What is said after so many rows were changed.
    ///
    /// # Errors
    /// It is not as many as were seen before.
    pub fn done(&self, changed: u64) -> Result<String, Failure> {
        let (row, word, seen) = (&self.row, self.word(), self.rows);
        if changed == seen {
            let rows = if changed == 1 { "1 row" } else { "several rows" };
            return Ok(format!(
                "{row} is {word} now: {rows} of {} changed.",
                self.place.table
            ));
        }
        let reason = format!(
            "{changed} rows of {} were changed to make {row} {word}, and {seen} had these keys a moment before.",
            self.place.table
        );
        Err(Failure::permanent(reason).with_remedy("Look at the table: somebody else may be changing it."))
    }
}

/// The opposite of what the rows say, in the way they say it.
fn text(active: bool, values: &[Option<String>]) -> String {
    let mut known = values.iter().flatten().filter_map(|value| {
        let is_of =
            |(yes, no): &&(&str, &str)| value.eq_ignore_ascii_case(yes) || value.eq_ignore_ascii_case(no);
        Some((value, PAIRS.iter().find(is_of)?))
    });
    let Some((before, (yes, no))) = known.next() else {
        return if active { "TRUE" } else { "FALSE" }.into();
    };
    let word = if active { yes } else { no };
    let letters: Vec<_> = before.chars().filter(|letter| letter.is_alphabetic()).collect();
    let is_upper = |letter: &char| letter.is_uppercase();
    if !letters.is_empty() && letters.iter().all(is_upper) {
        word.to_uppercase()
    } else if letters.first().is_some_and(is_upper) {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    } else {
        (*word).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(kind: &str, values: &[Option<&str>], active: bool) -> Result<Activation, Failure> {
        let values: Vec<_> = values.iter().map(|value| value.map(str::to_owned)).collect();
        let row = RowName::usual("hr", "it's `odd`");
        let place = Place::new("`p.d.configuration`".into(), &Variables::default());
        Activation::new(row, active, place, kind, &values)
    }

    #[test]
    fn the_value_is_of_the_kind_that_the_column_has() {
        for (kind, before, active, value) in [
            ("BOOL", Some("false"), true, "true"),
            ("BOOLEAN", None, false, "false"),
            ("INTEGER", Some("0"), true, "1"),
            ("STRING", Some("no"), true, "yes"),
            ("STRING", Some("No"), true, "Yes"),
            ("STRING", Some("FALSE"), true, "TRUE"),
            ("STRING", Some("T"), false, "F"),
            ("STRING", Some("1"), false, "0"),
            ("STRING", None, true, "TRUE"),
            ("STRING", Some("perhaps"), false, "FALSE"),
        ] {
            let judged = judged(kind, &[before], active).unwrap();
            assert_eq!(judged.parameters()[0].value, value, "{kind} {before:?}");
        }
        let failure = judged("TIMESTAMP", &[None], true).unwrap_err();
        assert!(failure.reason.contains("is TIMESTAMP"), "{failure:?}");
        assert!(judged("BOOL", &[], true).unwrap_err().reason.contains("no row"));
    }

    #[test]
    fn names_are_parameters_and_never_text() {
        let judged = judged("BOOL", &[None], true).unwrap();
        assert_eq!(
            judged.statement(),
            "UPDATE `p.d.configuration` SET is_active = @is_active WHERE business_unit = @business_unit AND \
             data_source = @data_source"
        );
        assert_eq!(judged.parameters()[2].value, "it's `odd`");
    }

    #[test]
    fn other_columns_and_the_filter_are_in_the_statements() {
        let mut variables = Variables::default();
        for (name, text) in [
            ("key_columns", "group, id"),
            ("active_column", "is_enabled"),
            ("bq_config_filter", "env = 'prod'"),
        ] {
            variables.set_by_name(name, text).unwrap();
        }
        let place = Place::new("`p.d.t`".into(), &variables);
        let row = variables.key_columns.name(["a-b", "7"]);
        let rows =
            "WHERE CAST(`group` AS STRING) = @group AND CAST(`id` AS STRING) = @id AND (env = 'prod'\n)";
        assert_eq!(
            place.lookup(&row),
            format!("SELECT `is_enabled` FROM `p.d.t` {rows}")
        );
        let judged = Activation::new(row, true, place, "BOOL", &[None]).unwrap();
        assert_eq!(
            judged.statement(),
            format!("UPDATE `p.d.t` SET `is_enabled` = @is_enabled {rows}")
        );
        let parameters = judged.parameters();
        let names: Vec<_> = parameters
            .iter()
            .map(|one| (one.name.as_str(), one.value.as_str()))
            .collect();
        assert_eq!(names, [("is_enabled", "true"), ("group", "a-b"), ("id", "7")]);
    }

    #[test]
    fn another_number_of_rows_is_said() {
        let one = judged("BOOL", &[None], true).unwrap();
        assert_eq!(
            one.done(1).unwrap(),
            "hr/it's `odd` is active now: 1 row of `p.d.configuration` changed."
        );
        for changed in [0, 2] {
            assert!(one.done(changed).unwrap_err().reason.contains("1 had these keys"));
        }
    }
}
