//! The files of the logs. A page is read at once; what takes as long as a whole log is done beside the loop: rows are taken
//! for the clipboard or for a file while keys are answered.

use super::Shell;
use crate::tui::TuiError;
use crate::tui::log_reader::extract::{ExtractError, extract};
use crate::tui::model::logs::extract::{LARGEST_COPY, LogExtract, LogPurpose, TakeFailure, TakenLog};
use crate::tui::model::logs::view::{LogRequest, LogTarget};
use crate::tui::msg::Msg;
use crate::tui::new_file::{self, NewFileError};
use crate::tui::terminal::TerminalSession;
use domain::secret::Secrets;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// What is being done with whole logs.
#[derive(Debug)]
pub(super) struct LogWork {
    sender: mpsc::UnboundedSender<Msg>,
    pub(super) done: mpsc::UnboundedReceiver<Msg>,
    /// The files that are being written.
    unfinished: BTreeSet<PathBuf>,
    /// The files that were made for another program.
    temporary: BTreeSet<PathBuf>,
}

impl Default for LogWork {
    fn default() -> Self {
        let (sender, done) = mpsc::unbounded_channel();
        Self {
            sender,
            done,
            unfinished: BTreeSet::new(),
            temporary: BTreeSet::new(),
        }
    }
}

impl LogWork {
    /// Waits for the files that are being written.
    pub(super) async fn finish(&mut self) {
        while !self.unfinished.is_empty() {
            match self.done.recv().await {
                Some(msg) => self.note(&msg),
                None => break,
            }
        }
    }

    /// The files of which only a part was written; they are removed.
    pub(super) fn remove_unfinished(&mut self) -> Vec<PathBuf> {
        for path in std::mem::take(&mut self.temporary) {
            std::fs::remove_file(path).ok();
        }
        let left: Vec<_> = std::mem::take(&mut self.unfinished).into_iter().collect();
        for path in &left {
            std::fs::remove_file(path).ok();
        }
        left
    }

    /// The name of a file for another program; of each one another.
    fn temporary(&mut self) -> PathBuf {
        static NUMBER: AtomicUsize = AtomicUsize::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("downbeat-{}-{number}.log", std::process::id());
        let path = std::env::temp_dir().join(name);
        self.temporary.insert(path.clone());
        path
    }

    /// Removes such a file.
    pub(super) fn remove_temporary(&mut self, path: &Path) {
        if self.temporary.remove(path) {
            std::fs::remove_file(path).ok();
        }
    }

    fn note(&mut self, msg: &Msg) {
        if let Msg::LogTaken(LogPurpose::Save { name, .. }, _) = msg {
            self.unfinished.remove(&place(name));
        }
    }
}

impl<S: TerminalSession> Shell<S> {
    /// Begins to take rows out of the logs.
    pub(super) fn take_log(&mut self, extract: LogExtract, purpose: LogPurpose) {
        let rows = self.rows(extract);
        if let LogPurpose::Save { name, .. } = &purpose
            && !place(name).exists()
        {
            self.log_work.unfinished.insert(place(name));
        }
        let temporary = match (&purpose, rows.log()) {
            (LogPurpose::Show, None) => self.log_work.temporary(),
            _ => PathBuf::new(),
        };
        let sender = self.log_work.sender.clone();
        tokio::task::spawn_blocking(move || {
            let outcome = match &purpose {
                LogPurpose::Copy { .. } => rows.text().map(TakenLog::Text),
                LogPurpose::Save { name, .. } => rows.save(&place(name)),
                LogPurpose::Show => rows.show(&temporary),
            };
            // A loop that has ended does not wait for it.
            sender.send(Msg::LogTaken(purpose, outcome)).ok();
        });
    }

    /// Something that was done beside the loop is over.
    pub(super) fn on_log_work(&mut self, msg: Option<Msg>) -> Result<(), TuiError> {
        let Some(msg) = msg else { return Ok(()) };
        self.log_work.note(&msg);
        self.dispatch(msg)
    }

    /// Reads lines of the logs. What is known of them is kept for the next time.
    pub(super) fn read_log(&mut self, request: LogRequest) -> Result<(), TuiError> {
        let setup = &self.setup;
        let path = |target: &LogTarget| (setup.log_path)(&target.run, &target.task, target.number);
        let (window, has_more) = match self.log.read(&request, &path) {
            Ok((window, has_more)) => (Ok(window), has_more),
            Err(error) => (Err(error.to_string()), false),
        };
        self.dispatch(Msg::LogRead {
            request: Box::new(request),
            window,
            has_more,
        })
    }

    fn rows(&self, extract: LogExtract) -> Rows {
        let path = |target: &LogTarget| (self.setup.log_path)(&target.run, &target.task, target.number);
        let sources = extract.view.sources.iter();
        let paths = sources.map(|target| (target.clone(), path(target))).collect();
        Rows {
            extract,
            paths,
            secrets: self.model.secrets.clone(),
        }
    }
}

/// Rows to be taken.
struct Rows {
    extract: LogExtract,
    paths: BTreeMap<LogTarget, PathBuf>,
    secrets: Secrets,
}

impl Rows {
    fn write(&self, to: &mut impl Write) -> Result<usize, ExtractError> {
        let path = |target: &LogTarget| self.paths.get(target).cloned().unwrap_or_default();
        extract(&self.extract, &path, &|text| self.secrets.clean(text), to)
    }

    fn text(&self) -> Result<String, TakeFailure> {
        let mut text = Limited(Vec::new());
        match self.write(&mut text) {
            Ok(_) => Ok(String::from_utf8_lossy(&text.0).into_owned()),
            Err(ExtractError::Write(_)) => Err(TakeFailure::TooLarge),
            Err(ExtractError::Read(error)) => Err(TakeFailure::Other(format!("{error}."))),
        }
    }

    /// The file of a log that has exactly these rows.
    fn log(&self) -> Option<&PathBuf> {
        self.paths.get(self.extract.file()?)
    }

    /// The file of the log itself, or a new one with these rows.
    fn show(&self, temporary: &Path) -> Result<TakenLog, TakeFailure> {
        let Some(path) = self.log() else {
            return self.save(temporary);
        };
        match std::fs::metadata(path) {
            Ok(_) => Ok(TakenLog::Log(path.clone())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(TakeFailure::Other("it has no line yet.".into()))
            }
            Err(error) => Err(TakeFailure::Other(format!("{}: {error}.", path.display()))),
        }
    }

    fn save(&self, path: &Path) -> Result<TakenLog, TakeFailure> {
        let place = path.display();
        let written = new_file::write(path, |file| {
            self.write(file).map_err(|error| match error {
                ExtractError::Write(error) => format!("{place} cannot be written: {error}."),
                ExtractError::Read(error) => format!("{error}."),
            })
        });
        match written {
            Ok(rows) => Ok(TakenLog::File {
                path: path.to_owned(),
                rows,
            }),
            Err(NewFileError::Exists) => Err(TakeFailure::Exists),
            Err(NewFileError::Other(why)) => Err(TakeFailure::Other(why)),
        }
    }
}

/// A text that does not grow beyond what may be copied.
struct Limited(Vec<u8>);

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LARGEST_COPY {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The whole path of a typed name: from where the program was started, or from the user's home after `~/`.
fn place(name: &str) -> PathBuf {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    let path = match (name.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(name),
    };
    std::path::absolute(&path).unwrap_or(path)
}
