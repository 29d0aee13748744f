//! `downbeat sandbox`: serves until a signal comes.

use crate::cli::{Exit, Release, SandboxOptions};
use crate::config::Home;
use crate::sandbox::{Personality, Settings, State, host};
use anyhow::Context;
use std::io::{self, Write};
use tokio::signal::unix::{SignalKind, signal};

pub(super) async fn serve(home: &Home, options: &SandboxOptions) -> anyhow::Result<Exit> {
    let state = match (&options.state, options.ephemeral) {
        (_, true) => State::Ephemeral,
        (Some(folder), _) => State::Directory(folder.clone()),
        (None, _) => State::Directory(home.sandbox()),
    };
    let source = options.source.as_deref().map(str::parse).transpose();
    let source = source.map_err(|reason: String| anyhow::anyhow!("--source: {reason}"))?;
    let defaults = Settings::default();
    let speed = options.speed.unwrap_or(defaults.speed);
    let mut signals = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let address = options.bind.unwrap_or(defaults.address);
    let sandbox = host::open(Settings {
        address,
        port: options.port,
        state,
        speed,
        source,
        personality: match options.cdap_version {
            Release::V6_10 => Personality::V6_10,
            Release::V6_11 => Personality::V6_11,
        },
        lab: options.lab,
        cdap_token: options.cdap_token.clone(),
        ..defaults
    })
    .await?;
    if !address.is_loopback() {
        let warning =
            "anyone who reaches it over the network can use it: read, change and delete all it holds";
        writeln!(
            io::stderr(),
            "downbeat: the sandbox listens on {address}; {warning}"
        )?;
    }
    let line = serde_json::to_string(sandbox.ready()).context("The ready line cannot be written.")?;
    let mut out = io::stdout();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .context("Standard output is closed.")?;
    tokio::select! {
        _ = signals.0.recv() => {}
        _ = signals.1.recv() => {}
    }
    sandbox.shutdown().await;
    Ok(Exit::Success)
}
