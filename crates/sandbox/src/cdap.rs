//! The sandbox's CDAP under `/api`: apps, programs, runs, logs, metrics, preferences, secure keys.
//!
//! It imitates what real servers answered (6.11.0, and 6.10.0 where they differ), down to texts, content types and key
//! order. `route.rs` lists all calls, `state.rs` is what it knows, `ticker.rs` changes the statuses of runs, `worker.rs`
//! lets the executor of `pipelines` execute a run. Nothing here executes a stage.

use super::clock::Clock;
use super::resource_names::ResourceNames;
use super::scenario::injector::FaultInjector;
use super::{Limits, Personality, SandboxError, Settings};
use answer::Answer;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::header::{AUTHORIZATION, CONNECTION};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, Version};
use axum::response::Response;
use axum::routing::any;
use pipelines::artifact::{ArtifactRepository, PluginFinder};
use pipelines::execution::Executor;
use state::{CdapState, Namespace};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Store;

mod abandoned;
pub mod answer;
pub mod app;
mod app_calls;
mod app_plugins;
mod auth;
pub mod batch;
pub mod call;
pub mod catalogue;
pub(super) mod cron;
mod deploy;
mod encoding;
pub mod event;
mod faults;
mod hash;
pub mod json;
pub mod log;
mod log_calls;
mod metric;
mod node;
mod platform;
mod preference;
mod profile;
pub mod program;
mod retention;
pub mod route;
pub mod run;
mod run_calls;
pub mod schedule;
mod scheduling;
mod secret;
mod setting;
mod shipped;
mod specification;
mod start;
pub mod state;
mod stop;
pub mod store;
mod string_map;
mod studio;
mod ticker;
mod upgrade;
mod upload;
mod validation;
mod worker;

#[cfg(test)]
mod tests;

/// The server: its state, its store, and the executor of runs.
pub struct Cdap {
    state: Mutex<CdapState>,
    store: Store,
    executor: Arc<dyn Executor>,
    clock: Clock,
    personality: Personality,
    limits: Limits,
    /// How many ended runs are kept.
    keep_runs: usize,
    ids: start::RunIds,
    faults: Arc<FaultInjector>,
    /// Whether it is being shut down.
    is_shutting_down: AtomicBool,
    auth: Option<auth::TokenAuth>,
    /// Whether pipelines of other releases are repaired.
    accept_releases: bool,
    /// In milliseconds since 1970.
    started_at: i64,
}

impl std::fmt::Debug for Cdap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cdap")
            .field("personality", &self.personality)
            .finish_non_exhaustive()
    }
}

impl Cdap {
    /// Opens the store and resumes the runs in it; deploys the shipped pipelines the first time, with the names that
    /// they use, if there are any. `base` is the address that clients use.
    pub fn open(
        settings: &Settings,
        executor: Arc<dyn Executor>,
        shipped: Option<&ResourceNames>,
        base: &str,
    ) -> Result<Arc<Self>, SandboxError> {
        let clock = Clock::new(settings.speed);
        let cdap = Arc::new(Self {
            state: Mutex::default(),
            store: Store::open(&settings.state)
                .map_err(|error| error.with_file(&settings.state, "cdap.db"))?,
            executor,
            clock,
            personality: settings.personality,
            limits: settings.limits,
            keep_runs: settings.keep_runs,
            ids: start::RunIds::default(),
            faults: Arc::new(FaultInjector::new(settings.scenario.clone(), clock)),
            is_shutting_down: AtomicBool::new(false),
            started_at: clock.now(),
            accept_releases: settings.accept_releases,
            auth: settings
                .cdap_token
                .clone()
                .map(|token| auth::TokenAuth::new(token, format!("{base}/token"))),
        });
        cdap.state().installed = ArtifactRepository::shipped(settings.personality, settings.lab)
            .map_err(|error| SandboxError::Deploy(format!("an artifact of the sandbox: {error}")))?;
        cdap.load_artifacts()?;
        cdap.load()?;
        if !settings.keep_abandoned {
            cdap.end_abandoned_runs();
        }
        cdap.remove_old_runs();
        cdap.resume_runs(&std::collections::BTreeSet::new());
        if let Some(names) = shipped
            && cdap.store.all::<bool>("shipped")?.is_empty()
        {
            cdap.deploy_shipped(names)?;
            cdap.store.put("shipped", "pipelines", &true);
        }
        Ok(cdap)
    }

    /// The release that it imitates.
    pub const fn personality(&self) -> Personality {
        self.personality
    }

    /// The active scenario.
    pub(crate) const fn faults(&self) -> &Arc<FaultInjector> {
        &self.faults
    }

    /// The routes below `/api`.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/api", any(handle))
            .route("/api/", any(handle))
            .route("/api/{*path}", any(handle))
            .with_state(Arc::clone(self))
    }

    fn state(&self) -> MutexGuard<'_, CdapState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self) -> Result<(), SandboxError> {
        let mut state = self.state();
        state.namespaces = self.store.all("namespace")?.into_iter().collect();
        state
            .namespaces
            .entry("default".to_owned())
            .or_insert_with(|| Namespace {
                identity: "default".to_owned(),
                description:
                    "This is the default namespace, which is automatically created, and is always available."
                        .to_owned(),
                generation: 0,
            });
        state.preferences = self.store.all("preferences")?.into_iter().collect();
        state.runs = self.store.all("run")?.into_iter().collect();
        state.keys = self
            .store
            .all("key")?
            .into_iter()
            .map(|(key, value)| (pair(&key), value))
            .collect();
        self.load_schedules(&mut state)?;
        let apps: BTreeMap<String, Vec<app::AppVersion>> = self.store.all("app")?.into_iter().collect();
        for (key, mut versions) in apps {
            for version in &mut versions {
                // A pipeline that this release of the sandbox cannot plan any more stays listed.
                let (namespace, _) = pair(&key);
                let plugin_finder = PluginFinder {
                    artifacts: &state.installed,
                    namespace: &namespace,
                };
                if let Ok(plan) = self.executor.plan(&version.config, &plugin_finder) {
                    version.plan = plan;
                }
            }
            state.apps.insert(pair(&key), versions);
        }
        Ok(())
    }
}

/// Splits a store key `namespace/name`.
fn pair(key: &str) -> (String, String) {
    let (namespace, name) = key.split_once('/').unwrap_or_default();
    (namespace.to_owned(), name.to_owned())
}

/// Answers a request. Texts repeat the path as the client wrote it, without `/api`.
async fn handle(
    Shared(cdap): Shared<Arc<Cdap>>,
    method: Method,
    uri: Uri,
    version: Version,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = uri.to_string();
    let shown = text
        .find("/api")
        .map_or(text.as_str(), |at| &text[at + "/api".len()..]);
    let header = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let path = shown.split('?').next().unwrap_or_default();
    let refusal = cdap
        .auth
        .as_ref()
        .and_then(|gate| gate.refusal(path, header(AUTHORIZATION)));
    let answer = match refusal {
        Some(refusal) => refusal,
        None => dispatch(cdap, &method, shown, &headers, body).await,
    };
    let connection = header(CONNECTION).map(str::to_ascii_lowercase);
    let closes = match connection.as_deref() {
        Some(connection) => connection.contains("close"),
        None => version < Version::HTTP_11,
    };
    let answer = if closes { answer.with_close() } else { answer };
    answer.respond(encoding::Encoding::from_headers(&headers))
}

/// Finds the answer. Whoever sends something may make work of it: a jar, a pipeline and an expression are read on a
/// thread that others do not wait for.
async fn dispatch(cdap: Arc<Cdap>, method: &Method, uri: &str, headers: &HeaderMap, body: Bytes) -> Answer {
    if body.is_empty() {
        let outcome = route::dispatch(cdap, method.as_str(), uri, headers, body);
        return outcome.unwrap_or_else(|refused| refused);
    }
    let (method, uri, headers) = (method.clone(), uri.to_owned(), headers.clone());
    let work = move || route::dispatch(cdap, method.as_str(), &uri, &headers, body);
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome.unwrap_or_else(|refused| refused),
        Err(_) => Answer::status_only(500),
    }
}
