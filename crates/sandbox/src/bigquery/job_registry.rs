//! All jobs by id: starting, finding, listing and deleting them. Two jobs never have the same id.
//!
//! A job runs on a thread that may block, and is stored before its id or its end is shown to anybody.

use super::ApiState;
use super::anonymous;
use super::error::ApiError;
use super::job::{Completion, Job, Progress, now};
use super::job_store::JobStore;
use super::params::body_number;
use super::work::Work;
use crate::SandboxError;
use googlesql::SqlError;
use googlesql::json_memory::JsonMemory;
use serde_json::Value as Json;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How many jobs are kept; the oldest finished ones are removed first.
const MAX_JOBS: usize = 2_000;

/// How many bytes of memory they take. Of more, the rows of the oldest results are in the store alone.
const MAX_BYTES: usize = 48 << 20;

/// How many bytes all results would take in memory. Of more, the oldest are removed with their jobs.
const MAX_STORED: usize = 512 << 20;

/// How many run at once; the others stay PENDING. Source: BigQuery's former limit of interactive queries.
const MAX_RUNNING: usize = 100;

/// How many of them may be no queries. Each may hold as many rows as the sandbox has room for.
const MAX_MOVING: usize = 1;

/// How many bytes of memory a configuration takes. It stays as long as its job.
const MAX_CONFIGURATION: usize = 16 << 20;

/// A job to be started.
pub(super) struct JobRequest {
    pub id: Option<String>,
    pub location: Option<String>,
    pub configuration: Json,
    pub work: Work,
    /// How long it stays PENDING.
    pub wait: Duration,
}

/// All jobs.
pub(super) struct JobRegistry {
    index: Mutex<Index>,
    store: Arc<JobStore>,
    running: Semaphore,
    moving: Semaphore,
}

#[derive(Default)]
struct Index {
    jobs: HashMap<String, Arc<Job>>,
    /// Ids, oldest first.
    by_age: VecDeque<String>,
    /// The `requestId` of a jobs.query to the text of its request and its job.
    requests: HashMap<String, (String, Arc<Job>)>,
}

impl JobRegistry {
    /// Reads all stored jobs.
    pub fn open(store: JobStore) -> Result<Self, SandboxError> {
        let mut index = Index::default();
        for job in store.all()? {
            index.by_age.push_back(job.id.clone());
            index.jobs.insert(job.id.clone(), Arc::new(job));
        }
        Ok(Self {
            index: Mutex::new(index),
            store: Arc::new(store),
            running: Semaphore::new(MAX_RUNNING),
            moving: Semaphore::new(MAX_MOVING),
        })
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The job of this id. In another location than its own it is not found.
    pub fn find(&self, state: &ApiState, id: &str, location: Option<&str>) -> Result<Arc<Job>, ApiError> {
        let project = state.warehouse.project();
        let missing = || match location {
            Some(location) => ApiError::not_found(format!("Not found: Job {project}:{location}.{id}")),
            None => ApiError::not_found(format!("Not found: Job {project}:{id}")),
        };
        let job = self.index().jobs.get(id).cloned().ok_or_else(missing)?;
        let is_here = match location {
            Some(location) => location.eq_ignore_ascii_case(&job.location),
            // Without a location only the two multi-regions are searched.
            None => ["US", "EU"]
                .iter()
                .any(|multi_region| multi_region.eq_ignore_ascii_case(&job.location)),
        };
        if is_here { Ok(job) } else { Err(missing()) }
    }

    /// Deletes a job. Its id may be used again, as at Google.
    pub fn delete(&self, id: &str) {
        let mut index = self.index();
        index.jobs.remove(id);
        index.by_age.retain(|known| known != id);
        index.requests.retain(|_, (_, job)| job.id != id);
        drop(index);
        self.store.delete(id);
    }

    /// Every job, newest first.
    pub fn all(&self) -> Vec<Arc<Job>> {
        let index = self.index();
        index
            .by_age
            .iter()
            .rev()
            .filter_map(|id| index.jobs.get(id).cloned())
            .collect()
    }

    /// The job that an equal jobs.query with this `requestId` started.
    pub fn find_request(&self, request_id: &str, request: &str) -> Option<Arc<Job>> {
        let index = self.index();
        let (known, job) = index.requests.get(request_id)?;
        (known == request).then(|| job.clone())
    }

    /// Notes the job that a jobs.query with this `requestId` started.
    pub fn add_request(&self, request_id: &str, request: String, job: &Arc<Job>) {
        job.add_bytes(request.len());
        self.index()
            .requests
            .insert(request_id.to_owned(), (request, job.clone()));
    }

    /// Adds a job. Returns those that were removed for it, and whether there is room: not if too many have not ended.
    ///
    /// # Errors
    /// There is one of this id.
    fn add(&self, job: &Arc<Job>, project: &str) -> Result<(Vec<Arc<Job>>, bool), ApiError> {
        let mut index = self.index();
        if let Some(known) = index.jobs.get(&job.id) {
            let message = format!("Already Exists: Job {project}:{}.{}", known.location, job.id);
            return Err(ApiError::new("duplicate", message));
        }
        index.jobs.insert(job.id.clone(), job.clone());
        index.by_age.push_back(job.id.clone());
        let (removed, is_full) = index.make_room(&self.store);
        drop(index);
        if is_full {
            self.delete(&job.id);
        } else {
            self.store.put(job, None);
        }
        Ok((removed, !is_full))
    }

    /// Ends a job; returns those that were removed for its result.
    fn end(&self, job: &Job, completion: Completion) -> Vec<Arc<Job>> {
        job.set_progress(Progress::Done(Arc::new(completion)));
        self.index().make_room(&self.store).0
    }

    /// The results that are not in memory.
    pub const fn store(&self) -> &Arc<JobStore> {
        &self.store
    }
}

impl Index {
    /// Leaves the oldest results to the store, and removes jobs that are too much all the same, but none that has not
    /// ended. Returns the removed ones, and whether it is still too much.
    fn make_room(&mut self, store: &JobStore) -> (Vec<Arc<Job>>, bool) {
        let mut count = self.by_age.len();
        let old: Vec<_> = self
            .by_age
            .iter()
            .filter_map(|id| self.jobs.get(id).cloned())
            .collect();
        let mut bytes: usize = old.iter().map(|job| job.bytes()).sum();
        for job in &old {
            if bytes <= MAX_BYTES {
                break;
            }
            bytes -= job.bytes();
            job.unload();
            bytes += job.bytes();
        }
        let mut stored: usize = old.iter().map(|job| job.result_bytes()).sum();
        let mut removed = Vec::new();
        for job in old {
            if count <= MAX_JOBS && bytes <= MAX_BYTES && stored <= MAX_STORED {
                break;
            }
            if matches!(job.progress(), Progress::Done(_)) {
                count -= 1;
                bytes = bytes.saturating_sub(job.bytes());
                stored = stored.saturating_sub(job.result_bytes());
                self.jobs.remove(&job.id);
                store.delete(&job.id);
                removed.push(job);
            }
        }
        if !removed.is_empty() {
            self.by_age.retain(|id| self.jobs.contains_key(id));
            self.requests
                .retain(|_, (_, job)| self.jobs.contains_key(&job.id));
        }
        (removed, count > MAX_JOBS || bytes > MAX_BYTES)
    }
}

/// The end of a job that is cancelled before it runs, as Google words it.
fn stopped() -> SqlError {
    SqlError {
        reason: "stopped".into(),
        message: "Job execution was cancelled: User requested cancellation".into(),
    }
}

/// Drops the tables of results whose jobs have been removed.
pub(super) fn forget_tables(state: &Arc<ApiState>, removed: Vec<Arc<Job>>) {
    if removed.is_empty() {
        return;
    }
    let state = Arc::clone(state);
    tokio::task::spawn_blocking(move || {
        if let Err(error) = anonymous::forget(&state, &removed) {
            tracing::warn!(%error, "the tables of old results could not be dropped");
        }
    });
}

/// Registers a job and starts it.
pub(super) fn start(state: &Arc<ApiState>, request: JobRequest) -> Result<Arc<Job>, ApiError> {
    let id = request
        .id
        .unwrap_or_else(|| format!("job_{}", uuid::Uuid::new_v4().simple()));
    let is_legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if id.is_empty() || id.len() > 1_024 || !id.chars().all(is_legal) {
        return Err(ApiError::invalid(format!(
            "Invalid job ID \"{id}\". Job IDs must be alphanumeric (plus underscores and dashes) and must be at \
             most 1024 characters long."
        )));
    }
    if JsonMemory::of(request.configuration.to_string().as_bytes()) > MAX_CONFIGURATION {
        return Err(ApiError::invalid(format!(
            "The configuration of a job has too many values: in memory they would exceed the limit of \
             {MAX_CONFIGURATION} bytes of the sandbox."
        )));
    }
    let limit = body_number(&request.configuration, "jobTimeoutMs")?;
    let location = request
        .location
        .unwrap_or_else(|| state.warehouse.location().to_owned());
    let kind = request.work.job_type().into();
    let job = Job::new(
        id,
        location,
        request.configuration,
        now(),
        kind,
        Progress::Pending,
    );
    let job = Arc::new(job);
    let (removed, has_room) = state.jobs.add(&job, state.warehouse.project())?;
    forget_tables(state, removed);
    if !has_room {
        return Err(ApiError::new(
            "quotaExceeded",
            "Quota exceeded: Your project exceeded quota for max number of jobs that can be queued per project.",
        ));
    }
    if let Some(limit) = limit {
        let late = Arc::clone(&job);
        tokio::spawn(async move {
            if late.wait(Duration::from_millis(limit)).await.is_none() {
                late.cancel();
            }
        });
    }
    tokio::spawn(run(job.clone(), state.clone(), request.work, request.wait));
    Ok(job)
}

async fn run(job: Arc<Job>, state: Arc<ApiState>, work: Work, wait: Duration) {
    let shared = Arc::clone(&state);
    let turn = async {
        tokio::time::sleep(wait).await;
        let moving = match work {
            Work::Query(_) => None,
            _ => Some(shared.jobs.moving.acquire().await.ok()?),
        };
        Some((moving, shared.jobs.running.acquire().await.ok()?))
    };
    let turn = tokio::select! {
        turn = turn => turn,
        () = job.until_cancelled() => None,
    };
    let started = now();
    if turn.is_none() {
        let completion = Completion::new(started, started, Err(stopped()));
        state.jobs.store.put(&job, Some(&completion));
        return forget_tables(&state, state.jobs.end(&job, completion));
    }
    job.set_progress(Progress::Running { started });
    let own = Arc::clone(&job);
    let executing = Arc::clone(&state);
    let execute = move || {
        let result = work.execute(&executing, own.cancelled());
        let mut completion = Completion::new(started, now(), result);
        completion.is_stored = executing.jobs.store.put(&own, Some(&completion));
        completion
    };
    let panicked = |error| {
        let failed = SqlError {
            reason: "internalError".into(),
            message: format!("The sandbox's warehouse failed: {error}"),
        };
        Completion::new(started, now(), Err(failed))
    };
    let completion = tokio::task::spawn_blocking(execute)
        .await
        .unwrap_or_else(panicked);
    forget_tables(&state, state.jobs.end(&job, completion));
}
