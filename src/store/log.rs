//! The logs of the tries: `logs/RUN/TASK/TRY.log`, one file for each try, appended to and never
//! rewritten. [`domain::log`] gives the form of a line; the screen reads windows of the files itself.
//!
//! Must never split a line over two writes.

mod tail;

pub use tail::LogTail;

use super::error::StoreError;
use super::file_name::file_name;
use super::owner_only;
use domain::id::{DagRunId, TaskId};
use domain::log::LogLine;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The folder of all logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFolder {
    root: PathBuf,
}

impl LogFolder {
    /// The logs in a data directory; nothing is created yet.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            root: data_dir.join("logs"),
        }
    }

    /// The file of a try's log; it exists once something was logged. Tries count from 1.
    pub fn path(&self, run: &DagRunId, task: &TaskId, number: u32) -> PathBuf {
        self.root
            .join(file_name(run.as_str()))
            .join(file_name(task.as_str()))
            .join(format!("{number}.log"))
    }

    /// Adds lines to the log of a try, in one write. Blocks for as long as the disk does.
    ///
    /// # Errors
    /// None of the lines were written, as far as the disk can take back the first ones.
    pub fn append(
        &self,
        run: &DagRunId,
        task: &TaskId,
        number: u32,
        lines: &[LogLine],
    ) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut text = String::with_capacity(lines.len() * 120);
        for line in lines {
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{line}");
        }
        let path = self.path(run, task, number);
        write(&path, &text).map_err(|error| StoreError::io(&path, &error))
    }

    /// Removes the logs of a run for good; it is no error if there are none.
    ///
    /// # Errors
    /// Some of them may be gone.
    pub fn remove(&self, run: &DagRunId) -> Result<(), StoreError> {
        let folder = self.root.join(file_name(run.as_str()));
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io(&folder, &error)),
            _ => Ok(()),
        }
    }

    /// Gives away each line of the log of a try, with its continuations, in the form of [`LogLine`]. A log that
    /// is not there has none. Blocks for as long as the disk does.
    ///
    /// # Errors
    /// The file cannot be read to its end.
    pub fn read(
        &self,
        run: &DagRunId,
        task: &TaskId,
        number: u32,
        mut each: impl FnMut(&str),
    ) -> Result<(), StoreError> {
        let path = self.path(run, task, number);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            opened => opened.map_err(|error| StoreError::io(&path, &error))?,
        };
        lines(BufReader::new(file), &mut each).map_err(|error| StoreError::io(&path, &error))
    }
}

/// A row begins a line unless it is indented.
fn lines(mut rows: impl BufRead, each: &mut impl FnMut(&str)) -> io::Result<()> {
    let (mut line, mut row) = (String::new(), Vec::new());
    while rows.read_until(b'\n', &mut row)? > 0 {
        row.pop_if(|byte| *byte == b'\n');
        // A process that was killed while it wrote may have left half a letter.
        let text = String::from_utf8_lossy(&row);
        if text.starts_with("    ") && !line.is_empty() {
            line.push('\n');
        } else if !line.is_empty() {
            each(&line);
            line.clear();
        }
        line.push_str(&text);
        row.clear();
    }
    if !line.is_empty() {
        each(&line);
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        owner_only::create_folder(folder)?;
    }
    let mut file = owner_only::open_file(path, OpenOptions::new().append(true))?;
    let is_within_line = ends_within_line(&mut file)?;
    let length = file.metadata()?.len();
    let start = if is_within_line { "\n" } else { "" };
    let written = file.write_all(format!("{start}{text}").as_bytes());
    if written.is_err() {
        // A part of the lines is worse than none: they are written again. What cannot be cut off is a line more.
        let _ = file.set_len(length);
    }
    written
}

/// Whether the last line has no line feed: a process was killed while it wrote.
fn ends_within_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 || !file.metadata()?.is_file() {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::log::Level;
    use domain::time::Timestamp;

    fn append(dir: &Path, message: &str) -> Result<(), StoreError> {
        let line = LogLine::new(Timestamp::from_seconds(1), Level::Info, "Read", message);
        LogFolder::new(dir).append(&"a/b".into(), &"..".into(), 2, &[line])
    }

    fn path(dir: &Path) -> PathBuf {
        LogFolder::new(dir).path(&"a/b".into(), &"..".into(), 2)
    }

    #[test]
    fn lines_are_added_behind_each_other() {
        let dir = tempfile::tempdir().unwrap();
        append(dir.path(), "one\nmore").unwrap();
        append(dir.path(), "two").unwrap();
        let text = std::fs::read_to_string(path(dir.path())).unwrap();
        assert_eq!(
            text,
            "1970-01-01T00:00:01.000Z INFO  Read | one\n    more\n1970-01-01T00:00:01.000Z INFO  Read | two\n"
        );
        assert!(path(dir.path()).ends_with("logs/a%2Fb/%%2E%2E/2.log"));
    }

    #[test]
    fn half_a_line_is_not_continued() {
        let dir = tempfile::tempdir().unwrap();
        append(dir.path(), "one").unwrap();
        let mut file = OpenOptions::new().append(true).open(path(dir.path())).unwrap();
        file.write_all(b"1970-01-01T00:0").unwrap();
        append(dir.path(), "two").unwrap();
        let text = std::fs::read_to_string(path(dir.path())).unwrap();
        assert!(
            text.ends_with("\n1970-01-01T00:0\n1970-01-01T00:00:01.000Z INFO  Read | two\n"),
            "{text}"
        );
    }

    #[test]
    fn lines_are_read_as_they_were_written() {
        let dir = tempfile::tempdir().unwrap();
        let logs = LogFolder::new(dir.path());
        let read = || {
            let mut lines = Vec::new();
            logs.read(&"a/b".into(), &"..".into(), 2, |line| lines.push(line.to_owned()))
                .unwrap();
            lines
        };
        assert!(read().is_empty());
        append(dir.path(), "one\n\nmore").unwrap();
        append(dir.path(), "two").unwrap();
        let mut file = OpenOptions::new().append(true).open(path(dir.path())).unwrap();
        file.write_all(b"1970-01-01T00:0\n").unwrap();
        file.write_all(b"1970-01-01T00:00:01.000Z INFO  Read | half \xc3")
            .unwrap();
        let stamp = "1970-01-01T00:00:01.000Z INFO  Read |";
        let wanted = [
            format!("{stamp} one\n    \n    more"),
            format!("{stamp} two"),
            "1970-01-01T00:0".to_owned(),
            format!("{stamp} half \u{fffd}"),
        ];
        assert_eq!(read(), wanted);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        append(dir.path(), "one").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let log = path(dir.path());
        assert_eq!(mode(&log), 0o600);
        for folder in log.ancestors().skip(1).take(3) {
            assert_eq!(mode(folder), 0o700, "{}", folder.display());
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let log = path(dir.path());
        std::fs::create_dir_all(log.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/dev/full", &log).unwrap();
        let error = append(dir.path(), "one").unwrap_err();
        assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    }
}
