//! Calls of aggregate functions.

use super::scope::Scope;
use super::{Analyzer, Typed};
use crate::error::SqlError;
use crate::execution::aggregate::{Aggregate, AggregateFunction as F, HavingMeasure};
use crate::kind;
use crate::syntax::ast::{Call, Expression, Node, Position};
use crate::value::ColumnType as T;

/// Whether this is the name of an aggregate function, in capitals.
pub(crate) fn is_aggregate(name: &str) -> bool {
    F::from_name(name).is_some()
}

impl Analyzer<'_> {
    /// An aggregate call in a SELECT that has groups: the column of the group's row that its value becomes.
    pub(super) fn aggregate_call(
        &self,
        scope: &Scope<'_>,
        call: &Call,
        at: Position,
    ) -> Result<Typed, SqlError> {
        let Some(grouping) = scope.grouping else {
            return Err(self.wrong(at, format!("Aggregate function {} not allowed here", call.name)));
        };
        let aggregate = self.aggregate(grouping.input, call, at)?;
        let kind = aggregate.kind.clone();
        let mut all = grouping.aggregates.borrow_mut();
        all.push(aggregate);
        Ok(Typed::cell(kind, 0, grouping.keys.len() + all.len() - 1))
    }

    /// The aggregate that a call computes from rows of this scope; also for windows.
    pub(super) fn aggregate(
        &self,
        scope: &Scope<'_>,
        call: &Call,
        at: Position,
    ) -> Result<Aggregate, SqlError> {
        let Some(function) = F::from_name(&call.name) else {
            return Err(self.unknown_function(&call.name, at));
        };
        if !function.is_collection() {
            let clauses = [
                ("ORDER BY", !call.order.is_empty()),
                ("LIMIT", call.limit.is_some()),
            ];
            if let Some((clause, _)) = clauses.iter().find(|(_, is_there)| *is_there) {
                let name = &call.name;
                return Err(self.wrong(
                    at,
                    format!("Aggregate function {name} does not support {clause} in arguments"),
                ));
            }
        }
        let argument = self.aggregate_argument(scope, function, call, at)?;
        let kind = self.aggregate_type(function, &call.name, argument.as_ref(), at)?;
        let second = call
            .arguments
            .get(1)
            .map(|tree| self.expression(scope, tree))
            .transpose()?;
        if second.is_none() && function.is_by() {
            return Err(self.no_aggregate_signature(&call.name, at));
        }
        let order = call.order.iter().map(|item| self.sort_key(scope, item));
        let limit = call.limit.as_ref().map(|tree| self.whole_number(tree));
        let having = match &call.having {
            Some(having) => Some(HavingMeasure {
                max: having.max,
                run: self.expression(scope, &having.expression)?.run,
            }),
            None => None,
        };
        Ok(Aggregate {
            function,
            kind,
            argument: argument.map(|typed| typed.run),
            second: second.map(|typed| typed.run),
            distinct: call.distinct || function == F::ApproxCountDistinct,
            ignore_nulls: call.ignore_nulls,
            having,
            order: order.collect::<Result<_, _>>()?,
            limit: limit.transpose()?,
        })
    }

    /// The first argument; `None` for `COUNT(*)`.
    fn aggregate_argument(
        &self,
        scope: &Scope<'_>,
        function: F,
        call: &Call,
        at: Position,
    ) -> Result<Option<Typed>, SqlError> {
        match call.arguments.as_slice() {
            [] => Err(self.no_aggregate_signature(&call.name, at)),
            [Expression { node: Node::Star, .. }] if function == F::Count => Ok(None),
            [tree, ..] if matches!(function, F::CountIf | F::LogicalAnd | F::LogicalOr) => {
                self.condition(scope, tree, &call.name).map(Some)
            }
            [tree, ..] => self.expression(scope, tree).map(Some),
        }
    }

    /// The type of an aggregate's value.
    fn aggregate_type(
        &self,
        function: F,
        name: &str,
        argument: Option<&Typed>,
        at: Position,
    ) -> Result<T, SqlError> {
        let kind = argument.map_or(T::Int64, |typed| typed.kind.clone());
        let is_number = matches!(kind, T::Int64 | T::Float64 | T::Numeric);
        match function {
            F::Count | F::CountIf | F::ApproxCountDistinct => Ok(T::Int64),
            F::LogicalAnd | F::LogicalOr => Ok(T::Bool),
            F::Min | F::Max | F::AnyValue | F::MaxBy | F::MinBy | F::ArrayConcatAgg => Ok(kind),
            F::Sum if is_number => Ok(kind),
            F::Avg if kind == T::Numeric => Ok(kind),
            F::Avg | F::StdDev if is_number => Ok(T::Float64),
            F::Sum | F::Avg | F::StdDev => Err(self.wrong(
                at,
                format!(
                    "No matching signature for aggregate function {name} for argument types: {}",
                    kind::name(&kind)
                ),
            )),
            F::ArrayAgg if matches!(kind, T::Array(_)) => {
                Err(self.wrong(at, "The argument to ARRAY_AGG must not be an array type"))
            }
            F::ArrayAgg => Ok(T::Array(Box::new(kind))),
            F::StringAgg if matches!(kind, T::String | T::Bytes) => Ok(kind),
            F::StringAgg => Err(self.no_aggregate_signature(name, at)),
        }
    }

    fn no_aggregate_signature(&self, name: &str, at: Position) -> SqlError {
        self.wrong(at, format!("No matching signature for aggregate function {name}"))
    }
}
