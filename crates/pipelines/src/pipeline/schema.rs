//! Which stages' output schemas a server knows when a pipeline is deployed. What it does not know then shows
//! at deploy time (a `Joiner` wants its own schema) or breaks the run (relational transforms on 6.10).

use super::{Pipeline, Stage};
use crate::macros;

impl Pipeline {
    /// Whether the schema of everything that feeds a stage is known.
    pub fn input_known(&self, stage: &Stage) -> bool {
        let mut inputs = self
            .inputs(&stage.name)
            .filter_map(|name| self.stage(name))
            .filter(|input| !input.is_action());
        inputs.all(|input| self.output_known(input))
    }

    fn output_known(&self, stage: &Stage) -> bool {
        let given = |name: &str| stage.properties.get(name).filter(|value| !value.is_empty());
        let open = |name: &str| given(name).is_some_and(|value| macros::has_macro(value));
        if let Some(schema) = given("schema") {
            return !macros::has_macro(schema);
        }
        match stage.kind.as_str() {
            // A database is asked for its schema when nothing about it waits for a macro; the lab's source
            // has one of its own.
            "batchsource" => {
                stage.plugin == "LabSource"
                    || (given("importQuery").is_some() && !stage.properties.keys().any(|name| open(name)))
            }
            "batchaggregator" => {
                let fields = ["groupByFields", "aggregates", "fields", "uniqueFields"];
                !fields.into_iter().any(open) && self.input_known(stage)
            }
            "splittertransform" => !open("field") && self.input_known(stage),
            _ => self.input_known(stage),
        }
    }

    /// What a `Joiner` says about its inputs at deploy time; macros put that off.
    pub(super) fn check_join(&self, stage: &Stage) -> Result<(), String> {
        if stage.plugin != "Joiner" || stage.kind != "batchjoiner" {
            return Ok(());
        }
        let given = |name: &str| stage.properties.get(name).map_or("", String::as_str);
        let refuse = |text: &str| {
            Err(format!(
                "Failed to configure pipeline: Stage '{}' encountered : {text}",
                stage.name
            ))
        };
        if given("schema").is_empty() && !self.input_known(stage) {
            return refuse("Output schema must be specified");
        }
        let open = [
            "selectedFields",
            "requiredInputs",
            "schema",
            "conditionType",
            "joinKeys",
        ];
        if !open.iter().any(|name| given(name).contains("${")) && self.inputs(&stage.name).count() < 2 {
            // A blank and no advice (measured).
            return refuse("At least two stages must be specified. ");
        }
        Ok(())
    }
}
