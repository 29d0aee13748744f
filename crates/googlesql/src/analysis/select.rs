//! SELECT, clause by clause, in the order in which they take effect.
//!
//! ```text
//! FROM → WHERE → GROUP BY → HAVING → windows → QUALIFY → SELECT → DISTINCT → ORDER BY
//! ```
//!
//! The columns that come out are made in `select/output.rs`.

mod output;

use super::grouping::{Grouping, Key, is_aggregate};
use super::plan::Plan;
use super::scope::{Named, Scope};
use super::source::Source;
use super::window::Windows;
use super::{Analyst, Relation, Typed};
use crate::error::SqlError;
use crate::kind;
use crate::syntax::tree::{Expression, Group, Item, Node, Order, Select, Word};
use crate::value::ColumnType as T;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A column of the result before it has a name for sure.
struct Output {
    name: Option<String>,
    typed: Typed,
}

impl Analyst<'_> {
    /// A SELECT with the ORDER BY behind it, which may look at what is not shown.
    pub(super) fn select(
        &self,
        scope: &Scope<'_>,
        select: &Select,
        order: &[Order],
    ) -> Result<Relation, SqlError> {
        let source = match &select.from {
            Some(from) => self.source(scope, &[], from)?,
            None => nothing(),
        };
        let columns = &source.names;
        let input = scope.inner(columns);
        let filter = select
            .filter
            .as_ref()
            .map(|tree| self.condition(&input, tree, "WHERE"))
            .transpose()?;
        let aliases = aliases(select);
        let keys = self.keys(&input, select, &aliases)?;
        let grouped =
            !matches!(select.group, Group::None) || select.having.is_some() || has_aggregate(select, order);
        let grouping = Grouping {
            input: &input,
            keys,
            aggregates: RefCell::default(),
        };
        let windows = Windows {
            named: select.windows.clone(),
            calls: RefCell::default(),
            base: Rc::new(Cell::new(0)),
        };
        let shown = Scope {
            grouping: grouped.then_some(&grouping),
            windows: Some(&windows),
            ..input
        };
        let outputs = self.outputs(&shown, select)?;
        let named = Scope {
            aliases: &aliases,
            ..shown
        };
        let having = select.having.as_ref().map(|tree| {
            self.condition(
                &Scope {
                    windows: None,
                    ..named
                },
                tree,
                "HAVING",
            )
        });
        let having = having.transpose()?;
        let qualify = select
            .qualify
            .as_ref()
            .map(|tree| self.condition(&named, tree, "QUALIFY"))
            .transpose()?;
        let ordered = Scope {
            aliases_first: true,
            ..named
        };
        let order = order
            .iter()
            .map(|one| self.key_source(&ordered, one, &outputs))
            .collect::<Result<Vec<_>, _>>()?;
        if select.distinct
            && let Some(output) = outputs
                .iter()
                .find(|o| matches!(o.typed.kind, T::Json | T::Array(_) | T::Struct(_)))
        {
            let name = kind::name(&output.typed.kind);
            return Err(self.wrong(
                select.at,
                format!("Column of type {name} cannot be used in SELECT DISTINCT"),
            ));
        }
        let (columns, runs) = self.shaped(select, outputs)?;
        let groups = grouped.then(|| {
            (
                grouping.keys.iter().map(|key| key.typed.run.clone()).collect(),
                grouping.aggregates.take(),
            )
        });
        windows.base.set(match &groups {
            Some((keys, aggregates)) => Vec::len(keys) + aggregates.len(),
            None => source.names.len(),
        });
        let plan = Plan {
            source: source.rows.clone(),
            filter: filter.map(|typed| typed.run),
            groups,
            // Without GROUP BY there is one group, of no rows too.
            always_one: matches!(select.group, Group::None),
            having: having.map(|typed| typed.run),
            windows: windows.calls.take(),
            qualify: qualify.map(|typed| typed.run),
            outputs: runs,
            order,
            distinct: select.distinct,
        };
        Ok(Relation::new(columns, move |frame| plan.rows(frame)))
    }

    /// The items of GROUP BY: expressions, names of items, or their numbers.
    fn keys(
        &self,
        input: &Scope<'_>,
        select: &Select,
        aliases: &[(String, Expression)],
    ) -> Result<Vec<Key>, SqlError> {
        let trees: Vec<Expression> = match &select.group {
            Group::None => return Ok(Vec::new()),
            Group::By(trees) => trees.clone(),
            Group::All => {
                let plain = select.items.iter().filter_map(|item| match item {
                    Item::Expression { expression, .. } if !any_aggregate(expression) => {
                        Some(expression.clone())
                    }
                    _ => None,
                });
                plain.collect()
            }
        };
        let mut keys = Vec::new();
        for tree in trees {
            let tree = match self.ordinal(&tree, select.items.len(), "GROUP BY")? {
                Some(place) => match &select.items[place] {
                    Item::Expression { expression, .. } => expression.clone(),
                    Item::Star { at, .. } => {
                        return Err(self.unsupported(*at, "A number in GROUP BY beside *"));
                    }
                },
                None => self.unaliased(input, tree, aliases)?,
            };
            let typed = self.expression(input, &tree)?;
            if matches!(typed.kind, T::Json | T::Array(_)) {
                let name = kind::name(&typed.kind);
                return Err(self.wrong(
                    tree.at,
                    format!("Grouping by expressions of type {name} is not allowed"),
                ));
            }
            let column = Self::plain_column(input, &tree);
            keys.push(Key { tree, typed, column });
        }
        Ok(keys)
    }

    /// An item's expression for its name; a column of the name goes first.
    fn unaliased(
        &self,
        input: &Scope<'_>,
        tree: Expression,
        aliases: &[(String, Expression)],
    ) -> Result<Expression, SqlError> {
        let Node::Name(Word(name)) = &tree.node else {
            return Ok(tree);
        };
        let own = Scope {
            parent: None,
            ..*input
        };
        if self.look(&own, name, tree.at)?.is_some() {
            return Ok(tree);
        }
        let alias = aliases.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name));
        Ok(alias.map_or(tree.clone(), |(_, tree)| tree.clone()))
    }

    /// The place of a column that an expression is.
    fn plain_column(input: &Scope<'_>, tree: &Expression) -> Option<usize> {
        let (table, name) = match &tree.node {
            Node::Name(Word(name)) => (None, name),
            Node::Field(inner, Word(name)) => match &inner.node {
                Node::Name(Word(table)) => (Some(table), name),
                _ => return None,
            },
            _ => return None,
        };
        input.columns.iter().position(|named| {
            named.column.name.eq_ignore_ascii_case(name)
                && match table {
                    Some(table) => named
                        .table
                        .as_deref()
                        .is_some_and(|own| own.eq_ignore_ascii_case(table)),
                    None => !named.shadowed,
                }
        })
    }
}

fn is_called(output: &Output, name: &str) -> bool {
    output
        .name
        .as_deref()
        .is_some_and(|own| own.eq_ignore_ascii_case(name))
}

/// One row of nothing: what a SELECT without FROM reads.
fn nothing() -> Source {
    Source::new(Vec::<Named>::new(), Rc::new(|_| Ok(Rc::new(vec![Vec::new()]))))
}

fn aliases(select: &Select) -> Vec<(String, Expression)> {
    let named = select.items.iter().filter_map(|item| match item {
        Item::Expression {
            expression,
            alias: Some(alias),
        } => Some((alias.clone(), expression.clone())),
        _ => None,
    });
    named.collect()
}

fn has_aggregate(select: &Select, order: &[Order]) -> bool {
    let items = select.items.iter().any(|item| match item {
        Item::Expression { expression, .. } => any_aggregate(expression),
        Item::Star { of, replace, .. } => of
            .iter()
            .chain(replace.iter().map(|(tree, _)| tree))
            .any(any_aggregate),
    });
    items
        || order.iter().any(|order| any_aggregate(&order.expression))
        || select.qualify.as_ref().is_some_and(any_aggregate)
}

/// Whether an aggregate that is no window function stands in the expression, outside of its subqueries.
fn any_aggregate(tree: &Expression) -> bool {
    match &tree.node {
        Node::Call(call) if call.over.is_none() && is_aggregate(&call.name) => true,
        _ => tree.node.parts().into_iter().any(any_aggregate),
    }
}
