//! What a table is: its columns, its kind, where it lives.

use super::cell::{Column, Schema, count, moment};
use super::{BigQuery, read};
use crate::client::error::ClientError;
use domain::id::{DatasetId, TableId};
use domain::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// `tables.get`, reduced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDescription {
    /// Its columns.
    pub columns: Vec<Column>,
    /// `TABLE`, `VIEW`, `EXTERNAL`, `MATERIALIZED_VIEW`, `SNAPSHOT`.
    pub kind: String,
    /// Rows without those in the streaming buffer: no proof of emptiness. Absent for views.
    pub rows: Option<u64>,
    /// Where its dataset lives: jobs must run there.
    pub location: Option<String>,
    /// When it was changed last.
    pub modified: Option<Timestamp>,
    /// Whether rows were streamed in recently; a TRUNCATE fails while they are in the buffer.
    pub has_streaming_buffer: bool,
    /// Whether it refuses queries without a filter on its partitions.
    pub needs_partition_filter: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    schema: Option<Schema>,
    #[serde(default, rename = "type")]
    kind: String,
    num_rows: Option<String>,
    location: Option<String>,
    last_modified_time: Option<String>,
    streaming_buffer: Option<Value>,
    #[serde(default)]
    require_partition_filter: bool,
}

impl BigQuery {
    /// Describes a table of this project.
    ///
    /// # Errors
    /// Permanent with [`ClientError::is_not_found`] when the table or its dataset does not exist.
    pub async fn table(&self, dataset: &DatasetId, table: &TableId) -> Result<TableDescription, ClientError> {
        let url = self.url(&["datasets", dataset.as_str(), "tables", table.as_str()])?;
        let wire: Wire = self
            .http
            .json(read(format!("describing the table {dataset}.{table}"), url))
            .await?;
        Ok(TableDescription {
            columns: wire.schema.map(Schema::columns).unwrap_or_default(),
            kind: wire.kind,
            rows: count(wire.num_rows.as_deref()),
            location: wire.location,
            modified: moment(wire.last_modified_time.as_deref()),
            has_streaming_buffer: wire.streaming_buffer.is_some(),
            needs_partition_filter: wire.require_partition_filter,
        })
    }
}
