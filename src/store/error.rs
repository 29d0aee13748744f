//! What can go wrong on the disk, and what to do about it. An error holds nothing of what was to be written.

use domain::failure::{Failure, FailureKind};
use domain::id::DagRunId;
use rusqlite::ErrorCode;
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A failure of the store. The text says what failed and why; [`Self::hint`] says what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The journal's file is not a database, or part of it cannot be read.
    #[error("The journal {} is damaged: {reason}.", path.display())]
    Damaged {
        /// The file, left as it was.
        path: PathBuf,
        /// The database's message.
        reason: String,
    },
    /// The journal was written by a newer Downbeat.
    #[error("The journal {} has format {found}; this Downbeat knows formats up to {known}.", path.display())]
    TooNew {
        /// The file, left as it was.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that we read.
        known: i64,
    },
    /// The file is a database, but another program's.
    #[error("{} is a database of another program, not a journal of Downbeat.", path.display())]
    Foreign {
        /// The file, left as it was.
        path: PathBuf,
    },
    /// The file may not be read.
    #[error("{} cannot be read: {reason}.", path.display())]
    NotReadable {
        /// The file.
        path: PathBuf,
        /// The system's message.
        reason: String,
    },
    /// The file or its folder may not be written.
    #[error("{} cannot be written: {reason}.", path.display())]
    NotWritable {
        /// The file or folder.
        path: PathBuf,
        /// The system's message.
        reason: String,
    },
    /// No space is left.
    #[error("The disk is full: {} cannot grow.", path.display())]
    Full {
        /// The file that could not grow.
        path: PathBuf,
    },
    /// The process may not open another file.
    #[error("{} cannot be opened: too many files are open.", path.display())]
    TooManyFiles {
        /// The file.
        path: PathBuf,
    },
    /// Another process keeps the journal locked for longer than we wait.
    #[error("The journal {} is locked by another process.", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// A known fact that does not read as one. It is not skipped: it might be a start's intent.
    #[error("Event {seq} of run {run} cannot be read: {reason}.")]
    UnreadableEvent {
        /// The run.
        run: DagRunId,
        /// Its position in the run, from 1.
        seq: i64,
        /// What is wrong with it.
        reason: String,
    },
    /// Facts about a run whose start is not in the journal.
    #[error("The journal holds no run {run}.")]
    UnknownRun {
        /// The run.
        run: DagRunId,
    },
    /// A second start under the same name.
    #[error("The journal already has a run {run}.")]
    RunExists {
        /// The run.
        run: DagRunId,
    },
    /// Another run fills the same output table.
    #[error("{}", domain::settle::being_filled(table, holder))]
    LeaseHeld {
        /// `project.dataset.table`.
        table: String,
        /// The process and the run, as far as they are known.
        holder: String,
    },
    /// Another process drives the run.
    #[error("Run {run} is driven by another process: {holder}.")]
    RunDriven {
        /// The run.
        run: DagRunId,
        /// The process, as far as it is known.
        holder: String,
    },
    /// The journal's writer has ended.
    #[error("The journal is closed.")]
    Closed,
    /// Anything else that the system or the database refuses.
    #[error("{} failed: {reason}.", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// The system's message.
        reason: String,
    },
}

impl StoreError {
    /// What to do next, in one sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Damaged { .. } => {
                "Nothing was changed in it. Put a backup in its place; `downbeat export journal` prints what can still \
                 be read. Move the file and its -wal and -shm neighbours away to begin a new journal; runs that are \
                 still going on must then be followed in Data Fusion."
            }
            Self::TooNew { .. } => "Use the newer Downbeat, or another data directory.",
            Self::Foreign { .. } => "Choose another data directory, or move the file away.",
            Self::NotReadable { .. } => {
                "Give yourself the right to read it, or choose another data directory."
            }
            Self::NotWritable { .. } => "Give yourself write permission, or choose another data directory.",
            Self::Full { .. } => "Free some space.",
            Self::TooManyFiles { .. } => {
                "End what keeps many files open, or start with a higher limit (`ulimit -n`)."
            }
            Self::Busy { .. } => "Wait for the end of the other process, or end it.",
            Self::UnreadableEvent { .. } => {
                "Use the version of Downbeat that wrote it; the run itself goes on in Data Fusion."
            }
            Self::UnknownRun { .. } => "Look at the list of runs for its name.",
            Self::RunExists { .. } => "Start again; the next run gets another name.",
            Self::LeaseHeld { .. } => "Wait for that run, stop it, or give this run another bq_output_table.",
            Self::RunDriven { .. } => "Wait for its end, or end that process first.",
            Self::Closed => "Start Downbeat again and resume the run.",
            Self::Failed { .. } => "Check the disk and the data directory.",
        }
    }

    /// The error as a failure of a run: most stay until somebody acts, and some pass.
    pub fn failure(&self) -> Failure {
        let kind = match self {
            Self::LeaseHeld { .. } | Self::RunDriven { .. } => FailureKind::Held,
            Self::Full { .. } | Self::TooManyFiles { .. } | Self::Busy { .. } | Self::Failed { .. } => {
                FailureKind::Unsent
            }
            _ => FailureKind::Permanent,
        };
        Failure::new(kind, self.to_string()).with_remedy(self.hint())
    }

    /// The error of a write as trouble of this machine that passes, if it is such.
    pub fn trouble(&self) -> Option<Failure> {
        let passes = self.failure().kind == FailureKind::Unsent || matches!(self, Self::NotWritable { .. });
        passes.then(|| waiting(self.failure()))
    }

    /// The error of an open as trouble that a start waits for: that of another program, and a full disk.
    pub fn at_start(&self) -> Option<Failure> {
        matches!(self, Self::Busy { .. } | Self::Full { .. }).then(|| waiting(self.failure()))
    }

    pub(super) fn sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        let reason = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged { path, reason },
            // SQLite does not say that no more files can be opened.
            Some(ErrorCode::CannotOpen) if File::open("/dev/null").is_err() => Self::TooManyFiles { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Self::NotWritable { path, reason }
            }
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            _ => Self::Failed { path, reason },
        }
    }

    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        let path = path.to_path_buf();
        let reason = error.to_string();
        let no_more = [Errno::MFILE, Errno::NFILE].map(|errno| Some(errno.raw_os_error()));
        match error.kind() {
            _ if no_more.contains(&error.raw_os_error()) => Self::TooManyFiles { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::AlreadyExists => Self::NotWritable { path, reason },
            _ => Self::Failed { path, reason },
        }
    }
}

/// What is said while such a failure is waited for.
pub fn waiting(failure: Failure) -> Failure {
    // First, because a narrow screen cuts the end of what lasts; the cause is the failure's own.
    let reason = format!("Nothing goes on for now. {}", failure.reason);
    let remedies = failure.remedies;
    Failure::new(failure.kind, reason)
        .with_remedies(remedies.into_iter().chain(["It then goes on by itself.".into()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::remedy::Remedy;
    use rusqlite::Connection;

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE t(x BLOB); PRAGMA max_page_count = 10;")
            .unwrap();
        let error = connection
            .execute("INSERT INTO t VALUES (zeroblob(1000000))", [])
            .unwrap_err();
        let path = PathBuf::from("downbeat.db");
        assert_eq!(StoreError::sqlite(&path, &error), StoreError::Full { path });
    }

    #[test]
    fn what_is_waited_for_is_told_by_its_cause() {
        let path = || PathBuf::from("downbeat.db");
        let io = |errno: Errno| StoreError::io(&path(), &errno.into());
        for (error, cause, remedy) in [
            (
                StoreError::Busy { path: path() },
                "is locked by another process",
                "the other process",
            ),
            (io(Errno::NOSPC), "The disk is full", "Free some space"),
            (io(Errno::ROFS), "cannot be written", "write permission"),
            (io(Errno::MFILE), "too many files are open", "ulimit -n"),
            (io(Errno::IO), "failed", "Check the disk"),
        ] {
            let told = error.trouble().unwrap().text(|remedies| format!("{remedies:?}"));
            let begins = format!("Nothing goes on for now. {error} ");
            assert!(
                told.starts_with(&begins) && told.contains(cause) && told.contains(remedy),
                "{told}"
            );
            assert!(told.contains("It then goes on by itself."), "{told}");
            assert_eq!(
                told.contains("disk"),
                matches!(error, StoreError::Full { .. } | StoreError::Failed { .. })
            );
        }
    }

    #[test]
    fn a_read_only_database_is_told_from_other_failures() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("PRAGMA query_only = 1;").unwrap();
        let error = connection.execute("CREATE TABLE t(x)", []).unwrap_err();
        let error = StoreError::sqlite(Path::new("downbeat.db"), &error);
        assert!(matches!(error, StoreError::NotWritable { .. }), "{error:?}");
        let remedy = Remedy::from(error.hint());
        assert_eq!(error.failure().remedies, [remedy]);
        assert!(error.hint().contains("write permission"));
    }
}
