//! INSERT.

use super::target::Target;
use crate::analysis::Analyzer;
use crate::analysis::scope::Scope;
use crate::error::SqlError;
use crate::execution::evaluate;
use crate::memory;
use crate::outcome::QueryOutcome;
use crate::session::Frame;
use crate::storage::table;
use crate::syntax::ast::{Expression, Identifier, Insert, InsertSource, Position, Query};
use crate::value::Row;

impl Analyzer<'_> {
    pub(crate) fn insert(&self, insert: &Insert) -> Result<QueryOutcome, SqlError> {
        let target = self.target(&insert.path)?;
        let columns = self.inserted_columns(&target, &insert.columns)?;
        let rows = match &insert.source {
            InsertSource::Values(rows) => self.values(&target, &columns, rows, insert.path.at)?,
            InsertSource::Query(query) => self.query_rows(&target, &columns, query)?,
        };
        if self.session.settings.dry_run {
            return Ok(QueryOutcome::changed("INSERT", 0, &target.full));
        }
        let rows = self.complete_rows(&target, &columns, rows)?;
        rows.iter()
            .try_for_each(|row| table::check_arrays(&target.columns, row))?;
        table::insert(self.session.connection, &target.full, &target.columns, &rows)?;
        self.finish(&target, "INSERT", rows.len())
    }

    /// The rows of VALUES; none in a dry run.
    fn values(
        &self,
        target: &Target,
        columns: &[usize],
        rows: &[Vec<Option<Expression>>],
        at: Position,
    ) -> Result<Vec<Row>, SqlError> {
        let rows = rows
            .iter()
            .map(|row| self.row_of_values(&Scope::EMPTY, target, columns, row, at))
            .collect::<Result<Vec<_>, _>>()?;
        if self.session.settings.dry_run {
            return Ok(Vec::new());
        }
        let root = Frame::root(self.session);
        let mut evaluated = self.session.rows();
        for row in rows {
            evaluated.push(evaluate(&row, &root)?)?;
        }
        Ok(evaluated.into_rows())
    }

    /// The rows of a query; none in a dry run.
    fn query_rows(&self, target: &Target, columns: &[usize], query: &Query) -> Result<Vec<Row>, SqlError> {
        let relation = self.whole_query(query)?;
        self.check_width(relation.columns.len(), columns.len(), query.at)?;
        let runs = columns.iter().enumerate().map(|(index, &column)| {
            let kind = &relation.columns[index].kind;
            self.query_column_for(query, kind, index, &target.columns[column])
        });
        let runs = runs.collect::<Result<Vec<_>, _>>()?;
        if self.session.settings.dry_run {
            return Ok(Vec::new());
        }
        let root = Frame::root(self.session);
        let source = (relation.rows)(&root)?;
        let mut evaluated = self.session.rows();
        memory::consume(source, |row| evaluated.push(evaluate(&runs, &root.inner(&row))?))?;
        Ok(evaluated.into_rows())
    }

    /// The indexes of the columns that an INSERT names; all if it names none.
    pub(super) fn inserted_columns(
        &self,
        target: &Target,
        named: &[(Identifier, Position)],
    ) -> Result<Vec<usize>, SqlError> {
        if named.is_empty() {
            return Ok((0..target.columns.len()).collect());
        }
        let mut columns = Vec::with_capacity(named.len());
        for (Identifier(name), at) in named {
            let column = self.target_column(target, name, *at)?;
            if columns.contains(&column) {
                return Err(self.wrong(*at, format!("INSERT has columns with duplicate name: {name}")));
            }
            columns.push(column);
        }
        Ok(columns)
    }
}
