//! What a table is: its kind, and whether it can be emptied.

use super::{BigQuery, get};
use crate::client::error::ClientError;
use domain::id::{DatasetId, TableId};
use serde::Deserialize;
use serde_json::Value;

/// `tables.get`, reduced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDescription {
    /// `TABLE`, `VIEW`, `EXTERNAL`, `MATERIALIZED_VIEW`, `SNAPSHOT`.
    pub kind: String,
    /// Whether rows were streamed in recently; a TRUNCATE fails while they are in the buffer.
    pub has_streaming_buffer: bool,
    /// How many rows it has, if BigQuery says so.
    pub rows: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(rename = "type")]
    kind: String,
    streaming_buffer: Option<Value>,
    num_rows: Option<String>,
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
            .json(get(format!("describing the table {dataset}.{table}"), url))
            .await?;
        Ok(TableDescription {
            kind: wire.kind,
            has_streaming_buffer: wire.streaming_buffer.is_some(),
            rows: wire.num_rows.and_then(|text| text.parse().ok()),
        })
    }
}
