//! The checks of [`domain::doctor`]: asks the services side by side, each question and each check within a limit of its
//! own, so that one that hangs holds up no other. It only reads.
//!
//! What several checks need is asked for once (`examine/shared.rs`). `examine/data.rs` asks for tables, buckets and
//! databases, `examine/program.rs` for the pipeline and what is installed for it.

mod data;
mod program;
mod shared;

use super::Cloud;
use crate::client::ClientError;
use crate::client::fusion::InstanceName;
use domain::doctor::{
    self, APIS, Check, Examined, FOR_A_RUN, FOR_SETUP, ON_INSTANCE, ON_INSTANCE_FOR_SETUP, Place, Point,
    Report,
};
use domain::failure::Failure;
use domain::id::ProjectId;
use futures_util::future::{BoxFuture, FutureExt as _, join_all};
use shared::Shared;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::timeout;

/// How long one check may take.
const LIMIT: Duration = Duration::from_millis(4_500);

/// How long one question may take: a check that can do without the answer still has time for questions of its own.
const QUESTION: Duration = Duration::from_secs(3);

impl Cloud {
    /// Makes all checks. Commands of Downbeat name the profile.
    pub async fn examine(&self, profile: &str) -> Report {
        let client = &self.shared.client;
        let has_instance = client.endpoints().cdap.is_none();
        let place = Place::new(profile, self.variables(), has_instance, None);
        let examination = Examination {
            cloud: self,
            project: ProjectId::new(&*place.project),
            place,
            shared: Shared::default(),
        };
        let checks = Check::ALL.iter().map(|check| examination.within_limit(*check));
        Report {
            checks: join_all(checks).await,
        }
    }
}

/// One round of checks.
struct Examination<'a> {
    cloud: &'a Cloud,
    place: Place,
    project: ProjectId,
    shared: Shared,
}

/// What a service says, in the domain's words. Boxed: questions are large futures.
fn told<T, E: Into<Failure>>(
    question: impl Future<Output = Result<T, E>>,
) -> impl Future<Output = Result<T, Failure>> {
    let question = Box::pin(question);
    async move {
        match timeout(QUESTION, question).await {
            Ok(answer) => answer.map_err(Into::into),
            Err(_) => Err(doctor::overdue(QUESTION)),
        }
    }
}

/// The same, where the service may say that there is none.
async fn found<T>(question: impl Future<Output = Result<T, ClientError>>) -> Result<Option<T>, Failure> {
    told(async {
        match question.await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    })
    .await
}

impl Examination<'_> {
    /// The place, with the caller's account: it is known once a token was asked for.
    fn with_caller(&self) -> Place {
        Place {
            account: self.cloud.shared.client.credentials().identity().account,
            ..self.place.clone()
        }
    }

    async fn within_limit(&self, check: Check) -> Examined {
        let answer = timeout(LIMIT, self.examined(check)).await;
        answer.unwrap_or_else(|_| Examined::new(check, vec![Point::unanswered(&doctor::overdue(LIMIT))]))
    }

    /// Boxed: each is a large future, and all of them are made at once.
    fn examined(&self, check: Check) -> BoxFuture<'_, Examined> {
        match check {
            Check::Project => self.project().boxed(),
            Check::Apis => self.apis().boxed(),
            Check::ServiceAgent => self.agent().boxed(),
            Check::ActAs => self.act_as().boxed(),
            Check::WorkerAccount => self.worker().boxed(),
            Check::CallerOnProject => self.caller_on_project().boxed(),
            Check::CallerOnInstance => self.caller_on_instance().boxed(),
            Check::Instance => self.instance().boxed(),
            Check::Tables => self.tables().boxed(),
            Check::Bucket => self.buckets().boxed(),
            Check::Source => self.databases().boxed(),
            Check::Plugins => self.plugins().boxed(),
            Check::Pipeline => self.pipeline().boxed(),
            Check::Arguments => self.arguments().boxed(),
            Check::Room => self.room().boxed(),
        }
    }

    async fn project(&self) -> Examined {
        doctor::project(&self.place, self.number().await)
    }

    async fn apis(&self) -> Examined {
        let names = APIS.map(|(name, _)| name);
        let services = self.cloud.shared.client.services();
        let states = told(services.states(self.project_id(), &names));
        let (states, reads_sql) = tokio::join!(states, self.reads_cloud_sql());
        doctor::apis(&self.place, &states, reads_sql)
    }

    async fn agent(&self) -> Examined {
        let (number, policy) = tokio::join!(self.number(), self.policy());
        doctor::agent(&self.place, number, policy)
    }

    async fn act_as(&self) -> Examined {
        let worker = self.worker_account().await;
        let own = match &worker {
            Ok(account) => {
                let accounts = self.cloud.shared.client.accounts();
                told(accounts.policy(self.project_id(), account))
                    .await
                    .map(|policy| policy.read())
            }
            Err(failure) => Err(failure.clone()),
        };
        let (number, policy) = tokio::join!(self.number(), self.policy());
        doctor::act_as(&self.place, number, &worker, &own, policy)
    }

    async fn worker(&self) -> Examined {
        let (number, account, policy, reads_sql) = tokio::join!(
            self.number(),
            self.worker_account(),
            self.policy(),
            self.reads_cloud_sql()
        );
        doctor::worker(&self.place, number, &account, policy, reads_sql)
    }

    async fn caller_on_project(&self) -> Examined {
        let permissions: Vec<_> = FOR_A_RUN
            .iter()
            .map(|(permission, _)| *permission)
            .chain(FOR_SETUP)
            .collect();
        let projects = self.cloud.shared.client.projects();
        let granted = told(projects.granted(self.project_id(), &permissions)).await;
        doctor::caller_on_project(&self.with_caller(), &granted)
    }

    async fn caller_on_instance(&self) -> Examined {
        if self.place.instance.is_none() {
            return doctor::caller_on_instance(&self.place, false, &Ok(BTreeSet::new()), None);
        }
        let variables = self.cloud.variables();
        let (location, instance) = (
            variables.cdf_location.as_str().into(),
            variables.cdf_instance.as_str().into(),
        );
        let name = InstanceName {
            project: self.project_id(),
            location: &location,
            instance: &instance,
        };
        let permissions = [ON_INSTANCE, ON_INSTANCE_FOR_SETUP].concat();
        let fusion = self.cloud.shared.client.fusion();
        let granted = told(fusion.granted(name, &permissions));
        let (granted, exists) = tokio::join!(granted, self.instance_facts());
        let lacks = |permission: &str| {
            granted
                .as_ref()
                .is_ok_and(|granted| !granted.contains(permission))
        };
        let in_namespace = match ON_INSTANCE {
            [get, run] if !lacks(get) && lacks(run) => {
                Some(told(self.cloud.may_run_in_namespace(name)).await)
            }
            _ => None,
        };
        let exists = matches!(exists, Ok(Some(_)));
        doctor::caller_on_instance(&self.with_caller(), exists, &granted, in_namespace.as_ref())
    }

    async fn instance(&self) -> Examined {
        let facts = self
            .instance_facts()
            .await
            .clone()
            .map(|found| found.map(|(facts, _)| facts));
        // Only an address can be asked.
        let is_asked = self.place.instance.is_none()
            || matches!(&facts, Ok(Some(facts)) if facts.has_endpoint && facts.standing == doctor::InstanceStanding::Active);
        let version = if is_asked {
            Some(self.version().await)
        } else {
            None
        };
        doctor::instance(&self.place, &facts, version)
    }

    async fn room(&self) -> Examined {
        let (project, region) = (self.project_id(), self.cloud.variables().cdf_location.as_str());
        let compute = self.cloud.shared.client.compute();
        let (quotas, network) = tokio::join!(
            told(compute.quotas(project, region)),
            told(compute.has_network(project, "default"))
        );
        let parallel = self.cloud.variables().max_active_pipelines;
        doctor::room(&self.place, &quotas, &network, parallel)
    }
}
