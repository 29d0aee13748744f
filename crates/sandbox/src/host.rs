//! Opens a sandbox: warehouse, source database, buckets, executor, and the server.

use super::resource_names::ResourceNames;
use super::server::{self, Ready, Running};
use super::state_dir::StateDir;
use super::{SandboxError, Settings, State, bigquery, storage};
use googlesql::{SqlError, Warehouse};
use pipelines::bucket::Buckets;
use pipelines::executor::StoreExecutor;
use pipelines::plugin::Stores;
use pipelines::source::{Address, Source};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

/// The seed of the source rows: every sandbox has the same.
const SEED: u64 = 20_230_413;

/// The datasets, tables and rows of a fresh sandbox.
const TABLES: &str = include_str!("../assets/warehouse.sql");

/// The location of the warehouse.
const LOCATION: &str = "US";

/// A running sandbox. Dropping it stops it at once, without finishing what runs.
#[derive(Debug)]
pub struct Sandbox {
    running: Running,
    /// Dropped after the server has ended.
    _state_dir: StateDir,
}

impl Sandbox {
    /// Opens the stores, fills new ones, and starts the server.
    ///
    /// # Errors
    /// When the folder or the port is in use, or a store cannot be opened.
    pub async fn start(settings: Settings) -> Result<Self, SandboxError> {
        let names = ResourceNames::default();
        let (state, project) = (settings.state.clone(), names.project.clone());
        let source = settings.source.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let state_dir = StateDir::open(&state)?;
            let stores = open_stores(state_dir.path(), &state, source, &project)?;
            Ok::<_, SandboxError>((stores, state_dir))
        });
        let (stores, state_dir) = opened
            .await
            .map_err(|error| SandboxError::Deploy(error.to_string()))??;
        let google = bigquery::router(stores.warehouse.clone(), stores.buckets.clone(), &settings.state)?
            .merge(storage::router(stores.buckets.clone()));
        let executor = StoreExecutor::new(stores);
        let running = server::start(settings, Arc::new(executor), google, names).await?;
        Ok(Self {
            running,
            _state_dir: state_dir,
        })
    }

    /// The addresses and names of its APIs.
    pub fn ready(&self) -> &Ready {
        &self.running.ready
    }

    /// Stops it: answers are finished, and what runs ends KILLED.
    pub async fn shutdown(self) {
        self.running.shutdown().await;
    }
}

fn open_stores(
    folder: &Path,
    state: &State,
    source: Option<Address>,
    project: &str,
) -> Result<Stores, SandboxError> {
    let in_file = |name| move |error| SandboxError::from(error).with_file(state, name);
    let warehouse = Warehouse::open(Some(folder), project, LOCATION).map_err(in_file("warehouse.db"))?;
    warehouse
        .seed(&TABLES.replace("PROJECT", project))
        .map_err(|SqlError { message, .. }| SandboxError::Deploy(message))?;
    let source = match source {
        Some(address) => Source::server(address),
        None => Source::open(Some(folder), SEED, chrono::Utc::now).map_err(in_file("source"))?,
    };
    let buckets = Buckets::new(folder.join("bucket"));
    buckets.remove_pending();
    let landing = format!("{project}-landing");
    match buckets.create_bucket(&landing, serde_json::Map::new()) {
        Err(source) if source.kind() != ErrorKind::AlreadyExists => Err(SandboxError::Folder {
            path: landing.into(),
            source,
        }),
        _ => Ok(Stores {
            warehouse: Arc::new(warehouse),
            source: Arc::new(source),
            buckets,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_has_one_sandbox_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            state: State::Directory(folder.path().to_owned()),
            ..Settings::default()
        };
        let first = Sandbox::start(settings.clone()).await.unwrap();
        assert!(matches!(
            Sandbox::start(settings.clone()).await,
            Err(SandboxError::InUse(_))
        ));
        first.shutdown().await;
        Sandbox::start(settings).await.unwrap().shutdown().await;
    }
}
