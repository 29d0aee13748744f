//! Types, and CREATE, ALTER and DROP.

use super::parser::Parser;
use super::tree::{ColumnDefinition, CreateTable, Object, Place, Statement, TableChange};
use crate::error::SqlError;
use crate::kind;
use crate::value::{Column, ColumnType};

impl Parser<'_> {
    /// A type; its length or precision is read and dropped: no value is cut here.
    pub fn kind(&mut self) -> Result<ColumnType, SqlError> {
        self.nested(|parser| {
            let at = parser.place();
            if parser.word("ARRAY") {
                parser.want_symbol("<")?;
                let inner = parser.kind()?;
                if !parser.angle() {
                    return Err(parser.expected("\">\""));
                }
                if matches!(inner, ColumnType::Array(_)) {
                    return Err(SqlError::invalid("Arrays of arrays are not supported"));
                }
                return Ok(ColumnType::Array(Box::new(inner)));
            }
            if parser.word("STRUCT") {
                return parser.fields().map(ColumnType::Struct);
            }
            let name = parser.field_name()?;
            let Some(kind) = kind::from_name(&name) else {
                if ["GEOGRAPHY", "INTERVAL", "RANGE"].contains(&name.to_ascii_uppercase().as_str()) {
                    return Err(parser.unsupported(at, &format!("Type {}", name.to_ascii_uppercase())));
                }
                let place = crate::error::place(parser.sql, at.0);
                return Err(SqlError::invalid(format!("Type not found: {name} at {place}")));
            };
            if parser.is_symbol("(") {
                parser.skip_brackets()?;
            }
            Ok(kind)
        })
    }

    /// `<a INT64, STRING>`, the brackets with it.
    pub fn fields(&mut self) -> Result<Vec<Column>, SqlError> {
        self.want_symbol("<")?;
        let mut fields = Vec::new();
        while !self.angle() {
            if !fields.is_empty() {
                self.want_symbol(",")?;
            }
            let named = self.ahead(1).is_some_and(|next| {
                !(next.is_symbol(",")
                    || next.is_symbol(">")
                    || next.is_symbol(">>")
                    || next.is_symbol("<")
                    || next.is_symbol("("))
            });
            let name = if named { self.field_name()? } else { String::new() };
            let mut column = Column::nullable(name, self.kind()?);
            if self.words(&["NOT", "NULL"]) {
                column.nullable = false;
            }
            column.description = self.options()?;
            fields.push(column);
        }
        Ok(fields)
    }

    fn skip_brackets(&mut self) -> Result<(), SqlError> {
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

    /// OPTIONS in brackets, if they come next; of them the description is kept. All others change
    /// cost and keeping at Google, not results.
    fn options(&mut self) -> Result<Option<String>, SqlError> {
        if !self.word("OPTIONS") {
            return Ok(None);
        }
        self.want_symbol("(")?;
        let mut description = None;
        while !self.symbol(")") {
            let name = self.field_name()?;
            self.want_symbol("=")?;
            let value = self.expression()?;
            if name.eq_ignore_ascii_case("description")
                && let super::tree::Node::Text(text) = value.node
            {
                description = Some(text);
            }
            if !self.symbol(",") && !self.is_symbol(")") {
                return Err(self.unexpected());
            }
        }
        Ok(description)
    }

    fn column_definition(&mut self) -> Result<ColumnDefinition, SqlError> {
        let mut column = Column::nullable(self.field_name()?, self.kind()?);
        let mut default = None;
        loop {
            if self.words(&["NOT", "NULL"]) {
                column.nullable = false;
            } else if self.word("DEFAULT") {
                default = Some(self.default()?);
            } else if self.is("OPTIONS") {
                column.description = self.options()?;
            } else if self.words(&["PRIMARY", "KEY"]) {
                self.words(&["NOT", "ENFORCED"]);
            } else {
                return Ok(ColumnDefinition { column, default });
            }
        }
    }

    /// An expression's text.
    fn default(&mut self) -> Result<String, SqlError> {
        let from = self.place();
        self.expression()?;
        Ok(self.text_since(from))
    }

    pub fn create(&mut self) -> Result<Statement, SqlError> {
        let at = self.place();
        self.want("CREATE")?;
        let replace = self.words(&["OR", "REPLACE"]);
        let temporary = self.word("TEMP") || self.word("TEMPORARY");
        if self.word("SCHEMA") {
            let calm = self.words(&["IF", "NOT", "EXISTS"]);
            let path = self.path()?;
            self.options()?;
            return Ok(Statement::CreateSchema { path, calm });
        }
        let is_table = self.word("TABLE");
        if temporary || !(is_table || self.word("VIEW")) {
            let what = if temporary {
                "TEMP".into()
            } else {
                self.next().map(|t| t.text).unwrap_or_default()
            };
            return Err(self.unsupported(at, &format!("CREATE {}", what.to_ascii_uppercase())));
        }
        let calm = self.words(&["IF", "NOT", "EXISTS"]);
        let path = self.path()?;
        if is_table {
            return self.create_table(CreateTable {
                path,
                calm,
                replace,
                columns: None,
                description: None,
                query: None,
                like: None,
            });
        }
        if self.is_symbol("(") {
            return Err(self.unsupported(self.place(), "A view with a list of columns"));
        }
        self.options()?;
        self.want("AS")?;
        let from = self.place().0;
        let query = self.query()?;
        Ok(Statement::CreateView {
            path,
            calm,
            replace,
            from,
            query,
        })
    }

    fn create_table(&mut self, mut table: CreateTable) -> Result<Statement, SqlError> {
        if self.word("LIKE") {
            table.like = Some((self.path()?, false));
        } else if self.word("COPY") || self.word("CLONE") {
            table.like = Some((self.path()?, true));
        } else if self.symbol("(") {
            let mut columns = Vec::new();
            while !self.symbol(")") {
                if self.words(&["PRIMARY", "KEY"])
                    || self.words(&["FOREIGN", "KEY"])
                    || self.word("CONSTRAINT")
                {
                    // Never enforced, at Google too.
                    while !self.is_symbol(",") && !self.is_symbol(")") {
                        if self.is_symbol("(") {
                            self.skip_brackets()?;
                        } else if self.next().is_none() {
                            return Err(self.unexpected());
                        }
                    }
                } else {
                    columns.push(self.column_definition()?);
                }
                if !self.symbol(",") && !self.is_symbol(")") {
                    return Err(self.unexpected());
                }
            }
            table.columns = Some(columns);
        }
        loop {
            if self.words(&["PARTITION", "BY"]) {
                self.expression()?;
            } else if self.words(&["CLUSTER", "BY"]) {
                self.list(Self::expression)?;
            } else if self.words(&["DEFAULT", "COLLATE"]) {
                return Err(self.unsupported(self.place(), "DEFAULT COLLATE"));
            } else if self.is("OPTIONS") {
                table.description = self.options()?;
            } else {
                break;
            }
        }
        if self.word("AS") {
            table.query = Some(self.query()?);
        }
        Ok(Statement::CreateTable(table))
    }

    pub fn drop_object(&mut self) -> Result<Statement, SqlError> {
        let at = self.place();
        self.want("DROP")?;
        let what = if self.word("TABLE") {
            Object::Table
        } else if self.word("VIEW") {
            Object::View
        } else if self.word("SCHEMA") {
            Object::Schema
        } else {
            let word = self
                .next()
                .map(|t| t.text.to_ascii_uppercase())
                .unwrap_or_default();
            return Err(self.unsupported(at, &format!("DROP {word}")));
        };
        let calm = self.words(&["IF", "EXISTS"]);
        let path = self.path()?;
        let cascade = what == Object::Schema && self.word("CASCADE");
        if what == Object::Schema {
            self.word("RESTRICT");
        }
        Ok(Statement::Drop {
            what,
            path,
            calm,
            cascade,
        })
    }

    pub fn alter(&mut self) -> Result<Statement, SqlError> {
        let at = self.place();
        self.want("ALTER")?;
        if !self.word("TABLE") {
            let word = self
                .next()
                .map(|t| t.text.to_ascii_uppercase())
                .unwrap_or_default();
            return Err(self.unsupported(at, &format!("ALTER {word}")));
        }
        let calm = self.words(&["IF", "EXISTS"]);
        let path = self.path()?;
        let changes = self.list(Self::table_change)?;
        Ok(Statement::AlterTable { path, calm, changes })
    }

    fn table_change(&mut self) -> Result<TableChange, SqlError> {
        let at = self.place();
        if self.words(&["ADD", "COLUMN"]) {
            let calm = self.words(&["IF", "NOT", "EXISTS"]);
            return Ok(TableChange::Add {
                definition: self.column_definition()?,
                calm,
                at,
            });
        }
        if self.words(&["DROP", "COLUMN"]) {
            let calm = self.words(&["IF", "EXISTS"]);
            return Ok(TableChange::DropColumn {
                name: self.field_name()?,
                calm,
                at,
            });
        }
        if self.words(&["RENAME", "COLUMN"]) {
            self.words(&["IF", "EXISTS"]);
            let from = self.field_name()?;
            self.want("TO")?;
            return Ok(TableChange::RenameColumn {
                from,
                to: self.field_name()?,
                at,
            });
        }
        if self.words(&["RENAME", "TO"]) {
            return self.field_name().map(TableChange::RenameTo);
        }
        if self.word("SET") {
            let description = self.options()?;
            return Ok(TableChange::Describe {
                column: None,
                description,
                at,
            });
        }
        if self.words(&["ALTER", "COLUMN"]) {
            return self.column_change(at);
        }
        let word = self
            .next()
            .map(|t| t.text.to_ascii_uppercase())
            .unwrap_or_default();
        Err(self.unsupported(at, &format!("ALTER TABLE {word}")))
    }

    fn column_change(&mut self, at: Place) -> Result<TableChange, SqlError> {
        self.words(&["IF", "EXISTS"]);
        let name = self.field_name()?;
        if self.words(&["SET", "DATA", "TYPE"]) {
            return Ok(TableChange::SetKind {
                name,
                kind: self.kind()?,
                at,
            });
        }
        if self.words(&["DROP", "NOT", "NULL"]) {
            return Ok(TableChange::DropNotNull { name, at });
        }
        if self.words(&["SET", "DEFAULT"]) {
            return Ok(TableChange::SetDefault {
                name,
                default: Some(self.default()?),
                at,
            });
        }
        if self.words(&["DROP", "DEFAULT"]) {
            return Ok(TableChange::SetDefault {
                name,
                default: None,
                at,
            });
        }
        self.want("SET")?;
        let description = self.options()?;
        Ok(TableChange::Describe {
            column: Some(name),
            description,
            at,
        })
    }
}
