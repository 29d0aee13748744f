//! Asks in the background whether there is a newer version of this program: once a day, by the terminal alone, and never
//! where no person is. Nothing of it is worth a word when it fails.

use crate::client;
use crate::config::{Home, Settings};
use crate::engine;
use crate::store::ReleaseFile;
use crate::tui::setup::AskForRelease;
use domain::release::{Release, ReleaseMemory};
use semver::Version;
use tokio::sync::oneshot;
use url::Url;

/// Where this program comes from, if that is public.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// How it is asked, if it may be.
pub(super) fn asker(
    home: &Home,
    settings: &Settings,
    name: impl Fn(&str) -> Option<String>,
) -> Option<AskForRelease> {
    let is_unattended = name("CI").is_some_and(|text| !text.is_empty());
    let address = settings.screen.update_check.address(REPOSITORY);
    let (address, own) = (address.filter(|_| !is_unattended)?, own()?);
    let file = ReleaseFile::new(home.diagnostics());
    Some(Box::new(move || {
        let (sender, answer) = oneshot::channel();
        tokio::spawn(tell(file, address, own, sender));
        answer
    }))
}

/// The version of this program.
fn own() -> Option<Version> {
    env!("CARGO_PKG_VERSION").parse().ok()
}

/// Tells what is to be told, and writes it down once somebody has taken it.
async fn tell(file: ReleaseFile, address: Url, own: Version, to: oneshot::Sender<(Release, Version)>) {
    let mut memory = file.read();
    if memory.is_due(engine::now()) {
        memory = ask(&file, memory, &address).await;
    }
    let Some(release) = memory.untold(&own).cloned() else {
        return;
    };
    memory.told = Some(release.version.clone());
    if to.send((release, own)).is_ok() {
        keep(&file, &memory);
    }
}

/// What is known after a question. It is written down before that it is asked: where that is not possible it would be
/// asked at every start.
async fn ask(file: &ReleaseFile, mut memory: ReleaseMemory, address: &Url) -> ReleaseMemory {
    memory.asked = Some(engine::now());
    if !keep(file, &memory) {
        return memory;
    }
    match client::release::newest(address).await {
        Ok(release) => {
            memory.newest = Some(release);
            keep(file, &memory);
        }
        Err(failure) => tracing::debug!("{}", failure.reason),
    }
    memory
}

fn keep(file: &ReleaseFile, memory: &ReleaseMemory) -> bool {
    match file.write(memory) {
        Ok(()) => true,
        Err(error) => {
            tracing::debug!(%error, "what is known of newer versions was not written down");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Overrides, WithoutChoice};
    use std::path::Path;

    #[test]
    fn it_is_asked_only_where_a_person_is_and_a_place_is_known() {
        let here = "update_check = 'https://mirror.example/latest'";
        for (text, ci, is_asked) in [
            (here, None, true),
            (here, Some(""), true),
            (here, Some("true"), false),
            ("update_check = false", None, false),
            // As long as the package names no repository.
            ("", None, REPOSITORY.starts_with("https://github.com/")),
        ] {
            let config = Config::parse(text, Path::new("config.toml")).unwrap();
            let settings =
                Settings::resolve(&config, &Overrides::default(), WithoutChoice::ShowSandbox).unwrap();
            let name = |name: &str| ci.filter(|_| name == "CI").map(str::to_owned);
            let asker = asker(&Home::at(Path::new("/nowhere")), &settings, name);
            assert_eq!(asker.is_some(), is_asked, "{text} {ci:?}");
        }
    }
}
