//! Cloud Storage as a folder: `gs://BUCKET/a/b` is the file `ROOT/BUCKET/a/b`.
//!
//! It never leaves its folder, whatever the name says. Written by the sink in `plugin/gcs.rs`.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Buckets in a folder.
#[derive(Clone, Debug)]
pub struct Bucket {
    root: PathBuf,
}

impl Bucket {
    /// Uses a folder, made if it is missing (0700).
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(root: &Path) -> io::Result<Self> {
        folder(root)?;
        Ok(Self { root: root.into() })
    }

    /// Whether anything lies under a `gs://BUCKET/path`.
    pub fn holds(&self, url: &str) -> io::Result<bool> {
        Ok(self.place(url)?.exists())
    }

    /// Writes one object, whole or not at all (0600).
    pub fn write(&self, url: &str, content: &[u8]) -> io::Result<()> {
        let place = self.place(url)?;
        let parent = place.parent().unwrap_or(&self.root);
        folder(parent)?;
        // Under another name first, so that a reader never sees half a file.
        let draft = parent.join(format!(".{}", uuid::Uuid::new_v4()));
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&draft)?;
        let written = file.write_all(content).and_then(|()| fs::rename(&draft, &place));
        if written.is_err() {
            drop(fs::remove_file(&draft));
        }
        written
    }

    /// The content of one object.
    pub fn read(&self, url: &str) -> io::Result<Vec<u8>> {
        fs::read(self.place(url)?)
    }

    /// The names of the objects directly under a path, sorted.
    pub fn list(&self, url: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.place(url)?)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    fn place(&self, url: &str) -> io::Result<PathBuf> {
        let refuse = || {
            let text = format!("Invalid path '{url}'. It must be gs://BUCKET/path.");
            io::Error::new(io::ErrorKind::InvalidInput, text)
        };
        let path = url.strip_prefix("gs://").ok_or_else(refuse)?;
        let mut place = self.root.clone();
        for part in path.trim_end_matches('/').split('/') {
            if part.is_empty() || part.starts_with('.') || part.contains(['\\', '\0']) {
                return Err(refuse());
            }
            place.push(part);
        }
        Ok(place)
    }
}

fn folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_is_written_is_read_listed_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let bucket = Bucket::open(&dir.path().join("b")).unwrap();
        assert!(!bucket.holds("gs://x/a/b").unwrap());
        bucket.write("gs://x/a/b/part", b"one").unwrap();
        bucket.write("gs://x/a/b/part", b"two").unwrap();
        assert_eq!(bucket.read("gs://x/a/b/part").unwrap(), b"two");
        assert_eq!(bucket.list("gs://x/a/b").unwrap(), ["part"]);
        assert!(bucket.holds("gs://x/a/b").unwrap());
        let file = dir.path().join("b/x/a/b/part");
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let bucket = Bucket::open(dir.path()).unwrap();
        for url in [
            "gs://../x",
            "gs://x/../../y",
            "gs://x//y",
            "/etc/passwd",
            "gs://",
            "gs://x/\0",
        ] {
            assert!(bucket.write(url, b"").is_err(), "{url}");
        }
    }
}
