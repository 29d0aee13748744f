//! Opens a sandbox: warehouse, source database, buckets, executor, and the server.

use super::project::Project;
use super::resource_names::ResourceNames;
use super::server::{self, Ready, Running};
use super::state_dir::StateDir;
use super::{SandboxError, Settings, bigquery, storage};
use googlesql::{SqlError, Warehouse};
use pipelines::bucket::Buckets;
use pipelines::executor::StoreExecutor;
use pipelines::plugin::{Network, Stores};
use pipelines::source::Source;
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
        let state = settings.state.clone();
        let opening = settings.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let state_dir = StateDir::open(&state)?;
            let project = Project::open(&opening, ResourceNames::default())?;
            let id = &project.names().project;
            let stores = open_stores(state_dir.path(), &opening, id, !project.began_empty())?;
            Ok::<_, SandboxError>((stores, state_dir, project))
        });
        let (stores, state_dir, project) = opened
            .await
            .map_err(|error| SandboxError::Deploy(error.to_string()))??;
        let bigquery = bigquery::router(stores.warehouse.clone(), stores.buckets.clone(), &settings.state)?;
        let storage = storage::router(stores.buckets.clone());
        let google = project
            .gate("bigquery.googleapis.com", "BigQuery API", bigquery)
            .merge(project.gate("storage.googleapis.com", "Cloud Storage API", storage));
        let executor = StoreExecutor::new(stores);
        let running = server::start(settings, Arc::new(executor), google, &project).await?;
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

/// Opens the stores; `fill` makes tables, rows and bucket where there are none.
fn open_stores(
    folder: &Path,
    settings: &Settings,
    project: &str,
    fill: bool,
) -> Result<Stores, SandboxError> {
    let Settings { state, source, .. } = settings;
    let in_file = |name| move |error| SandboxError::from(error).with_file(state, name);
    let warehouse = Warehouse::open(Some(folder), project, LOCATION).map_err(in_file("warehouse.db"))?;
    if fill {
        warehouse
            .seed(&TABLES.replace("PROJECT", project))
            .map_err(|SqlError { message, .. }| SandboxError::Deploy(message))?;
    }
    let source = match source {
        Some(address) => Source::server(address.clone()),
        None => Source::open(Some(folder), SEED, chrono::Utc::now).map_err(in_file("source"))?,
    };
    let buckets = Buckets::new(folder.join("bucket"));
    buckets.remove_pending();
    let landing = format!("{project}-landing");
    if fill
        && let Err(source) = buckets.create_bucket(&landing, serde_json::Map::new())
        && source.kind() != ErrorKind::AlreadyExists
    {
        let path = landing.into();
        return Err(SandboxError::Folder { path, source });
    }
    Ok(Stores {
        warehouse: Arc::new(warehouse),
        source: Arc::new(source),
        buckets,
        network: if settings.allow_network {
            Network::Any
        } else {
            Network::Loopback
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::State;
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
