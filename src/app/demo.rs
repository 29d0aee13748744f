//! `downbeat demo`: the terminal in a home that exists only as long as it does.

use super::terminal;
use crate::cli::{Choice, DemoOptions, Exit};
use crate::config::SANDBOX_PROFILE;
use crate::headless::out;
use anyhow::{Context, bail};
use std::fs::DirBuilder;
use std::path::{Path, PathBuf};
use std::{io, process};

/// A folder of this process; dropping it removes it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("downbeat-demo-{}", process::id()));
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // Not one that is there: somebody else may have made it.
        builder.create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            let text = format!("downbeat: {} was not removed: {error}.", self.0.display());
            out::line(io::stderr(), &text);
        }
    }
}

pub(super) async fn open(choice: &Choice, options: &DemoOptions) -> anyhow::Result<Exit> {
    if choice.home.is_some() || choice.profile.is_some() || !choice.set.is_empty() {
        bail!("A demo has a folder and a profile of its own. Leave --home, --profile and --set out.");
    }
    let temporary = std::env::temp_dir();
    let folder = Folder::new().with_context(|| cannot_create(&temporary))?;
    let choice = Choice {
        profile: Some(SANDBOX_PROFILE.to_owned()),
        home: Some(folder.0.clone()),
        demo: Some(options.clone()),
        ..choice.clone()
    };
    Box::pin(terminal::open(&choice)).await
}

fn cannot_create(temporary: &Path) -> String {
    format!(
        "A folder for the demo cannot be made in {}. Name another place in TMPDIR.",
        temporary.display()
    )
}
