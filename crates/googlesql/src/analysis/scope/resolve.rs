//! Resolving names in a scope and those around it.

use super::Scope;
use crate::analysis::{Analyzer, Typed};
use crate::error::SqlError;
use crate::kind;
use crate::syntax::ast::Position;
use crate::value::Column;

/// What a name refers to.
pub(in crate::analysis) enum Resolved {
    Value(Typed),
    /// A table's alias: the indexes of its columns in the scope `depth` queries outward.
    Table {
        depth: usize,
        columns: Vec<usize>,
    },
}

impl Analyzer<'_> {
    /// What a bare name refers to.
    ///
    /// # Errors
    /// The name is unknown or ambiguous, or a column that is not grouped.
    pub(in crate::analysis) fn resolve(
        &self,
        scope: &Scope<'_>,
        name: &str,
        at: Position,
    ) -> Result<Resolved, SqlError> {
        match self.lookup(scope, name, at)? {
            Some(found) => Ok(found),
            None => Err(self.unrecognized(scope, name, at)),
        }
    }

    /// As [`Analyzer::resolve`], but `None` for an unknown name.
    pub(in crate::analysis) fn lookup(
        &self,
        scope: &Scope<'_>,
        name: &str,
        at: Position,
    ) -> Result<Option<Resolved>, SqlError> {
        if scope.aliases_first
            && let Some(found) = self.lookup_alias(scope, name)?
        {
            return Ok(Some(found));
        }
        let mut here = Some(scope);
        let mut depth = 0;
        while let Some(inside) = here {
            if let Some(found) = self.lookup_in(inside, depth, name, at)? {
                return Ok(Some(found));
            }
            if depth == 0
                && !scope.aliases_first
                && let Some(found) = self.lookup_alias(scope, name)?
            {
                return Ok(Some(found));
            }
            here = inside.parent;
            depth += 1;
        }
        Ok(None)
    }

    /// A column or table of one scope.
    fn lookup_in(
        &self,
        scope: &Scope<'_>,
        depth: usize,
        name: &str,
        at: Position,
    ) -> Result<Option<Resolved>, SqlError> {
        let column = |index| {
            self.column(scope, depth, index, at)
                .map(|typed| Some(Resolved::Value(typed)))
        };
        let mut matches = scope
            .columns
            .iter()
            .enumerate()
            .filter(|(_, named)| !named.shadowed && named.has_name(name));
        if let Some((index, _)) = matches.next() {
            if matches.next().is_some() {
                return Err(self.wrong(at, format!("Column name {name} is ambiguous")));
            }
            return column(index);
        }
        let columns = scope.columns_of_table(name);
        match columns.as_slice() {
            [] => Ok(None),
            [only] if scope.columns[*only].is_element => column(*only),
            _ => Ok(Some(Resolved::Table { depth, columns })),
        }
    }

    /// An alias of the SELECT list.
    fn lookup_alias(&self, scope: &Scope<'_>, name: &str) -> Result<Option<Resolved>, SqlError> {
        let found = scope
            .aliases
            .iter()
            .find(|(alias, _)| alias.eq_ignore_ascii_case(name));
        let without_aliases = Scope {
            aliases: &[],
            ..*scope
        };
        found
            .map(|(_, tree)| self.expression(&without_aliases, tree).map(Resolved::Value))
            .transpose()
    }

    /// A column of a scope; in a grouped scope, the key that it is.
    pub(in crate::analysis) fn column(
        &self,
        scope: &Scope<'_>,
        depth: usize,
        index: usize,
        at: Position,
    ) -> Result<Typed, SqlError> {
        let column = &scope.columns[index].column;
        self.session.found_in(scope.level);
        self.session.plan(kind::count(&column.kind))?;
        self.session
            .columns
            .use_column(scope.columns[index].origin.as_ref());
        let Some(grouping) = scope.grouping else {
            return Ok(Typed::cell(column.kind.clone(), depth, index));
        };
        match grouping.key_of_column(index) {
            Some(key) => Ok(Typed::cell(column.kind.clone(), depth, key)),
            None => Err(self.wrong(
                at,
                format!(
                    "SELECT list expression references column {} which is neither grouped nor aggregated",
                    column.name
                ),
            )),
        }
    }

    /// A table's row as a STRUCT.
    pub(in crate::analysis) fn row_as_struct(
        &self,
        scope: &Scope<'_>,
        depth: usize,
        columns: &[usize],
        at: Position,
    ) -> Result<Typed, SqlError> {
        let owner = scope.outward(depth);
        let fields: Vec<Column> = columns
            .iter()
            .map(|&index| owner.columns[index].column.clone())
            .collect();
        let values = columns
            .iter()
            .map(|&index| self.column(owner, depth, index, at))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Typed::from_fields(fields, values))
    }

    fn unrecognized(&self, scope: &Scope<'_>, name: &str, at: Position) -> SqlError {
        let mut nearest: Option<(usize, &str)> = None;
        let mut here = Some(scope);
        while let Some(scope) = here {
            for named in scope.columns {
                let distance = strsim::levenshtein(&named.column.name.to_lowercase(), &name.to_lowercase());
                // ZetaSQL suggests a name only if it is near enough: here a quarter of the characters may differ.
                if distance * 4 <= name.chars().count() && nearest.is_none_or(|(best, _)| distance < best) {
                    nearest = Some((distance, &named.column.name));
                }
            }
            here = scope.parent;
        }
        match nearest {
            Some((_, other)) => self.wrong(at, format!("Unrecognized name: {name}; Did you mean {other}?")),
            None => self.wrong(at, format!("Unrecognized name: {name}")),
        }
    }
}
