//! The edits that are kept for a profile: presets, and what was not saved when the program ended.
//!
//! The file is replaced as a whole or not at all. It holds no secrets: those are left out before
//! ([`domain::draft::ArgumentEdit::between`]).

use super::owner_only::{create_folder, open_file, replace};
use domain::draft::{KeptChange, KeptEdits};
use domain::failure::Failure;
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

/// The file of one profile.
#[derive(Clone, Debug)]
pub struct EditsFile {
    path: PathBuf,
}

impl EditsFile {
    /// The file below the data directory. A profile's name is a word that any file system takes.
    pub fn new(data: &Path, profile: &str) -> Self {
        let path = data.join("edits").join(format!("{profile}.json"));
        Self { path }
    }

    /// What is kept; nothing if there is no file yet.
    ///
    /// # Errors
    /// A file that cannot be read, or holds something else. It is left as it is.
    pub fn read(&self) -> Result<KeptEdits, Failure> {
        match std::fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| self.failure("read", &error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(KeptEdits::default()),
            Err(error) => Err(self.failure("read", &error)),
        }
    }

    /// Makes a change in what is kept by now, which another terminal may have changed. Returns all that is kept.
    ///
    /// # Errors
    /// A file that cannot be read or written; it is left as it is.
    pub fn change(&self, change: &KeptChange) -> Result<KeptEdits, Failure> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        create_folder(folder).map_err(|error| self.failure("write", &error))?;
        let lock = self.path.with_extension("lock");
        let lock = open_file(&lock, OpenOptions::new().write(true)).and_then(|file| {
            file.lock()?;
            Ok(file)
        });
        let _lock = lock.map_err(|error| self.failure("lock", &error))?;
        let mut kept = self.read()?;
        kept.apply(change);
        self.write(&kept).map_err(|error| self.failure("write", &error))?;
        Ok(kept)
    }

    fn write(&self, kept: &KeptEdits) -> io::Result<()> {
        replace(&self.path, &serde_json::to_vec_pretty(kept)?)
    }

    /// The message of the system, or of the parser, which repeats no value.
    fn failure(&self, what: &str, error: &dyn std::error::Error) -> Failure {
        let path = self.path.display();
        Failure::permanent(format!(
            "The kept edits cannot be {}: {path}: {error}.",
            done(what)
        ))
        .with_remedy(
            "Check the disk and the rights of the file; without it only presets and kept edits are missing.",
        )
    }
}

fn done(what: &str) -> &str {
    match what {
        "write" => "written",
        "lock" => "locked",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::arguments::RuntimeArguments;
    use domain::draft::ArgumentEdit;

    fn preset(value: &str) -> ArgumentEdit {
        ArgumentEdit {
            set: RuntimeArguments::from_iter([("note", value)]),
            ..ArgumentEdit::default()
        }
    }

    #[test]
    fn presets_of_two_terminals_are_both_kept_for_their_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (
            EditsFile::new(folder.path(), "prod"),
            EditsFile::new(folder.path(), "prod"),
        );
        assert_eq!(one.read().unwrap(), KeptEdits::default());
        one.change(&KeptChange::Save("a".into(), preset("1\r\n\t2")))
            .unwrap();
        let all = other.change(&KeptChange::Save("b".into(), preset("3"))).unwrap();
        assert_eq!(all.presets.len(), 2);
        assert_eq!(one.read().unwrap().presets["a"], preset("1\r\n\t2"));
        other.change(&KeptChange::Forget("a".into())).unwrap();
        assert_eq!(one.read().unwrap().presets.len(), 1);
        assert!(
            EditsFile::new(folder.path(), "dev")
                .read()
                .unwrap()
                .presets
                .is_empty()
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&one.path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_broken_file_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = EditsFile::new(folder.path(), "prod");
        file.change(&KeptChange::Draft(None)).unwrap();
        std::fs::write(&file.path, "{\"presets\": hunter2").unwrap();
        let failure = file.change(&KeptChange::Forget("a".into())).unwrap_err();
        assert!(!failure.reason.contains("hunter2"), "{}", failure.reason);
        assert_eq!(
            std::fs::read_to_string(&file.path).unwrap(),
            "{\"presets\": hunter2"
        );
    }
}
