//! Expressions: literals, names, fields, elements, CASE, CAST. Arrays, structs and subqueries are in
//! `expression/composite.rs`; operators and calls have files of their own.

mod composite;

use super::scope::{Resolved, Scope};
use super::{Analyzer, Literal, Typed};
use crate::cast::cast;
use crate::error::SqlError;
use crate::function::json;
use crate::kind;
use crate::session::Frame;
use crate::syntax::ast::{Expression, Identifier, Node, Position, Subscript};
use crate::value::{ColumnType as T, Value};
use std::rc::Rc;

type TypedResult = Result<Typed, SqlError>;

impl Analyzer<'_> {
    /// The meaning of an expression in a scope.
    ///
    /// # Errors
    /// BigQuery's, with its position.
    pub(crate) fn expression(&self, scope: &Scope<'_>, tree: &Expression) -> TypedResult {
        self.session.plan(1)?;
        if let Some(grouping) = scope.grouping
            && let Some((kind, key)) = grouping.key(tree)
        {
            return Ok(Typed::cell(kind, 0, key));
        }
        let at = tree.at;
        match &tree.node {
            Node::Null => Ok(Typed::constant(T::Int64, Value::Null)),
            Node::Bool(truth) => Ok(Typed::constant(T::Bool, Value::Bool(*truth))),
            Node::Int(number) => Ok(Typed::constant(T::Int64, Value::Int(*number))),
            Node::Float(number, image) => Ok(Typed::decimal(*number, image.clone())),
            Node::Text(text) => Ok(Typed::constant(T::String, Value::Text(text.clone()))),
            Node::Bytes(bytes) => Ok(Typed::constant(T::Bytes, Value::Bytes(bytes.clone()))),
            Node::Typed(kind, text) => self.typed_literal(kind, text, at),
            Node::Named(_) | Node::Positional(_) => self.parameter(&tree.node, at),
            Node::Name(Identifier(name)) => match self.resolve(scope, name, at)? {
                Resolved::Value(typed) => Ok(typed),
                Resolved::Table { depth, columns } => self.row_as_struct(scope, depth, &columns, at),
            },
            Node::Field(inner, Identifier(name)) => self.field(scope, inner, name, at),
            Node::Index(array, subscript, index) => self.element(scope, array, *subscript, index, at),
            Node::Call(call) => self.call(scope, call, at),
            Node::Cast {
                value,
                kind,
                format,
                safe,
            } => {
                if let Some(format) = format {
                    return Err(self.unsupported(format.at, "CAST with FORMAT"));
                }
                let value = self.expression(scope, value)?;
                Ok(explicit_cast(&value, kind, *safe))
            }
            Node::Extract { part, value, zone } => self.extract(scope, part, value, zone.as_deref(), at),
            Node::Interval(..) => Err(self.unsupported(at, "A value of type INTERVAL")),
            Node::Case {
                operand,
                whens,
                otherwise,
            } => self.case(scope, operand.as_deref(), whens, otherwise.as_deref(), at),
            Node::Array(kind, items) => self.array(scope, kind.as_ref(), items, at),
            Node::Struct(fields, items) => self.struct_constructor(scope, fields.as_deref(), items, at),
            Node::ArrayQuery(query) => self.array_query(scope, query),
            Node::Query(query) => self.scalar_query(scope, query, at),
            Node::Exists(query) => {
                let relation = self.query(scope, query)?;
                Ok(Typed::new(T::Bool, move |frame| {
                    Ok(Value::Bool(!(relation.rows)(frame)?.is_empty()))
                }))
            }
            Node::Star => Err(self.wrong(at, "Argument * can only be used in COUNT(*)")),
            _ => self.operator(scope, tree),
        }
    }

    fn typed_literal(&self, kind: &T, text: &str, at: Position) -> TypedResult {
        let value = cast(&Value::Text(text.to_owned()), kind)
            .map_err(|_| self.wrong(at, format!("Invalid {} literal", kind::name(kind))))?;
        Ok(Typed::constant(kind.clone(), value))
    }

    fn parameter(&self, node: &Node, at: Position) -> TypedResult {
        let given = &self.session.settings.parameters;
        let found = match node {
            Node::Named(name) => {
                let found = given.iter().find(|p| p.name.eq_ignore_ascii_case(name));
                found.ok_or_else(|| self.wrong(at, format!("Query parameter '{name}' not found")))?
            }
            Node::Positional(number) => {
                let found = given.iter().filter(|p| p.name.is_empty()).nth(number - 1);
                found.ok_or_else(|| {
                    self.wrong(at, format!("Query parameter number {number} is not defined"))
                })?
            }
            _ => return Err(self.wrong(at, "Query parameter not found")),
        };
        let mut typed = Typed::constant(found.kind.clone(), found.value.clone());
        if typed.literal == Literal::Null {
            typed.literal = Literal::No; // A parameter that is NULL still has its own type.
        }
        Ok(typed)
    }

    fn field(&self, scope: &Scope<'_>, inner: &Expression, name: &str, at: Position) -> TypedResult {
        if let Node::Name(Identifier(table)) = &inner.node
            && let Some((depth, columns)) = scope.table_with_column(table, name)
        {
            return self.table_column(scope, depth, &columns, table, name, at);
        }
        // `t.c`, where `t` is a table's alias; or `dataset.t.c`, where the table has no alias.
        if let Node::Name(Identifier(table)) | Node::Field(_, Identifier(table)) = &inner.node
            && (matches!(inner.node, Node::Name(_)) || !self.is_known(scope, inner))
            && let Some(Resolved::Table { depth, columns }) = self.lookup(scope, table, inner.at)?
        {
            return self.table_column(scope, depth, &columns, table, name, at);
        }
        let value = self.expression(scope, inner)?;
        if value.kind == T::Json {
            let (run, name) = (value.run, name.to_owned());
            return Ok(Typed::new(T::Json, move |frame| {
                json::member(&run(frame)?, &name).map_err(SqlError::invalid)
            }));
        }
        let T::Struct(fields) = &value.kind else {
            let kind = kind::name(&value.kind);
            return Err(self.wrong(
                at,
                format!("Cannot access field {name} on a value with type {kind}"),
            ));
        };
        let index = fields
            .iter()
            .position(|field| field.name.eq_ignore_ascii_case(name));
        let Some(index) = index else {
            let kind = kind::name(&value.kind);
            return Err(self.wrong(at, format!("Field name {name} does not exist in {kind}")));
        };
        Ok(value.field(index, fields[index].kind.clone()))
    }

    /// Whether the first name of a path is known here.
    fn is_known(&self, scope: &Scope<'_>, path: &Expression) -> bool {
        let mut first = path;
        while let Node::Field(inner, _) = &first.node {
            first = inner;
        }
        match &first.node {
            Node::Name(Identifier(name)) => self
                .lookup(scope, name, first.at)
                .is_ok_and(|found| found.is_some()),
            _ => true,
        }
    }

    fn table_column(
        &self,
        scope: &Scope<'_>,
        depth: usize,
        columns: &[usize],
        table: &str,
        name: &str,
        at: Position,
    ) -> TypedResult {
        let owner = scope.outward(depth);
        let mut matches = columns
            .iter()
            .filter(|&&index| owner.columns[index].has_name(name));
        match (matches.next(), matches.next()) {
            (Some(&index), None) => self.column(owner, depth, index, at),
            (Some(_), Some(_)) => Err(self.wrong(at, format!("Column name {name} is ambiguous"))),
            _ => Err(self.wrong(at, format!("Name {name} not found inside {table}"))),
        }
    }

    fn element(
        &self,
        scope: &Scope<'_>,
        array: &Expression,
        subscript: Subscript,
        index: &Expression,
        at: Position,
    ) -> TypedResult {
        let array = self.expression(scope, array)?;
        let index_at = index.at;
        let index = self.expression(scope, index)?;
        if array.kind == T::Json {
            let (run, key) = (array.run, index.run);
            return Ok(Typed::new(T::Json, move |frame| {
                json::subscript(&run(frame)?, &key(frame)?).map_err(SqlError::invalid)
            }));
        }
        let T::Array(inner) = &array.kind else {
            let kind = kind::name(&array.kind);
            return Err(self.wrong(
                at,
                format!("Element access using [] is not supported on values of type {kind}"),
            ));
        };
        let Some(index) = self.coerced(&index, &T::Int64, index_at)? else {
            let kind = kind::name(&index.kind);
            return Err(self.wrong(
                index_at,
                format!("Array position in [] must be coercible to INT64 type, but has type {kind}"),
            ));
        };
        let (array, index) = (array.run, index.run);
        Ok(Typed::new((**inner).clone(), move |frame| {
            let (Value::Array(items), Value::Int(index)) = (array(frame)?, index(frame)?) else {
                return Ok(Value::Null);
            };
            let ordinal = matches!(subscript, Subscript::Ordinal | Subscript::SafeOrdinal);
            let offset = index
                .checked_sub(i64::from(ordinal))
                .and_then(|i| usize::try_from(i).ok());
            match offset.and_then(|offset| items.get(offset)) {
                Some(item) => Ok(item.clone()),
                None if matches!(subscript, Subscript::SafeOffset | Subscript::SafeOrdinal) => {
                    Ok(Value::Null)
                }
                None => Err(SqlError::invalid(format!(
                    "Array index {index} is out of bounds (overflow)"
                ))),
            }
        }))
    }

    fn case(
        &self,
        scope: &Scope<'_>,
        operand: Option<&Expression>,
        whens: &[(Expression, Expression)],
        otherwise: Option<&Expression>,
        at: Position,
    ) -> TypedResult {
        let operand = operand.map(|tree| self.expression(scope, tree)).transpose()?;
        let mut conditions = Vec::with_capacity(whens.len());
        for (condition, _) in whens {
            conditions.push(if let Some(operand) = &operand {
                let value = self.expression(scope, condition)?;
                self.equal_to(operand, value, condition.at)?
            } else {
                let holds = self.condition(scope, condition, "CASE")?.run;
                Rc::new(move |_: &Value, frame: &Frame<'_>| holds(frame))
            });
        }
        let operand = operand.map(|typed| typed.run);
        let mut values = whens
            .iter()
            .map(|(_, value)| self.expression(scope, value))
            .collect::<Result<Vec<_>, _>>()?;
        values.push(match otherwise {
            Some(otherwise) => self.expression(scope, otherwise)?,
            None => Typed::constant(T::Int64, Value::Null),
        });
        let (kind, values) = self.unified(values, "THEN/ELSE clauses of CASE", at)?;
        Ok(Typed::new(kind, move |frame| {
            let tested = operand.as_ref().map_or(Ok(Value::Null), |run| run(frame))?;
            for (condition, value) in conditions.iter().zip(&values) {
                if condition(&tested, frame)? == Value::Bool(true) {
                    return (value.run)(frame);
                }
            }
            values.last().map_or(Ok(Value::Null), |value| (value.run)(frame))
        }))
    }

    /// An expression that must be a BOOL; `clause` names it in the error.
    pub(crate) fn condition(&self, scope: &Scope<'_>, tree: &Expression, clause: &str) -> TypedResult {
        let typed = self.expression(scope, tree)?;
        match self.coerced(&typed, &T::Bool, tree.at)? {
            Some(typed) => Ok(typed),
            None => Err(self.wrong(
                tree.at,
                format!(
                    "{clause} clause should return type BOOL, but returns {}",
                    kind::name(&typed.kind)
                ),
            )),
        }
    }
}

fn explicit_cast(value: &Typed, kind: &T, safe: bool) -> Typed {
    let to = kind.clone();
    let run = match value.literal_for(kind) {
        Some(exact) => Rc::new(move |_: &Frame<'_>| Ok(exact.clone())),
        None => value.run.clone(),
    };
    Typed::new(kind.clone(), move |frame| match cast(&run(frame)?, &to) {
        Ok(value) => Ok(value),
        Err(_) if safe => Ok(Value::Null),
        Err(message) => Err(SqlError::invalid(message)),
    })
}

/// The name of a column without an alias: that of `t.a` is `a`.
pub(super) fn implied_name(tree: &Expression) -> Option<String> {
    match &tree.node {
        Node::Name(Identifier(name)) | Node::Field(_, Identifier(name)) => Some(name.clone()),
        _ => None,
    }
}
