//! Which statement it is, and the ones that change rows.

use super::parser::Parser;
use super::tree::{
    Action, Assignment, Branch, Delete, Expression, Insert, InsertSource, Matched, Merge, Place, Statement,
    Update, Word,
};
use crate::error::SqlError;

/// Statements that GoogleSQL has and the sandbox has not.
const OTHERS: [&str; 24] = [
    "ASSERT", "BEGIN", "BREAK", "CALL", "CASE", "COMMIT", "CONTINUE", "DECLARE", "DEFINE", "EXECUTE",
    "EXPLAIN", "EXPORT", "FOR", "GRANT", "IF", "LEAVE", "LOAD", "LOOP", "RAISE", "REPEAT", "RETURN",
    "REVOKE", "ROLLBACK", "SET",
];

impl Parser<'_> {
    pub fn statement(&mut self) -> Result<Statement, SqlError> {
        let at = self.place();
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
                self.want("TABLE")?;
                self.path().map(Statement::Truncate)
            }
            "CREATE" => self.create(),
            "DROP" => self.drop_object(),
            "ALTER" => self.alter(),
            other if OTHERS.contains(&other) => Err(self.unsupported(at, other)),
            _ => Err(self.unexpected()),
        }
    }

    /// `(a, b)`, with the place of each.
    fn target_columns(&mut self) -> Result<Vec<(Word, Place)>, SqlError> {
        if !self.is_symbol("(") || self.begins_query() {
            return Ok(Vec::new());
        }
        self.bracketed(|parser| {
            let at = parser.place();
            Ok((Word(parser.field_name()?), at))
        })
    }

    fn values(&mut self) -> Result<InsertSource, SqlError> {
        let rows = self.list(|parser| parser.bracketed(Self::value_or_default))?;
        Ok(InsertSource::Values(rows))
    }

    fn value_or_default(&mut self) -> Result<Option<Expression>, SqlError> {
        if self.word("DEFAULT") {
            return Ok(None);
        }
        self.expression().map(Some)
    }

    fn insert(&mut self) -> Result<Statement, SqlError> {
        self.want("INSERT")?;
        self.word("INTO");
        let path = self.path()?;
        let columns = self.target_columns()?;
        let source = if self.word("VALUES") {
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
            let at = parser.place();
            let mut path = vec![parser.field_name()?];
            while parser.symbol(".") {
                path.push(parser.field_name()?);
            }
            parser.want_symbol("=")?;
            let value = parser.value_or_default()?;
            Ok(Assignment { path, value, at })
        })
    }

    fn target_alias(&mut self) -> Result<Option<String>, SqlError> {
        if self.is("SET") || self.is("WHERE") || self.is("USING") {
            return Ok(None);
        }
        self.alias()
    }

    fn update(&mut self, at: Place) -> Result<Statement, SqlError> {
        self.want("UPDATE")?;
        let path = self.path()?;
        let alias = self.target_alias()?;
        self.want("SET")?;
        let set = self.assignments()?;
        let from = if self.word("FROM") {
            Some(self.from()?)
        } else {
            None
        };
        let filter = if self.word("WHERE") {
            Some(self.expression()?)
        } else {
            None
        };
        Ok(Statement::Update(Update {
            path,
            alias,
            set,
            from,
            filter,
            at,
        }))
    }

    fn delete(&mut self, at: Place) -> Result<Statement, SqlError> {
        self.want("DELETE")?;
        self.word("FROM");
        let path = self.path()?;
        let alias = self.target_alias()?;
        let filter = if self.word("WHERE") {
            Some(self.expression()?)
        } else {
            None
        };
        Ok(Statement::Delete(Delete {
            path,
            alias,
            filter,
            at,
        }))
    }

    fn merge(&mut self) -> Result<Statement, SqlError> {
        self.want("MERGE")?;
        self.word("INTO");
        let path = self.path()?;
        let alias = self.target_alias()?;
        self.want("USING")?;
        let source = self.from()?;
        self.want("ON")?;
        let on = self.expression()?;
        let mut branches = Vec::new();
        while self.word("WHEN") {
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

    fn branch(&mut self) -> Result<Branch, SqlError> {
        let matched = if self.word("MATCHED") {
            Matched::Yes
        } else {
            self.want("NOT")?;
            self.want("MATCHED")?;
            if self.words(&["BY", "SOURCE"]) {
                Matched::NotBySource
            } else {
                self.words(&["BY", "TARGET"]);
                Matched::NotByTarget
            }
        };
        let condition = if self.word("AND") {
            Some(self.expression()?)
        } else {
            None
        };
        self.want("THEN")?;
        let inserts = matched == Matched::NotByTarget;
        let action = if !inserts && self.word("DELETE") {
            Action::Delete
        } else if !inserts && self.word("UPDATE") {
            self.want("SET")?;
            Action::Update(self.assignments()?)
        } else if inserts && self.word("INSERT") {
            let columns = self.target_columns()?;
            let values = if self.word("ROW") {
                InsertSource::Row
            } else {
                self.want("VALUES")?;
                let row = self.bracketed(Self::value_or_default)?;
                InsertSource::Values(vec![row])
            };
            Action::Insert { columns, values }
        } else {
            return Err(self.unexpected());
        };
        Ok(Branch {
            matched,
            condition,
            action,
        })
    }
}
