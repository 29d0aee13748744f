//! Checks of conditions, ports and error transforms, with the messages of `PipelineSpecGenerator` (CDAP 6.10);
//! they were read in the sources, not recorded.

use super::Graph;
use crate::pipeline::{Pipeline, Stage};
use std::collections::BTreeMap;

/// The types of stages that emit error records.
const EMITS_ERRORS: [&str; 4] = ["batchsource", "transform", "batchaggregator", "errortransform"];

impl Pipeline {
    /// Checks that each connection of a condition names its branch, and that no two are the same.
    pub(super) fn check_condition_connections(&self) -> Result<(), String> {
        let mut taken: BTreeMap<&str, bool> = BTreeMap::new();
        for connection in &self.connections {
            let from = connection.from.as_str();
            if self.stage(from).is_none_or(|stage| stage.kind != "condition") {
                continue;
            }
            let Some(way) = connection.condition else {
                return Err(format!(
                    "For condition stage {from}, the connection {connection} is not marked with either 'true' or \
                     'false'."
                ));
            };
            if taken.insert(from, way) == Some(way) {
                return Err(format!(
                    "For condition stage '{from}', more than one outgoing connections are marked as {way}."
                ));
            }
        }
        Ok(())
    }

    /// Checks that a stage after a condition has no inputs that bypass the condition.
    pub(super) fn check_condition_branches(&self, graph: &Graph<'_>) -> Result<(), String> {
        for condition in self.stages.iter().filter(|stage| stage.kind == "condition") {
            for stage in graph.descendants(&condition.name) {
                if self.inputs(stage).count() < 2 {
                    continue;
                }
                // The sources that reach the stage without the condition.
                let other: Vec<_> = self.sources_bypassing(stage, &condition.name);
                if !other.is_empty() {
                    let paths: Vec<_> = other.iter().map(|root| format!("{root}->{stage}")).collect();
                    return Err(format!(
                        "Stage in the pipeline '{stage}' is on the branch of condition '{}'. However it also has \
                         following incoming paths: '{}'. Different branches of a condition cannot be inputs to the \
                         same stage.",
                        condition.name,
                        paths.join(", ")
                    ));
                }
            }
        }
        Ok(())
    }

    fn sources_bypassing<'a>(&'a self, stage: &'a str, condition: &str) -> Vec<&'a str> {
        let (mut roots, mut seen, mut open) = (Vec::new(), Vec::new(), vec![stage]);
        while let Some(here) = open.pop() {
            if here == condition || seen.contains(&here) {
                continue;
            }
            seen.push(here);
            let before: Vec<_> = self.inputs(here).collect();
            if before.is_empty() && here != stage {
                roots.push(here);
            }
            open.extend(before);
        }
        roots
    }

    /// Checks that the inputs of an error transform emit error records.
    pub(super) fn check_error_transform(&self, stage: &Stage) -> Result<(), String> {
        for from in self.inputs(&stage.name) {
            let Some(before) = self.stage(from) else {
                continue;
            };
            if !EMITS_ERRORS.contains(&before.kind.as_str()) {
                return Err(format!(
                    "ErrorTransform {} cannot have stage {from} of type {} as input. Only {} stages can emit errors.",
                    stage.name,
                    before.kind,
                    EMITS_ERRORS.join(",")
                ));
            }
        }
        Ok(())
    }

    /// Checks that every connection of a splitter has a port.
    pub(super) fn check_splitter_ports(&self, stage: &Stage) -> Result<(), String> {
        if stage.kind != "splittertransform" {
            return Ok(());
        }
        let mut out = self.connections.iter().filter(|c| c.from == stage.name);
        match out.find(|connection| connection.port.is_none()) {
            Some(connection) => Err(format!(
                "Connection from Splitter '{}' to '{}' must specify a port.",
                stage.name, connection.to
            )),
            None => Ok(()),
        }
    }
}
