//! The table that is leased, and the two requests about it.

use crate::client::bigquery::{LabelChanges, Patched, TableDescription};
use crate::client::{BigQuery, ClientError};
use domain::id::{DatasetId, ProjectId, TableId};

/// A table of `BigQuery`.
#[derive(Clone, Debug)]
pub struct OutputTable {
    /// Where it is changed.
    pub bigquery: BigQuery,
    /// Its project, which the messages name.
    pub project: ProjectId,
    /// Its dataset.
    pub dataset: DatasetId,
    /// Its name.
    pub table: TableId,
}

impl OutputTable {
    pub(in crate::engine) async fn look(&self) -> Result<TableDescription, ClientError> {
        self.bigquery.table(&self.dataset, &self.table).await
    }

    pub(super) async fn patch(&self, labels: &LabelChanges, etag: &str) -> Result<Patched, ClientError> {
        let Self { dataset, table, .. } = self;
        self.bigquery.patch_labels(dataset, table, labels, etag).await
    }

    /// `project.dataset.table`.
    pub(in crate::engine) fn name(&self) -> String {
        format!("{}.{}.{}", self.project, self.dataset, self.table)
    }
}
