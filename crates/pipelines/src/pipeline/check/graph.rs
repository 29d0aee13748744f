//! The graph of a pipeline's connections: sources, cycles and islands. Names have the order of a real server's
//! hash tables.

use super::super::Pipeline;
use crate::hash_order;
use std::collections::BTreeSet;

/// The connected stages by name, and their connections.
pub(super) struct Graph<'a> {
    pipeline: &'a Pipeline,
    nodes: Vec<&'a str>,
    edges: Vec<(&'a str, &'a str)>,
}

impl<'a> Graph<'a> {
    /// The graph of all connected stages; a stage without connections is not part of it.
    pub fn from_pipeline(pipeline: &'a Pipeline) -> Self {
        let edges: Vec<_> = pipeline
            .connections
            .iter()
            .map(|connection| (connection.from.as_str(), connection.to.as_str()))
            .collect();
        Self {
            pipeline,
            nodes: hash_order::names(edges.iter().flat_map(|(from, to)| [*from, *to])),
            edges,
        }
    }

    /// The graph without actions. Conditions stay because rows pass through them.
    pub fn without_actions(&self) -> Self {
        let data = |name: &str| self.pipeline.stage(name).is_some_and(|stage| !stage.is_action());
        Self {
            pipeline: self.pipeline,
            nodes: self.nodes.iter().copied().filter(|name| data(name)).collect(),
            edges: self
                .edges
                .iter()
                .copied()
                .filter(|(from, to)| data(from) && data(to))
                .collect(),
        }
    }

    /// Checks that there are no cycles and no islands.
    pub fn check(&self) -> Result<(), String> {
        let fed = |name: &&&str| self.edges.iter().any(|(_, to)| to == *name);
        if self.nodes.iter().all(|name| fed(&name)) {
            return Err("DAG does not have any sources. Please remove cycles from the graph.".to_owned());
        }
        // Removes stages without inputs until none is left to remove; the rest forms cycles.
        let mut left = self.nodes.clone();
        while let Some(at) = left.iter().position(|name| {
            let waits = |(from, to): &(&str, &str)| to == name && left.contains(from);
            !self.edges.iter().any(waits)
        }) {
            left.remove(at);
        }
        if !left.is_empty() {
            return Err(format!("Invalid DAG. Stages {} form a cycle.", left.join(",")));
        }
        self.check_islands()
    }

    /// Checks that all stages are connected with each other.
    pub fn check_islands(&self) -> Result<(), String> {
        let source = |name: &&&str| !self.edges.iter().any(|(_, to)| to == *name);
        let Some(first) = self.nodes.iter().find(source) else {
            return Ok(());
        };
        let mut island = BTreeSet::from([*first]);
        loop {
            let near: Vec<_> = self
                .edges
                .iter()
                .filter(|(from, to)| island.contains(from) != island.contains(to))
                .flat_map(|(from, to)| [*from, *to])
                .collect();
            if near.is_empty() {
                break;
            }
            island.extend(near);
        }
        if island.len() == self.nodes.len() {
            return Ok(());
        }
        let names: Vec<_> = self
            .nodes
            .iter()
            .copied()
            .filter(|name| island.contains(name))
            .collect();
        Err(format!(
            "Invalid DAG. There is an island made up of stages {} (no other stages connect to them).",
            names.join(",")
        ))
    }

    /// All stages from which a stage can be reached.
    pub fn ancestors(&self, name: &str) -> BTreeSet<&'a str> {
        self.walk(name, |(from, to)| (to, from))
    }

    /// All stages that can be reached from a stage.
    pub fn descendants(&self, name: &str) -> BTreeSet<&'a str> {
        self.walk(name, |(from, to)| (from, to))
    }

    fn walk(&self, name: &str, step: impl Fn((&'a str, &'a str)) -> (&'a str, &'a str)) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut open = vec![name.to_owned()];
        while let Some(here) = open.pop() {
            for (at, next) in self.edges.iter().map(|edge| step(*edge)) {
                if at == here && found.insert(next) {
                    open.push(next.to_owned());
                }
            }
        }
        found
    }
}
