//! Reads rows of a try's log file. It remembers where every 64th row begins (8 bytes for 64 rows), so that neither a jump
//! into the middle nor growth of the file means reading it from the start.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::PathBuf;

/// Rows between two remembered places.
const STRIDE: usize = 64;
/// Bytes looked at at once; keys are answered between two such pieces.
const PIECE: u64 = 1 << 20;
/// The longest part of a row that is shown; the writer cuts lines before that.
const LONGEST: u64 = 256 << 10;

/// One log file with what is known of it.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    /// Where the rows 0, 64, 128 … begin.
    marks: Vec<u64>,
    rows: usize,
    /// How far the file was looked at: always the beginning of a row.
    seen: u64,
}

/// How far a file was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// To its end.
    All,
    /// It goes on.
    Some,
    /// It is shorter than before: it is another one now.
    Replaced,
}

impl LogFile {
    /// A file that was not read yet; it need not exist.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            marks: vec![0],
            rows: 0,
            seen: 0,
        }
    }

    /// How many rows it has, as far as it was looked at.
    pub fn row_count(&self) -> usize {
        self.rows
    }

    /// Gives away the next piece of whole rows, each with its index. A file that is not there has none.
    pub fn scan(&mut self, mut each: impl FnMut(usize, &str)) -> io::Result<Scanned> {
        let length = match std::fs::metadata(&self.path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(self.named(error)),
        };
        match length {
            length if length < self.seen => return Ok(Scanned::Replaced),
            length if length == self.seen => return Ok(Scanned::All),
            _ => {}
        }
        let mut lines = self.open(self.seen)?;
        let (start, mut line) = (self.seen, Vec::new());
        while self.seen < start + PIECE {
            line.clear();
            let read = lines
                .read_until(b'\n', &mut line)
                .map_err(|error| self.named(error))?;
            if line.pop_if(|byte| *byte == b'\n').is_none() {
                return Ok(Scanned::All);
            }
            each(self.rows, &String::from_utf8_lossy(&line));
            self.rows += 1;
            self.seen += read as u64;
            if self.rows.is_multiple_of(STRIDE) {
                self.marks.push(self.seen);
            }
        }
        Ok(Scanned::Some)
    }

    /// How many bytes were looked at.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Reads these rows, which were looked at before.
    pub fn read(&self, first: usize, number: usize) -> io::Result<Vec<String>> {
        self.reading().read(first, number)
    }

    /// Reads rows at several places, each behind the one before, with the file opened once.
    pub fn reading(&self) -> RowReading<'_> {
        RowReading {
            file: self,
            lines: None,
            at: 0,
        }
    }

    fn open(&self, from: u64) -> io::Result<BufReader<File>> {
        let opened = File::open(&self.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(from))?;
            Ok(BufReader::new(file))
        });
        opened.map_err(|error| self.named(error))
    }

    fn named(&self, error: io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
    }
}

/// A file that is being read from row to row.
#[derive(Debug)]
pub struct RowReading<'a> {
    file: &'a LogFile,
    lines: Option<BufReader<File>>,
    /// The row that comes next.
    at: usize,
}

impl RowReading<'_> {
    /// The next rows, from this one on.
    pub fn read(&mut self, first: usize, number: usize) -> io::Result<Vec<String>> {
        let mark = first / STRIDE;
        let is_near = self.at <= first && mark * STRIDE <= self.at;
        let mut lines = if let Some(lines) = self.lines.take().filter(|_| is_near) {
            lines
        } else {
            self.at = mark * STRIDE;
            self.file.open(self.file.marks.get(mark).copied().unwrap_or(0))?
        };
        let named = |error| self.file.named(error);
        for _ in self.at..first {
            lines.skip_until(b'\n').map_err(named)?;
        }
        let rows = (0..number).map(|_| next_line(&mut lines).map_err(named));
        let rows = rows.collect::<io::Result<Vec<_>>>()?;
        (self.lines, self.at) = (Some(lines), first + number);
        Ok(rows)
    }
}

/// The next row without its end; what goes beyond [`LONGEST`] is skipped.
fn next_line(lines: &mut BufReader<File>) -> io::Result<String> {
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

    fn scanned(log: &mut LogFile) -> (Scanned, usize) {
        let state = log.scan(|_, _| {}).unwrap();
        (state, log.row_count())
    }

    #[test]
    fn rows_are_exactly_those_that_were_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1.log");
        let rows: Vec<_> = (0..1000).map(|row| format!("line {row}")).collect();
        std::fs::write(&path, rows.join("\n") + "\n").unwrap();
        let mut log = LogFile::new(path);
        assert_eq!(scanned(&mut log), (Scanned::All, 1000));
        for (first, number) in [(0, 2), (63, 3), (998, 2), (64, 1)] {
            let rows = log.read(first, number).unwrap();
            let expected: Vec<_> = (first..first + number).map(|row| format!("line {row}")).collect();
            assert_eq!(rows, expected);
        }
        let mut reading = log.reading();
        for first in [3, 5, 200, 201, 63, 999] {
            assert_eq!(reading.read(first, 1).unwrap(), [format!("line {first}")]);
        }
    }

    #[test]
    fn a_growing_file_is_looked_at_from_where_it_ended_and_half_a_row_waits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1.log");
        std::fs::write(&path, "one\nhalf").unwrap();
        let mut log = LogFile::new(path.clone());
        assert_eq!(scanned(&mut log), (Scanned::All, 1));
        std::fs::write(&path, "one\nhalf a line\n").unwrap();
        let mut rows = Vec::new();
        log.scan(|row, text| rows.push((row, text.to_owned()))).unwrap();
        assert_eq!(rows, [(1, "half a line".to_owned())]);
        std::fs::write(&path, "anew\n").unwrap();
        assert_eq!(scanned(&mut log).0, Scanned::Replaced);
    }

    #[test]
    fn a_large_file_is_looked_at_in_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1.log");
        std::fs::write(&path, ("x".repeat(1023) + "\n").repeat(3000)).unwrap();
        let mut log = LogFile::new(path);
        assert_eq!(scanned(&mut log).0, Scanned::Some);
        assert_eq!(scanned(&mut log).0, Scanned::Some);
        assert_eq!(scanned(&mut log), (Scanned::All, 3000));
    }

    #[test]
    fn what_is_not_there_or_not_text_is_no_error() {
        assert_eq!(
            scanned(&mut LogFile::new("/nowhere/at/all.log".into())),
            (Scanned::All, 0)
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1.log");
        let text = [&[0xff, 0xfe, b'\n'][..], &vec![b'x'; 400_000], b"\nend\n"].concat();
        std::fs::write(&path, text).unwrap();
        let mut log = LogFile::new(path);
        assert_eq!(scanned(&mut log), (Scanned::All, 3));
        let rows = log.read(0, 3).unwrap();
        assert_eq!((rows[1].len() as u64, rows[2].as_str()), (LONGEST, "end"));
    }
}
