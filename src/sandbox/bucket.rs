//! A local bucket: `gs://BUCKET/path` as files below a folder.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

/// The folder that holds all buckets.
#[derive(Clone, Debug)]
pub struct Buckets {
    folder: PathBuf,
}

impl Buckets {
    /// Buckets below this folder; it is made when something is written.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The folder of a `gs://` path.
    ///
    /// # Errors
    /// A sentence, for a path of another kind or one that leaves its bucket.
    pub fn locate(&self, path: &str) -> Result<PathBuf, String> {
        let inside = path
            .strip_prefix("gs://")
            .ok_or_else(|| format!("Path {path} does not begin with gs://"))?;
        let relative = Path::new(inside);
        let plain = relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if !plain || inside.is_empty() {
            return Err(format!("Path {path} is no object path"));
        }
        Ok(self.folder.join(relative))
    }

    /// Writes a whole object, in one step.
    ///
    /// # Errors
    /// A sentence.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<(), String> {
        let file = self.locate(path)?;
        let folder = file
            .parent()
            .ok_or_else(|| format!("Path {path} is no object path"))?;
        let write = || {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            let pending = folder.join(format!(".{}", uuid::Uuid::new_v4()));
            let mut options = fs::OpenOptions::new();
            options
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&pending)?
                .write_all(bytes)?;
            fs::rename(pending, &file)
        };
        write().map_err(|error| format!("{path}: {error}"))
    }

    /// Reads a whole object.
    ///
    /// # Errors
    /// `NotFound`, or a path that is none.
    pub fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let file = self
            .locate(path)
            .map_err(|text| io::Error::new(io::ErrorKind::NotFound, text))?;
        fs::read(file)
    }

    /// Every object of a bucket below a prefix, by its name, in order; files in the making are none.
    pub fn objects(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let root = self.folder.join(bucket);
        let mut found = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Some(name) = path.strip_prefix(&root).ok().and_then(Path::to_str)
                    && name.starts_with(prefix)
                    && !entry.file_name().to_string_lossy().starts_with('.')
                {
                    found.push(name.to_owned());
                }
            }
        }
        found.sort();
        found
    }

    /// Makes a directory that does not exist yet.
    ///
    /// # Errors
    /// `AlreadyExists` when it does.
    pub fn create_directory(&self, folder: &Path) -> io::Result<()> {
        if folder.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
    }

    /// Opens a new file in a directory.
    pub fn create_file(&self, folder: &Path, name: &str) -> io::Result<impl Write + use<>> {
        let file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(folder.join(name))?;
        Ok(io::BufWriter::new(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_in_its_bucket() {
        let buckets = Buckets::new("/b");
        assert_eq!(buckets.locate("gs://x/cdf/hr").unwrap(), Path::new("/b/x/cdf/hr"));
        for path in ["/x/y", "gs://x/../../etc", "gs://"] {
            assert!(buckets.locate(path).is_err(), "{path}");
        }
    }
}
