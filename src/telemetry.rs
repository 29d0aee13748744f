//! Own diagnostics: to a file that is rotated by day, never to the screen.
//!
//! `DOWNBEAT_LOG` chooses levels by target (`info,downbeat::client=debug`); the default is warnings, and
//! what `gcp_auth` says about tokens, because its errors alone do not tell why one was refused.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Writes what is left when it is dropped.
#[derive(Debug)]
pub struct Guard(#[expect(dead_code, reason = "held for its drop")] Option<WorkerGuard>);

/// Days of diagnostics that are kept.
const KEPT: usize = 7;

/// Makes a text fit to be written: without secrets and control characters.
pub type Clean = Box<dyn Fn(&str) -> String + Send>;

/// Begins to write to `downbeat.DAY.log` in this folder. Without a place to write to there are no
/// diagnostics; that stops nothing.
pub fn start(folder: &Path, clean: Clean) -> Guard {
    let mut file = DayFile::new(folder, clean);
    if file.turn().is_err() {
        return Guard(None);
    }
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

/// A file for each day, which only its owner may read: what `tracing_appender` makes, everybody may.
struct DayFile {
    folder: PathBuf,
    clean: Clean,
    open: Option<(String, File)>,
}

impl DayFile {
    fn new(folder: &Path, clean: Clean) -> Self {
        Self {
            folder: folder.to_owned(),
            clean,
            open: None,
        }
    }

    /// The file of today.
    fn turn(&mut self) -> io::Result<&mut File> {
        let name = format!("downbeat.{}.log", chrono::Utc::now().format("%F"));
        let file = match self.open.take() {
            Some((open, file)) if open == name => file,
            _ => {
                let file = self.create(&name)?;
                self.forget();
                file
            }
        };
        Ok(&mut self.open.insert((name, file)).1)
    }

    fn create(&self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(self.folder.join(name))
    }

    /// Removes what is older than the days that are kept; what cannot be removed does no harm.
    fn forget(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        let mut names: Vec<_> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.starts_with("downbeat.2"))
            .collect();
        // Days in their names sort as they passed.
        names.sort_unstable();
        for name in names.iter().rev().skip(KEPT) {
            let _ = fs::remove_file(self.folder.join(name));
        }
    }
}

impl Write for DayFile {
    /// Takes a whole line, as the formatter writes it.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = (self.clean)(&String::from_utf8_lossy(bytes));
        self.turn()?.write_all(line.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.turn()?.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_is_kept_and_only_the_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        for day in 1..=9 {
            fs::write(folder.path().join(format!("downbeat.2020-01-0{day}.log")), "").unwrap();
        }
        fs::write(folder.path().join("downbeat.db"), "").unwrap();
        let mut file = DayFile::new(folder.path(), Box::new(|text| text.replace("hunter2", "***")));
        file.write_all(b"one\n").unwrap();
        file.write_all(b"two hunter2\n").unwrap();
        let (name, _) = file.open.as_ref().unwrap();
        let path = folder.path().join(name);
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo ***\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), KEPT + 1);
        assert!(!folder.path().join("downbeat.2020-01-03.log").exists());
        assert!(folder.path().join("downbeat.2020-01-04.log").exists());
    }
}
