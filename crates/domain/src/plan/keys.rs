//! Keys of rows in the SQL of the deployed pipeline: what a stage pastes into a statement may hold letters, digits and `_`
//! only. Where no stage does, a key may have `.`, `-` and spaces too.

use super::{Plan, PlannedStart};
use crate::deployed::{DeployedPipeline, Stage, is_sql};
use crate::finding::{Finding, listed};
use crate::key::is_word;
use std::collections::BTreeSet;

/// An error for each row with such a key. It is looked at in every property of every stage, through other macros too.
pub(super) fn findings(plan: &Plan, deployed: &DeployedPipeline) -> Vec<Finding> {
    let starts = plan.pipelines.iter().flatten();
    starts
        .filter_map(|start| finding(plan, deployed, start))
        .collect()
}

fn finding(plan: &Plan, deployed: &DeployedPipeline, start: &PlannedStart) -> Option<Finding> {
    let (arguments, columns) = (&start.pipeline.arguments, &plan.request.variables.key_columns);
    let is_key = |name: &str| columns.iter().any(|column| column.eq_ignore_ascii_case(name));
    let risky = arguments
        .iter()
        .filter(|(name, value)| is_key(name) && !is_word(value));
    let risky: BTreeSet<_> = risky.map(|(name, _)| name).collect();
    if risky.is_empty() {
        return None;
    }
    let (mut pasted, mut places) = (BTreeSet::new(), BTreeSet::new());
    for stage in &deployed.stages {
        for (property, names) in in_sql(deployed, stage, start, &risky) {
            pasted.extend(names);
            places.insert(format!("{} ({property})", stage.name));
        }
    }
    let pasted: Vec<_> = pasted.into_iter().collect();
    let places: Vec<_> = places.iter().map(String::as_str).collect();
    let about = columns
        .row_of(arguments)
        .map_or_else(|| start.pipeline.task.to_string(), |row| row.dotted());
    (!pasted.is_empty()).then(|| {
        let message = format!(
            "{} of {about} may hold letters, digits and _ only: the pipeline pastes it into SQL, in {}.",
            listed(&pasted),
            listed(&places)
        );
        Finding::error(
            about,
            message,
            "Rename it, deactivate the row, or let the pipeline not paste it into SQL.",
        )
    })
}

/// The properties of a stage that are SQL, with those of the names that they look up.
fn in_sql<'a>(
    deployed: &'a DeployedPipeline,
    stage: &'a Stage,
    start: &'a PlannedStart,
    names: &'a BTreeSet<&'a str>,
) -> impl Iterator<Item = (&'a str, Vec<&'a str>)> {
    stage.with_macros().filter_map(|(property, raw)| {
        let expansion = deployed.property(stage, property, &start.pipeline.arguments)?;
        let used: Vec<_> = names
            .iter()
            .copied()
            .filter(|name| expansion.names.contains(*name))
            .collect();
        let is_sql = is_sql(property, raw) || expansion.text.is_some_and(|text| is_sql(property, &text));
        (is_sql && !used.is_empty()).then_some((property, used))
    })
}
