//! The logs of the tries: `logs/RUN/TASK/TRY.log`, one file for each try, appended to and never
//! rewritten. The form of a line is `domain/log.rs`' business.
//!
//! Must never split a line over two writes, and never show half of one.

use super::error::StoreError;
use super::owner_only;
use domain::id::{DagRunId, TaskId};
use domain::log::LogLine;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The folder of all logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFolder {
    root: PathBuf,
}

/// The log of one try. Holds no open file, so that many tries cost nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TryLog {
    path: PathBuf,
}

/// Whole rows out of a log, and where to read on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSlice {
    /// The rows with their line feeds; a log line may have several rows.
    pub text: String,
    /// Bytes from the file's beginning to the first one that was not read.
    pub next: u64,
}

impl LogFolder {
    /// The logs in a data directory; nothing is created yet.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            root: data_dir.join("logs"),
        }
    }

    /// Where the log of a try lies; tries count from 1.
    pub fn path(&self, run: &DagRunId, task: &TaskId, number: u32) -> PathBuf {
        self.root
            .join(owner_only::file_name(run.as_str()))
            .join(owner_only::file_name(task.as_str()))
            .join(format!("{number}.log"))
    }

    /// The log of a try.
    pub fn of_try(&self, run: &DagRunId, task: &TaskId, number: u32) -> TryLog {
        TryLog {
            path: self.path(run, task, number),
        }
    }
}

impl TryLog {
    /// The file; it exists once something was logged.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds lines in one write. Blocks for as long as the disk does.
    pub fn append(&self, lines: &[LogLine]) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut text = String::with_capacity(lines.len() * 120);
        for line in lines {
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{line}");
        }
        self.write(&text)
            .map_err(|error| StoreError::io(&self.path, &error))
    }

    fn write(&self, text: &str) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            owner_only::create_folder(folder)?;
        }
        let mut file = owner_only::open_file(&self.path, OpenOptions::new().append(true))?;
        if ends_in_the_middle(&mut file)? {
            file.write_all(format!("\n{text}").as_bytes())
        } else {
            file.write_all(text.as_bytes())
        }
    }

    /// The whole rows from a byte on, at most about `most` bytes of them (at least one row); nothing
    /// if the log does not exist. Blocks for as long as the disk does.
    pub fn read(&self, from: u64, most: u64) -> Result<LogSlice, StoreError> {
        match File::open(&self.path) {
            Ok(file) => slice(file, from, most),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(LogSlice {
                text: String::new(),
                next: from,
            }),
            Err(error) => Err(error),
        }
        .map_err(|error| StoreError::io(&self.path, &error))
    }
}

/// Whether a process was killed within a line.
fn ends_in_the_middle(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 || !file.metadata()?.is_file() {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

fn slice(file: File, from: u64, most: u64) -> io::Result<LogSlice> {
    let mut reader = io::BufReader::new(file);
    reader.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    reader.by_ref().take(most).read_to_end(&mut bytes)?;
    if !bytes.contains(&b'\n') {
        io::BufRead::read_until(&mut reader, b'\n', &mut bytes)?;
    }
    let whole = bytes
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |at| at + 1);
    bytes.truncate(whole);
    Ok(LogSlice {
        text: String::from_utf8_lossy(&bytes).into_owned(),
        next: from + whole as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::log::Level;
    use domain::time::Timestamp;

    fn line(message: &str) -> LogLine {
        LogLine::new(Timestamp::from_seconds(1), Level::Info, "Read", message)
    }

    fn log(dir: &Path) -> TryLog {
        LogFolder::new(dir).of_try(&"a/b".into(), &"..".into(), 2)
    }

    #[test]
    fn what_is_appended_is_read_on_from_where_one_was() {
        let dir = tempfile::tempdir().unwrap();
        let log = log(dir.path());
        assert_eq!(log.read(0, 100).unwrap(), LogSlice::default());
        log.append(&[line("one\nmore"), line("two")]).unwrap();
        let first = log.read(0, 10).unwrap();
        assert_eq!(first.text, "1970-01-01T00:00:01.000Z INFO  Read | one\n");
        let rest = log.read(first.next, 10_000).unwrap();
        assert_eq!(rest.text, "    more\n1970-01-01T00:00:01.000Z INFO  Read | two\n");
        log.append(&[line("three")]).unwrap();
        assert!(log.read(rest.next, 10_000).unwrap().text.ends_with("| three\n"));
        assert!(log.path().ends_with("logs/a%2Fb/%%2E%2E/2.log"));
    }

    #[test]
    fn half_a_line_is_not_shown_and_not_continued() {
        let dir = tempfile::tempdir().unwrap();
        let log = log(dir.path());
        log.append(&[line("one")]).unwrap();
        let whole = log.read(0, 1000).unwrap();
        let mut file = OpenOptions::new().append(true).open(log.path()).unwrap();
        file.write_all(b"1970-01-01T00:0").unwrap();
        assert_eq!(log.read(0, 1000).unwrap(), whole);
        log.append(&[line("two")]).unwrap();
        let text = log.read(whole.next, 1000).unwrap().text;
        assert_eq!(
            text,
            "1970-01-01T00:0\n1970-01-01T00:00:01.000Z INFO  Read | two\n"
        );
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let log = log(dir.path());
        log.append(&[line("one")]).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(log.path()), 0o600);
        for folder in log.path().ancestors().skip(1).take(3) {
            assert_eq!(mode(folder), 0o700, "{}", folder.display());
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let log = log(dir.path());
        std::fs::create_dir_all(log.path().parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/dev/full", log.path()).unwrap();
        let error = log.append(&[line("one")]).unwrap_err();
        assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    }
}
