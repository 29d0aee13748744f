//! Labels of a table: changed only if the table is still the one that was read.
//!
//! A change whose answer was lost is cleared up by reading the table again: either our labels are there, or the
//! table has another etag, which the lost change can then no longer meet.

use super::BigQuery;
use crate::client::error::ClientError;
use crate::client::http::Request;
use domain::failure::FailureKind;
use domain::service::Service;
use domain::warehouse::TableAddress;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// How often a change is sent.
const TRIES: u32 = 5;

/// Labels to set, by key; `None` removes.
pub type LabelChanges = BTreeMap<String, Option<String>>;

/// What became of a change of labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patched {
    /// The labels are as asked for; the table has this etag now.
    Done {
        /// For the next change.
        etag: String,
    },
    /// The table was changed since it was read, and nothing was done: read it again.
    Changed,
}

/// The answer to a change, reduced.
#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    etag: String,
}

impl BigQuery {
    /// Sets and removes labels of a table of any project if it still has this etag (`If-Match`). Labels that are
    /// not named stay.
    ///
    /// # Errors
    /// Unauthorised without the permission `bigquery.tables.update`. Ambiguous when it is not known whether the
    /// labels were changed.
    pub async fn patch_labels(
        &self,
        table: &TableAddress,
        labels: &LabelChanges,
        etag: &str,
    ) -> Result<Patched, ClientError> {
        let body = json!({"labels": labels});
        let mut open = false;
        for tries in 1.. {
            let operation = format!("labelling the table {}.{}", table.dataset, table.table);
            let url = self.table_url(table)?;
            let request = Request::patch_once(Service::BigQuery, operation, url, &body)
                .if_match(etag)
                .changing();
            let error = match self.http.json::<Wire>(request).await {
                Ok(Wire { etag }) => return Ok(Patched::Done { etag }),
                Err(error) => error,
            };
            let is_changed = error.service_status() == Some(412);
            open |= error.kind == FailureKind::Ambiguous;
            if open {
                if let Some(outcome) = self.look_for(table, labels, etag).await? {
                    return Ok(outcome);
                }
            } else if is_changed {
                return Ok(Patched::Changed);
            }
            let again = matches!(
                error.kind,
                FailureKind::Ambiguous | FailureKind::Transient | FailureKind::Busy | FailureKind::Unsent
            );
            if !again || tries >= TRIES || error.retry_after().is_some() {
                // An earlier try may still arrive, whatever happened to this one.
                let kind = if open { FailureKind::Ambiguous } else { error.kind };
                return Err(error.with_kind(kind));
            }
            self.http.pause_before_try(tries).await;
        }
        Ok(Patched::Changed)
    }

    /// What became of a change whose answer was lost; `None` if the table is as it was.
    async fn look_for(
        &self,
        table: &TableAddress,
        labels: &LabelChanges,
        etag: &str,
    ) -> Result<Option<Patched>, ClientError> {
        let found = self.table(table).await;
        let found = found.map_err(|error| error.with_kind(FailureKind::Ambiguous))?;
        let has = |(key, value): (&String, &Option<String>)| found.labels.get(key) == value.as_ref();
        Ok(if labels.iter().all(has) {
            Some(Patched::Done { etag: found.etag })
        } else if found.etag == etag {
            None
        } else {
            Some(Patched::Changed)
        })
    }
}
