//! Own diagnostics: to a file that is rotated by day, never to the screen. A start without a screen can have them on standard
//! error too.
//!
//! `DOWNBEAT_LOG` chooses levels by target (`info,downbeat::client=debug`); the default is warnings, and
//! what `gcp_auth` says about tokens, because its errors alone do not tell why one was refused.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Writes what is left when it is dropped.
#[derive(Debug)]
pub struct Guard(#[expect(dead_code, reason = "held for its drop")] Option<WorkerGuard>);

/// Days of diagnostics that are kept.
const KEPT: usize = 7;

/// The parts of the program whose levels `--log-level` sets; of others no more than what they do is written.
const OURS: [&str; 3] = ["downbeat", "domain", "gcp_auth"];

/// Makes a text fit to be written: without secrets and control characters.
pub type Clean = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// Which diagnostics are written, and where to beside the file.
#[derive(Clone, Debug)]
pub struct Wanted {
    levels: Targets,
    to_stderr: bool,
}

impl Wanted {
    /// What the command line asks for, else `DOWNBEAT_LOG`, else warnings.
    pub fn new(level: Option<LevelFilter>, to_stderr: bool) -> Self {
        let variable = std::env::var("DOWNBEAT_LOG").unwrap_or_default();
        let chosen = level.map(of_level).or_else(|| parse(&variable).ok().flatten());
        let levels = chosen.unwrap_or_else(|| Targets::new().with_default(LevelFilter::WARN));
        Self { levels, to_stderr }
    }

    /// What is wrong with `DOWNBEAT_LOG`, if anything.
    pub fn fault() -> Option<String> {
        parse(&std::env::var("DOWNBEAT_LOG").unwrap_or_default()).err()
    }
}

fn of_level(level: LevelFilter) -> Targets {
    let others = level.min(LevelFilter::INFO);
    OURS.iter()
        .fold(Targets::new().with_default(others), |levels, name| {
            levels.with_target(*name, level)
        })
}

/// Levels by target; nothing if nothing is said. A single word that is no level would choose a target that nobody has.
fn parse(text: &str) -> Result<Option<Targets>, String> {
    let is_level = |word: &str| !word.is_empty() && word.parse::<LevelFilter>().is_ok();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let is_understood = match part.split_once('=') {
            Some((_, level)) => is_level(level),
            None => is_level(part) || part.contains("::") || OURS.contains(&part),
        };
        if !is_understood {
            return Err(format!(
                "'{part}' is neither a level (off, error, warn, info, debug, trace) nor NAME=LEVEL."
            ));
        }
    }
    let levels = (!text.trim().is_empty())
        .then(|| text.parse::<Targets>())
        .transpose();
    levels.map_err(|error| format!("{error}."))
}

/// Begins to write to `downbeat.DAY.log` in this folder. Without a place to write to there is no file; that stops nothing.
pub fn start(folder: &Path, wanted: &Wanted, clean: Clean) -> Guard {
    let mut file = DayFile::new(folder, clean.clone());
    let (to_file, guard) = match file.turn() {
        Ok(_) => {
            let (writer, guard) = tracing_appender::non_blocking(file);
            let layer = tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .with_writer(writer);
            (Some(layer.with_filter(wanted.levels.clone())), Some(guard))
        }
        Err(_) => (None, None),
    };
    let to_stderr = wanted.to_stderr.then(|| {
        let writer = move || StandardError(clean.clone());
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(writer);
        layer.with_filter(wanted.levels.clone())
    });
    // A second start in one process (tests) keeps the first one.
    let _ = tracing_subscriber::registry()
        .with(to_file)
        .with(to_stderr)
        .try_init();
    Guard(guard)
}

/// Standard error, for lines that are made fit to be written.
struct StandardError(Clean);

impl Write for StandardError {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = (self.0)(&String::from_utf8_lossy(bytes));
        io::stderr().write_all(line.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
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
        let mut file = DayFile::new(
            folder.path(),
            Arc::new(|text: &str| text.replace("hunter2", "***")),
        );
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

    #[test]
    fn what_is_no_level_is_refused_and_not_taken_for_a_name() {
        for (text, is_good) in [
            ("", true),
            ("info", true),
            ("OFF", true),
            ("downbeat", true),
            ("info,downbeat::client=debug", true),
            ("warn, hyper=trace", true),
            ("verbose", false),
            ("info,downbeat::client=loud", false),
            ("downbeat=", false),
        ] {
            let parsed = parse(text);
            assert_eq!(parsed.is_ok(), is_good, "{text}");
            assert!(
                parsed.err().is_none_or(|fault| fault.contains("NAME=LEVEL")),
                "{text}"
            );
        }
        let levels = of_level(LevelFilter::TRACE);
        assert!(levels.would_enable("downbeat::client", &tracing::Level::TRACE));
        assert!(!levels.would_enable("hyper", &tracing::Level::DEBUG));
    }
}
