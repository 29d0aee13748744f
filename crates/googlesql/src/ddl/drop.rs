//! DROP SCHEMA, TABLE and VIEW.

use crate::analysis::Analyzer;
use crate::error::SqlError;
use crate::outcome::QueryOutcome;
use crate::storage::catalog;
use crate::syntax::ast::{DropObject, ObjectKind};

impl Analyzer<'_> {
    pub(crate) fn drop_object(&self, object: &DropObject) -> Result<QueryOutcome, SqlError> {
        match object.kind {
            ObjectKind::Schema => self.drop_schema(object),
            ObjectKind::Table => self.drop_table(object, "DROP_TABLE", false),
            ObjectKind::View => self.drop_table(object, "DROP_VIEW", true),
        }
    }

    fn drop_table(
        &self,
        object: &DropObject,
        statement_type: &'static str,
        wants_view: bool,
    ) -> Result<QueryOutcome, SqlError> {
        let (connection, project) = (self.session.connection, self.session.project);
        let full = self.full_name(&object.path)?;
        let is_view = catalog::view(connection, &full)?.is_some();
        if !is_view && !catalog::table_exists(connection, &full)? {
            return if object.if_exists {
                Ok(QueryOutcome::defined(statement_type, "SKIP", &full))
            } else {
                let location = self.session.location;
                Err(catalog::not_found(connection, project, location, &full))
            };
        }
        if is_view != wants_view {
            let (is, wanted) = if is_view {
                ("VIEW", "TABLE")
            } else {
                ("TABLE", "VIEW")
            };
            return Err(SqlError::invalid(format!(
                "{project}:{full} is a {is}, not a {wanted}; it cannot be dropped with DROP {wanted}"
            )));
        }
        if !self.session.settings.dry_run {
            catalog::drop_table(connection, &full)?;
        }
        Ok(QueryOutcome::defined(statement_type, "DROP", &full))
    }

    fn drop_schema(&self, object: &DropObject) -> Result<QueryOutcome, SqlError> {
        let (connection, project) = (self.session.connection, self.session.project);
        let name = object.path.parts.last().map_or("", String::as_str);
        if !catalog::dataset_exists(connection, name)? {
            return if object.if_exists {
                Ok(QueryOutcome::empty("DROP_SCHEMA"))
            } else {
                Err(SqlError::not_found(format!(
                    "Not found: Dataset {project}:{name}"
                )))
            };
        }
        if !object.cascade && !catalog::tables(connection, name)?.is_empty() {
            return Err(SqlError {
                reason: "resourceInUse".into(),
                message: format!("Dataset {project}:{name} is still in use"),
            });
        }
        if !self.session.settings.dry_run {
            catalog::drop_dataset(connection, name)?;
        }
        Ok(QueryOutcome::empty("DROP_SCHEMA"))
    }
}
