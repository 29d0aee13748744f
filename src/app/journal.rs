//! Opens the journal for a start: while another program locks it, or the disk is full, the start waits and says so, as a
//! run does later on. Any other error ends the start.

use crate::config::Home;
use crate::headless::Console;
use crate::store::{Journal, StoreError};
use domain::policy;
use std::future;
use std::path::Path;

/// Opens the journal to write, once that is possible, and reads from it.
pub(super) async fn open<T>(
    home: &Home,
    console: Console,
    read: impl AsyncFn(&Journal) -> anyhow::Result<T>,
) -> anyhow::Result<(Journal, T)> {
    opened(home, console, |path| Ok(Journal::open(path)?), read).await
}

/// Opens the journal to read, once that is possible, and reads from it. A home without one has no runs.
pub(super) async fn open_to_read<T>(
    home: &Home,
    console: Console,
    read: impl AsyncFn(&Journal) -> anyhow::Result<T>,
) -> anyhow::Result<(Journal, T)> {
    let open = |path: &Path| {
        let opened = Journal::open_to_read(path)?;
        opened.ok_or_else(|| anyhow::anyhow!("There are no runs yet. Start one with `downbeat run`."))
    };
    opened(home, console, open, read).await
}

async fn opened<T>(
    home: &Home,
    console: Console,
    open: fn(&Path) -> anyhow::Result<Journal>,
    read: impl AsyncFn(&Journal) -> anyhow::Result<T>,
) -> anyhow::Result<(Journal, T)> {
    patiently(console, async || {
        let path = home.database();
        let journal = tokio::task::spawn_blocking(move || open(&path)).await??;
        let found = read(&journal).await?;
        Ok((journal, found))
    })
    .await
}

/// Nothing to read beside the opening.
pub(super) fn nothing(_: &Journal) -> future::Ready<anyhow::Result<()>> {
    future::ready(Ok(()))
}

async fn patiently<T>(
    mut console: Console,
    attempt: impl AsyncFn() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let mut failures = 0;
    let mut said = None;
    loop {
        let error = match attempt().await {
            Err(error) => error,
            done => {
                if said.is_some() {
                    console.trouble(None, None);
                }
                return done;
            }
        };
        let Some(trouble) = error.downcast_ref::<StoreError>().and_then(StoreError::at_start) else {
            return Err(error);
        };
        if said.as_ref() != Some(&trouble) {
            console.trouble(None, Some(&trouble));
            said = Some(trouble);
        }
        failures += 1;
        tokio::time::sleep(policy::write_pause(failures)).await;
    }
}
