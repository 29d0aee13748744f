//! SELECT: its clauses in the order in which they take effect.
//!
//! ```text
//! FROM → WHERE → GROUP BY → HAVING → windows → QUALIFY → SELECT → DISTINCT → ORDER BY
//! ```
//!
//! The output columns are in `select/output.rs`.

mod output;

use super::aggregate::is_aggregate;
use super::scope::{GroupKey, Grouping, Scope, Windows};
use super::source::Source;
use super::{Analyzer, Relation, TableScan};
use crate::error::SqlError;
use crate::execution::Run;
use crate::execution::select::{GroupingPlan, SelectPlan};
use crate::kind;
use crate::syntax::ast::{Expression, GroupBy, Identifier, Node, OrderItem, Select, SelectItem};
use crate::value::ColumnType as T;
use output::Output;
use std::rc::Rc;

impl Analyzer<'_> {
    /// A SELECT with its query's ORDER BY, which can use columns that are not in the output.
    pub(super) fn select(
        &self,
        scope: &Scope<'_>,
        select: &Select,
        order: &[OrderItem],
    ) -> Result<Relation, SqlError> {
        let source = match &select.from {
            Some(from) => self.source(scope, &[], from)?,
            None => Source::single_row(),
        };
        let input = scope.inner(&source.names);
        let filter = self.optional_condition(&input, select.filter.as_ref(), "WHERE")?;
        let aliases = aliases(select);
        let grouping = Grouping::new(&input, self.group_keys(&input, select, &aliases)?);
        let windows = Windows::new(select.windows.clone());
        let is_grouped = is_grouped(select, order);
        let output_scope = Scope {
            grouping: is_grouped.then_some(&grouping),
            windows: Some(&windows),
            ..input
        };
        let outputs = self.outputs(&output_scope, select)?;
        let scope = Scope {
            aliases: &aliases,
            ..output_scope
        };
        let having_scope = Scope {
            windows: None,
            ..scope
        };
        let having = self.optional_condition(&having_scope, select.having.as_ref(), "HAVING")?;
        let qualify = self.optional_condition(&scope, select.qualify.as_ref(), "QUALIFY")?;
        let order_scope = Scope {
            aliases_first: true,
            ..scope
        };
        let order = order
            .iter()
            .map(|item| self.order_key(&order_scope, item, &outputs))
            .collect::<Result<Vec<_>, _>>()?;
        self.check_distinct(select, &outputs)?;
        let (columns, outputs) = self.shape(select, outputs)?;
        let is_single_group = matches!(select.group, GroupBy::None);
        let grouping = is_grouped.then(|| grouping.plan(is_single_group));
        windows
            .first_column
            .set(grouping.as_ref().map_or(source.names.len(), GroupingPlan::width));
        // Rows that come and go as they are in the table, so that it need not be read to its end.
        let is_plain = filter.is_none()
            && grouping.is_none()
            && qualify.is_none()
            && !select.distinct
            && order.is_empty()
            && windows.calls.borrow().is_empty();
        let limit = source
            .table
            .as_ref()
            .filter(|_| is_plain)
            .map(|table| Rc::clone(&table.limit));
        let plan = SelectPlan {
            source: source.rows.clone(),
            table: source.table.as_ref().map(TableScan::scan),
            join: source.join.clone(),
            filter,
            grouping,
            having,
            windows: windows.calls.take(),
            qualify,
            outputs,
            distinct: select.distinct,
            order,
        };
        let mut relation = Relation::new(columns, move |frame| plan.rows(frame));
        relation.limit = limit;
        Ok(relation)
    }

    fn optional_condition(
        &self,
        scope: &Scope<'_>,
        tree: Option<&Expression>,
        clause: &str,
    ) -> Result<Option<Run>, SqlError> {
        let condition = tree.map(|tree| self.condition(scope, tree, clause));
        Ok(condition.transpose()?.map(|typed| typed.run))
    }

    fn check_distinct(&self, select: &Select, outputs: &[Output]) -> Result<(), SqlError> {
        let incomparable = outputs
            .iter()
            .map(|output| &output.typed.kind)
            .find(|kind| matches!(kind, T::Json | T::Array(_) | T::Struct(_)));
        match incomparable {
            Some(kind) if select.distinct => {
                let name = kind::name(kind);
                Err(self.wrong(
                    select.at,
                    format!("Column of type {name} cannot be used in SELECT DISTINCT"),
                ))
            }
            _ => Ok(()),
        }
    }

    /// The items of GROUP BY: expressions, aliases of the SELECT list, or its columns' numbers.
    fn group_keys(
        &self,
        input: &Scope<'_>,
        select: &Select,
        aliases: &[(String, Expression)],
    ) -> Result<Vec<GroupKey>, SqlError> {
        let trees: Vec<Expression> = match &select.group {
            GroupBy::None => return Ok(Vec::new()),
            GroupBy::By(trees) => trees.clone(),
            GroupBy::All => {
                let without_aggregates = select.items.iter().filter_map(|item| match item {
                    SelectItem::Expression { expression, .. } if !contains_aggregate(expression) => {
                        Some(expression.clone())
                    }
                    _ => None,
                });
                without_aggregates.collect()
            }
        };
        let mut keys = Vec::new();
        for tree in trees {
            let tree = match self.ordinal(&tree, select.items.len(), "GROUP BY")? {
                Some(index) => match &select.items[index] {
                    SelectItem::Expression { expression, .. } => expression.clone(),
                    SelectItem::Star { at, .. } => {
                        return Err(self.unsupported(*at, "A number in GROUP BY beside *"));
                    }
                },
                None => self.resolve_alias(input, tree, aliases)?,
            };
            let typed = self.expression(input, &tree)?;
            if matches!(typed.kind, T::Json | T::Array(_)) {
                let name = kind::name(&typed.kind);
                return Err(self.wrong(
                    tree.at,
                    format!("Grouping by expressions of type {name} is not allowed"),
                ));
            }
            let column = Self::input_column(input, &tree);
            keys.push(GroupKey { tree, typed, column });
        }
        Ok(keys)
    }

    /// The expression of an alias of the SELECT list; a column of the same name is preferred.
    fn resolve_alias(
        &self,
        input: &Scope<'_>,
        tree: Expression,
        aliases: &[(String, Expression)],
    ) -> Result<Expression, SqlError> {
        let Node::Name(Identifier(name)) = &tree.node else {
            return Ok(tree);
        };
        let own = Scope {
            parent: None,
            ..*input
        };
        if self.lookup(&own, name, tree.at)?.is_some() {
            return Ok(tree);
        }
        let alias = aliases.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name));
        Ok(alias.map_or(tree.clone(), |(_, tree)| tree.clone()))
    }

    /// The index of the input column that an expression is, if it is one.
    fn input_column(input: &Scope<'_>, tree: &Expression) -> Option<usize> {
        let (table, name) = match &tree.node {
            Node::Name(Identifier(name)) => (None, name),
            Node::Field(inner, Identifier(name)) => match &inner.node {
                Node::Name(Identifier(table)) => (Some(table), name),
                _ => return None,
            },
            _ => return None,
        };
        input.columns.iter().position(|named| {
            named.has_name(name)
                && match table {
                    Some(table) => named.is_of_table(table),
                    None => !named.shadowed,
                }
        })
    }
}

/// The items of the SELECT list that have an alias.
fn aliases(select: &Select) -> Vec<(String, Expression)> {
    let named = select.items.iter().filter_map(|item| match item {
        SelectItem::Expression {
            expression,
            alias: Some(alias),
        } => Some((alias.clone(), expression.clone())),
        _ => None,
    });
    named.collect()
}

fn is_grouped(select: &Select, order: &[OrderItem]) -> bool {
    let in_items = select.items.iter().any(|item| match item {
        SelectItem::Expression { expression, .. } => contains_aggregate(expression),
        SelectItem::Star { of, replace, .. } => of
            .iter()
            .chain(replace.iter().map(|(tree, _)| tree))
            .any(contains_aggregate),
    });
    !matches!(select.group, GroupBy::None)
        || select.having.is_some()
        || in_items
        || order.iter().any(|order| contains_aggregate(&order.expression))
        || select.qualify.as_ref().is_some_and(contains_aggregate)
}

/// Whether the expression contains an aggregate call without OVER, apart from its subqueries.
fn contains_aggregate(tree: &Expression) -> bool {
    match &tree.node {
        Node::Call(call) if call.over.is_none() && is_aggregate(&call.name) => true,
        _ => tree.node.children().into_iter().any(contains_aggregate),
    }
}
