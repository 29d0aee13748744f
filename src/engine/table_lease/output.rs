//! The table that is leased, and the two requests about it.

use crate::client::bigquery::{LabelChanges, Patched, TableDescription};
use crate::client::{BigQuery, ClientError};
use domain::warehouse::TableAddress;

/// A table of `BigQuery`.
#[derive(Clone, Debug)]
pub struct OutputTable {
    /// Where it is changed.
    pub bigquery: BigQuery,
    /// Which one it is.
    pub table: TableAddress,
}

impl OutputTable {
    pub(in crate::engine) async fn look(&self) -> Result<TableDescription, ClientError> {
        self.bigquery.table(&self.table).await
    }

    pub(super) async fn patch(&self, labels: &LabelChanges, etag: &str) -> Result<Patched, ClientError> {
        self.bigquery.patch_labels(&self.table, labels, etag).await
    }

    /// `project.dataset.table`.
    pub(in crate::engine) fn name(&self) -> String {
        self.table.path()
    }
}
