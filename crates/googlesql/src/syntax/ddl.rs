//! CREATE, ALTER and DROP, and the columns in them.
//!
//! Partitions, clusters, constraints and most options are parsed and dropped: at Google they change cost, not results.

use super::ast::{
    AlterAction, AlterTable, ColumnChange, ColumnDefinition, CreateSchema, CreateTable, CreateView,
    DropObject, Node, ObjectKind, Statement, TableChange, Template,
};
use super::parser::Parser;
use crate::error::SqlError;
use crate::value::Column;

impl Parser<'_> {
    pub fn create(&mut self) -> Result<Statement, SqlError> {
        let at = self.position();
        self.expect_keyword("CREATE")?;
        let replace = self.accept_all(&["OR", "REPLACE"]);
        let temporary = self.accept("TEMP") || self.accept("TEMPORARY");
        if self.accept("SCHEMA") {
            let if_not_exists = self.if_not_exists();
            let path = self.path()?;
            self.options()?;
            return Ok(Statement::CreateSchema(CreateSchema { path, if_not_exists }));
        }
        if !temporary && self.accept("TABLE") {
            return self.create_table(replace).map(Statement::CreateTable);
        }
        if !temporary && self.accept("VIEW") {
            return self.create_view(replace).map(Statement::CreateView);
        }
        let what = if temporary {
            "TEMP".into()
        } else {
            self.next_keyword()
        };
        Err(self.unsupported(at, &format!("CREATE {what}")))
    }

    pub fn drop_object(&mut self) -> Result<Statement, SqlError> {
        let at = self.position();
        self.expect_keyword("DROP")?;
        let kind = if self.accept("TABLE") {
            ObjectKind::Table
        } else if self.accept("VIEW") {
            ObjectKind::View
        } else if self.accept("SCHEMA") {
            ObjectKind::Schema
        } else {
            let what = self.next_keyword();
            return Err(self.unsupported(at, &format!("DROP {what}")));
        };
        let if_exists = self.if_exists();
        let path = self.path()?;
        let cascade = kind == ObjectKind::Schema && self.accept("CASCADE");
        if kind == ObjectKind::Schema {
            self.accept("RESTRICT");
        }
        Ok(Statement::Drop(DropObject {
            kind,
            path,
            if_exists,
            cascade,
        }))
    }

    pub fn alter(&mut self) -> Result<Statement, SqlError> {
        let at = self.position();
        self.expect_keyword("ALTER")?;
        if !self.accept("TABLE") {
            let what = self.next_keyword();
            return Err(self.unsupported(at, &format!("ALTER {what}")));
        }
        Ok(Statement::AlterTable(AlterTable {
            if_exists: self.if_exists(),
            path: self.path()?,
            changes: self.list(Self::table_change)?,
        }))
    }

    fn if_exists(&mut self) -> bool {
        self.accept_all(&["IF", "EXISTS"])
    }

    fn if_not_exists(&mut self) -> bool {
        self.accept_all(&["IF", "NOT", "EXISTS"])
    }

    /// The next token in capitals, for a message.
    fn next_keyword(&mut self) -> String {
        let token = self.next();
        token
            .map(|token| token.text.to_ascii_uppercase())
            .unwrap_or_default()
    }

    fn create_view(&mut self, replace: bool) -> Result<CreateView, SqlError> {
        let if_not_exists = self.if_not_exists();
        let path = self.path()?;
        if self.is_symbol("(") {
            return Err(self.unsupported(self.position(), "A view with a list of columns"));
        }
        self.options()?;
        self.expect_keyword("AS")?;
        Ok(CreateView {
            path,
            if_not_exists,
            replace,
            query_start: self.position().0,
            query: self.query()?,
        })
    }

    fn create_table(&mut self, replace: bool) -> Result<CreateTable, SqlError> {
        let mut table = CreateTable {
            if_not_exists: self.if_not_exists(),
            path: self.path()?,
            replace,
            columns: None,
            description: None,
            query: None,
            template: None,
        };
        if self.accept("LIKE") {
            table.template = Some(Template {
                path: self.path()?,
                with_rows: false,
            });
        } else if self.accept("COPY") || self.accept("CLONE") {
            table.template = Some(Template {
                path: self.path()?,
                with_rows: true,
            });
        } else if self.accept_symbol("(") {
            table.columns = Some(self.column_definitions()?);
        }
        loop {
            if self.accept_all(&["PARTITION", "BY"]) {
                self.expression()?;
            } else if self.accept_all(&["CLUSTER", "BY"]) {
                self.list(Self::expression)?;
            } else if self.accept_all(&["DEFAULT", "COLLATE"]) {
                return Err(self.unsupported(self.position(), "DEFAULT COLLATE"));
            } else if self.is_keyword("OPTIONS") {
                table.description = self.options()?;
            } else {
                break;
            }
        }
        if self.accept("AS") {
            table.query = Some(self.query()?);
        }
        Ok(table)
    }

    /// Columns and constraints up to the closing parenthesis.
    fn column_definitions(&mut self) -> Result<Vec<ColumnDefinition>, SqlError> {
        let mut columns = Vec::new();
        while !self.accept_symbol(")") {
            if self.accept_all(&["PRIMARY", "KEY"])
                || self.accept_all(&["FOREIGN", "KEY"])
                || self.accept("CONSTRAINT")
            {
                self.skip_constraint()?;
            } else {
                columns.push(self.column_definition()?);
            }
            if !self.accept_symbol(",") && !self.is_symbol(")") {
                return Err(self.unexpected());
            }
        }
        Ok(columns)
    }

    /// Skips a constraint: BigQuery does not enforce it either.
    fn skip_constraint(&mut self) -> Result<(), SqlError> {
        while !self.is_symbol(",") && !self.is_symbol(")") {
            if self.is_symbol("(") {
                self.skip_parentheses()?;
            } else if self.next().is_none() {
                return Err(self.unexpected());
            }
        }
        Ok(())
    }

    fn column_definition(&mut self) -> Result<ColumnDefinition, SqlError> {
        let mut column = Column::nullable(self.field_name()?, self.kind()?);
        let mut default = None;
        loop {
            if self.accept_all(&["NOT", "NULL"]) {
                column.nullable = false;
            } else if self.accept("DEFAULT") {
                default = Some(self.default_text()?);
            } else if self.is_keyword("OPTIONS") {
                column.description = self.options()?;
            } else if self.accept_all(&["PRIMARY", "KEY"]) {
                self.accept_all(&["NOT", "ENFORCED"]);
            } else {
                return Ok(ColumnDefinition { column, default });
            }
        }
    }

    /// The text of a DEFAULT expression.
    fn default_text(&mut self) -> Result<String, SqlError> {
        let start = self.position();
        self.expression()?;
        Ok(self.text_since(start))
    }

    /// `OPTIONS (…)` if it comes next; only the description is kept.
    pub(super) fn options(&mut self) -> Result<Option<String>, SqlError> {
        if !self.accept("OPTIONS") {
            return Ok(None);
        }
        self.expect_symbol("(")?;
        let mut description = None;
        while !self.accept_symbol(")") {
            let name = self.field_name()?;
            self.expect_symbol("=")?;
            let value = self.expression()?;
            if name.eq_ignore_ascii_case("description")
                && let Node::Text(text) = value.node
            {
                description = Some(text);
            }
            if !self.accept_symbol(",") && !self.is_symbol(")") {
                return Err(self.unexpected());
            }
        }
        Ok(description)
    }

    fn table_change(&mut self) -> Result<TableChange, SqlError> {
        let at = self.position();
        let action = if self.accept_all(&["ADD", "COLUMN"]) {
            AlterAction::AddColumn {
                if_not_exists: self.if_not_exists(),
                definition: self.column_definition()?,
            }
        } else if self.accept_all(&["DROP", "COLUMN"]) {
            AlterAction::DropColumn {
                if_exists: self.if_exists(),
                name: self.field_name()?,
            }
        } else if self.accept_all(&["RENAME", "COLUMN"]) {
            self.if_exists();
            let from = self.field_name()?;
            self.expect_keyword("TO")?;
            AlterAction::RenameColumn {
                from,
                to: self.field_name()?,
            }
        } else if self.accept_all(&["RENAME", "TO"]) {
            AlterAction::RenameTo(self.field_name()?)
        } else if self.accept("SET") {
            AlterAction::SetDescription(self.options()?)
        } else if self.accept_all(&["ALTER", "COLUMN"]) {
            self.if_exists();
            AlterAction::Column {
                name: self.field_name()?,
                change: self.column_change()?,
            }
        } else {
            let what = self.next_keyword();
            return Err(self.unsupported(at, &format!("ALTER TABLE {what}")));
        };
        Ok(TableChange { action, at })
    }

    fn column_change(&mut self) -> Result<ColumnChange, SqlError> {
        if self.accept_all(&["SET", "DATA", "TYPE"]) {
            return self.kind().map(ColumnChange::SetDataType);
        }
        if self.accept_all(&["DROP", "NOT", "NULL"]) {
            return Ok(ColumnChange::DropNotNull);
        }
        if self.accept_all(&["SET", "DEFAULT"]) {
            return Ok(ColumnChange::SetDefault(Some(self.default_text()?)));
        }
        if self.accept_all(&["DROP", "DEFAULT"]) {
            return Ok(ColumnChange::SetDefault(None));
        }
        self.expect_keyword("SET")?;
        self.options().map(ColumnChange::SetDescription)
    }
}
