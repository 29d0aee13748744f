//! Asks for tables, buckets and databases.

use super::{Examination, found, told};
use domain::doctor::{
    self, Bucket, Check, Dataset, Examined, Needs, ON_BUCKET, Point, Table, Warehouse, connection,
};
use domain::failure::Failure;
use domain::id::ProjectId;
use domain::request::{RunRequest, Scope};
use futures_util::future::{OptionFuture, join_all};

impl Examination<'_> {
    pub(super) async fn tables(&self) -> Examined {
        let variables = self.cloud.variables();
        let request = RunRequest::new(&*self.place.profile, variables.clone(), Scope::Chain);
        let dataset = variables.dataset();
        let looked_up = told(self.cloud.bigquery().dataset(&dataset));
        let output = variables
            .has_output_table()
            .then(|| self.table(&variables.bq_output_table));
        let output = OptionFuture::from(output);
        let (looked_up, configuration, rows, output, needs) = tokio::join!(
            looked_up,
            self.table(&variables.bq_config_table),
            self.configuration(),
            output,
            self.needs(),
        );
        let needs = needs.ok().flatten().unwrap_or_default();
        let emptying = OptionFuture::from(matches!(output, Some(Ok(Some(_)))).then(|| async {
            let judged = told(self.cloud.check_output(&request)).await?;
            Ok(judged.and_then(|(finding, _)| finding))
        }));
        let watermark = OptionFuture::from(needs.watermark.as_ref().map(|name| self.table(name)));
        let (emptying, watermark) = tokio::join!(emptying, watermark);
        let looked_up = looked_up.map(|dataset| {
            dataset.map(|dataset| Dataset {
                location: dataset.location,
            })
        });
        let warehouse = Warehouse {
            dataset: &looked_up,
            configuration: &configuration,
            rows: Some(rows),
            output: output.as_ref(),
            emptying: emptying.as_ref(),
            watermark: watermark.as_ref(),
        };
        doctor::tables(&self.place, warehouse, &needs)
    }

    async fn table(&self, name: &str) -> Result<Option<Table>, Failure> {
        let address = self.cloud.variables().table(name);
        let table = found(self.cloud.bigquery().table(&address)).await?;
        Ok(table.map(|table| Table {
            kind: table.kind,
            columns: table.columns.into_iter().map(|column| column.name).collect(),
        }))
    }

    pub(super) async fn buckets(&self) -> Examined {
        let needs = match self.known_needs(Check::Bucket).await {
            Ok(needs) => needs,
            Err(examined) => return examined,
        };
        let storage = self.cloud.shared.client.storage();
        let asked = needs.buckets.into_iter().map(|name| async {
            let (bucket, granted) = tokio::join!(
                told(storage.bucket(&name)),
                told(storage.granted(&name, &ON_BUCKET))
            );
            Bucket {
                name,
                location: bucket.map(|bucket| bucket.map(|bucket| bucket.location)),
                granted,
            }
        });
        let (found, worker) = tokio::join!(join_all(asked), self.worker_account());
        doctor::buckets(&self.with_caller(), &found, worker.ok().as_deref())
    }

    pub(super) async fn databases(&self) -> Examined {
        let needs = match self.known_needs(Check::Source).await {
            Ok(needs) => needs,
            Err(examined) => return examined,
        };
        let databases = self.cloud.shared.client.databases();
        let asked = needs.databases.into_iter().map(|name| async {
            let instance = match connection(&name) {
                Some((project, instance)) => {
                    told(databases.instance(&ProjectId::new(project), instance)).await
                }
                None => Ok(None), // It is no name of an instance, which is said.
            };
            (name, instance)
        });
        doctor::databases(&join_all(asked).await)
    }

    /// What the pipeline needs, or the check that cannot be made without it.
    pub(super) async fn known_needs(&self, check: Check) -> Result<Needs, Examined> {
        match self.needs().await {
            Ok(Some(needs)) => Ok(needs),
            Ok(None) => Err(Examined::new(
                check,
                vec![Point::unknown(
                    "What the pipeline needs is not known: it is not deployed.",
                )],
            )),
            Err(failure) => Err(Examined::new(check, vec![Point::unanswered(&failure)])),
        }
    }
}
