//! How a pipeline is cut into the phases that a workflow runs, as `PipelinePlanner` and `SmartWorkflow` of
//! CDAP cut it on Spark.
//!
//! ```text
//! Source ─→ Check ─true─→ Sink A        phase-1 Source → (held rows)
//!             └───false─→ Sink B        phase-2 Check
//!                                       phase-3 (held rows) → Sink A      phase-4 (held rows) → Sink B
//! ```
//!
//! Every action and every condition is a phase of its own; data stages that are connected are one program
//! together. Phases are numbered as they are added: a condition, all of its true branch, all of its false
//! one. Phases of a fork run one after the other here, side by side on a server.

use super::{Pipeline, Stage};
use crate::event::NodeProgram;
use std::collections::{BTreeMap, BTreeSet};

/// A workflow node: its stages in the order in which rows pass them.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub id: String,
    pub program: NodeProgram,
    pub stages: Vec<Stage>,
}

/// What a workflow does next.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Node(Node),
    /// Goes one of two ways. It is numbered like a node, yet a server keeps no state of it.
    Condition {
        id: String,
        stage: Stage,
        then: Vec<Step>,
        otherwise: Vec<Step>,
    },
}

/// A phase before it has a number.
struct Unit<'a> {
    stages: Vec<&'a Stage>,
}

impl Unit<'_> {
    fn holds(&self, name: &str) -> bool {
        self.stages.iter().any(|stage| stage.name == name)
    }

    fn is_condition(&self) -> bool {
        self.stages.iter().any(|stage| stage.kind == "condition")
    }
}

impl Pipeline {
    /// What the workflow does, in order.
    pub fn steps(&self) -> Vec<Step> {
        let plan = Planner {
            pipeline: self,
            units: self.units(),
        };
        let all = (0..plan.units.len()).collect();
        plan.walk(&all, &mut 0)
    }

    /// The nodes of every branch, in the order of their numbers.
    pub fn nodes(&self) -> Vec<Node> {
        fn collect(steps: Vec<Step>, nodes: &mut Vec<Node>) {
            for step in steps {
                match step {
                    Step::Node(node) => nodes.push(node),
                    Step::Condition { then, otherwise, .. } => {
                        collect(then, nodes);
                        collect(otherwise, nodes);
                    }
                }
            }
        }
        let mut nodes = Vec::new();
        collect(self.steps(), &mut nodes);
        nodes
    }

    /// Whether a condition decides anything.
    pub fn has_conditions(&self) -> bool {
        self.stages.iter().any(|stage| stage.kind == "condition")
    }

    /// Control stages one by one, data stages with what they are connected to.
    fn units(&self) -> Vec<Unit<'_>> {
        let mut groups: Vec<Vec<&Stage>> = Vec::new();
        let mut group_of: BTreeMap<&str, usize> = BTreeMap::new();
        for stage in self.ordered() {
            let mut joined: BTreeSet<usize> = BTreeSet::new();
            if !stage.is_control() {
                let data = |name: &&str| self.stage(name).is_some_and(|s| !s.is_control());
                let near = self.inputs(&stage.name).chain(self.outputs(&stage.name));
                joined.extend(near.filter(data).filter_map(|name| group_of.get(name)));
            }
            let home = joined.first().copied().unwrap_or(groups.len());
            if home == groups.len() {
                groups.push(Vec::new());
            }
            for other in joined.into_iter().skip(1) {
                let moved = std::mem::take(&mut groups[other]);
                let moving = group_of.values_mut().filter(|group| **group == other);
                moving.for_each(|group| *group = home);
                groups[home].extend(moved);
            }
            groups[home].push(stage);
            group_of.insert(&stage.name, home);
        }
        // What was joined late stands in the order of the rows again.
        let order: BTreeMap<&str, usize> = self
            .ordered()
            .into_iter()
            .enumerate()
            .map(|(at, stage)| (stage.name.as_str(), at))
            .collect();
        let groups = groups.into_iter().filter(|stages| !stages.is_empty());
        let units = groups.map(|mut stages| {
            stages.sort_by_key(|stage| order.get(stage.name.as_str()));
            Unit { stages }
        });
        units.collect()
    }

    /// The stages so that each comes after its inputs; shorter than the pipeline if there is a cycle.
    pub(super) fn ordered(&self) -> Vec<&Stage> {
        let mut ordered: Vec<&Stage> = Vec::new();
        while let Some(next) = self.stages.iter().find(|stage| {
            let placed = |name: &str| ordered.iter().any(|done| done.name == name);
            !placed(&stage.name) && self.inputs(&stage.name).all(placed)
        }) {
            ordered.push(next);
        }
        ordered
    }
}

struct Planner<'a> {
    pipeline: &'a Pipeline,
    units: Vec<Unit<'a>>,
}

impl Planner<'_> {
    /// The steps of these units, each after those that it waits for.
    fn walk(&self, inside: &BTreeSet<usize>, number: &mut usize) -> Vec<Step> {
        let conditions = inside.iter().filter(|at| self.units[**at].is_condition());
        let nested: BTreeSet<usize> = conditions
            .flat_map(|at| self.after(&self.direct(*at, None)))
            .collect();
        let mut open: Vec<usize> = inside.difference(&nested).copied().collect();
        let mut steps = Vec::new();
        while !open.is_empty() {
            let waits = |at: &usize| self.before(*at).iter().any(|other| open.contains(other));
            // Cycles are refused at deploy time, so one is always ready.
            let ready = open.iter().position(|at| !waits(at)).unwrap_or(0);
            let at = open.remove(ready);
            *number += 1;
            let id = format!("phase-{number}");
            let unit = &self.units[at];
            let stages: Vec<Stage> = unit.stages.iter().map(|stage| (*stage).clone()).collect();
            if unit.is_condition() {
                let mut branch = |way| {
                    let below = self.after(&self.direct(at, Some(way)));
                    self.walk(&below.intersection(inside).copied().collect(), number)
                };
                let then = branch(true);
                let otherwise = branch(false);
                steps.extend(stages.into_iter().map(|stage| Step::Condition {
                    id: id.clone(),
                    stage,
                    then: then.clone(),
                    otherwise: otherwise.clone(),
                }));
                continue;
            }
            let program = if stages.iter().all(Stage::is_control) {
                NodeProgram::Action
            } else {
                self.pipeline.engine
            };
            steps.push(Step::Node(Node { id, program, stages }));
        }
        steps
    }

    /// The units that one leads to, by one of a condition's ways or by any connection.
    fn direct(&self, at: usize, way: Option<bool>) -> BTreeSet<usize> {
        let from = |name: &str| self.units[at].holds(name);
        let taken = self.pipeline.connections.iter().filter(|connection| {
            from(&connection.from) && way.is_none_or(|way| connection.condition == Some(way))
        });
        let found = taken.filter_map(|connection| self.units.iter().position(|u| u.holds(&connection.to)));
        found.filter(|found| *found != at).collect()
    }

    fn before(&self, at: usize) -> BTreeSet<usize> {
        let into = |name: &str| self.units[at].holds(name);
        let leading = self.pipeline.connections.iter().filter(|c| into(&c.to));
        let found =
            leading.filter_map(|connection| self.units.iter().position(|u| u.holds(&connection.from)));
        found.filter(|found| *found != at).collect()
    }

    /// These and all that they lead to.
    fn after(&self, from: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open: Vec<usize> = from.iter().copied().collect();
        while let Some(at) = open.pop() {
            if found.insert(at) {
                open.extend(self.direct(at, None));
            }
        }
        found
    }
}
