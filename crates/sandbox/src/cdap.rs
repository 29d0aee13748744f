//! The sandbox's CDAP under `/api`: apps, programs, runs, logs, metrics, preferences, secure keys.
//!
//! It imitates what real servers answered (6.11.0, and 6.10.0 where they differ), down to texts,
//! content types and key order. What runs is the executor's affair (`sandbox/execution.rs`); here
//! a run is kept: its record, its slow and stepwise visibility, its logs. `route.rs` lists all calls.

use super::clock::Clock;
use super::resource_names::ResourceNames;
use super::scenario::injector::FaultInjector;
use super::{Limits, Personality, SandboxError, Settings};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::header::{AUTHORIZATION, CONNECTION};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, Version};
use axum::response::Response;
use axum::routing::any;
use pipelines::artifact::{ArtifactRepository, PluginFinder};
use pipelines::execution::Executor;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Store;
use world::{Namespace, World};

pub mod answer;
pub mod app;
mod app_calls;
mod app_plugins;
pub mod batch;
pub mod call;
pub mod catalogue;
mod crash;
mod cron;
mod deploy;
mod encoding;
pub mod event;
mod gate;
mod hash;
pub mod json;
mod keeper;
mod launch;
pub mod log;
mod log_calls;
mod metric;
mod node;
mod platform;
mod preference;
mod profile;
pub mod program;
pub mod route;
pub mod run;
mod run_calls;
pub mod schedule;
mod scheduling;
mod secret;
mod setting;
mod shipped;
mod specification;
mod stop;
pub mod store;
mod strings;
mod studio;
mod upgrade;
mod upload;
mod validation;
mod worker;
pub mod world;

#[cfg(test)]
mod tests;

/// The server's state and what it works with.
pub struct Cdap {
    world: Mutex<World>,
    store: Store,
    executor: Arc<dyn Executor>,
    clock: Clock,
    personality: Personality,
    limits: Limits,
    ids: launch::RunIds,
    faults: Arc<FaultInjector>,
    /// Whether it is being ended in good order.
    leaving: AtomicBool,
    gate: Option<gate::Gate>,
    /// When it was opened, in milliseconds since 1970.
    began: i64,
}

impl std::fmt::Debug for Cdap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cdap")
            .field("personality", &self.personality)
            .finish_non_exhaustive()
    }
}

impl Cdap {
    /// Opens the store and takes up what it holds; deploys the shipped pipelines the first time.
    /// `base` is where clients reach it.
    pub fn open(
        settings: &Settings,
        executor: Arc<dyn Executor>,
        names: &ResourceNames,
        base: &str,
    ) -> Result<Arc<Self>, SandboxError> {
        let clock = Clock::new(settings.speed);
        let cdap = Arc::new(Self {
            world: Mutex::default(),
            store: Store::open(&settings.state)
                .map_err(|error| error.with_file(&settings.state, "cdap.db"))?,
            executor,
            clock,
            personality: settings.personality,
            limits: settings.limits,
            ids: launch::RunIds::default(),
            faults: Arc::new(FaultInjector::new(settings.scenario.clone(), clock)),
            leaving: AtomicBool::new(false),
            began: Clock::new(1.0).now(),
            gate: settings
                .cdap_token
                .clone()
                .map(|token| gate::Gate::new(token, format!("{base}/token"))),
        });
        cdap.world().installed = ArtifactRepository::shipped(settings.personality, settings.lab)
            .map_err(|error| SandboxError::Deploy(format!("an artifact of the sandbox: {error}")))?;
        cdap.load_artifacts()?;
        cdap.load()?;
        cdap.take_up(&std::collections::BTreeSet::new());
        if cdap.store.all::<bool>("shipped")?.is_empty() {
            cdap.deploy_shipped(names)?;
            cdap.store.put("shipped", "pipelines", &true);
        }
        Ok(cdap)
    }

    /// Which release it resembles.
    pub const fn personality(&self) -> Personality {
        self.personality
    }

    /// What goes wrong at present.
    pub(crate) const fn faults(&self) -> &Arc<FaultInjector> {
        &self.faults
    }

    /// `/api` and all below it.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/api", any(handle))
            .route("/api/", any(handle))
            .route("/api/{*path}", any(handle))
            // Pipelines and arguments may be large; a real server takes 150 MiB.
            .layer(axum::extract::DefaultBodyLimit::max(150 << 20))
            .with_state(Arc::clone(self))
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self) -> Result<(), SandboxError> {
        let mut world = self.world();
        world.namespaces = self.store.all("namespace")?.into_iter().collect();
        world
            .namespaces
            .entry("default".to_owned())
            .or_insert_with(|| Namespace {
                identity: "default".to_owned(),
                description:
                    "This is the default namespace, which is automatically created, and is always available."
                        .to_owned(),
                generation: 0,
            });
        world.preferences = self.store.all("preferences")?.into_iter().collect();
        world.runs = self.store.all("run")?.into_iter().collect();
        world.keys = self
            .store
            .all("key")?
            .into_iter()
            .map(|(key, value)| (pair(&key), value))
            .collect();
        self.load_schedules(&mut world)?;
        let apps: BTreeMap<String, Vec<app::AppVersion>> = self.store.all("app")?.into_iter().collect();
        for (key, mut versions) in apps {
            for version in &mut versions {
                // A pipeline that this release of the sandbox no longer understands stays listed.
                let (namespace, _) = pair(&key);
                let plugin_finder = PluginFinder {
                    artifacts: &world.installed,
                    namespace: &namespace,
                };
                if let Ok(plan) = self.executor.plan(&version.config, &plugin_finder) {
                    version.plan = plan;
                }
            }
            world.apps.insert(pair(&key), versions);
        }
        Ok(())
    }
}

/// Splits a store key `namespace/name`.
fn pair(key: &str) -> (String, String) {
    let (namespace, name) = key.split_once('/').unwrap_or_default();
    (namespace.to_owned(), name.to_owned())
}

/// Answers under the path as the client wrote it, without `/api`: texts repeat it.
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
        .gate
        .as_ref()
        .and_then(|gate| gate.refusal(path, header(AUTHORIZATION)));
    let answer = match refusal {
        Some(refusal) => refusal,
        None => {
            route::dispatch(cdap, method.as_str(), shown, &headers, body).unwrap_or_else(|refused| refused)
        }
    };
    let asked = header(CONNECTION).map(str::to_ascii_lowercase);
    let closes = match asked.as_deref() {
        Some(asked) => asked.contains("close"),
        None => version < Version::HTTP_11,
    };
    let answer = if closes { answer.closing() } else { answer };
    answer.respond(encoding::Encoding::wanted(&headers))
}
