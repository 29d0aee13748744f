//! Expressions outside of recipes: of conditions between phases, of conditional aggregates.

use super::{Expression, Node, Scope, eval};
use crate::plugin::wrangler::row::{Cell, Row};
use crate::plugin::wrangler::trouble::Trouble;
use googlesql::value::{Column, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A compiled expression that says yes or no.
#[derive(Clone, Debug)]
pub(in crate::plugin) struct Decision(Expression);

impl Decision {
    /// Compiles a text.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn compile(text: &str) -> Result<Self, String> {
        Expression::compile(text).map(Self)
    }

    /// What it looks up: `['token', 'File', 'output']` for `token['File']['output']`.
    pub fn variables(&self) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        collect(&self.0.tree, &mut found);
        found
    }

    /// Decides with these variables; what is neither yes nor no is nothing.
    ///
    /// # Errors
    /// What the language raises.
    pub fn decide(&self, variables: BTreeMap<&str, Json>) -> Result<Option<bool>, String> {
        let variables = variables
            .into_iter()
            .map(|(name, json)| (name.to_owned(), eval::of_json(json)));
        self.value(&Row(Vec::new()), &variables.collect())
    }

    /// Decides about a record.
    ///
    /// # Errors
    /// What the language raises.
    pub fn holds(&self, columns: &[Column], values: &[Value]) -> Result<bool, String> {
        let value = self.value(&Row::of(columns, values), &BTreeMap::new())?;
        Ok(value.unwrap_or(false))
    }

    fn value(&self, row: &Row, variables: &BTreeMap<String, Cell>) -> Result<Option<bool>, String> {
        match self.0.value(&Scope { row, variables }) {
            Ok(Cell::Bool(truth)) => Ok(Some(truth)),
            Ok(Cell::Text(text)) => Ok(Some(text.eq_ignore_ascii_case("true"))),
            Ok(_) => Ok(None),
            Err(
                Trouble::Failed(text)
                | Trouble::Record(text, _)
                | Trouble::Reported(text, _)
                | Trouble::Unsupported(text),
            ) => Err(text),
        }
    }
}

fn collect(node: &Node, found: &mut Vec<Vec<String>>) {
    if let Some(path) = path(node) {
        if !found.contains(&path) {
            found.push(path);
        }
        return;
    }
    let inner: Vec<&Node> = match node {
        Node::Value(_) | Node::Variable(_) => Vec::new(),
        Node::Unary(_, inner) => vec![inner],
        Node::Binary(_, left, right, _) | Node::Otherwise(left, right) | Node::Member(left, right) => {
            vec![left, right]
        }
        Node::Choice(condition, then, or) => vec![condition, then, or],
        Node::Call(_, _, arguments, _) | Node::List(arguments) => arguments.iter().collect(),
        Node::Method(object, _, arguments, _) => std::iter::once(object.as_ref()).chain(arguments).collect(),
    };
    for node in inner {
        collect(node, found);
    }
}

/// A variable with the constant members behind it.
fn path(node: &Node) -> Option<Vec<String>> {
    match node {
        Node::Variable(name) => Some(vec![name.clone()]),
        Node::Member(object, key) => {
            let Node::Value(key) = key.as_ref() else {
                return None;
            };
            let mut path = path(object)?;
            path.push(key.text());
            Some(path)
        }
        _ => None,
    }
}
