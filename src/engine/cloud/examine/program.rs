//! Asks for the pipeline, and for what is installed and stored for it.

use super::{Examination, told};
use crate::client::Cdap;
use domain::arguments::RuntimeArguments;
use domain::deployed::{DeployedPipeline, difference};
use domain::doctor::{self, Examined, Needs, Plugin, Point};
use domain::failure::Failure;
use futures_util::future::join_all;
use serde_json::Value;
use std::collections::BTreeMap;

/// The pipelines that Downbeat ships.
const SHIPPED: [&str; 2] = [
    include_str!("../../../../assets/cdf-mysql-to-bigquery.json"),
    include_str!("../../../../assets/cdf-mysql-to-bigquery.five-stage.json"),
];

impl Examination<'_> {
    pub(super) async fn pipeline(&self) -> Examined {
        let application = match self.application().await {
            Ok(Some((app, _))) => app,
            Ok(None) => return doctor::deployed(&self.place, Ok(None), None, &[]),
            Err(failure) => return doctor::deployed(&self.place, Err(failure), None, &[]),
        };
        let differs = shipped()
            .find(|file| difference::has_same_stages(&file["config"], &application.configuration))
            .map(|file| difference::difference(&file["config"], &application.configuration));
        let artifact = match &application.artifact {
            Some(artifact) => format!("{} {}", artifact.name, artifact.version),
            None => "of an artifact that the server does not name".to_owned(),
        };
        let judged = self.judged().await;
        let found = judged.map(|judged| judged.of_pipeline).unwrap_or_default();
        doctor::deployed(&self.place, Ok(Some(&artifact)), differs.as_deref(), &found)
    }

    pub(super) async fn arguments(&self) -> Examined {
        let (judged, needs) = tokio::join!(self.judged(), self.needs());
        let secrets = needs
            .ok()
            .flatten()
            .map(|needs| needs.secrets)
            .unwrap_or_default();
        let asked = secrets.into_iter().map(|name| async {
            let has = told(async { self.cloud.cdap().await?.has_secure_key(&name).await }).await;
            (name, has)
        });
        let secrets = join_all(asked).await;
        let runs = judged.as_ref().map(|judged| judged.runs);
        let found = judged.map(|judged| judged.of_macros).unwrap_or_default();
        doctor::arguments(&self.place, runs, &found, &secrets)
    }

    /// Those of the deployed pipeline, else of the shipped one, which is to be deployed.
    pub(super) async fn plugins(&self) -> Examined {
        let (needs, version) = tokio::join!(self.needs(), self.version());
        let (needs, version) = match (needs, version) {
            (Ok(needs), Ok(version)) => (needs.unwrap_or_else(of_shipped), version),
            (Err(failure), _) => {
                return Examined::new(doctor::Check::Plugins, vec![Point::unanswered(&failure)]);
            }
            (_, Err(failure)) => {
                return Examined::new(doctor::Check::Plugins, vec![Point::unanswered(failure)]);
            }
        };
        let cdap = match told(self.cloud.cdap()).await {
            Ok(cdap) => cdap,
            Err(failure) => return Examined::new(doctor::Check::Plugins, vec![Point::unanswered(&failure)]),
        };
        let asked = needs.plugins.into_iter().map(|plugin| async {
            let has = is_installed(cdap, version, &plugin).await;
            (plugin, has)
        });
        doctor::plugins(&self.place, &join_all(asked).await)
    }
}

/// Whether the server has a plugin for pipelines of its own version, or for the plugin that loads it.
async fn is_installed(cdap: &Cdap, version: &str, plugin: &Plugin) -> Result<bool, Failure> {
    let Plugin { kind, name, below } = plugin;
    if !told(cdap.holders(version, kind, name)).await?.is_empty() {
        return Ok(true);
    }
    let Some((kind_above, name_above)) = below else {
        return Ok(false);
    };
    for artifact in told(cdap.holders(version, kind_above, name_above)).await? {
        if told(cdap.extends(&artifact, kind, name)).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn shipped() -> impl Iterator<Item = Value> {
    // They are part of the program: a test reads them.
    SHIPPED.iter().filter_map(|text| serde_json::from_str(text).ok())
}

fn of_shipped() -> Needs {
    let file = shipped().next().unwrap_or_default();
    let pipeline = DeployedPipeline::read(&file["config"], &BTreeMap::new(), RuntimeArguments::default());
    Needs::of(&pipeline, &RuntimeArguments::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_pipelines_can_be_read() {
        assert_eq!(shipped().count(), SHIPPED.len());
        assert!(
            of_shipped()
                .plugins
                .iter()
                .any(|plugin| plugin.name == "CloudSQLMySQL")
        );
    }
}
