//! One row of the configuration table is made active or inactive: first judged, which changes nothing, and then done.

use super::Cloud;
use crate::client::bigquery::Cell;
use domain::activation::{Activation, Place, keys};
use domain::failure::Failure;
use domain::key::RowName;

/// More rows with the same keys than that are not counted.
const MOST: usize = 1_000;

impl Cloud {
    /// What the change would be, after a look at the table and a dry run of the statement.
    ///
    /// # Errors
    /// Why it cannot be done: the table is none that can be changed, has no such row, or the caller may not change it.
    pub async fn judge_activation(&self, row: RowName, active: bool) -> Result<Activation, Failure> {
        let variables = self.variables();
        let refused =
            |reason: String| Failure::permanent(reason).with_remedy("Change the table that it reads.");
        if !variables.bq_config_query.is_empty() {
            let reason = "The rows come from bq_config_query, and a query has no rows of its own to change.";
            return Err(refused(reason.into()));
        }
        let table = variables.config_table();
        let description = self.bigquery().table(&table).await?;
        if description.kind != "TABLE" {
            let reason = format!(
                "{} is a {}: its rows cannot be changed there.",
                variables.shown(&table),
                description.kind
            );
            return Err(refused(reason));
        }
        let place = Place::new(Self::table(&table)?.to_string(), variables);
        let found = self
            .bigquery()
            .query_with(&place.lookup(&row), &keys(&row), MOST)
            .await?;
        let kind = found.columns.first().map_or("", |column| column.kind.as_str());
        let cells = found.rows.iter().map(|cells| cells.first().and_then(Cell::text));
        let judged = Activation::new(row, active, place, kind, &cells.collect::<Vec<_>>())?;
        let (statement, parameters) = (judged.statement(), judged.parameters());
        self.bigquery().dry_run_with(&statement, &parameters).await?;
        Ok(judged)
    }

    /// Does it, and says how many rows it changed.
    ///
    /// # Errors
    /// It was refused, or other rows were changed than were seen before.
    pub async fn activate(&self, activation: &Activation) -> Result<String, Failure> {
        let (statement, parameters) = (activation.statement(), activation.parameters());
        let changed = self.bigquery().change(&statement, &parameters).await?;
        activation.done(changed)
    }
}
