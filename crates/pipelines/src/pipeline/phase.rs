//! Plans the phases of a pipeline that a workflow runs, as CDAP's `PipelinePlanner` and `SmartWorkflow` do on
//! Spark.
//!
//! ```text
//! Source ─→ Check ─true─→ Sink A        phase-1 Source → (held rows)
//!             └───false─→ Sink B        phase-2 Check
//!                                       phase-3 (held rows) → Sink A      phase-4 (held rows) → Sink B
//! ```
//!
//! Every action and every condition is a phase; connected data stages form one phase, which is a program. Phases
//! are numbered as they are added: a condition, then its true branch, then its false branch. The phases of a fork
//! run one after the other here, and in parallel on a server.

use super::{Pipeline, Stage};
use crate::event::NodeProgram;
use std::collections::{BTreeMap, BTreeSet};

/// The most phases of a workflow. A phase behind both branches of a condition is planned twice, and conditions behind
/// one another double it each time.
const MAX_PHASES: usize = 1_000;

/// A workflow node with its stages in topological order.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub id: String,
    pub program: NodeProgram,
    pub stages: Vec<Stage>,
}

/// A step of a workflow.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Node(Node),
    /// Takes one of two branches. It is numbered like a node, but a server keeps no state of it.
    Condition {
        id: String,
        stage: Stage,
        then: Vec<Step>,
        otherwise: Vec<Step>,
    },
}

/// A phase before it has a number.
struct UnnumberedPhase<'a> {
    stages: Vec<&'a Stage>,
}

impl UnnumberedPhase<'_> {
    fn holds(&self, name: &str) -> bool {
        self.stages.iter().any(|stage| stage.name == name)
    }

    fn is_condition(&self) -> bool {
        self.stages.iter().any(|stage| stage.kind == "condition")
    }
}

impl Pipeline {
    /// Checks that the workflow can be planned.
    ///
    /// # Errors
    /// More phases than the sandbox plans.
    pub(super) fn check_phases(&self) -> Result<(), String> {
        let phases = self.plan_steps().1;
        if phases > MAX_PHASES {
            return Err(format!(
                "A pipeline of more than {MAX_PHASES} phases is not supported by the sandbox: its conditions lead to \
                 the same stages on too many ways."
            ));
        }
        Ok(())
    }

    /// The steps of the workflow, in order.
    pub fn steps(&self) -> Vec<Step> {
        self.plan_steps().0
    }

    /// The steps of the workflow, and how many phases were planned.
    fn plan_steps(&self) -> (Vec<Step>, usize) {
        let planner = Planner {
            pipeline: self,
            phases: self.phases(),
        };
        let all = (0..planner.phases.len()).collect();
        let mut count = 0;
        let steps = planner.steps_of(&all, &mut count);
        (steps, count)
    }

    /// The nodes of all branches, in the order of their numbers.
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

    /// Whether the pipeline has a condition.
    pub fn has_conditions(&self) -> bool {
        self.stages.iter().any(|stage| stage.kind == "condition")
    }

    /// The phases: each control stage by itself, and the groups of connected data stages.
    fn phases(&self) -> Vec<UnnumberedPhase<'_>> {
        let mut groups: Vec<Vec<&Stage>> = Vec::new();
        let mut group_of: BTreeMap<&str, usize> = BTreeMap::new();
        for stage in self.topological_order() {
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
        // Restores the topological order within merged groups.
        let order: BTreeMap<&str, usize> = self
            .topological_order()
            .into_iter()
            .enumerate()
            .map(|(at, stage)| (stage.name.as_str(), at))
            .collect();
        let groups = groups.into_iter().filter(|stages| !stages.is_empty());
        let phases = groups.map(|mut stages| {
            stages.sort_by_key(|stage| order.get(stage.name.as_str()));
            UnnumberedPhase { stages }
        });
        phases.collect()
    }

    /// The stages, each after its inputs; the stages of a cycle are left out.
    pub(super) fn topological_order(&self) -> Vec<&Stage> {
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
    phases: Vec<UnnumberedPhase<'a>>,
}

impl Planner<'_> {
    /// The steps of these phases, each after its predecessors.
    fn steps_of(&self, inside: &BTreeSet<usize>, number: &mut usize) -> Vec<Step> {
        let conditions = inside.iter().filter(|at| self.phases[**at].is_condition());
        let nested: BTreeSet<usize> = conditions
            .flat_map(|at| self.reachable(&self.successors(*at, None)))
            .collect();
        let mut open: Vec<usize> = inside.difference(&nested).copied().collect();
        let mut steps = Vec::new();
        while !open.is_empty() && *number <= MAX_PHASES {
            let waits = |at: &usize| self.predecessors(*at).iter().any(|other| open.contains(other));
            // Cycles are refused at deploy time, so one phase is always ready.
            let ready = open.iter().position(|at| !waits(at)).unwrap_or(0);
            let at = open.remove(ready);
            *number += 1;
            let id = format!("phase-{number}");
            let phase = &self.phases[at];
            let stages: Vec<Stage> = phase.stages.iter().map(|stage| (*stage).clone()).collect();
            if phase.is_condition() {
                let mut branch = |way| {
                    let below = self.reachable(&self.successors(at, Some(way)));
                    self.steps_of(&below.intersection(inside).copied().collect(), number)
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

    /// The phases after one, by one branch of a condition or by any connection.
    fn successors(&self, at: usize, way: Option<bool>) -> BTreeSet<usize> {
        let from = |name: &str| self.phases[at].holds(name);
        let taken = self.pipeline.connections.iter().filter(|connection| {
            from(&connection.from) && way.is_none_or(|way| connection.condition == Some(way))
        });
        let found = taken.filter_map(|connection| self.phases.iter().position(|u| u.holds(&connection.to)));
        found.filter(|found| *found != at).collect()
    }

    fn predecessors(&self, at: usize) -> BTreeSet<usize> {
        let into = |name: &str| self.phases[at].holds(name);
        let leading = self.pipeline.connections.iter().filter(|c| into(&c.to));
        let found =
            leading.filter_map(|connection| self.phases.iter().position(|u| u.holds(&connection.from)));
        found.filter(|found| *found != at).collect()
    }

    /// These phases and all phases after them.
    fn reachable(&self, from: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open: Vec<usize> = from.iter().copied().collect();
        while let Some(at) = open.pop() {
            if found.insert(at) {
                open.extend(self.successors(at, None));
            }
        }
        found
    }
}
