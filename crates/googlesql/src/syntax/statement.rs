//! Statements, and the ones that change rows: INSERT, UPDATE, DELETE, MERGE.

use super::ast::{
    Assignment, Delete, Expression, Identifier, Insert, InsertSource, Merge, MergeAction, MergeMatch,
    MergeValues, MergeWhen, Position, Statement, Update,
};
use super::parser::Parser;
use crate::error::SqlError;

/// Statements of GoogleSQL that are not supported.
const UNSUPPORTED: [&str; 24] = [
    "ASSERT", "BEGIN", "BREAK", "CALL", "CASE", "COMMIT", "CONTINUE", "DECLARE", "DEFINE", "EXECUTE",
    "EXPLAIN", "EXPORT", "FOR", "GRANT", "IF", "LEAVE", "LOAD", "LOOP", "RAISE", "REPEAT", "RETURN",
    "REVOKE", "ROLLBACK", "SET",
];

impl Parser<'_> {
    pub fn statement(&mut self) -> Result<Statement, SqlError> {
        let at = self.position();
        let Some(first) = self.peek().map(|token| token.text.to_ascii_uppercase()) else {
            return Err(SqlError::invalid("Syntax error: Unexpected end of statement"));
        };
        match first.as_str() {
            "SELECT" | "WITH" | "(" | "FROM" => self.query().map(Statement::Query),
            "INSERT" => self.insert(),
            "UPDATE" => self.update(at),
            "DELETE" => self.delete(at),
            "MERGE" => self.merge(),
            "TRUNCATE" => {
                self.next();
                self.expect_keyword("TABLE")?;
                self.path().map(Statement::Truncate)
            }
            "CREATE" => self.create(),
            "DROP" => self.drop_object(),
            "ALTER" => self.alter(),
            other if UNSUPPORTED.contains(&other) => Err(self.unsupported(at, other)),
            _ => Err(self.unexpected()),
        }
    }

    /// `(a, b)`, with the position of each.
    fn target_columns(&mut self) -> Result<Vec<(Identifier, Position)>, SqlError> {
        if !self.is_symbol("(") || self.begins_query() {
            return Ok(Vec::new());
        }
        self.parenthesized_list(|parser| {
            let at = parser.position();
            Ok((Identifier(parser.field_name()?), at))
        })
    }

    fn values(&mut self) -> Result<InsertSource, SqlError> {
        let rows = self.list(|parser| parser.parenthesized_list(Self::value_or_default))?;
        Ok(InsertSource::Values(rows))
    }

    fn value_or_default(&mut self) -> Result<Option<Expression>, SqlError> {
        if self.accept("DEFAULT") {
            return Ok(None);
        }
        self.expression().map(Some)
    }

    fn insert(&mut self) -> Result<Statement, SqlError> {
        self.expect_keyword("INSERT")?;
        self.accept("INTO");
        let path = self.path()?;
        let columns = self.target_columns()?;
        let source = if self.accept("VALUES") {
            self.values()?
        } else {
            InsertSource::Query(Box::new(self.query()?))
        };
        Ok(Statement::Insert(Insert {
            path,
            columns,
            source,
        }))
    }

    fn assignments(&mut self) -> Result<Vec<Assignment>, SqlError> {
        self.list(|parser| {
            let at = parser.position();
            let mut path = vec![parser.field_name()?];
            while parser.accept_symbol(".") {
                path.push(parser.field_name()?);
            }
            parser.expect_symbol("=")?;
            let value = parser.value_or_default()?;
            Ok(Assignment { path, value, at })
        })
    }

    fn target_alias(&mut self) -> Result<Option<String>, SqlError> {
        if self.is_keyword("SET") || self.is_keyword("WHERE") || self.is_keyword("USING") {
            return Ok(None);
        }
        self.alias()
    }

    fn update(&mut self, at: Position) -> Result<Statement, SqlError> {
        self.expect_keyword("UPDATE")?;
        let path = self.path()?;
        let alias = self.target_alias()?;
        self.expect_keyword("SET")?;
        let set = self.assignments()?;
        let from = if self.accept("FROM") {
            Some(self.from()?)
        } else {
            None
        };
        let filter = self.optional_expression("WHERE")?;
        Ok(Statement::Update(Update {
            path,
            alias,
            set,
            from,
            filter,
            at,
        }))
    }

    fn delete(&mut self, at: Position) -> Result<Statement, SqlError> {
        self.expect_keyword("DELETE")?;
        self.accept("FROM");
        let path = self.path()?;
        let alias = self.target_alias()?;
        let filter = self.optional_expression("WHERE")?;
        Ok(Statement::Delete(Delete {
            path,
            alias,
            filter,
            at,
        }))
    }

    fn merge(&mut self) -> Result<Statement, SqlError> {
        self.expect_keyword("MERGE")?;
        self.accept("INTO");
        let path = self.path()?;
        let alias = self.target_alias()?;
        self.expect_keyword("USING")?;
        let source = self.from()?;
        self.expect_keyword("ON")?;
        let on = self.expression()?;
        let mut branches = Vec::new();
        while self.accept("WHEN") {
            branches.push(self.branch()?);
        }
        if branches.is_empty() {
            return Err(self.expected("keyword WHEN"));
        }
        Ok(Statement::Merge(Merge {
            path,
            alias,
            source,
            on,
            branches,
        }))
    }

    fn branch(&mut self) -> Result<MergeWhen, SqlError> {
        let matched = if self.accept("MATCHED") {
            MergeMatch::Yes
        } else {
            self.expect_keyword("NOT")?;
            self.expect_keyword("MATCHED")?;
            if self.accept_all(&["BY", "SOURCE"]) {
                MergeMatch::NotBySource
            } else {
                self.accept_all(&["BY", "TARGET"]);
                MergeMatch::NotByTarget
            }
        };
        let condition = self.optional_expression("AND")?;
        self.expect_keyword("THEN")?;
        let inserts = matched == MergeMatch::NotByTarget;
        let action = if !inserts && self.accept("DELETE") {
            MergeAction::Delete
        } else if !inserts && self.accept("UPDATE") {
            self.expect_keyword("SET")?;
            MergeAction::Update(self.assignments()?)
        } else if inserts && self.accept("INSERT") {
            let columns = self.target_columns()?;
            let values = if self.accept("ROW") {
                MergeValues::Row
            } else {
                self.expect_keyword("VALUES")?;
                let row = self.parenthesized_list(Self::value_or_default)?;
                MergeValues::Values(row)
            };
            MergeAction::Insert { columns, values }
        } else {
            return Err(self.unexpected());
        };
        Ok(MergeWhen {
            matched,
            condition,
            action,
        })
    }
}
