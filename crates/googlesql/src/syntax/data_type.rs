//! Types: `ARRAY<STRUCT<a INT64, b STRING>>`.

use super::parser::Parser;
use crate::error::{SqlError, line_and_column};
use crate::kind;
use crate::value::{Column, ColumnType};

impl Parser<'_> {
    /// A type. Its length or precision is parsed and dropped: no value is cut here.
    pub fn kind(&mut self) -> Result<ColumnType, SqlError> {
        self.nested(|parser| {
            let at = parser.position();
            if parser.accept("ARRAY") {
                parser.expect_symbol("<")?;
                let inner = parser.kind()?;
                if !parser.accept_close_angle() {
                    return Err(parser.expected("\">\""));
                }
                if matches!(inner, ColumnType::Array(_)) {
                    return Err(SqlError::invalid("Arrays of arrays are not supported"));
                }
                return Ok(ColumnType::Array(Box::new(inner)));
            }
            if parser.accept("STRUCT") {
                return parser.struct_fields().map(ColumnType::Struct);
            }
            let name = parser.field_name()?;
            let Some(kind) = kind::from_name(&name) else {
                let upper = name.to_ascii_uppercase();
                if ["GEOGRAPHY", "INTERVAL", "RANGE"].contains(&upper.as_str()) {
                    return Err(parser.unsupported(at, &format!("Type {upper}")));
                }
                let place = line_and_column(parser.sql, at.0);
                return Err(SqlError::invalid(format!("Type not found: {name} at {place}")));
            };
            if parser.is_symbol("(") {
                parser.skip_parentheses()?;
            }
            Ok(kind)
        })
    }

    /// `<a INT64, STRING>`, with its angle brackets.
    pub fn struct_fields(&mut self) -> Result<Vec<Column>, SqlError> {
        self.expect_symbol("<")?;
        let mut fields = Vec::new();
        while !self.accept_close_angle() {
            if !fields.is_empty() {
                self.expect_symbol(",")?;
            }
            let is_type = |symbol| self.peek_at(1).is_some_and(|next| next.is_symbol(symbol));
            let named = self.peek_at(1).is_some() && ![",", ">", ">>", "<", "("].into_iter().any(is_type);
            let name = if named { self.field_name()? } else { String::new() };
            let mut column = Column::nullable(name, self.kind()?);
            if self.accept_all(&["NOT", "NULL"]) {
                column.nullable = false;
            }
            column.description = self.options()?;
            fields.push(column);
        }
        Ok(fields)
    }

    /// Skips from an opening parenthesis to the one that closes it.
    pub(super) fn skip_parentheses(&mut self) -> Result<(), SqlError> {
        let mut depth = 0_usize;
        loop {
            let Some(token) = self.next() else {
                return Err(self.unexpected());
            };
            depth += usize::from(token.is_symbol("("));
            if token.is_symbol(")") {
                depth -= 1;
                if depth == 0 {
                    return Ok(());
                }
            }
        }
    }
}
