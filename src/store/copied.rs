//! Texts that the clipboard cannot take, in files of the owner alone. They are never written over.

use super::error::StoreError;
use super::owner_only;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes a text into a new file of this folder, whose name begins with `name`.
///
/// # Errors
/// The disk does not take it; a part of it may be left.
pub fn keep(folder: &Path, name: &str, text: &str) -> Result<PathBuf, StoreError> {
    owner_only::create_folder(folder).map_err(|error| StoreError::io(folder, &error))?;
    for number in 0_u32.. {
        let name = match number {
            0 => format!("{name}.txt"),
            number => format!("{name}-{number}.txt"),
        };
        let path = folder.join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let written =
            owner_only::open_file(&path, &mut options).and_then(|mut file| file.write_all(text.as_bytes()));
        match written {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(StoreError::io(&path, &error)),
            Ok(()) => return Ok(path),
        }
    }
    let full = io::Error::from(io::ErrorKind::AlreadyExists);
    Err(StoreError::io(folder, &full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_has_a_file_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("copied");
        let first = keep(&folder, "2026-11-23", "one").unwrap();
        let second = keep(&folder, "2026-11-23", "two").unwrap();
        assert_ne!(first, second);
        assert_eq!(std::fs::read_to_string(first).unwrap(), "one");
        assert_eq!(std::fs::read_to_string(&second).unwrap(), "two");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&second), mode(&folder)), (0o600, 0o700));
        }
    }
}
