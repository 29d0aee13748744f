//! Copy jobs: tables into a table.

use super::ApiState;
use super::job::Outcome;
use super::table_reference::{Destination, TableReference};
use googlesql::SqlError;

/// The most bytes that the rows of all tables take in memory: they are written all or none.
const MAX_ROWS: usize = 128 << 20;

/// A copy job.
pub(super) struct Copy {
    pub sources: Vec<TableReference>,
    pub destination: Destination,
}

impl Copy {
    pub fn execute(&self, state: &ApiState) -> Result<Outcome, SqlError> {
        let (mut columns, mut rows, mut held) = (Vec::new(), Vec::new(), 0);
        for source in &self.sources {
            let (found, more) = source.open(state)?.all(state, &mut held, MAX_ROWS)?;
            if !columns.is_empty() && columns != found {
                return Err(SqlError::bad_data(
                    "Schema mismatch: the tables that are copied have different schemas",
                ));
            }
            columns = found;
            rows.extend(more);
        }
        let rows = self.destination.write(state, &columns, &rows)?;
        Ok(Outcome::Copy { rows })
    }
}
