//! The items of ORDER BY.

use super::Analyzer;
use super::scope::Scope;
use crate::error::SqlError;
use crate::execution::sort::SortKey;
use crate::kind;
use crate::syntax::ast::{Expression, Node, OrderItem};
use crate::value::ColumnType as T;

impl Analyzer<'_> {
    /// The key of one ORDER BY item, whose type must have an order.
    pub(super) fn sort_key(&self, scope: &Scope<'_>, item: &OrderItem) -> Result<SortKey, SqlError> {
        let typed = self.expression(scope, &item.expression)?;
        if matches!(typed.kind, T::Json | T::Array(_) | T::Struct(_)) {
            let name = kind::name(&typed.kind);
            return Err(self.wrong(
                item.expression.at,
                format!("ORDER BY does not support expressions of type {name}"),
            ));
        }
        Ok(SortKey::new(typed.run, item))
    }

    /// The index of the column that an item names by its number: `ORDER BY 1`.
    pub(super) fn ordinal(
        &self,
        tree: &Expression,
        width: usize,
        clause: &str,
    ) -> Result<Option<usize>, SqlError> {
        let Node::Int(number) = tree.node else {
            return Ok(None);
        };
        let number_in_range = usize::try_from(number)
            .ok()
            .filter(|number| (1..=width).contains(number));
        match number_in_range {
            Some(number) => Ok(Some(number - 1)),
            None => Err(self.wrong(
                tree.at,
                format!("{clause} is out of SELECT column number range: {number}"),
            )),
        }
    }
}
