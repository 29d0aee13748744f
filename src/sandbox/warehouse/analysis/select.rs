//! SELECT, clause by clause, in the order in which they take effect.
//!
//! ```text
//! FROM → WHERE → GROUP BY → HAVING → windows → QUALIFY → SELECT → DISTINCT → ORDER BY
//! ```

use super::expression::{implied_name, struct_of};
use super::grouping::{Grouping, Key, is_aggregate};
use super::plan::Plan;
use super::scope::{Found, Named, Scope};
use super::sort::{KeySource, SortKey};
use super::source::Source;
use super::window::Windows;
use super::{Analyst, Relation, Run, Typed};
use crate::sandbox::value::{Column, ColumnType as T, Value};
use crate::sandbox::warehouse::error::SqlError;
use crate::sandbox::warehouse::kind;
use crate::sandbox::warehouse::syntax::tree::{Expression, Group, Item, Node, Order, Select, Shape, Word};
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

    fn outputs(&self, scope: &Scope<'_>, select: &Select) -> Result<Vec<Output>, SqlError> {
        let mut outputs = Vec::new();
        for item in &select.items {
            match item {
                Item::Expression { expression, alias } => outputs.push(Output {
                    name: alias.clone().or_else(|| implied_name(expression)),
                    typed: self.expression(scope, expression)?,
                }),
                Item::Star {
                    of,
                    except,
                    replace,
                    at,
                } => {
                    let from = outputs.len();
                    self.star(scope, of.as_ref(), *at, &mut outputs)?;
                    for name in except {
                        let found = outputs[from..].iter().position(|o| is_called(o, name));
                        let place = found.ok_or_else(|| {
                            self.wrong(
                                *at,
                                format!("Column {name} in SELECT * EXCEPT list does not exist"),
                            )
                        })?;
                        outputs.remove(from + place);
                    }
                    for (tree, name) in replace {
                        let typed = self.expression(scope, tree)?;
                        let found = outputs[from..].iter_mut().find(|o| is_called(o, name));
                        let output = found.ok_or_else(|| {
                            self.wrong(
                                *at,
                                format!("Column {name} in SELECT * REPLACE list does not exist"),
                            )
                        })?;
                        output.typed = typed;
                    }
                }
            }
        }
        Ok(outputs)
    }

    fn star(
        &self,
        scope: &Scope<'_>,
        of: Option<&Expression>,
        at: crate::sandbox::warehouse::syntax::tree::Place,
        outputs: &mut Vec<Output>,
    ) -> Result<(), SqlError> {
        let mut push = |depth: usize, owner: &Scope<'_>, index: usize| -> Result<(), SqlError> {
            let name = Some(owner.columns[index].column.name.clone());
            let typed = self.column(owner, depth, index, at)?;
            outputs.push(Output { name, typed });
            Ok(())
        };
        let Some(of) = of else {
            if scope.columns.is_empty() {
                return Err(self.wrong(at, "SELECT * must have a FROM clause"));
            }
            for (index, named) in scope.columns.iter().enumerate() {
                if !named.shadowed {
                    push(0, scope, index)?;
                }
            }
            return Ok(());
        };
        if let Node::Name(Word(name)) = &of.node
            && let Found::Table { depth, places } = self.name(scope, name, of.at)?
        {
            let mut owner = scope;
            for _ in 0..depth {
                owner = owner.parent.unwrap_or(owner);
            }
            for index in places {
                push(depth, owner, index)?;
            }
            return Ok(());
        }
        let whole = self.expression(scope, of)?;
        let T::Struct(fields) = &whole.kind else {
            let name = kind::name(&whole.kind);
            return Err(self.wrong(at, format!("Dot-star is not supported for type {name}")));
        };
        for (index, field) in fields.iter().enumerate() {
            let run = whole.run.clone();
            let typed = Typed::new(field.kind.clone(), move |frame| {
                Ok(match run(frame)? {
                    Value::Struct(mut parts) if index < parts.len() => parts.swap_remove(index),
                    _ => Value::Null,
                })
            });
            outputs.push(Output {
                name: Some(field.name.clone()),
                typed,
            });
        }
        Ok(())
    }

    fn key_source(
        &self,
        scope: &Scope<'_>,
        order: &Order,
        outputs: &[Output],
    ) -> Result<(KeySource, SortKey), SqlError> {
        if let Some(place) = self.ordinal(&order.expression, outputs.len(), "ORDER BY")? {
            let key = SortKey::of_order(outputs[place].typed.run.clone(), order);
            return Ok((KeySource::Output(place), key));
        }
        if let Node::Name(Word(name)) = &order.expression.node
            && let Some(place) = outputs.iter().position(|o| is_called(o, name))
        {
            let key = SortKey::of_order(outputs[place].typed.run.clone(), order);
            return Ok((KeySource::Output(place), key));
        }
        let key = self.sort_key(scope, order)?;
        Ok((KeySource::Row(key.clone()), key))
    }

    /// The result's columns by name; an expression without one is called as at Google: `f0_`, `f1_` …
    fn shaped(&self, select: &Select, outputs: Vec<Output>) -> Result<(Vec<Column>, Vec<Run>), SqlError> {
        match (select.shape, outputs.as_slice()) {
            (Shape::Columns, _) => {}
            (Shape::Value, [output]) => {
                let name = output.name.clone().unwrap_or_else(|| "f0_".into());
                return Ok((
                    vec![Column::nullable(name, output.typed.kind.clone())],
                    vec![output.typed.run.clone()],
                ));
            }
            (Shape::Value, _) => {
                return Err(self.wrong(select.at, "SELECT AS VALUE query must have exactly one column"));
            }
            (Shape::Struct, _) => {
                let fields = outputs
                    .iter()
                    .map(|o| Column::nullable(o.name.clone().unwrap_or_default(), o.typed.kind.clone()));
                let whole = struct_of(
                    fields.collect(),
                    outputs.iter().map(|o| o.typed.clone()).collect(),
                );
                return Ok((vec![Column::nullable("f0_", whole.kind.clone())], vec![whole.run]));
            }
        }
        let mut unnamed = 0;
        let columns = outputs.iter().map(|output| {
            let name = output.name.clone().unwrap_or_else(|| {
                unnamed += 1;
                format!("f{}_", unnamed - 1)
            });
            Column::nullable(name, output.typed.kind.clone())
        });
        Ok((
            columns.collect(),
            outputs.iter().map(|output| output.typed.run.clone()).collect(),
        ))
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
        Item::Star { .. } => false,
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
