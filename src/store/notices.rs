//! What the terminal has said, for the next session: one JSON object a line, the oldest first. The newest are kept.
//!
//! It holds no secret: whoever writes has struck them out. A line that cannot be read is left out.

use super::owner_only;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// How many are kept at least; twice as many are there at most when a session begins.
const KEPT: usize = 200;

/// A notice in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastNotice {
    /// When it was shown first.
    pub at: Timestamp,
    /// How grave it is, in a word.
    pub level: String,
    /// What it says.
    pub text: String,
}

/// The file of the notices.
#[derive(Clone, Debug)]
pub struct NoticeFile {
    path: PathBuf,
}

impl NoticeFile {
    /// The file in this folder; it is made with its first notice.
    pub fn new(data: &Path) -> Self {
        Self {
            path: data.join("notices.jsonl"),
        }
    }

    /// The newest notices, the oldest first; the others leave the file.
    pub fn read(&self) -> io::Result<Vec<PastNotice>> {
        let mut file = match OpenOptions::new().read(true).write(true).open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        file.lock()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<_> = text.lines().collect();
        let newest = &lines[lines.len().saturating_sub(KEPT)..];
        if lines.len() > 2 * KEPT {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(format!("{}\n", newest.join("\n")).as_bytes())?;
        }
        Ok(newest
            .iter()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect())
    }

    /// Adds notices.
    pub fn append(&self, notices: &[PastNotice]) -> io::Result<()> {
        let mut file: File = owner_only::open_file(&self.path, OpenOptions::new().append(true))?;
        file.lock()?;
        let mut text = String::new();
        for notice in notices {
            text.push_str(&serde_json::to_string(notice)?);
            text.push('\n');
        }
        file.write_all(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(number: usize) -> PastNotice {
        PastNotice {
            at: Timestamp::from_seconds(1_795_428_000),
            level: "warning".into(),
            text: format!("line\nbreak {number}"),
        }
    }

    #[test]
    fn the_newest_come_back_and_the_file_stays_small() {
        let folder = tempfile::tempdir().unwrap();
        let file = NoticeFile::new(folder.path());
        assert_eq!(file.read().unwrap(), []);
        for number in 0..1_000 {
            file.append(&[notice(number)]).unwrap();
        }
        let read = file.read().unwrap();
        assert_eq!((read.len(), read.last()), (KEPT, Some(&notice(999))));
        let lines = std::fs::read_to_string(&file.path).unwrap().lines().count();
        assert_eq!(lines, KEPT);
        file.append(&[notice(1_000)]).unwrap();
        assert_eq!(file.read().unwrap().last(), Some(&notice(1_000)));
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = NoticeFile::new(folder.path());
        std::fs::write(&file.path, b"{\"at\":1\n\xff\xfe\n\n").unwrap();
        file.append(&[notice(1)]).unwrap();
        assert_eq!(file.read().unwrap(), [notice(1)]);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = NoticeFile::new(folder.path());
        file.append(&[notice(1)]).unwrap();
        let mode = file.path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
