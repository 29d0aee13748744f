//! Own diagnostics: to a file that is rotated by day, never to the screen.
//!
//! `DOWNBEAT_LOG` chooses levels by target (`info,downbeat::client=debug`); the default is warnings, and
//! what `gcp_auth` says about tokens, because its errors alone do not tell why one was refused.

use std::path::Path;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Writes what is left when it is dropped.
#[derive(Debug)]
pub struct Guard(#[expect(dead_code, reason = "held for its drop")] Option<WorkerGuard>);

/// Days of diagnostics that are kept.
const KEPT: usize = 7;

/// Begins to write to `downbeat.log` in this folder. Without a place to write to there are no
/// diagnostics; that stops nothing.
pub fn start(folder: &Path) -> Guard {
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("downbeat")
        .filename_suffix("log")
        .max_log_files(KEPT)
        .build(folder);
    let Ok(file) = file else { return Guard(None) };
    let (writer, guard) = tracing_appender::non_blocking(file);
    let chosen = std::env::var("DOWNBEAT_LOG")
        .ok()
        .and_then(|text| text.parse::<Targets>().ok());
    let filter = chosen.unwrap_or_else(|| Targets::new().with_default(tracing::Level::WARN));
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(writer);
    // A second start in one process (tests) keeps the first one.
    let _ = tracing_subscriber::registry().with(filter).with(layer).try_init();
    Guard(Some(guard))
}
