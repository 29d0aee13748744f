//! Local buckets: the object store that pipelines, load jobs and the Cloud Storage API share.
//!
//! An object is a file below `FOLDER/BUCKET/`, with the object's name wherever a file can have that name
//! (`bucket/name.rs`). Its generation, content type and checksums are kept in `FOLDER/.metadata/`
//! (`bucket/object_metadata.rs`); a file without them, or changed since, is an object too.
//! `bucket/object.rs` writes objects under conditions, `bucket/bucket_metadata.rs` creates and removes
//! buckets. Writing an object creates its bucket.

mod bucket_metadata;
mod checksum;
mod name;
mod object;
mod object_metadata;

#[cfg(test)]
mod tests;

pub use bucket_metadata::Bucket;
pub use name::{bucket_name_error, object_name_error};
pub use object::{BucketError, Conditions, PendingObject};
pub use object_metadata::{Fields, ObjectMetadata};

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};

/// All buckets, below one folder; clones share the buckets.
#[derive(Clone, Debug)]
pub struct Buckets {
    folder: PathBuf,
    /// Held while a condition is checked and its effect takes place.
    lock: Arc<Mutex<()>>,
    /// The last generation that was assigned.
    generation: Arc<AtomicI64>,
}

/// The bucket and the name of `gs://bucket/name`; the name is empty for `gs://bucket`.
///
/// # Errors
/// A sentence, for a path of another form.
pub fn split_path(path: &str) -> Result<(&str, &str), String> {
    let inside = path
        .strip_prefix("gs://")
        .ok_or_else(|| format!("Path {path} does not begin with gs://"))?;
    let (bucket, name) = inside.split_once('/').unwrap_or((inside, ""));
    // Names with a leading dot are the store's own folders.
    if bucket.is_empty() || bucket.starts_with('.') {
        return Err(format!("Path {path} is not an object path"));
    }
    Ok((bucket, name))
}

impl Buckets {
    /// Buckets below this folder, which is created when an object is written.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            lock: Arc::default(),
            generation: Arc::default(),
        }
    }

    /// Deletes unfinished uploads that a former process has left. No other process may use the folder.
    pub fn remove_pending(&self) {
        // A folder that cannot be deleted does no harm.
        let _ = fs::remove_dir_all(self.folder.join(".pending"));
    }

    /// The local folder of a `gs://` path.
    ///
    /// # Errors
    /// A sentence, for a path of another form or one that leaves its bucket.
    pub fn locate(&self, path: &str) -> Result<PathBuf, String> {
        let (bucket, name) = split_path(path)?;
        let name = name.trim_end_matches('/');
        let plain = Path::new(name)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if !plain {
            return Err(format!("Path {path} is not an object path"));
        }
        let root = self.bucket_folder(bucket);
        Ok(if name.is_empty() {
            root
        } else {
            root.join(name::to_path(name))
        })
    }

    /// Writes an object.
    ///
    /// # Errors
    /// A sentence, for an invalid path or an I/O error.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<(), String> {
        let (bucket, name) = split_path(path)?;
        let write = || {
            let mut pending = self.create_pending()?;
            pending.write_all(bytes)?;
            self.commit(pending, (bucket, name), Fields::new(), &Conditions::default())
        };
        write().map(drop).map_err(|error| format!("{path}: {error}"))
    }

    /// Reads an object.
    ///
    /// # Errors
    /// `NotFound`, also for an invalid path.
    pub fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let missing = |text: String| io::Error::new(io::ErrorKind::NotFound, text);
        let (bucket, name) = split_path(path).map_err(missing)?;
        fs::read(self.file(bucket, name))
    }

    /// Reads an object that has at most so many bytes.
    ///
    /// # Errors
    /// As [`Self::read`], and `FileTooLarge`.
    pub fn read_at_most(&self, path: &str, most: usize) -> io::Result<Vec<u8>> {
        let missing = |text: String| io::Error::new(io::ErrorKind::NotFound, text);
        let (bucket, name) = split_path(path).map_err(missing)?;
        let length = fs::metadata(self.file(bucket, name))?.len();
        if usize::try_from(length).map_or(true, |length| length > most) {
            let text =
                format!("an object of {length} bytes is not supported by the sandbox, which reads {most}");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
        }
        self.read(path)
    }

    /// Deletes an object, and its folders if they become empty.
    ///
    /// # Errors
    /// `NotFound`, also for an invalid path.
    pub(crate) fn delete(&self, path: &str) -> io::Result<()> {
        let (bucket, name) =
            split_path(path).map_err(|text| io::Error::new(io::ErrorKind::NotFound, text))?;
        Ok(self.remove((bucket, name), &Conditions::default())?)
    }

    /// Copies an object with its metadata; an existing object at `to` is replaced.
    ///
    /// # Errors
    /// `NotFound`, also for an invalid path.
    pub(crate) fn copy(&self, from: &str, to: &str) -> io::Result<()> {
        let missing = |text: String| io::Error::new(io::ErrorKind::NotFound, text);
        let (from, to) = (
            split_path(from).map_err(missing)?,
            split_path(to).map_err(missing)?,
        );
        self.copy_object(from, to, None, &Conditions::default())?;
        Ok(())
    }

    /// Copies an object and deletes the original.
    ///
    /// # Errors
    /// `NotFound`, also for an invalid path.
    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.copy(from, to)?;
        if from == to { Ok(()) } else { self.delete(from) }
    }

    fn bucket_folder(&self, bucket: &str) -> PathBuf {
        self.folder.join(name::folder_name(bucket))
    }

    /// The names of a bucket's objects that begin with `prefix`, sorted; unfinished uploads are left out.
    pub fn objects(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let root = self.bucket_folder(bucket);
        let deepest = prefix.rsplit_once('/').map_or("", |(folders, _)| folders);
        let mut found = Vec::new();
        let mut folders = vec![if deepest.is_empty() {
            root.clone()
        } else {
            root.join(name::to_path(deepest))
        }];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if entry.file_name().to_string_lossy().starts_with('.') {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                } else if let Some(name) = path.strip_prefix(&root).ok().and_then(name::from_path)
                    && name.starts_with(prefix)
                {
                    found.push(name);
                }
            }
        }
        found.sort();
        found
    }

    /// The metadata of an object, if it exists.
    ///
    /// # Errors
    /// An I/O error.
    pub fn object(&self, bucket: &str, name: &str) -> io::Result<Option<ObjectMetadata>> {
        let _lock = self.lock();
        self.read_metadata(bucket, name)
    }

    /// The metadata and the content of an object, if it exists. A later write does not change the open content.
    ///
    /// # Errors
    /// An I/O error.
    pub fn open(&self, bucket: &str, name: &str) -> io::Result<Option<(ObjectMetadata, fs::File)>> {
        let _lock = self.lock();
        let Some(metadata) = self.read_metadata(bucket, name)? else {
            return Ok(None);
        };
        Ok(Some((metadata, fs::File::open(self.file(bucket, name))?)))
    }

    /// The file of an object. If the name is also a folder, the file lies inside it.
    fn file(&self, bucket: &str, name: &str) -> PathBuf {
        let file = self.bucket_folder(bucket).join(name::to_path(name));
        if file.is_dir() {
            file.join(name::OBJECT_IN_FOLDER)
        } else {
            file
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ()> {
        self.lock
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Creates a directory.
///
/// # Errors
/// `AlreadyExists`.
pub(crate) fn create_directory(folder: &Path) -> io::Result<()> {
    if folder.exists() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    make_folder(folder)
}

/// Creates a file in a directory.
pub(crate) fn create_file(folder: &Path, name: &str) -> io::Result<impl Write + Send + use<>> {
    let file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(folder.join(name))?;
    Ok(io::BufWriter::new(file))
}

/// Replaces a file atomically; only its owner may read it.
fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let pending = file.with_file_name(format!(".{}", uuid::Uuid::new_v4()));
    let mut options = fs::OpenOptions::new();
    options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&pending)?
        .write_all(bytes)?;
    fs::rename(pending, file)
}

fn make_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}
