//! What is added to the log of a try, read piece by piece while another process may write it.

use super::LogFolder;
use crate::store::error::StoreError;
use domain::id::{DagRunId, TaskId};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// How much is read at a time, in bytes.
const PIECE: u64 = 1 << 20;

/// Reads the log of one try from its beginning on.
#[derive(Debug)]
pub struct LogTail {
    path: PathBuf,
    at: u64,
    /// The beginning of a row whose end was not written yet.
    half: Vec<u8>,
}

impl LogTail {
    /// The log of a try, which need not be there yet.
    pub fn new(logs: &LogFolder, run: &DagRunId, task: &TaskId, number: u32) -> Self {
        Self {
            path: logs.path(run, task, number),
            at: 0,
            half: Vec::new(),
        }
    }

    /// The next whole rows, each with its line feed; empty if there is nothing new. Blocks for as long as the disk does.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn more(&mut self) -> Result<String, StoreError> {
        loop {
            let read = piece(&self.path, self.at).map_err(|error| StoreError::io(&self.path, &error))?;
            if read.is_empty() {
                return Ok(String::new());
            }
            self.at += read.len() as u64;
            self.half.extend(read);
            if let Some(end) = self.half.iter().rposition(|byte| *byte == b'\n') {
                let rest = self.half.split_off(end + 1);
                let rows = std::mem::replace(&mut self.half, rest);
                return Ok(String::from_utf8_lossy(&rows).into_owned());
            }
        }
    }

    /// A row at the end that has no line feed: the process that wrote it was killed.
    pub fn half_row(&mut self) -> Option<String> {
        let half = std::mem::take(&mut self.half);
        (!half.is_empty()).then(|| String::from_utf8_lossy(&half).into_owned())
    }
}

/// A log that is not there is empty.
fn piece(path: &Path, at: u64) -> io::Result<Vec<u8>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened?,
    };
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.take(PIECE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;
    use std::io::Write;

    #[test]
    fn whole_rows_come_once_each_and_half_ones_when_they_are_whole() {
        let folder = tempfile::tempdir().unwrap();
        let logs = LogFolder::new(folder.path());
        let (run, task) = (DagRunId::from("r"), TaskId::from("t"));
        let mut tail = LogTail::new(&logs, &run, &task, 1);
        assert_eq!(tail.more().unwrap(), "", "no file is no error");
        let path = logs.path(&run, &task, 1);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = OpenOptions::new().append(true).create(true).open(&path).unwrap();
        file.write_all("one\ntwö".as_bytes()).unwrap();
        assert_eq!(tail.more().unwrap(), "one\n");
        assert_eq!(tail.more().unwrap(), "");
        file.write_all(b"\nthree\nfo").unwrap();
        assert_eq!(tail.more().unwrap(), "twö\nthree\n");
        assert_eq!(
            (tail.more().unwrap().as_str(), tail.half_row().as_deref()),
            ("", Some("fo"))
        );
        let long = vec![b'x'; 3 << 20];
        file.write_all(&long).unwrap();
        file.write_all(b"\n").unwrap();
        assert_eq!(tail.more().unwrap().len(), long.len() + 1);
    }
}
