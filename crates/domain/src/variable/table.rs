//! Where the tables are: a dataset or a table may name its own project, and a table its own dataset.

use super::names::split_last;
use super::{VariableName, Variables};
use crate::warehouse::{DatasetAddress, TableAddress};

impl Variables {
    /// The project of the tables whose names have none.
    pub fn data_project(&self) -> &str {
        if self.bq_project_id.is_empty() {
            &self.project_id
        } else {
            &self.bq_project_id
        }
    }

    /// The dataset of the tables whose names have none.
    pub fn dataset(&self) -> DatasetAddress {
        let (project, dataset) = split_last(&self.bq_dataset_id);
        DatasetAddress {
            project: project.unwrap_or(self.data_project()).to_owned(),
            dataset: dataset.to_owned(),
        }
    }

    /// The table that is filled.
    pub fn output_table(&self) -> TableAddress {
        self.table(&self.bq_output_table)
    }

    /// Whether a table is named that is filled.
    pub fn has_output_table(&self) -> bool {
        !self.bq_output_table.is_empty()
    }

    /// What two chains may not fill at the same time: the output table, or where none is named the pipeline.
    pub fn filled(&self) -> String {
        if self.has_output_table() {
            return self.output_table().path();
        }
        let place = [
            &self.project_id,
            &self.cdf_instance,
            &self.cdf_namespace,
            &self.cdf_pipeline_name,
        ];
        format!("pipeline {}", place.map(String::as_str).join("/"))
    }

    /// The configuration table.
    pub fn config_table(&self) -> TableAddress {
        self.table(&self.bq_config_table)
    }

    /// A table by its name, which may have the dataset and the project before it.
    pub fn table(&self, name: &str) -> TableAddress {
        let (own_path, table) = split_last(name);
        let DatasetAddress { project, dataset } = self.dataset();
        let (own_project, own_dataset) = own_path.map_or((None, &*dataset), split_last);
        TableAddress {
            project: own_project.map_or(project, str::to_owned),
            dataset: own_dataset.to_owned(),
            table: table.to_owned(),
        }
    }

    /// A table as a person reads it: its project only where that is not the one of the jobs.
    pub fn shown(&self, table: &TableAddress) -> String {
        if table.project == self.project_id {
            format!("{}.{}", table.dataset, table.table)
        } else {
            table.path()
        }
    }

    /// What the rows are read from, as a person reads it.
    pub fn shown_config(&self) -> String {
        if self.bq_config_query.is_empty() {
            self.shown(&self.config_table())
        } else {
            "bq_config_query".into()
        }
    }

    /// The statement that reads the rows; `table` is the quoted name of the configuration table.
    pub fn config_statement(&self, table: &str) -> String {
        let query = self.bq_config_query.trim().trim_end_matches(';');
        let source = if query.is_empty() {
            table.to_owned()
        } else {
            // A comment at its end must not hide the bracket.
            format!("(\n{query}\n)")
        };
        format!("SELECT * FROM {source}{}", self.config_condition(" WHERE "))
    }

    /// The condition of `bq_config_filter` behind a word; empty without one.
    pub fn config_condition(&self, word: &str) -> String {
        match self.bq_config_filter.trim() {
            "" => String::new(),
            filter => format!("{word}({filter}\n)"),
        }
    }

    /// What a pipeline gets that looks a variable up: names without their paths.
    pub fn passed_text(&self, name: VariableName) -> String {
        match name {
            VariableName::BqProjectId => split_last(&self.bq_dataset_id)
                .0
                .unwrap_or(self.data_project())
                .to_owned(),
            VariableName::BqDatasetId => split_last(&self.bq_dataset_id).1.to_owned(),
            VariableName::BqConfigTable => split_last(&self.bq_config_table).1.to_owned(),
            VariableName::BqOutputTable => split_last(&self.bq_output_table).1.to_owned(),
            name => self.text(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::variable::{VariableName, Variables};

    fn variables(set: &[(&str, &str)]) -> Variables {
        let mut variables = Variables::default();
        for (name, text) in [("project_id", "jobs-project"), ("bq_output_table", "landing")]
            .iter()
            .chain(set)
        {
            variables.set_by_name(name, text).unwrap();
        }
        variables
    }

    #[test]
    fn each_part_of_a_name_is_its_own_or_that_of_the_next_wider_one() {
        for (set, output, config, shown) in [
            (
                &[][..],
                "jobs-project.cdf_output.landing",
                "jobs-project.cdf_output.configuration",
                "cdf_output.landing",
            ),
            (
                &[("bq_project_id", "data-project")],
                "data-project.cdf_output.landing",
                "data-project.cdf_output.configuration",
                "data-project.cdf_output.landing",
            ),
            (
                &[
                    ("bq_dataset_id", "data-project.ds"),
                    ("bq_project_id", "third-project"),
                ],
                "data-project.ds.landing",
                "data-project.ds.configuration",
                "data-project.ds.landing",
            ),
            (
                &[
                    ("bq_dataset_id", "example.com:old-one.ds"),
                    ("bq_config_table", "meta.rows"),
                ],
                "example.com:old-one.ds.landing",
                "example.com:old-one.meta.rows",
                "example.com:old-one.ds.landing",
            ),
            (
                &[
                    ("bq_output_table", "other-project.o.t"),
                    ("bq_config_table", "jobs-project.c.t"),
                ],
                "other-project.o.t",
                "jobs-project.c.t",
                "other-project.o.t",
            ),
        ] {
            let variables = variables(set);
            let table = variables.output_table();
            assert_eq!(table.path(), output, "{set:?}");
            assert_eq!(variables.config_table().path(), config, "{set:?}");
            assert_eq!(variables.shown(&table), shown, "{set:?}");
        }
    }

    #[test]
    fn a_pipeline_gets_names_without_their_paths() {
        let variables = variables(&[
            ("bq_dataset_id", "data-project.ds"),
            ("bq_config_table", "ds.rows"),
        ]);
        for (name, text) in [
            (VariableName::ProjectId, "jobs-project"),
            (VariableName::BqProjectId, "data-project"),
            (VariableName::BqDatasetId, "ds"),
            (VariableName::BqConfigTable, "rows"),
            (VariableName::BqOutputTable, "landing"),
            (VariableName::BqLocation, "US"),
        ] {
            assert_eq!(variables.passed_text(name), text);
        }
    }

    #[test]
    fn the_statement_has_the_query_and_the_filter_in_brackets_of_their_own() {
        for (set, statement) in [
            (&[][..], "SELECT * FROM `t`"),
            (
                &[("bq_config_filter", "a = 1 -- or b")],
                "SELECT * FROM `t` WHERE (a = 1 -- or b\n)",
            ),
            (
                &[("bq_config_query", "SELECT 1 AS a;")],
                "SELECT * FROM (\nSELECT 1 AS a\n)",
            ),
            (
                &[
                    ("bq_config_query", "SELECT 1 AS a"),
                    ("bq_config_filter", "a > 0"),
                ],
                "SELECT * FROM (\nSELECT 1 AS a\n) WHERE (a > 0\n)",
            ),
        ] {
            assert_eq!(variables(set).config_statement("`t`"), statement);
        }
    }
}
