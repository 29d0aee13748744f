//! Local buckets: the one store of objects that pipelines, load jobs and the Cloud Storage API share.
//!
//! An object is a file below `FOLDER/BUCKET/`, named as it is wherever a file can have that name
//! (`bucket/name.rs`). What a file cannot say (generation, content type, hashes) stands beside it in
//! `FOLDER/.metadata/` (`bucket/record.rs`); a file without it, or changed since, is an object too. Writing,
//! with conditions, is in `bucket/object.rs`. A bucket comes into being with what is written into it.

mod catalogue;
mod hash;
mod name;
mod object;
pub mod record;

#[cfg(test)]
mod tests;

pub use catalogue::Bucket;
pub use name::{bucket_fault, object_fault};
pub use object::{Conditions, Draft, Refusal};

use record::Record;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};

/// The folder that holds all buckets; clones are the same buckets.
#[derive(Clone, Debug)]
pub struct Buckets {
    folder: PathBuf,
    /// Held while a condition is looked at and its effect takes place.
    turn: Arc<Mutex<()>>,
    /// The last generation that was given.
    generation: Arc<AtomicI64>,
}

/// The bucket and the name of `gs://bucket/name`; of `gs://bucket` the name is empty.
///
/// # Errors
/// A sentence, for a path of another kind.
pub fn parts(path: &str) -> Result<(&str, &str), String> {
    let inside = path
        .strip_prefix("gs://")
        .ok_or_else(|| format!("Path {path} does not begin with gs://"))?;
    let (bucket, name) = inside.split_once('/').unwrap_or((inside, ""));
    // Dots are for what stands beside the buckets.
    if bucket.is_empty() || bucket.starts_with('.') {
        return Err(format!("Path {path} is no object path"));
    }
    Ok((bucket, name))
}

impl Buckets {
    /// Buckets below this folder; it is made when something is written.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            turn: Arc::default(),
            generation: Arc::default(),
        }
    }

    /// Takes away contents that were in the making when a process ended; nobody else may use the folder yet.
    pub fn sweep(&self) {
        // What stays is in nobody's way.
        let _ = fs::remove_dir_all(self.folder.join(".pending"));
    }

    /// The folder of a `gs://` path.
    ///
    /// # Errors
    /// A sentence, for a path of another kind or one that leaves its bucket.
    pub fn locate(&self, path: &str) -> Result<PathBuf, String> {
        let (bucket, name) = parts(path)?;
        let name = name.trim_end_matches('/');
        let plain = Path::new(name)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if !plain {
            return Err(format!("Path {path} is no object path"));
        }
        let root = self.folder.join(bucket);
        Ok(if name.is_empty() {
            root
        } else {
            root.join(name::to_path(name))
        })
    }

    /// Writes a whole object, in one step.
    ///
    /// # Errors
    /// A sentence.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<(), String> {
        let (bucket, name) = parts(path)?;
        let write = || {
            let mut draft = self.begin()?;
            draft.write_all(bytes)?;
            self.commit(
                draft,
                (bucket, name),
                record::Fields::new(),
                &Conditions::default(),
            )
        };
        write().map(drop).map_err(|refusal| format!("{path}: {refusal}"))
    }

    /// Reads a whole object.
    ///
    /// # Errors
    /// `NotFound`, or a path that is none.
    pub fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let missing = |text: String| io::Error::new(io::ErrorKind::NotFound, text);
        let (bucket, name) = parts(path).map_err(missing)?;
        fs::read(self.file(bucket, name))
    }

    /// Deletes an object; folders that it leaves empty go with it.
    ///
    /// # Errors
    /// `NotFound`, or a path that is none.
    pub fn delete(&self, path: &str) -> io::Result<()> {
        let (bucket, name) = parts(path).map_err(|text| io::Error::new(io::ErrorKind::NotFound, text))?;
        Ok(self.remove((bucket, name), &Conditions::default())?)
    }

    /// Copies an object with its metadata; what was there is replaced.
    ///
    /// # Errors
    /// `NotFound`, or a path that is none.
    pub fn copy(&self, from: &str, to: &str) -> io::Result<()> {
        let missing = |text: String| io::Error::new(io::ErrorKind::NotFound, text);
        let (from, to) = (parts(from).map_err(missing)?, parts(to).map_err(missing)?);
        self.duplicate(from, to, None, &Conditions::default())?;
        Ok(())
    }

    /// Copies an object and deletes the first.
    ///
    /// # Errors
    /// `NotFound`, or a path that is none.
    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.copy(from, to)?;
        if from == to { Ok(()) } else { self.delete(from) }
    }

    /// Every object of a bucket below a prefix, by its name, in order; files in the making are none.
    pub fn objects(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let root = self.folder.join(bucket);
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

    /// What is known of an object, if it is there.
    ///
    /// # Errors
    /// The disk's.
    pub fn object(&self, bucket: &str, name: &str) -> io::Result<Option<Record>> {
        let _turn = self.turn();
        self.record(bucket, name)
    }

    /// An object's metadata and its content, which stays as it is while it is read.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(&self, bucket: &str, name: &str) -> io::Result<Option<(Record, fs::File)>> {
        let _turn = self.turn();
        let Some(record) = self.record(bucket, name)? else {
            return Ok(None);
        };
        Ok(Some((record, fs::File::open(self.file(bucket, name))?)))
    }

    /// Makes a directory that does not exist yet.
    ///
    /// # Errors
    /// `AlreadyExists` when it does.
    pub fn create_directory(&self, folder: &Path) -> io::Result<()> {
        if folder.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        make_folder(folder)
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

    /// The file of an object; that of a name that is a folder, too, lies inside.
    fn file(&self, bucket: &str, name: &str) -> PathBuf {
        let file = self.folder.join(bucket).join(name::to_path(name));
        if file.is_dir() {
            file.join(name::SELF)
        } else {
            file
        }
    }

    fn turn(&self) -> std::sync::MutexGuard<'_, ()> {
        self.turn
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Writes a file of ours in one step; nobody else may read it.
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
