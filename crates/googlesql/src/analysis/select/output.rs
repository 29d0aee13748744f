//! The columns that a SELECT makes of its rows.

use super::{Output, is_called};
use crate::analysis::expression::{implied_name, struct_of};
use crate::analysis::scope::{Found, Scope};
use crate::analysis::sort::{KeySource, SortKey};
use crate::analysis::{Analyst, Run, Typed};
use crate::error::SqlError;
use crate::kind;
use crate::syntax::tree::{Expression, Item, Node, Order, Select, Shape, Word};
use crate::value::{Column, ColumnType as T, Value};

impl Analyst<'_> {
    pub(super) fn outputs(&self, scope: &Scope<'_>, select: &Select) -> Result<Vec<Output>, SqlError> {
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

    pub(super) fn star(
        &self,
        scope: &Scope<'_>,
        of: Option<&Expression>,
        at: crate::syntax::tree::Place,
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
            && let places = scope.of_table(name)
            && places.len() > 1
        {
            for index in places {
                push(0, scope, index)?;
            }
            return Ok(());
        }
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

    pub(super) fn key_source(
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
    pub(super) fn shaped(
        &self,
        select: &Select,
        outputs: Vec<Output>,
    ) -> Result<(Vec<Column>, Vec<Run>), SqlError> {
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
