//! Puts a sandbox together: warehouse, source, bucket, executor, and the server in front of them.

use super::bucket::Buckets;
use super::executor::StoreExecutor;
use super::plugin::Stores;
use super::server::{self, Names, Ready, Running};
use super::source::Source;
use super::warehouse::{SqlError, Warehouse};
use super::{SandboxError, Settings, State, bigquery};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

/// The seed of the rows: every sandbox has the same people and orders.
const SEED: u64 = 20_230_413;

/// Where the warehouse says it lies.
const LOCATION: &str = "US";

/// A sandbox that answers; dropping it stops it.
#[derive(Debug)]
pub struct Sandbox {
    running: Running,
    /// Removed after the server has ended.
    _scratch: Option<Scratch>,
}

impl Sandbox {
    /// Where it answers.
    pub fn ready(&self) -> &Ready {
        &self.running.ready
    }

    /// Stops in good order.
    pub async fn shutdown(self) {
        self.running.shutdown().await;
    }
}

/// Opens the stores, fills new ones, and serves.
///
/// # Errors
/// A folder that cannot be used, a damaged store, a port that is taken.
pub async fn open(settings: Settings) -> Result<Sandbox, SandboxError> {
    let names = Names::default();
    let (state, project) = (settings.state.clone(), names.project.clone());
    let stores = tokio::task::spawn_blocking(move || stores(&state, &project));
    let (stores, scratch) = stores
        .await
        .map_err(|error| SandboxError::Deploy(error.to_string()))??;
    let more = bigquery::router(stores.warehouse.clone());
    let running = server::start(settings, Arc::new(StoreExecutor::new(stores)), more, names).await?;
    Ok(Sandbox {
        running,
        _scratch: scratch,
    })
}

/// The stores; with [`State::Ephemeral`] also the scratch folder of the bucket, removed when it is dropped.
fn stores(state: &State, project: &str) -> Result<(Stores, Option<Scratch>), SandboxError> {
    let (folder, scratch) = match state {
        State::Directory(folder) => (Some(folder.as_path()), None),
        State::Ephemeral => (None, Some(Scratch::new()?)),
    };
    if let Some(folder) = folder {
        create(folder)?;
    }
    let bucket = scratch
        .as_ref()
        .map_or(folder.map(|f| f.join("bucket")), |s| Some(s.0.clone()));
    let warehouse = Warehouse::open(folder, project, LOCATION)?;
    warehouse
        .seed()
        .map_err(|SqlError { message, .. }| SandboxError::Deploy(message))?;
    let source = Source::open(folder, SEED, chrono::Utc::now)?;
    let stores = Stores {
        warehouse: Arc::new(warehouse),
        source: Arc::new(source),
        buckets: Buckets::new(bucket.unwrap_or_default()),
    };
    Ok((stores, scratch))
}

fn create(folder: &Path) -> Result<(), SandboxError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| SandboxError::Folder {
            path: folder.to_owned(),
            source,
        })
}

/// A folder that goes with the process.
#[derive(Debug)]
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new() -> Result<Self, SandboxError> {
        let folder = std::env::temp_dir().join(format!("downbeat-{}", uuid::Uuid::new_v4()));
        create(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the system's own cleaning.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
