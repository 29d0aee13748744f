//! Calls of window functions and their windows.

use super::scope::Scope;
use super::{Analyzer, Typed};
use crate::error::SqlError;
use crate::execution::window::{Computation, WindowCall, WindowFunction as F};
use crate::syntax::ast::{Call, FrameBound, OrderItem, Over, Position, Window};
use crate::value::ColumnType as T;

/// Whether this is the name, in capitals, of a function that needs an OVER clause.
pub(crate) fn is_window_only(name: &str) -> bool {
    F::from_name(name).is_some()
}

impl Analyzer<'_> {
    /// A call with OVER: the column that its value becomes.
    pub(super) fn window_call(
        &self,
        scope: &Scope<'_>,
        call: &Call,
        at: Position,
    ) -> Result<Typed, SqlError> {
        let Some(windows) = scope.windows else {
            return Err(self.wrong(at, "Analytic function not allowed here"));
        };
        let inner = Scope {
            windows: None,
            ..*scope
        };
        let window = match &call.over {
            Some(Over::Window(window)) => self.resolve_window(window, &windows.named, at)?,
            Some(Over::Named(name)) => {
                let base = Window {
                    base: Some(name.clone()),
                    ..Window::default()
                };
                self.resolve_window(&base, &windows.named, at)?
            }
            None => Window::default(),
        };
        let is_counted =
            |bound: &FrameBound| matches!(bound, FrameBound::Preceding(_) | FrameBound::Following(_));
        if let Some(bounds) = &window.frame
            && !bounds.rows
            && (is_counted(&bounds.start) || is_counted(&bounds.end))
        {
            return Err(self.unsupported(at, "RANGE between numbers"));
        }
        let (computation, kind) = self.window_computation(&inner, call, &window.order, at)?;
        let partition = window
            .partition
            .iter()
            .map(|tree| Ok(self.expression(&inner, tree)?.run));
        let partition = partition.collect::<Result<_, SqlError>>()?;
        let order = window.order.iter().map(|item| self.sort_key(&inner, item));
        let planned = WindowCall {
            computation,
            partition,
            order: order.collect::<Result<_, _>>()?,
            bounds: window.frame,
        };
        let mut calls = windows.calls.borrow_mut();
        let (index, first_column) = (calls.len(), windows.first_column.clone());
        calls.push(planned);
        Ok(Typed::new(kind, move |frame| {
            Ok(frame.cell(0, first_column.get() + index))
        }))
    }

    /// A window together with the named window that it extends.
    fn resolve_window(
        &self,
        window: &Window,
        named: &[(String, Window)],
        at: Position,
    ) -> Result<Window, SqlError> {
        let Some(base) = &window.base else {
            return Ok(window.clone());
        };
        let index = named.iter().position(|(name, _)| name.eq_ignore_ascii_case(base));
        let Some(index) = index else {
            return Err(self.wrong(at, format!("Unrecognized window alias {base}")));
        };
        // A window can only extend one that is defined before it.
        let mut resolved = self.resolve_window(&named[index].1, &named[..index], at)?;
        if !window.partition.is_empty() {
            resolved.partition.clone_from(&window.partition);
        }
        if !window.order.is_empty() {
            resolved.order.clone_from(&window.order);
        }
        if window.frame.is_some() {
            resolved.frame.clone_from(&window.frame);
        }
        Ok(resolved)
    }

    fn window_computation(
        &self,
        scope: &Scope<'_>,
        call: &Call,
        order: &[OrderItem],
        at: Position,
    ) -> Result<(Computation, T), SqlError> {
        let name = &call.name;
        let Some(function) = F::from_name(name) else {
            // In a grouped SELECT the argument may be an aggregate itself: SUM(SUM(x)) OVER ().
            let aggregate = self.aggregate(scope, call, at)?;
            let kind = aggregate.kind.clone();
            return Ok((Computation::Aggregate(aggregate), kind));
        };
        let needs_order = !matches!(
            function,
            F::RowNumber | F::FirstValue | F::LastValue | F::NthValue
        );
        if needs_order && order.is_empty() {
            return Err(self.wrong(
                at,
                format!("Window ORDER BY is required for analytic function {name}"),
            ));
        }
        let mut arguments = call
            .arguments
            .iter()
            .map(|tree| self.expression(scope, tree))
            .collect::<Result<Vec<_>, _>>()?;
        let kind = match (function, arguments.first()) {
            (F::RowNumber | F::Rank | F::DenseRank | F::Ntile, _) => T::Int64,
            (F::PercentRank | F::CumeDist, _) => T::Float64,
            (_, Some(first)) => first.kind.clone(),
            (_, None) => {
                return Err(self.wrong(
                    at,
                    format!("No matching signature for analytic function {name} with no arguments"),
                ));
            }
        };
        // The default of LAG must have the type of its argument.
        if matches!(function, F::Lag | F::Lead)
            && let Some(default) = arguments.get(2)
        {
            let coerced = self.coerced(default, &kind, at)?;
            arguments[2] = coerced.ok_or_else(|| {
                self.wrong(at, format!("No matching signature for analytic function {name}"))
            })?;
        }
        let computation = Computation::Function {
            function,
            arguments: arguments.into_iter().map(|typed| typed.run).collect(),
            ignore_nulls: call.ignore_nulls,
        };
        Ok((computation, kind))
    }
}
