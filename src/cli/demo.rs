//! `downbeat demo`: its options and its help.

use clap::Args;
use std::path::PathBuf;

pub(super) const DEMO_HELP: &str = "\
The terminal opens on a sandbox of its own, in a folder that is removed at the end: settings, journal and environment of \
this machine are neither read nor changed. Scenarios are those of `downbeat sandbox --scenario` (docs/scenarios.md):

  downbeat demo                    one source fails on its first try
  downbeat demo flaky-network      lost answers, half answers, late answers
  downbeat demo failing-stages     a failing load, a failing action, a failing source";

/// Options of `downbeat demo`.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct DemoOptions {
    /// What goes wrong: a scenario file, or the name of a shipped one; several are played at once
    #[arg(value_name = "FILE|NAME")]
    pub scenario: Vec<PathBuf>,
}
