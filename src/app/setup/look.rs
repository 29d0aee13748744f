//! What there is of each step. Nothing is changed here.
//!
//! A question to a service whose API is off, or to an instance that is not there yet, has no answer: its step is looked
//! at again in its turn.

use super::site::Site;
use crate::client::ClientError;
use crate::client::fusion::InstanceState;
use domain::doctor::{ACT_AS_ROLE, AGENT_ROLE, APIS, WORKER_ROLES, agent_account, member, worker_account};
use domain::failure::{Failure, FailureKind};
use domain::pipeline_file::Artifact;
use domain::pipeline_file::resolve::{self, Holders};
use domain::service::Service;
use domain::setup::{self, FoundInstance, Missing, Need, Step, pipeline, tables};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The APIs that a run needs, by name.
pub(super) fn api_names() -> [&'static str; APIS.len()] {
    APIS.map(|(name, _)| name)
}

/// What is missing of the roles, and for whom.
pub(super) struct Grants {
    pub missing: Missing,
    pub worker: String,
}

impl Site {
    /// What a step has to do now.
    pub async fn look(&self, step: Step) -> Result<Need, Failure> {
        let need = match step {
            Step::Apis => self.apis().await,
            Step::Roles => self.roles().await,
            Step::Instance => self.instance_need().await,
            Step::Dataset => self.dataset_need().await,
            Step::Tables => self.tables_need().await,
            Step::Bucket => self.bucket_need().await,
            Step::Secret => self.secret_need().await,
            Step::Pipeline => self.pipeline_need().await,
            Step::Preferences => self.preferences_need().await,
        };
        need.or_else(|error| self.later(step, &error).map_or_else(|| Err(error.into()), Ok))
    }

    /// The need of a step whose question has no answer yet.
    fn later(&self, step: Step, error: &ClientError) -> Option<Need> {
        if step == Step::Apis || !self.wishes.makes_instance {
            return None;
        }
        let without_account = step == Step::Roles && error.service() == Service::Iam && error.is_not_found();
        if is_off(error) || without_account {
            return Some(self.later_with(step, "looked at once the APIs are on"));
        }
        let on_instance = matches!(step, Step::Secret | Step::Pipeline | Step::Preferences);
        let is_gone = error.is_not_found() || error.kind == FailureKind::Transient;
        if on_instance && error.service() == Service::DataFusion && is_gone {
            return Some(self.later_with(step, "looked at once the instance is there"));
        }
        let is_refused = error.kind == FailureKind::Unauthorised && error.service_status() == Some(403);
        (step == Step::Roles && is_refused).then(|| Need::Blocked {
            why: error.to_string(),
            remedy: format!(
                "{} With --no-roles the rest is made without that step.",
                error.hint()
            ),
        })
    }

    /// Why it is later, and what is made if it is missing then.
    fn later_with(&self, step: Step, why: &str) -> Need {
        let (name, location) = (self.instance.as_str(), self.location.as_str());
        let nothing = BTreeMap::new();
        let place = &self.variables.bq_location;
        let missing = match step {
            Step::Apis => Vec::new(),
            Step::Roles => {
                let workers: Vec<_> = WORKER_ROLES.iter().map(|(role, _)| *role).collect();
                vec![
                    format!("grant {AGENT_ROLE} to the service agent of Data Fusion"),
                    format!("grant {ACT_AS_ROLE} on the account of the workers to that agent"),
                    format!("grant {} to the account of the workers", workers.join(", ")),
                ]
            }
            Step::Instance => setup::instance(name, location, self.wishes.edition.as_str(), None).lines(),
            Step::Dataset => setup::dataset(&self.variables.bq_dataset_id, place, None).lines(),
            Step::Bucket => setup::bucket(&self.bucket(&nothing), place, None).lines(),
            Step::Tables => match self.definitions(&nothing) {
                Ok(wanted) => tables::tables(&wanted, &BTreeSet::new()).lines(),
                Err(_) => Vec::new(),
            },
            Step::Secret => {
                let keys = self.keys().into_iter().map(|key| (key, false)).collect();
                pipeline::secret(&keys, &self.secrets.keys().cloned().collect(), self.can_ask).lines()
            }
            Step::Pipeline => pipeline::pipeline(self.pipeline.as_str(), &self.file, None, &[]).lines(),
            Step::Preferences => self.preferences_from(&nothing).lines(),
        };
        Need::Later([why.to_owned()].into_iter().chain(missing).collect())
    }

    /// Whether there is no instance yet: what is on it cannot be there either.
    async fn is_new(&self) -> bool {
        match self.found_instance().await {
            Ok(None) => true,
            Ok(Some(found)) => found.state == InstanceState::Changing("CREATING".into()),
            Err(error) => is_off(&error),
        }
    }

    async fn apis(&self) -> Result<Need, ClientError> {
        let states = self.client.services().states(&self.project, &api_names()).await?;
        Ok(setup::apis(&states))
    }

    async fn roles(&self) -> Result<Need, ClientError> {
        let grants = self.grants().await?;
        Ok(setup::roles(&grants.missing, &grants.worker))
    }

    /// Which grants are missing now.
    pub(super) async fn grants(&self) -> Result<Grants, ClientError> {
        let projects = self.client.projects();
        let number = projects.number(&self.project).await?.to_string();
        let policy = projects.policy(&self.project).await?;
        let named = self
            .found_instance()
            .await?
            .and_then(|found| found.worker_account);
        let worker = worker_account(&number, named.as_deref());
        let agent = agent_account(&number);
        let account = self.client.accounts().policy(&self.project, &worker).await?;
        let (of_agent, of_worker) = (member(&agent), member(&worker));
        let missing = setup::missing_grants(
            &agent,
            &worker,
            &policy.roles_of(&of_agent),
            &policy.roles_of(&of_worker),
            &account.roles_of(&of_agent),
        );
        Ok(Grants { missing, worker })
    }

    /// The instance, if there is one.
    pub(super) async fn found_instance(
        &self,
    ) -> Result<Option<crate::client::fusion::Instance>, ClientError> {
        let fusion = self.client.fusion();
        match fusion
            .instance(&self.project, &self.location, &self.instance)
            .await
        {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn instance_need(&self) -> Result<Need, ClientError> {
        if self.client.endpoints().cdap.is_some() {
            return Ok(Need::Present(
                "the profile names a CDAP; no instance is needed".into(),
            ));
        }
        let found = self.found_instance().await?.map(|found| FoundInstance {
            is_ready: found.ready().is_ok(),
            is_changing: matches!(found.state, InstanceState::Changing(_)),
            state: found.state.to_string(),
            edition: found.edition,
            version: found.version,
            message: found.state_message,
        });
        let (name, location) = (self.instance.as_str(), self.location.as_str());
        Ok(setup::instance(
            name,
            location,
            self.wishes.edition.as_str(),
            found.as_ref(),
        ))
    }

    async fn dataset_need(&self) -> Result<Need, ClientError> {
        let found = self.bigquery().dataset(&self.dataset).await?;
        let found = found.as_ref().map(|dataset| dataset.location.as_str());
        Ok(setup::dataset(
            &self.variables.bq_dataset_id,
            &self.variables.bq_location,
            found,
        ))
    }

    async fn tables_need(&self) -> Result<Need, ClientError> {
        let wanted = match self.definitions(&self.preferences_there().await) {
            Ok(wanted) => wanted,
            Err(failure) => {
                return Ok(Need::Blocked {
                    why: failure.reason,
                    remedy: "Correct the name in the profile.".into(),
                });
            }
        };
        let bigquery = self.bigquery();
        let mut there = BTreeSet::new();
        for one in &wanted {
            match bigquery.table(&self.variables.table(&one.name)).await {
                Ok(_) => {
                    there.insert(one.name.clone());
                }
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(tables::tables(&wanted, &there))
    }

    async fn bucket_need(&self) -> Result<Need, ClientError> {
        let name = self.bucket(&self.preferences_there().await);
        let found = self.client.storage().bucket(&name).await?;
        let found = found.as_ref().map(|bucket| bucket.location.as_str());
        Ok(setup::bucket(&name, &self.variables.bq_location, found))
    }

    async fn secret_need(&self) -> Result<Need, ClientError> {
        let given: BTreeSet<_> = self.secrets.keys().cloned().collect();
        let keys = match self.cdap().await {
            Ok(cdap) => {
                let mut keys = BTreeMap::new();
                for key in self.keys() {
                    let there = cdap.has_secure_key(&key).await?;
                    keys.insert(key, there);
                }
                keys
            }
            // What cannot be given must be said before anything is made.
            Err(error) if !self.is_new().await => return Err(error),
            Err(error) => {
                let keys = self.keys().into_iter().map(|key| (key, false)).collect();
                match pipeline::secret(&keys, &given, self.can_ask) {
                    blocked @ Need::Blocked { .. } => return Ok(blocked),
                    _ => return Err(error),
                }
            }
        };
        Ok(pipeline::secret(&keys, &given, self.can_ask))
    }

    async fn pipeline_need(&self) -> Result<Need, ClientError> {
        let cdap = self.cdap().await?;
        let deployed = cdap.app(&self.pipeline).await?.map(|app| app.configuration);
        let (_, absent) = self.resolved(&cdap).await?;
        Ok(pipeline::pipeline(
            self.pipeline.as_str(),
            &self.file,
            deployed.as_ref(),
            &absent,
        ))
    }

    /// The file with the artifacts of the instance, and the plugins that are not there.
    pub(super) async fn resolved(
        &self,
        cdap: &crate::client::Cdap,
    ) -> Result<(Value, Vec<String>), ClientError> {
        let artifacts = cdap.artifacts().await?;
        let Some(artifact) = resolve::pipeline_artifact(&self.file, &artifacts) else {
            let wanted: Option<Artifact> = serde_json::from_value(self.file["artifact"].clone()).ok();
            let wanted = wanted.map_or_else(|| "the pipeline's artifact".to_owned(), |one| one.to_string());
            return Ok((self.file.clone(), vec![wanted]));
        };
        let mut holders = Holders::new();
        for (kind, name) in resolve::plugins(&self.file) {
            let held = cdap.holders(&artifact.version, &kind, &name).await?;
            holders.insert((kind, name), held);
        }
        Ok(resolve::resolved(&self.file, &artifact, &holders))
    }

    async fn preferences_need(&self) -> Result<Need, ClientError> {
        let there = match self.cdap().await {
            Ok(cdap) => match cdap.app(&self.pipeline).await? {
                Some(_) => cdap.preferences(&self.pipeline).await?,
                None => BTreeMap::new(),
            },
            // What cannot be given must be said before anything is made.
            Err(error) if !self.is_new().await => return Err(error),
            Err(error) => match self.preferences_from(&BTreeMap::new()) {
                blocked @ Need::Blocked { .. } => return Ok(blocked),
                _ => return Err(error),
            },
        };
        Ok(self.preferences_from(&there))
    }

    fn preferences_from(&self, there: &BTreeMap<String, String>) -> Need {
        let wanted = self.preferences_wanted(there);
        let unset = pipeline::unset(&self.read_with(&wanted));
        pipeline::preferences(there, &wanted, &unset)
    }

    /// What the preferences become.
    pub(super) fn preferences_wanted(&self, there: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let pipeline = self.read_with(there);
        pipeline::preferences_wanted(&pipeline, &self.variables, &self.defaults(), there, &self.given)
    }

    /// The preferences of the pipeline, as far as they can be read: they may name the bucket and the watermark table.
    pub(super) async fn preferences_there(&self) -> BTreeMap<String, String> {
        let Ok(cdap) = self.cdap().await else {
            return BTreeMap::new();
        };
        cdap.preferences(&self.pipeline).await.unwrap_or_default()
    }
}

/// Whether an error is that of an API that is off.
pub(super) fn is_off(error: &ClientError) -> bool {
    matches!(error.reason(), Some("SERVICE_DISABLED" | "accessNotConfigured"))
}
