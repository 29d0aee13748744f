//! Window functions: a value for each row, out of the rows around it.
//!
//! Each call gets a place behind the row's own cells; the calls are computed one after the other, all rows at a
//! time, before QUALIFY, SELECT and ORDER BY look at them.

use super::grouping::Aggregate;
use super::scope::Scope;
use super::sort::{self, SortKey};
use super::{Analyst, Run, Typed};
use crate::compare;
use crate::error::SqlError;
use crate::session::{Frame, Row};
use crate::syntax::tree::{Bound, Call, FrameBounds, Order, Over, Place, Window};
use crate::value::{ColumnType as T, Value};
use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

/// The functions that are nothing without OVER, and whether the type of their value is their argument's.
const ONLY: [(&str, Option<T>); 11] = [
    ("ROW_NUMBER", Some(T::Int64)),
    ("RANK", Some(T::Int64)),
    ("DENSE_RANK", Some(T::Int64)),
    ("PERCENT_RANK", Some(T::Float64)),
    ("CUME_DIST", Some(T::Float64)),
    ("NTILE", Some(T::Int64)),
    ("LAG", None),
    ("LEAD", None),
    ("FIRST_VALUE", None),
    ("LAST_VALUE", None),
    ("NTH_VALUE", None),
];

pub(crate) fn is_window_only(name: &str) -> bool {
    ONLY.iter().any(|(known, _)| *known == name)
}

/// The window calls of a SELECT.
pub(crate) struct Windows {
    pub named: Vec<(String, Window)>,
    pub calls: RefCell<Vec<WindowCall>>,
    /// Where their values begin in a row; known when all else of the row is.
    pub base: Rc<Cell<usize>>,
}

pub(crate) struct WindowCall {
    what: What,
    partition: Vec<Run>,
    order: Vec<SortKey>,
    bounds: Option<FrameBounds>,
}

enum What {
    Aggregate(Aggregate),
    Own {
        name: &'static str,
        arguments: Vec<Run>,
        ignore_nulls: bool,
    },
}

impl Analyst<'_> {
    pub(super) fn window_call(&self, scope: &Scope<'_>, call: &Call, at: Place) -> Result<Typed, SqlError> {
        let Some(windows) = scope.windows else {
            return Err(self.wrong(at, "Analytic function not allowed here"));
        };
        let inner = Scope {
            windows: None,
            ..*scope
        };
        let window = match &call.over {
            Some(Over::Window(window)) => self.whole_window(window, &windows.named, at)?,
            Some(Over::Named(name)) => {
                let base = Window {
                    base: Some(name.clone()),
                    ..Window::default()
                };
                self.whole_window(&base, &windows.named, at)?
            }
            None => Window::default(),
        };
        let counted = |bound: &Bound| matches!(bound, Bound::Preceding(_) | Bound::Following(_));
        if let Some(bounds) = &window.frame
            && !bounds.rows
            && (counted(&bounds.start) || counted(&bounds.end))
        {
            return Err(self.unsupported(at, "RANGE between numbers"));
        }
        let (what, kind) = self.windowed(&inner, call, &window.order, at)?;
        let partition = window
            .partition
            .iter()
            .map(|tree| Ok(self.expression(&inner, tree)?.run));
        let made = WindowCall {
            what,
            partition: partition.collect::<Result<_, SqlError>>()?,
            order: window
                .order
                .iter()
                .map(|order| self.sort_key(&inner, order))
                .collect::<Result<_, _>>()?,
            bounds: window.frame,
        };
        let mut calls = windows.calls.borrow_mut();
        let (place, base) = (calls.len(), windows.base.clone());
        calls.push(made);
        Ok(Typed::new(kind, move |frame| {
            Ok(frame.cell(0, base.get() + place))
        }))
    }

    /// A window with what it takes over from the named one that it starts from.
    fn whole_window(
        &self,
        window: &Window,
        named: &[(String, Window)],
        at: Place,
    ) -> Result<Window, SqlError> {
        let Some(base) = &window.base else {
            return Ok(window.clone());
        };
        let place = named.iter().position(|(name, _)| name.eq_ignore_ascii_case(base));
        let Some(place) = place else {
            return Err(self.wrong(at, format!("Unrecognized window alias {base}")));
        };
        // It can only start from one that stands before it.
        let mut whole = self.whole_window(&named[place].1, &named[..place], at)?;
        if !window.partition.is_empty() {
            whole.partition.clone_from(&window.partition);
        }
        if !window.order.is_empty() {
            whole.order.clone_from(&window.order);
        }
        if window.frame.is_some() {
            whole.frame.clone_from(&window.frame);
        }
        Ok(whole)
    }

    fn windowed(
        &self,
        scope: &Scope<'_>,
        call: &Call,
        order: &[Order],
        at: Place,
    ) -> Result<(What, T), SqlError> {
        let Some((name, kind)) = ONLY.iter().find(|(known, _)| *known == call.name) else {
            // Inside of groups, an aggregate's argument may be an aggregate itself: SUM(SUM(x)) OVER ().
            let aggregate = self.aggregate(scope, call, at)?;
            let kind = aggregate.kind();
            return Ok((What::Aggregate(aggregate), kind));
        };
        if order.is_empty() && !matches!(*name, "ROW_NUMBER" | "FIRST_VALUE" | "LAST_VALUE" | "NTH_VALUE") {
            return Err(self.wrong(
                at,
                format!("Window ORDER BY is required for analytic function {name}"),
            ));
        }
        let mut typed = call
            .arguments
            .iter()
            .map(|tree| self.expression(scope, tree))
            .collect::<Result<Vec<_>, _>>()?;
        let kind = match (kind, typed.first()) {
            (Some(kind), _) => kind.clone(),
            (None, Some(first)) => first.kind.clone(),
            (None, None) => {
                return Err(self.wrong(
                    at,
                    format!("No matching signature for analytic function {name} with no arguments"),
                ));
            }
        };
        // What LAG gives where there is no row must be of the same type.
        if matches!(*name, "LAG" | "LEAD")
            && let Some(default) = typed.get(2)
        {
            let wanted = self.coerced(default, &kind, at)?;
            typed[2] = wanted.ok_or_else(|| {
                self.wrong(at, format!("No matching signature for analytic function {name}"))
            })?;
        }
        let arguments = typed.into_iter().map(|typed| typed.run).collect();
        Ok((
            What::Own {
                name,
                arguments,
                ignore_nulls: call.ignore_nulls,
            },
            kind,
        ))
    }
}

impl WindowCall {
    /// Its value for each row, in the rows' order.
    ///
    /// # Errors
    /// What its expressions complain of.
    pub fn compute(&self, rows: &[Row], outer: &Frame<'_>) -> Result<Vec<Value>, SqlError> {
        let mut parts: Vec<Vec<usize>> = Vec::new();
        let mut found: HashMap<String, usize> = HashMap::new();
        let mut keys = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            let frame = outer.inner(row);
            let values = self
                .partition
                .iter()
                .map(|run| run(&frame))
                .collect::<Result<Vec<_>, _>>()?;
            let part = *found.entry(compare::key(&values)).or_insert_with(|| {
                parts.push(Vec::new());
                parts.len() - 1
            });
            parts[part].push(index);
            keys.push(sort::values(&self.order, &frame)?);
        }
        let mut out = vec![Value::Null; rows.len()];
        for mut part in parts {
            part.sort_by(|&a, &b| sort::compare(&self.order, &keys[a], &keys[b]));
            let peers = |a: usize, b: usize| {
                sort::compare(&self.order, &keys[part[a]], &keys[part[b]]) == Ordering::Equal
            };
            for place in 0..part.len() {
                outer.session.step()?;
                let span = self.span(place, part.len(), &peers);
                out[part[place]] = self.value(place, span, &part, rows, outer, &peers)?;
            }
        }
        Ok(out)
    }

    /// The rows of the partition that the frame holds for this one.
    fn span(&self, place: usize, length: usize, peers: &impl Fn(usize, usize) -> bool) -> Range<usize> {
        let first_peer = || {
            (0..=place)
                .rev()
                .take_while(|&i| peers(i, place))
                .last()
                .unwrap_or(place)
        };
        let behind_peers = || (place..length).find(|&i| !peers(i, place)).unwrap_or(length);
        let Some(bounds) = &self.bounds else {
            // Without ORDER BY all rows are peers: the frame is the partition.
            return 0..behind_peers();
        };
        let count = |number: i64| usize::try_from(number).unwrap_or(0);
        let start = match &bounds.start {
            Bound::UnboundedPreceding => 0,
            Bound::Preceding(number) => place.saturating_sub(count(*number)),
            Bound::Current if bounds.rows => place,
            Bound::Current => first_peer(),
            Bound::Following(number) => (place + count(*number)).min(length),
            Bound::UnboundedFollowing => length,
        };
        let end = match &bounds.end {
            Bound::UnboundedPreceding => 0,
            Bound::Preceding(number) => (place + 1).saturating_sub(count(*number)),
            Bound::Current if bounds.rows => place + 1,
            Bound::Current => behind_peers(),
            Bound::Following(number) => (place + 1 + count(*number)).min(length),
            Bound::UnboundedFollowing => length,
        };
        start..end.max(start)
    }

    fn value(
        &self,
        place: usize,
        span: Range<usize>,
        part: &[usize],
        rows: &[Row],
        outer: &Frame<'_>,
        peers: &impl Fn(usize, usize) -> bool,
    ) -> Result<Value, SqlError> {
        let frame_of = |place: usize| outer.inner(&rows[part[place]]);
        let (name, arguments, ignore_nulls) = match &self.what {
            What::Aggregate(aggregate) => return aggregate.compute(span.map(frame_of)),
            What::Own {
                name,
                arguments,
                ignore_nulls,
            } => (*name, arguments, *ignore_nulls),
        };
        let whole = |number: usize| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
        let number = |index: usize, otherwise: i64| match arguments.get(index) {
            Some(run) => run(&frame_of(place)).map(|value| {
                if let Value::Int(number) = value {
                    number
                } else {
                    otherwise
                }
            }),
            None => Ok(otherwise),
        };
        let first_peer = (0..=place)
            .rev()
            .take_while(|&i| peers(i, place))
            .last()
            .unwrap_or(place);
        #[expect(clippy::cast_precision_loss, reason = "no table here has 2^53 rows")]
        let share =
            |part: usize, of: usize| Value::Float(if of == 0 { 0.0 } else { part as f64 / of as f64 });
        let of_frame = |mut places: Vec<usize>, nth: usize| -> Result<Value, SqlError> {
            for at in places.drain(..).skip(if ignore_nulls { 0 } else { nth }) {
                let value = (arguments[0])(&frame_of(at))?;
                if !(ignore_nulls && value == Value::Null) {
                    return Ok(value);
                }
            }
            Ok(Value::Null)
        };
        Ok(match name {
            "ROW_NUMBER" => whole(place + 1),
            "RANK" => whole(first_peer + 1),
            "DENSE_RANK" => whole((1..=place).filter(|&i| !peers(i, i - 1)).count() + 1),
            "PERCENT_RANK" => share(first_peer, part.len() - 1),
            "CUME_DIST" => share(
                (place..part.len()).take_while(|&i| peers(i, place)).count() + place,
                part.len(),
            ),
            "NTILE" => {
                let buckets = usize::try_from(number(0, 1)?).unwrap_or(1).max(1);
                let (size, larger) = (part.len() / buckets, part.len() % buckets);
                let in_larger = larger * (size + 1);
                whole(
                    if place < in_larger {
                        place / (size + 1)
                    } else {
                        larger + (place - in_larger) / size.max(1)
                    } + 1,
                )
            }
            "LAG" | "LEAD" => {
                let offset = usize::try_from(number(1, 1)?)
                    .map_err(|_| SqlError::invalid(format!("{name} offset must not be negative")))?;
                let other = if name == "LAG" {
                    place.checked_sub(offset)
                } else {
                    Some(place + offset)
                };
                match (other.filter(|other| *other < part.len()), arguments.get(2)) {
                    (Some(other), _) => (arguments[0])(&frame_of(other))?,
                    (None, Some(default)) => default(&frame_of(place))?,
                    (None, None) => Value::Null,
                }
            }
            "FIRST_VALUE" => of_frame(span.collect(), 0)?,
            "LAST_VALUE" => of_frame(span.rev().collect(), 0)?,
            _ => {
                let nth = usize::try_from(number(1, 1)? - 1).map_err(|_| {
                    SqlError::invalid("The N value for the NthValue function must be positive")
                })?;
                of_frame(span.collect(), nth)?
            }
        })
    }
}
