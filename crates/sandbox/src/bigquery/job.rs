//! Jobs: work on its way, its end, and the ledger that no id enters twice.
//!
//! A job runs on a thread that may block. Cancelling is a wish: a statement hears it soon, and what is
//! done by then is done, as at Google.

use super::Desk;
use super::archive::Archive;
use super::fault::Fault;
use super::work::{Outcome, Work};
use crate::SandboxError;
use chrono::Utc;
use googlesql::SqlError;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How many jobs are remembered; the oldest finished ones go first.
const REMEMBERED: usize = 2_000;

/// One job.
pub(super) struct Job {
    pub id: String,
    pub location: String,
    /// As it was sent, to be echoed.
    pub configuration: Json,
    /// In milliseconds since 1970.
    pub created: i64,
    /// `QUERY`, `LOAD`, `COPY`, `EXTRACT`.
    pub kind: Cow<'static, str>,
    progress: watch::Sender<Progress>,
    cancelled: Arc<AtomicBool>,
}

/// How far a job is. Times in milliseconds since 1970.
#[derive(Clone)]
pub(super) enum Progress {
    Pending,
    Running { started: i64 },
    Done(Arc<Ending>),
}

/// How a job ended.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ending {
    pub started: i64,
    pub ended: i64,
    pub result: Result<Outcome, SqlError>,
}

/// A job that is asked for.
pub(super) struct Order {
    pub id: Option<String>,
    pub location: Option<String>,
    pub configuration: Json,
    pub work: Work,
}

impl Job {
    /// A job as it was kept.
    pub fn known(
        id: String,
        location: String,
        configuration: Json,
        created: i64,
        kind: String,
        progress: Progress,
    ) -> Self {
        Self {
            id,
            location,
            configuration,
            created,
            kind: kind.into(),
            progress: watch::Sender::new(progress),
            cancelled: Arc::default(),
        }
    }

    pub fn progress(&self) -> Progress {
        self.progress.borrow().clone()
    }

    /// The end, once it is there; `None` when patience ends first.
    pub async fn wait(&self, patience: Duration) -> Option<Arc<Ending>> {
        let mut watcher = self.progress.subscribe();
        let done = watcher.wait_for(|progress| matches!(progress, Progress::Done(_)));
        match tokio::time::timeout(patience, done).await {
            Ok(Ok(progress)) => match &*progress {
                Progress::Done(ending) => Some(ending.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Asks it to stop; no more than that.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
    }

    async fn run(self: Arc<Self>, desk: Arc<Desk>, work: Work) {
        let started = now();
        self.progress.send_replace(Progress::Running { started });
        let job = Arc::clone(&self);
        let work = move || {
            let ending = Ending {
                result: work.perform(&desk, &job.cancelled),
                started,
                ended: now(),
            };
            desk.jobs.archive.put(&job, Some(&ending));
            ending
        };
        let gave_up = |error| Ending {
            result: Err(SqlError {
                reason: "internalError".into(),
                message: format!("The sandbox's warehouse gave up: {error}"),
            }),
            started,
            ended: now(),
        };
        let ending = tokio::task::spawn_blocking(work).await.unwrap_or_else(gave_up);
        self.progress.send_replace(Progress::Done(Arc::new(ending)));
    }
}

/// All jobs, by id.
#[derive(Default)]
pub(super) struct Ledger {
    pages: Mutex<Pages>,
    archive: Archive,
}

#[derive(Default)]
struct Pages {
    jobs: HashMap<String, Arc<Job>>,
    /// Ids, oldest first.
    order: VecDeque<String>,
    /// jobs.query's `requestId`, with the request it came with, to its job.
    requests: HashMap<String, (Json, Arc<Job>)>,
}

impl Ledger {
    /// With all jobs that were kept.
    pub fn open(archive: Archive) -> Result<Self, SandboxError> {
        let mut pages = Pages::default();
        for job in archive.all()? {
            pages.order.push_back(job.id.clone());
            pages.jobs.insert(job.id.clone(), Arc::new(job));
        }
        Ok(Self {
            pages: Mutex::new(pages),
            archive,
        })
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The job of this id; a client that asks in the wrong place does not see it.
    pub fn find(&self, desk: &Desk, id: &str, location: Option<&str>) -> Result<Arc<Job>, Fault> {
        let project = desk.warehouse.project();
        let missing = || match location {
            Some(place) => Fault::not_found(format!("Not found: Job {project}:{place}.{id}")),
            None => Fault::not_found(format!("Not found: Job {project}:{id}")),
        };
        let job = self.pages().jobs.get(id).cloned().ok_or_else(missing)?;
        let seen = match location {
            Some(place) => place.eq_ignore_ascii_case(&job.location),
            // Only the two multi-regions are searched without a location.
            None => ["US", "EU"]
                .iter()
                .any(|multi| multi.eq_ignore_ascii_case(&job.location)),
        };
        if seen { Ok(job) } else { Err(missing()) }
    }

    /// Forgets a job; its id stays used up no longer, as at Google.
    pub fn forget(&self, id: &str) {
        let mut pages = self.pages();
        pages.jobs.remove(id);
        pages.order.retain(|known| known != id);
        pages.requests.retain(|_, (_, job)| job.id != id);
        drop(pages);
        self.archive.delete(id);
    }

    /// Every job, newest first.
    pub fn all(&self) -> Vec<Arc<Job>> {
        let pages = self.pages();
        pages
            .order
            .iter()
            .rev()
            .filter_map(|id| pages.jobs.get(id).cloned())
            .collect()
    }

    /// The job that the same jobs.query made before.
    pub fn repeated(&self, request_id: &str, request: &Json) -> Option<Arc<Job>> {
        let pages = self.pages();
        let (known, job) = pages.requests.get(request_id)?;
        (known == request).then(|| job.clone())
    }

    /// Remembers which job a jobs.query made.
    pub fn remember(&self, request_id: &str, request: Json, job: &Arc<Job>) {
        self.pages()
            .requests
            .insert(request_id.to_owned(), (request, job.clone()));
    }
}

impl Pages {
    fn forget_oldest(&mut self, archive: &Archive) {
        while self.order.len() > REMEMBERED {
            let Some(id) = self.order.pop_front() else { return };
            let done = |job: &Arc<Job>| matches!(job.progress(), Progress::Done(_));
            if self.jobs.get(&id).is_some_and(|job| !done(job)) {
                self.order.push_back(id);
                return;
            }
            self.jobs.remove(&id);
            archive.delete(&id);
            self.requests.retain(|_, (_, job)| job.id != id);
        }
    }
}

/// Enters a job into the ledger and sets it going.
pub(super) fn start(desk: &Arc<Desk>, order: Order) -> Result<Arc<Job>, Fault> {
    let id = order
        .id
        .unwrap_or_else(|| format!("job_{}", uuid::Uuid::new_v4().simple()));
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if id.is_empty() || id.len() > 1_024 || !id.chars().all(legal) {
        return Err(Fault::invalid(format!(
            "Invalid job ID \"{id}\". Job IDs must be alphanumeric (plus underscores and dashes) and must be at \
             most 1024 characters long."
        )));
    }
    let job = Arc::new(Job {
        location: order
            .location
            .unwrap_or_else(|| desk.warehouse.location().to_owned()),
        configuration: order.configuration,
        created: now(),
        progress: watch::Sender::new(Progress::Pending),
        kind: order.work.kind().into(),
        cancelled: Arc::default(),
        id: id.clone(),
    });
    let mut pages = desk.jobs.pages();
    if let Some(known) = pages.jobs.get(&id) {
        let message = format!(
            "Already Exists: Job {}:{}.{id}",
            desk.warehouse.project(),
            known.location
        );
        return Err(Fault::new("duplicate", message));
    }
    pages.jobs.insert(id.clone(), job.clone());
    pages.order.push_back(id);
    pages.forget_oldest(&desk.jobs.archive);
    drop(pages);
    desk.jobs.archive.put(&job, None);
    tokio::spawn(job.clone().run(desk.clone(), order.work));
    Ok(job)
}

fn now() -> i64 {
    Utc::now().timestamp_millis()
}
