//! Which output schemas a server knows at deploy time. An unknown one fails the deployment (a `Joiner` then needs
//! a schema of its own) or the run (relational transforms on 6.10).

use super::{Pipeline, Stage};
use crate::macros;
use std::collections::BTreeMap;

impl Pipeline {
    /// Whether the schemas of all inputs of a stage are known.
    pub fn input_schema_known(&self, stage: &Stage) -> bool {
        self.inputs_known(stage, &mut BTreeMap::new())
    }

    /// [`Self::input_schema_known`], where `known` has the answers for the outputs of other stages.
    fn inputs_known<'a>(&'a self, stage: &'a Stage, known: &mut BTreeMap<&'a str, bool>) -> bool {
        let mut inputs = self
            .inputs(&stage.name)
            .filter_map(|name| self.stage(name))
            .filter(|input| !input.is_action());
        inputs.all(|input| {
            if let Some(found) = known.get(input.name.as_str()) {
                return *found;
            }
            let found = self.output_known(input, known);
            known.insert(&input.name, found);
            found
        })
    }

    fn output_known<'a>(&'a self, stage: &'a Stage, known: &mut BTreeMap<&'a str, bool>) -> bool {
        let given = |name: &str| stage.properties.get(name).filter(|value| !value.is_empty());
        let open = |name: &str| given(name).is_some_and(|value| macros::has_macro(value));
        if let Some(schema) = given("schema") {
            return !macros::has_macro(schema);
        }
        match stage.kind.as_str() {
            // A database is asked for its schema unless a property has a macro; `LabSource` has a fixed schema.
            "batchsource" => {
                stage.plugin == "LabSource"
                    || (given("importQuery").is_some() && !stage.properties.keys().any(|name| open(name)))
            }
            "batchaggregator" => {
                let fields = ["groupByFields", "aggregates", "fields", "uniqueFields"];
                !fields.into_iter().any(open) && self.inputs_known(stage, known)
            }
            "splittertransform" => !open("field") && self.inputs_known(stage, known),
            _ => self.inputs_known(stage, known),
        }
    }

    /// Checks the inputs of a `Joiner`; a property with a macro postpones the check to the run.
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
        if given("schema").is_empty() && !self.input_schema_known(stage) {
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
            // The message ends with a blank (measured).
            return refuse("At least two stages must be specified. ");
        }
        Ok(())
    }
}
