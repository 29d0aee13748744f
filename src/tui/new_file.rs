//! A file that a person asks for: only its owner may read it, nothing is ever written over, and of one that could not be
//! written whole nothing is left.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Why there is no new file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewFileError {
    /// There is something of this name.
    Exists,
    /// The reason, as sentences with the path.
    Other(String),
}

/// Makes a new file of what `write` writes, on the disk when this returns.
///
/// # Errors
/// It exists, cannot be made, or cannot be written; `write` says why not in a sentence.
pub fn write<T>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<T, String>,
) -> Result<T, NewFileError> {
    let place = path.display();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => NewFileError::Exists,
        _ => NewFileError::Other(format!("{place} cannot be made: {error}.")),
    })?;
    let mut file = BufWriter::new(file);
    let written = write(&mut file).and_then(|written| {
        let synced = file.flush().and_then(|()| file.get_ref().sync_all());
        let why = |error| format!("{place} cannot be written: {error}.");
        synced.map_err(why).map(|()| written)
    });
    written.map_err(|why| {
        let rest = match std::fs::remove_file(path) {
            Ok(()) => format!("What was written of {place} is removed."),
            Err(error) => format!("What was written of {place} cannot be removed: {error}."),
        };
        NewFileError::Other(format!("{why} {rest}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_not_there_and_no_other_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let full = write(&path, |file| {
            file.write_all(&b"x".repeat(100_000)).unwrap();
            Err::<(), _>("No space left on device.".to_owned())
        });
        let Err(NewFileError::Other(why)) = full else {
            panic!("{full:?}")
        };
        assert!(
            why.starts_with("No space left on device. What was written of "),
            "{why}"
        );
        assert!(!path.exists(), "half a file tells a lie");
        let text = |words: &'static str| {
            write(&path, move |file| {
                file.write_all(words.as_bytes())
                    .map_err(|error| error.to_string())
            })
        };
        assert_eq!(text("whole"), Ok(()));
        assert_eq!(text("another"), Err(NewFileError::Exists));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        let nowhere = write(&folder.path().join("no/a.log"), |_| Ok(()));
        assert!(
            matches!(nowhere, Err(NewFileError::Other(why)) if why.contains("no/a.log cannot be made: No such"))
        );
    }
}
