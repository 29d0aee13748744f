//! Makes what a step lacks. Each looks first, makes what is missing then, and looks again: done twice it changes nothing
//! the second time.

use super::look::{api_names, is_off};
use super::report::Report;
use super::site::Site;
use super::{Stopped, ask};
use crate::client::ClientError;
use domain::failure::Failure;
use domain::setup::{Need, Step};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// How long an API that was just turned on may be unknown to some of its servers, and how often it is asked.
const PROPAGATION: Duration = Duration::from_secs(300);
const EVERY: Duration = Duration::from_secs(5);

/// How long turning APIs on may take.
const APIS_ON: Duration = Duration::from_secs(600);

/// The longest pause between two looks at an operation.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

impl Site {
    /// Brings a step to its end.
    pub(super) async fn make(&mut self, step: Step, report: &mut Report) -> Result<(), Stopped> {
        match self.look_when_on(step).await? {
            Need::Present(text) => report.step(step, "there", &[text]),
            Need::Blocked { why, remedy } => return Err(Failure::permanent(why).with_remedy(remedy).into()),
            Need::Later(lines) => {
                let why = lines.first().map(String::as_str).unwrap_or_default();
                let why = format!("The step {step} cannot be done yet: {why}.");
                return Err(Failure::transient(why)
                    .with_remedy("Set up again in a few minutes.")
                    .into());
            }
            Need::Wait(text) => {
                report.step(step, "wait", &[text]);
                self.wait_for_instance(report).await?;
                report.step(step, "made", &[format!("{} can be used", self.instance)]);
            }
            Need::Make(lines) => {
                report.step(step, "make", &lines);
                self.make_missing(step, report).await?;
                report.step(step, "made", &[]);
            }
        }
        Ok(())
    }

    /// As [`Site::look`], but an API that was turned on here is waited for.
    async fn look_when_on(&self, step: Step) -> Result<Need, Failure> {
        let end = Instant::now() + PROPAGATION;
        loop {
            let need = self.look(step).await?;
            let is_open = matches!(need, Need::Later(_)) && self.has_new_apis && Instant::now() < end;
            if !is_open {
                return Ok(need);
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    async fn make_missing(&mut self, step: Step, report: &mut Report) -> Result<(), Stopped> {
        match step {
            Step::Apis => self.turn_on_apis().await,
            Step::Roles => self.grant_roles().await,
            Step::Instance => self.make_instance(report).await,
            Step::Dataset => Ok(self.bigquery().create_dataset(&self.dataset).await?),
            Step::Tables => self.make_tables().await,
            Step::Bucket => {
                let name = self.bucket(&self.preferences_there().await);
                let storage = self.client.storage();
                Ok(storage
                    .create(&self.project, &name, &self.variables.bq_location)
                    .await?)
            }
            Step::Secret => self.put_secrets().await,
            Step::Pipeline => self.deploy().await,
            Step::Preferences => self.set_preferences().await,
        }
    }

    async fn turn_on_apis(&mut self) -> Result<(), Stopped> {
        let services = self.client.services();
        let states = services.states(&self.project, &api_names()).await?;
        let off: Vec<_> = api_names()
            .into_iter()
            .filter(|api| states.get(*api) != Some(&true))
            .collect();
        if off.is_empty() {
            return Ok(());
        }
        self.has_new_apis = true;
        let mut operation = services.enable(&self.project, &off).await?;
        let end = Instant::now() + APIS_ON;
        let mut pause = Duration::from_millis(500);
        loop {
            match operation.end {
                Some(Ok(())) => break,
                Some(Err(why)) => {
                    let failure = Failure::permanent(format!("The APIs were not turned on: {why}."));
                    return Err(failure
                        .with_remedy("Turn them on in the Google Cloud console, and set up again.")
                        .into());
                }
                None if Instant::now() > end => {
                    return Err(Stopped::TimedOut("The APIs are still being turned on.".into()));
                }
                None => {}
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            operation = services.operation(&operation.name).await?;
        }
        Ok(())
    }

    async fn grant_roles(&self) -> Result<(), Stopped> {
        let services = self.client.services();
        let agents = self.retried(async || {
            services
                .generate_identity(&self.project, "datafusion.googleapis.com")
                .await
        });
        agents.await?;
        let grants = self.grants().await?;
        if !grants.missing.project.is_empty() {
            self.client
                .projects()
                .grant(&self.project, &grants.missing.project)
                .await?;
        }
        if !grants.missing.account.is_empty() {
            let accounts = self.client.accounts();
            accounts
                .grant(&self.project, &grants.worker, &grants.missing.account)
                .await?;
        }
        Ok(())
    }

    async fn make_tables(&self) -> Result<(), Stopped> {
        let bigquery = self.bigquery();
        for one in self.definitions(&self.preferences_there().await)? {
            match bigquery.table(&self.variables.table(&one.name)).await {
                Ok(_) => {}
                Err(error) if error.is_not_found() => {
                    bigquery
                        .define(&format!("the {} {}", one.kind, one.name), &one.sql)
                        .await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Asks for the secrets that are missing and were not given: before anything is made, because nobody may sit there
    /// any more half an hour later.
    pub(super) async fn ask_for_secrets(&mut self) -> Result<(), Stopped> {
        let cdap = self.cdap().await.ok();
        for key in self.keys() {
            // Without an instance no key is there.
            let is_there = match &cdap {
                Some(cdap) => cdap.has_secure_key(&key).await?,
                None => false,
            };
            if !is_there && !self.secrets.contains_key(&key) {
                let value = ask::secret(&key).await?;
                self.secrets.insert(key, value);
            }
        }
        Ok(())
    }

    async fn put_secrets(&self) -> Result<(), Stopped> {
        let cdap = self.cdap().await?;
        for key in self.keys() {
            if cdap.has_secure_key(&key).await? {
                continue;
            }
            let value = match self.secrets.get(&key) {
                Some(value) => value.clone(),
                None => ask::secret(&key).await?,
            };
            cdap.put_secure_key(&key, &value).await?;
        }
        Ok(())
    }

    async fn deploy(&self) -> Result<(), Stopped> {
        let cdap = self.cdap().await?;
        let (mut file, _) = self.resolved(&cdap).await?;
        file["name"] = self.pipeline.as_str().into();
        cdap.deploy(&self.pipeline, &file).await?;
        // What the server made of it is compared, so that a deployment that was changed on its way is not called done.
        match self.look(Step::Pipeline).await? {
            Need::Present(_) => Ok(()),
            other => {
                let text = other.lines().join(" ");
                let failure = Failure::permanent(format!("What is deployed is not what was sent: {text}"));
                Err(failure.with_remedy("Look at the pipeline in Data Fusion.").into())
            }
        }
    }

    async fn set_preferences(&self) -> Result<(), Stopped> {
        let cdap = self.cdap().await?;
        let there: BTreeMap<_, _> = cdap.preferences(&self.pipeline).await?;
        let wanted = self.preferences_wanted(&there);
        Ok(cdap.set_preferences(&self.pipeline, &wanted).await?)
    }

    /// A call to an API that was just turned on.
    async fn retried<T>(&self, call: impl AsyncFn() -> Result<T, ClientError>) -> Result<T, ClientError> {
        let end = Instant::now() + PROPAGATION;
        loop {
            match call().await {
                Err(error) if is_off(&error) && self.has_new_apis && Instant::now() < end => {
                    tokio::time::sleep(EVERY).await;
                }
                answer => return answer,
            }
        }
    }
}
