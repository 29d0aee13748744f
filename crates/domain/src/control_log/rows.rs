//! What `filter_arguments` says: which rows became tasks with which arguments, and which did not.

use super::lines::Lines;
use crate::plan::{ArgumentSource, Plan, PlannedPipeline, PlannedStart};
use crate::plural::count;
use crate::request::Scope;
use crate::run::Run;
use crate::time::human;
use std::collections::BTreeMap;

/// Which rows became tasks with which arguments, and which did not.
pub(super) fn planned(lines: &mut Lines<'_>, run: &Run, pipelines: &[PlannedPipeline]) {
    let mut plan = Plan::new(run.request.clone(), run.configuration.as_ref());
    plan.pass(&run.passed);
    let starts: BTreeMap<_, _> = plan
        .pipelines
        .iter()
        .flatten()
        .map(|start| (&start.pipeline.task, start))
        .collect();
    for pipeline in pipelines {
        let changes = starts.get(&pipeline.task).map(|start| changes(start));
        lines.info(kept(pipeline, &changes.unwrap_or_default()));
    }
    for row in &plan.left_out {
        lines.info(format!("Left out: {}, because {}.", row.name.title(), row.reason));
    }
    let kept = count(pipelines.len() as u64, "pipeline run");
    match &run.request.scope {
        Scope::Single(arguments) if run.request.task_by_hand(arguments).is_none() => {
            lines.info(format!("{kept} by hand, for no row of the table."));
        }
        Scope::Single(_) => lines.info(format!("{kept} by hand.")),
        Scope::Chain => {
            let left_out = count(plan.left_out.len() as u64, "row");
            let began = lines.task.current().map_or(run.started, |one| one.started);
            let is_unsaved = run
                .notices
                .iter()
                .any(|(at, finding)| *at >= began && finding.about == "cdf_pipeline_run_arguments");
            let saved = if is_unsaved { "were not" } else { "are" };
            lines.info(format!(
                "{kept} planned, {left_out} left out; the arguments {saved} written back to cdf_pipeline_run_arguments."
            ));
        }
    }
}

fn kept(pipeline: &PlannedPipeline, changes: &str) -> String {
    let PlannedPipeline {
        task,
        priority,
        timeout,
        allowed_tries,
        arguments,
    } = pipeline;
    let tries = match allowed_tries {
        1 => "one try".to_owned(),
        tries => format!("at most {tries} tries"),
    };
    let names: Vec<_> = arguments.iter().map(|(name, _)| name).collect();
    let names = names.join(", ");
    let limit = human(*timeout);
    format!("Kept: {task}, priority {priority}, {tries} of {limit} each; arguments {names}{changes}.")
}

/// What a person changed for this run.
fn changes(start: &PlannedStart) -> String {
    let mut by_word: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let arguments = start.arguments();
    for argument in &arguments {
        let word = match argument.source {
            ArgumentSource::Added => "added",
            ArgumentSource::Edited => "edited",
            ArgumentSource::Removed => "removed",
            _ => continue,
        };
        by_word.entry(word).or_default().push(argument.name);
    }
    by_word.iter().fold(String::new(), |text, (word, names)| {
        text + "; " + word + " by hand: " + &names.join(", ")
    })
}
