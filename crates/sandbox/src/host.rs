//! Puts a sandbox together: warehouse, source, bucket, executor, and the server in front of them.

use super::ground::{Scratch, create, lock};
use super::resource_names::ResourceNames;
use super::server::{self, Ready, Running};
use super::{SandboxError, Settings, State, bigquery, storage};
use googlesql::{SqlError, Warehouse};
use pipelines::bucket::Buckets;
use pipelines::executor::StoreExecutor;
use pipelines::plugin::Stores;
use pipelines::source::{Address, Source};
use std::fs::File;
use std::io::ErrorKind;
use std::sync::Arc;

/// The seed of the rows: every sandbox has the same people and orders.
const SEED: u64 = 20_230_413;

/// The datasets, tables and rows of a fresh sandbox.
const TABLES: &str = include_str!("../assets/warehouse.sql");

/// Where the warehouse says it lies.
const LOCATION: &str = "US";

/// A running sandbox. Dropping it stops it at once, without finishing what runs.
#[derive(Debug)]
pub struct Sandbox {
    running: Running,
    /// Given up after the server has ended.
    _ground: Ground,
}

/// What a sandbox stands on.
#[derive(Debug)]
enum Ground {
    /// A folder of its own that goes with the process.
    Scratch(#[expect(dead_code, reason = "held for its drop")] Scratch),
    /// The lock of a folder that stays.
    Folder(#[expect(dead_code, reason = "held for its lock")] File),
}

impl Sandbox {
    /// Opens the stores, fills new ones, and serves.
    ///
    /// # Errors
    /// A folder that cannot be used, a damaged store, a port that is taken.
    pub async fn start(settings: Settings) -> Result<Self, SandboxError> {
        let names = ResourceNames::default();
        let (state, project) = (settings.state.clone(), names.project.clone());
        let source = settings.source.clone();
        let stores = tokio::task::spawn_blocking(move || stores(&state, source, &project));
        let (stores, ground) = stores
            .await
            .map_err(|error| SandboxError::Deploy(error.to_string()))??;
        let more = bigquery::router(stores.warehouse.clone(), stores.buckets.clone(), &settings.state)?
            .merge(storage::router(stores.buckets.clone()));
        let executor = StoreExecutor::new(stores);
        let running = server::start(settings, Arc::new(executor), more, names).await?;
        Ok(Self {
            running,
            _ground: ground,
        })
    }

    /// Where it answers.
    pub fn ready(&self) -> &Ready {
        &self.running.ready
    }

    /// Stops it: answers are finished, and what runs ends KILLED.
    pub async fn shutdown(self) {
        self.running.shutdown().await;
    }
}

fn stores(state: &State, source: Option<Address>, project: &str) -> Result<(Stores, Ground), SandboxError> {
    let (folder, ground) = match state {
        State::Directory(folder) => {
            create(folder)?;
            (folder.clone(), Ground::Folder(lock(folder)?))
        }
        State::Ephemeral => {
            let scratch = Scratch::new()?;
            (scratch.path().to_owned(), Ground::Scratch(scratch))
        }
    };
    let of = |name| move |error| SandboxError::from(error).with_file(state, name);
    let warehouse = Warehouse::open(Some(&folder), project, LOCATION).map_err(of("warehouse.db"))?;
    warehouse
        .seed(&TABLES.replace("PROJECT", project))
        .map_err(|SqlError { message, .. }| SandboxError::Deploy(message))?;
    let source = match source {
        Some(address) => Source::server(address),
        None => Source::open(Some(&folder), SEED, chrono::Utc::now).map_err(of("source"))?,
    };
    let buckets = Buckets::new(folder.join("bucket"));
    buckets.remove_pending();
    let landing = format!("{project}-landing");
    match buckets.create_bucket(&landing, serde_json::Map::new()) {
        Err(source) if source.kind() != ErrorKind::AlreadyExists => {
            return Err(SandboxError::Folder {
                path: landing.into(),
                source,
            });
        }
        _ => {}
    }
    let stores = Stores {
        warehouse: Arc::new(warehouse),
        source: Arc::new(source),
        buckets,
    };
    Ok((stores, ground))
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
