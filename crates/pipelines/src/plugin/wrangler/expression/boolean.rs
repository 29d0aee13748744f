//! Boolean expressions outside of recipes: in `Conditional` and in conditional aggregates.

use super::{Expression, Node, Scope};
use crate::plugin::wrangler::error::DirectiveError;
use crate::plugin::wrangler::row::{Cell, Row, from_json};
use googlesql::value::{Column, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A compiled expression with a boolean value.
#[derive(Clone, Debug)]
pub(in crate::plugin) struct BooleanExpression(Expression);

impl BooleanExpression {
    /// Compiles an expression.
    ///
    /// # Errors
    /// The plugin's message.
    pub fn compile(text: &str) -> Result<Self, String> {
        Expression::compile(text).map(Self)
    }

    /// The variables it refers to: `['token', 'File', 'output']` for `token['File']['output']`.
    pub fn variables(&self) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        collect(&self.0.tree, &mut found);
        found
    }

    /// Evaluates it with these variables; `None` if the value is not a boolean.
    ///
    /// # Errors
    /// The message of the exception.
    pub fn evaluate(&self, variables: BTreeMap<&str, Json>) -> Result<Option<bool>, String> {
        let variables = variables
            .into_iter()
            .map(|(name, json)| (name.to_owned(), from_json(json)));
        self.value(&Row(Vec::new()), &variables.collect())
    }

    /// Whether it is true for a record; a value that is not a boolean counts as false.
    ///
    /// # Errors
    /// The message of the exception.
    pub fn is_true_for(&self, columns: &[Column], values: &[Value]) -> Result<bool, String> {
        let value = self.value(&Row::from_values(columns, values), &BTreeMap::new())?;
        Ok(value.unwrap_or(false))
    }

    fn value(&self, row: &Row, variables: &BTreeMap<String, Cell>) -> Result<Option<bool>, String> {
        match self.0.value(&Scope::new(row, variables)) {
            Ok(Cell::Bool(truth)) => Ok(Some(truth)),
            Ok(Cell::Text(text)) => Ok(Some(text.eq_ignore_ascii_case("true"))),
            Ok(_) => Ok(None),
            Err(
                DirectiveError::Failed(text)
                | DirectiveError::ErrorRow(text, _)
                | DirectiveError::ReportedErrorRow(text, _)
                | DirectiveError::Unsupported(text),
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
        Node::Binary(_, left, right, _) | Node::Coalesce(left, right) | Node::Member(left, right) => {
            vec![left, right]
        }
        Node::Ternary(condition, then, or) => vec![condition, then, or],
        Node::Call(_, _, arguments, _) | Node::List(arguments) => arguments.iter().collect(),
        Node::Method(object, _, arguments, _) => std::iter::once(object.as_ref()).chain(arguments).collect(),
    };
    for node in inner {
        collect(node, found);
    }
}

/// The path of a variable and its constant members.
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
