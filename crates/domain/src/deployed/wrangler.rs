//! A Wrangler whose input has no schema before the pipeline runs: some versions of CDAP fail every run of it.

use super::DeployedPipeline;
use super::macros::has_macro;
use super::stage::Stage;
use std::collections::BTreeSet;

impl DeployedPipeline {
    /// A Wrangler that gets its rows from a source without a schema, and that source. A stage between them that has a
    /// schema of its own hides the source's.
    pub fn schemaless_wrangler(&self) -> Option<(&Stage, &Stage)> {
        let mut wranglers = self.stages.iter().filter(|stage| stage.plugin == "Wrangler");
        wranglers.find_map(|wrangler| Some((wrangler, self.schemaless_source(wrangler)?)))
    }

    fn schemaless_source(&self, stage: &Stage) -> Option<&Stage> {
        let (mut seen, mut waiting) = (BTreeSet::new(), vec![stage.name.as_str()]);
        while let Some(name) = waiting.pop() {
            let before = self.connections.iter().filter(|(_, to)| to == name);
            for from in before.map(|(from, _)| from.as_str()) {
                let found = self.stages.iter().find(|stage| stage.name == from);
                let Some(found) = found.filter(|found| seen.insert(from) && !has_schema(found)) else {
                    continue;
                };
                if found.kind.ends_with("source") {
                    return Some(found);
                }
                waiting.push(from);
            }
        }
        None
    }
}

fn has_schema(stage: &Stage) -> bool {
    let schema = stage.raw("schema").unwrap_or_default();
    !schema.trim().is_empty() && !has_macro(schema)
}
