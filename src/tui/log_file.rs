//! Reads windows of a try's log file. It remembers where every 64th line begins, so that neither a jump
//! into the middle nor growth of the file means reading it from the start.

use super::model::logs::{LogSpan, LogWindow};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Lines between two remembered places.
const STRIDE: usize = 64;
/// Bytes counted at once; keys are answered between two such pieces.
const PIECE: u64 = 4 << 20;
/// The longest part of a line that is shown; the writer cuts lines before that.
const LONGEST: u64 = 256 << 10;

/// One log file with what is known of it.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    /// Where the lines 0, 64, 128 … begin.
    marks: Vec<u64>,
    lines: usize,
    /// How far the file was counted: always the beginning of a line.
    counted: u64,
}

/// What was read, and whether the file goes on beyond what was counted.
pub type Reading = (LogWindow, bool);

impl LogFile {
    /// A file that was not read yet; it need not exist.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            marks: vec![0],
            lines: 0,
            counted: 0,
        }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Counts what is new, then reads these lines. A file that is not there has no lines.
    pub fn read(&mut self, span: LogSpan) -> io::Result<Reading> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *self = Self::new(self.path.clone());
                return Ok((LogWindow::default(), false));
            }
            Err(error) => return Err(error),
        };
        let has_more = self.count(&mut file)?;
        let (first, number) = match span {
            LogSpan::Last(number) => (self.lines.saturating_sub(number), number),
            LogSpan::From(first, number) => (first.min(self.lines), number),
        };
        let rows = self.rows(&mut file, first, number.min(self.lines - first))?;
        let window = LogWindow {
            first,
            rows,
            total: self.lines,
        };
        Ok((window, has_more))
    }

    /// Counts the next piece of whole lines; whether there is more.
    fn count(&mut self, file: &mut File) -> io::Result<bool> {
        let length = file.metadata()?.len();
        if length < self.counted {
            *self = Self::new(self.path.clone());
        }
        file.seek(SeekFrom::Start(self.counted))?;
        let mut piece = BufReader::new(file.take(PIECE));
        let mut place = self.counted;
        loop {
            let bytes = piece.fill_buf()?;
            if bytes.is_empty() {
                break;
            }
            for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
                self.lines += 1;
                self.counted = place + at as u64 + 1;
                if self.lines.is_multiple_of(STRIDE) {
                    self.marks.push(self.counted);
                }
            }
            let used = bytes.len();
            place += used as u64;
            piece.consume(used);
        }
        Ok(place < length)
    }

    fn rows(&self, file: &mut File, first: usize, number: usize) -> io::Result<Vec<String>> {
        let mark = first / STRIDE;
        file.seek(SeekFrom::Start(self.marks.get(mark).copied().unwrap_or(0)))?;
        let mut lines = BufReader::new(file);
        let mut rows = Vec::with_capacity(number);
        for place in mark * STRIDE..first + number {
            let row = next_line(&mut lines)?;
            if place >= first {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}

/// The next line without its end; what goes beyond [`LONGEST`] is skipped.
fn next_line(lines: &mut BufReader<&mut File>) -> io::Result<String> {
    let mut bytes = Vec::new();
    lines.by_ref().take(LONGEST).read_until(b'\n', &mut bytes)?;
    if bytes.pop_if(|byte| *byte == b'\n').is_none() && bytes.len() as u64 == LONGEST {
        lines.skip_until(b'\n')?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(lines: usize) -> (tempfile::TempDir, LogFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1.log");
        let mut text = File::create(&path).unwrap();
        for line in 0..lines {
            writeln!(text, "line {line}").unwrap();
        }
        (folder, LogFile::new(path))
    }

    #[test]
    fn windows_hold_exactly_what_was_asked_for() {
        let (_folder, mut log) = file(1000);
        for (span, first, last) in [
            (LogSpan::Last(3), "line 997", "line 999"),
            (LogSpan::From(0, 2), "line 0", "line 1"),
            (LogSpan::From(63, 3), "line 63", "line 65"),
            (LogSpan::From(998, 50), "line 998", "line 999"),
        ] {
            let (window, has_more) = log.read(span).unwrap();
            assert_eq!(window.rows.first().unwrap(), first, "{span:?}");
            assert_eq!(window.rows.last().unwrap(), last, "{span:?}");
            assert_eq!((window.total, has_more), (1000, false));
        }
    }

    #[test]
    fn a_growing_file_is_counted_on_and_half_a_line_waits() {
        let (_folder, mut log) = file(2);
        let grow = |text: &str| {
            let mut file = std::fs::OpenOptions::new().append(true).open(log.path()).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        };
        grow("half");
        let total = |log: &mut LogFile| log.read(LogSpan::Last(1)).unwrap().0;
        let path = log.path().to_owned();
        assert_eq!(total(&mut log).total, 2);
        std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(b" a line\n")
            .unwrap();
        let window = total(&mut log);
        assert_eq!((window.total, window.rows), (3, vec!["half a line".to_owned()]));
        std::fs::write(&path, "anew\n").unwrap();
        assert_eq!(total(&mut log).rows, ["anew"]);
    }

    #[test]
    fn what_is_not_there_or_not_text_is_no_error() {
        let mut log = LogFile::new("/nowhere/at/all.log".into());
        assert_eq!(log.read(LogSpan::Last(5)).unwrap().0, LogWindow::default());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1.log");
        std::fs::write(
            &path,
            [&[0xff, 0xfe, b'\n'][..], &vec![b'x'; 400_000], b"\nend\n"].concat(),
        )
        .unwrap();
        let (window, _) = LogFile::new(path).read(LogSpan::From(0, 9)).unwrap();
        assert_eq!(window.rows.len(), 3);
        assert_eq!(window.rows[2], "end");
        assert_eq!(window.rows[1].len() as u64, LONGEST);
    }
}
