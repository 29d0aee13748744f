//! What a table is: its kind, whether it can be emptied, and its labels.

use super::schema::{Column, Schema};
use super::{BigQuery, get};
use crate::client::error::ClientError;
use domain::time::Timestamp;
use domain::warehouse::TableAddress;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use url::Url;

/// `tables.get`, reduced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDescription {
    /// `TABLE`, `VIEW`, `EXTERNAL`, `MATERIALIZED_VIEW`, `SNAPSHOT`.
    pub kind: String,
    /// Whether rows were streamed in recently; a TRUNCATE fails while they are in the buffer.
    pub has_streaming_buffer: bool,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
    /// How many rows it has, if BigQuery says so.
    pub rows: Option<u64>,
    /// Its labels, by key.
    pub labels: BTreeMap<String, String>,
    /// Another one after each change of the table or its rows; empty if the server gives none.
    pub etag: String,
    /// The server's time when it answered, in whole seconds; `None` if it does not say.
    pub server_time: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(rename = "type")]
    kind: String,
    streaming_buffer: Option<Value>,
    num_rows: Option<String>,
    #[serde(default)]
    schema: Schema,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    etag: String,
}

impl BigQuery {
    /// Describes a table of any project.
    ///
    /// # Errors
    /// Permanent with [`ClientError::is_not_found`] when the table or its dataset does not exist.
    pub async fn table(&self, table: &TableAddress) -> Result<TableDescription, ClientError> {
        let request = get(
            format!("describing the table {}.{}", table.dataset, table.table),
            self.table_url(table)?,
        );
        let (wire, server_time): (Wire, _) = self.http.dated(request).await?;
        Ok(TableDescription {
            kind: wire.kind,
            has_streaming_buffer: wire.streaming_buffer.is_some(),
            columns: wire.schema.columns(),
            rows: wire.num_rows.and_then(|text| text.parse().ok()),
            labels: wire.labels,
            etag: wire.etag,
            server_time,
        })
    }

    pub(super) fn table_url(&self, table: &TableAddress) -> Result<Url, ClientError> {
        self.url_in(
            &table.project,
            &["datasets", &table.dataset, "tables", &table.table],
        )
    }
}
