//! A build without the sandbox: it says so, and how to configure a profile.

use crate::cli::{Exit, SandboxOptions};
use crate::client::Secret;
use crate::config::{Home, Settings};
use anyhow::bail;
use domain::failure::Failure;
use std::path::PathBuf;

const LEFT_OUT: &str = "The sandbox is not built into this program.";

/// Never made: there is nothing to embed.
#[derive(Debug)]
pub(in crate::app) enum Embedded {}

impl Embedded {
    pub(in crate::app) fn datafusion(&self) -> &str {
        match *self {}
    }

    pub(in crate::app) fn bigquery(&self) -> &str {
        match *self {}
    }

    pub(in crate::app) fn token(&self) -> Secret {
        match *self {}
    }

    #[expect(clippy::unused_async, reason = "the half that is built in awaits")]
    pub(in crate::app) async fn shutdown(self) {
        match self {}
    }
}

/// Refuses a start that wants the sandbox, before anything else is done.
pub(in crate::app) fn check(settings: &Settings, home: &Home) -> anyhow::Result<()> {
    if !settings.wants_sandbox() {
        return Ok(());
    }
    bail!(
        "The sandbox is not built into this program, and no other profile is chosen.\n\
         `downbeat init` writes one into {}; start with --profile NAME then.\n\
         To get the sandbox, build with the feature: cargo install --path .",
        home.config_file().display()
    )
}

pub(in crate::app) async fn open(_: &Home, _: &[PathBuf]) -> Result<Embedded, Failure> {
    Err(Failure::permanent(LEFT_OUT))
}

pub(in crate::app) async fn serve(_: &Home, _: &SandboxOptions) -> anyhow::Result<Exit> {
    bail!("{LEFT_OUT} Build it with the feature: cargo install --path .")
}
