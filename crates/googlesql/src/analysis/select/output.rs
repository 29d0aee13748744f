//! The output columns of a SELECT.

use crate::analysis::expression::implied_name;
use crate::analysis::scope::{Resolved, Scope};
use crate::analysis::{Analyzer, Typed};
use crate::error::SqlError;
use crate::execution::Run;
use crate::execution::select::OrderKey;
use crate::execution::sort::SortKey;
use crate::kind;
use crate::syntax::ast::{Expression, Identifier, Node, OrderItem, Position, RowShape, Select, SelectItem};
use crate::value::{Column, ColumnType as T};

/// An output column; `shape` names those without a name.
pub(super) struct Output {
    pub name: Option<String>,
    pub typed: Typed,
}

impl Output {
    fn has_name(&self, name: &str) -> bool {
        self.name
            .as_deref()
            .is_some_and(|own| own.eq_ignore_ascii_case(name))
    }
}

impl Analyzer<'_> {
    pub(super) fn outputs(&self, scope: &Scope<'_>, select: &Select) -> Result<Vec<Output>, SqlError> {
        let mut outputs = Vec::new();
        for item in &select.items {
            match item {
                SelectItem::Expression { expression, alias } => outputs.push(Output {
                    name: alias.clone().or_else(|| implied_name(expression)),
                    typed: self.expression(scope, expression)?,
                }),
                SelectItem::Star {
                    of,
                    except,
                    replace,
                    at,
                } => {
                    let mut columns = self.star(scope, of.as_ref(), *at)?;
                    for name in except {
                        let found = columns.iter().position(|output| output.has_name(name));
                        let index = found.ok_or_else(|| {
                            self.wrong(
                                *at,
                                format!("Column {name} in SELECT * EXCEPT list does not exist"),
                            )
                        })?;
                        columns.remove(index);
                    }
                    for (tree, name) in replace {
                        let typed = self.expression(scope, tree)?;
                        let found = columns.iter_mut().find(|output| output.has_name(name));
                        let output = found.ok_or_else(|| {
                            self.wrong(
                                *at,
                                format!("Column {name} in SELECT * REPLACE list does not exist"),
                            )
                        })?;
                        output.typed = typed;
                    }
                    outputs.append(&mut columns);
                }
            }
        }
        Ok(outputs)
    }

    /// The columns of `*`, `table.*` or `struct.*`.
    fn star(
        &self,
        scope: &Scope<'_>,
        of: Option<&Expression>,
        at: Position,
    ) -> Result<Vec<Output>, SqlError> {
        let Some(of) = of else {
            if scope.columns.is_empty() {
                return Err(self.wrong(at, "SELECT * must have a FROM clause"));
            }
            let columns = (0..scope.columns.len()).filter(|&index| !scope.columns[index].shadowed);
            return self.output_columns(scope, 0, columns, at);
        };
        if let Node::Name(Identifier(name)) = &of.node {
            let columns = scope.columns_of_table(name);
            if columns.len() > 1 {
                return self.output_columns(scope, 0, columns, at);
            }
            if let Resolved::Table { depth, columns } = self.resolve(scope, name, of.at)? {
                return self.output_columns(scope, depth, columns, at);
            }
        }
        let whole = self.expression(scope, of)?;
        let T::Struct(fields) = &whole.kind else {
            let name = kind::name(&whole.kind);
            return Err(self.wrong(at, format!("Dot-star is not supported for type {name}")));
        };
        let outputs = fields.iter().enumerate().map(|(index, field)| Output {
            name: Some(field.name.clone()),
            typed: whole.field(index, field.kind.clone()),
        });
        Ok(outputs.collect())
    }

    /// Columns of the scope `depth` queries outward.
    fn output_columns(
        &self,
        scope: &Scope<'_>,
        depth: usize,
        columns: impl IntoIterator<Item = usize>,
        at: Position,
    ) -> Result<Vec<Output>, SqlError> {
        let owner = scope.outward(depth);
        let outputs = columns.into_iter().map(|index| {
            Ok(Output {
                name: Some(owner.columns[index].column.name.clone()),
                typed: self.column(owner, depth, index, at)?,
            })
        });
        outputs.collect()
    }

    pub(super) fn order_key(
        &self,
        scope: &Scope<'_>,
        item: &OrderItem,
        outputs: &[Output],
    ) -> Result<OrderKey, SqlError> {
        let ordinal = self.ordinal(&item.expression, outputs.len(), "ORDER BY")?;
        let index = ordinal.or_else(|| match &item.expression.node {
            Node::Name(Identifier(name)) => outputs.iter().position(|output| output.has_name(name)),
            _ => None,
        });
        match index {
            Some(index) => {
                let key = SortKey::new(outputs[index].typed.run.clone(), item);
                Ok(OrderKey::Output(index, key))
            }
            None => self.sort_key(scope, item).map(OrderKey::Input),
        }
    }

    /// The columns of the result and what computes them. Columns without a name get Google's: `f0_`, `f1_` …
    pub(super) fn shape(
        &self,
        select: &Select,
        outputs: Vec<Output>,
    ) -> Result<(Vec<Column>, Vec<Run>), SqlError> {
        match (select.shape, outputs.as_slice()) {
            (RowShape::Columns, _) => {}
            (RowShape::Value, [output]) => {
                let name = output.name.clone().unwrap_or_else(|| "f0_".into());
                return Ok((
                    vec![Column::nullable(name, output.typed.kind.clone())],
                    vec![output.typed.run.clone()],
                ));
            }
            (RowShape::Value, _) => {
                return Err(self.wrong(select.at, "SELECT AS VALUE query must have exactly one column"));
            }
            (RowShape::Struct, _) => {
                let fields = outputs.iter().map(|output| {
                    Column::nullable(output.name.clone().unwrap_or_default(), output.typed.kind.clone())
                });
                let whole = Typed::from_fields(
                    fields.collect(),
                    outputs.iter().map(|output| output.typed.clone()).collect(),
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
