//! Which workflow nodes a pipeline becomes, and in which order they run.
//!
//! Every action is a node of its own; all connected data stages are one Spark program. Actions and
//! programs are numbered together, in order of execution: `phase-1`, `phase-2` (measured).

use super::{Pipeline, StageDesign};
use crate::sandbox::observation::NodeProgram;

/// A node with its stages.
#[derive(Clone, Debug, PartialEq)]
pub struct Node<'a> {
    /// `phase-1`.
    pub id: String,
    /// What runs it.
    pub program: NodeProgram,
    /// Its stages in order of the flow; one for an action.
    pub stages: Vec<&'a StageDesign>,
}

impl Node<'_> {
    /// As the app's detail describes it.
    pub fn description(&self) -> String {
        if self.program == NodeProgram::Action {
            let name = self.stages.first().map_or("", |stage| stage.name.as_str());
            return format!("Action '{name}'.");
        }
        let names = |kind: &str| {
            let of_kind = self.stages.iter().filter(|stage| stage.kind == kind);
            let mut names: Vec<_> = of_kind.map(|stage| format!("'{}'", stage.name)).collect();
            names.sort();
            names.join(", ")
        };
        format!(
            "Sources {} to sinks {}.",
            names("batchsource"),
            names("batchsink")
        )
    }
}

/// The stages in order of the flow, those of the JSON's order first where the flow leaves a choice.
///
/// # Errors
/// The stages form a cycle.
pub fn in_order(pipeline: &Pipeline) -> Result<Vec<&StageDesign>, String> {
    let all: Vec<usize> = (0..pipeline.stages.len()).collect();
    let edges = edges(pipeline);
    let order = sorted(&all, &edges);
    if order.len() == all.len() {
        return Ok(order.into_iter().map(|index| &pipeline.stages[index]).collect());
    }
    let stuck: Vec<usize> = all.into_iter().filter(|index| !order.contains(index)).collect();
    let backwards: Vec<_> = edges.iter().map(|(from, to)| (*to, *from)).collect();
    let leaving = sorted(&stuck, &backwards);
    let cycle: Vec<_> = stuck
        .iter()
        .filter(|index| !leaving.contains(index))
        .map(|index| pipeline.stages[*index].name.as_str())
        .collect();
    Err(format!("Invalid DAG. Stages {} form a cycle.", cycle.join(",")))
}

/// The workflow's nodes, numbered.
///
/// # Errors
/// The stages form a cycle.
pub fn nodes(pipeline: &Pipeline) -> Result<Vec<Node<'_>>, String> {
    let order = in_order(pipeline)?;
    let groups = groups(pipeline);
    let place = |stage: &StageDesign| pipeline.stages.iter().position(|other| other.name == stage.name);
    let group = |stage: &StageDesign| {
        place(stage)
            .and_then(|index| groups.get(index).copied())
            .unwrap_or(0)
    };
    let edges: Vec<_> = edges(pipeline)
        .into_iter()
        .map(|(from, to)| (groups[from], groups[to]))
        .filter(|(from, to)| from != to)
        .collect();
    let mut ids: Vec<usize> = groups.clone();
    ids.sort_unstable();
    ids.dedup();
    let nodes = sorted(&ids, &edges).into_iter().enumerate().map(|(index, id)| {
        let stages: Vec<_> = order.iter().copied().filter(|stage| group(stage) == id).collect();
        let is_control = stages.first().is_some_and(|stage| stage.is_control());
        let program = if is_control {
            NodeProgram::Action
        } else {
            NodeProgram::Spark
        };
        Node {
            id: format!("phase-{}", index + 1),
            program,
            stages,
        }
    });
    Ok(nodes.collect())
}

/// Whether data stages lie in front of (or behind) a stage, however far.
pub fn reaches_data(pipeline: &Pipeline, name: &str, forwards: bool) -> bool {
    let mut seen = vec![name.to_owned()];
    let mut next = 0;
    while let Some(name) = seen.get(next).cloned() {
        next += 1;
        let beside = if forwards {
            pipeline.after(&name)
        } else {
            pipeline.before(&name)
        };
        if beside.iter().any(|stage| !stage.is_control()) {
            return true;
        }
        for stage in beside {
            if !seen.contains(&stage.name) {
                seen.push(stage.name.clone());
            }
        }
    }
    false
}

fn edges(pipeline: &Pipeline) -> Vec<(usize, usize)> {
    let place = |name: &str| pipeline.stages.iter().position(|stage| stage.name == name);
    let ends = pipeline
        .connections
        .iter()
        .map(|c| (place(&c.from), place(&c.to)));
    ends.filter_map(|(from, to)| Some((from?, to?))).collect()
}

/// For each stage the smallest index of those that share its node.
fn groups(pipeline: &Pipeline) -> Vec<usize> {
    let mut groups: Vec<usize> = (0..pipeline.stages.len()).collect();
    for (from, to) in edges(pipeline) {
        if pipeline.stages[from].is_control() || pipeline.stages[to].is_control() {
            continue;
        }
        let (keep, drop) = (groups[from].min(groups[to]), groups[from].max(groups[to]));
        for group in groups.iter_mut().filter(|group| **group == drop) {
            *group = keep;
        }
    }
    groups
}

/// Sorts so that edges lead onwards; what lies on or behind a cycle is left out.
fn sorted(items: &[usize], edges: &[(usize, usize)]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    loop {
        let is_free = |item: &&usize| {
            !order.contains(item)
                && !edges
                    .iter()
                    .any(|(from, to)| to == *item && items.contains(from) && !order.contains(from))
        };
        match items.iter().find(is_free) {
            Some(item) => order.push(*item),
            None => return order,
        }
    }
}
