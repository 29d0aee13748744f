//! `downbeat doctor`: looks at what a run needs. No run is begun, and no journal is opened.

use super::{Startup, parts, shut_down, target};
use crate::cli::{Choice, DoctorOptions, Exit};
use crate::config::WithoutChoice;
use crate::engine;
use crate::headless::checks;
use domain::request::{RunRequest, Scope};
use std::time::Instant;

pub(super) async fn doctor(choice: &Choice, options: &DoctorOptions) -> anyhow::Result<Exit> {
    let startup = Startup::load(choice, WithoutChoice::Refuse)?;
    let settings = &startup.settings;
    let request = RunRequest::new(&*settings.profile, settings.variables.clone(), Scope::Chain);
    let (client, kept) = parts::connect(&startup.home, settings);
    let client = client.await;
    let start = Instant::now();
    let report = engine::examine(client, &startup.secrets, &settings.profile, &settings.variables).await;
    let exit = checks::print(
        &report,
        start.elapsed(),
        &target::of(settings, &request),
        options.output,
    );
    shut_down(kept).await;
    Ok(exit)
}
