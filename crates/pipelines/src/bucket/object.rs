//! Writes, updates and deletes objects; a condition and its effect are atomic.
//!
//! New content is collected in a [`PendingObject`] outside the buckets and then moved to its place: readers see
//! the old object or the new one.

use super::checksum::Checksums;
use super::object_metadata::{Fields, ObjectMetadata, is_absent};
use super::{Buckets, make_folder, name};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// The bucket and the name of an object.
pub(super) type ObjectRef<'a> = (&'a str, &'a str);

/// Why an object was not read, written or deleted.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// The object does not exist.
    #[error("No such object: {0}/{1}")]
    NoObject(String, String),
    /// The object is not in the state that the caller requires.
    #[error("At least one of the pre-conditions you specified did not hold.")]
    Precondition,
    /// The object is still in the state that the caller knows.
    #[error("Not modified")]
    NotModified,
    /// An I/O error.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl From<BucketError> for io::Error {
    fn from(error: BucketError) -> Self {
        match error {
            BucketError::Io(error) => error,
            BucketError::NoObject(..) => Self::new(io::ErrorKind::NotFound, error.to_string()),
            other => Self::other(other.to_string()),
        }
    }
}

/// What must be true of an object, or of its absence, for a call to take effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `generation`: an object of another generation counts as missing.
    pub generation: Option<i64>,
    /// `ifGenerationMatch`; 0 requires that the object does not exist.
    pub generation_match: Option<i64>,
    /// `ifGenerationNotMatch`.
    pub generation_not_match: Option<i64>,
    /// `ifMetagenerationMatch`.
    pub metageneration_match: Option<i64>,
    /// `ifMetagenerationNotMatch`.
    pub metageneration_not_match: Option<i64>,
}

impl Conditions {
    /// Checks them against the existing object, if there is one.
    pub fn check(&self, existing: Option<&ObjectMetadata>) -> Result<(), BucketError> {
        let generation = existing.map_or(0, |metadata| metadata.generation);
        holds(generation, self.generation_match, self.generation_not_match)?;
        self.check_metageneration(existing.map_or(0, |metadata| metadata.metageneration))
    }

    /// Checks those on the metageneration.
    pub(super) fn check_metageneration(&self, metageneration: i64) -> Result<(), BucketError> {
        holds(
            metageneration,
            self.metageneration_match,
            self.metageneration_not_match,
        )
    }

    /// Checks them against an object that must exist.
    pub fn check_existing<'a>(
        &self,
        object: ObjectRef<'_>,
        existing: Option<&'a ObjectMetadata>,
    ) -> Result<&'a ObjectMetadata, BucketError> {
        let meant = |metadata: &&ObjectMetadata| {
            self.generation
                .is_none_or(|generation| generation == metadata.generation)
        };
        let existing = existing.filter(meant);
        let metadata =
            existing.ok_or_else(|| BucketError::NoObject(object.0.to_owned(), object.1.to_owned()))?;
        self.check(Some(metadata))?;
        Ok(metadata)
    }
}

fn holds(is: i64, matching: Option<i64>, not_matching: Option<i64>) -> Result<(), BucketError> {
    if matching.is_some_and(|wanted| wanted != is) {
        Err(BucketError::Precondition)
    } else if not_matching == Some(is) {
        Err(BucketError::NotModified)
    } else {
        Ok(())
    }
}

/// Content that is being written; dropping it without a commit deletes it.
pub struct PendingObject {
    file: BufWriter<File>,
    path: PathBuf,
    checksums: Checksums,
    size: u64,
}

impl std::fmt::Debug for PendingObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl PendingObject {
    /// The number of bytes so far.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The MD5 of the bytes so far, in base64.
    pub fn md5(&self) -> String {
        self.checksums.md5()
    }

    /// The CRC32C of the bytes so far, in base64.
    pub fn crc32c(&self) -> String {
        self.checksums.crc32c()
    }
}

impl Write for PendingObject {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.file.write(bytes)?;
        self.checksums.update(&bytes[..length]);
        self.size += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for PendingObject {
    fn drop(&mut self) {
        // After a commit the file is no longer at this path.
        let _ = fs::remove_file(&self.path);
    }
}

impl Buckets {
    /// Begins to write new content.
    ///
    /// # Errors
    /// An I/O error.
    pub fn create_pending(&self) -> io::Result<PendingObject> {
        let folder = self.folder.join(".pending");
        make_folder(&folder)?;
        let path = folder.join(uuid::Uuid::new_v4().to_string());
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        Ok(PendingObject {
            file: BufWriter::with_capacity(64 << 10, file),
            path,
            checksums: Checksums::default(),
            size: 0,
        })
    }

    /// Makes pending content the content of an object.
    ///
    /// # Errors
    /// A condition that does not hold, or an I/O error.
    pub fn commit(
        &self,
        pending: PendingObject,
        object: ObjectRef<'_>,
        fields: Fields,
        conditions: &Conditions,
    ) -> Result<ObjectMetadata, BucketError> {
        self.finish(pending, object, conditions, |metadata| metadata.fields = fields)
    }

    fn finish(
        &self,
        mut pending: PendingObject,
        (bucket, name): ObjectRef<'_>,
        conditions: &Conditions,
        complete: impl FnOnce(&mut ObjectMetadata),
    ) -> Result<ObjectMetadata, BucketError> {
        pending.flush()?;
        let _lock = self.lock();
        let existing = self.read_metadata(bucket, name)?;
        conditions.check(existing.as_ref())?;
        let generation = self.next_generation(existing.map_or(0, |metadata| metadata.generation));
        let mut metadata =
            ObjectMetadata::new(name, generation, pending.size, &pending.checksums, Fields::new());
        complete(&mut metadata);
        self.prepare_folders(bucket, name)?;
        fs::rename(&pending.path, self.file(bucket, name))?;
        Ok(self.save_metadata(bucket, metadata)?)
    }

    /// Changes the fields of an object.
    ///
    /// # Errors
    /// A missing object, a condition that does not hold, or an I/O error.
    pub fn update(
        &self,
        object: ObjectRef<'_>,
        conditions: &Conditions,
        change: impl FnOnce(&mut Fields),
    ) -> Result<ObjectMetadata, BucketError> {
        let _lock = self.lock();
        let existing = self.read_metadata(object.0, object.1)?;
        let mut metadata = conditions.check_existing(object, existing.as_ref())?.clone();
        change(&mut metadata.fields);
        metadata.metageneration += 1;
        metadata.updated = chrono::Utc::now().timestamp_micros();
        Ok(self.save_metadata(object.0, metadata)?)
    }

    /// Deletes an object, and its folders if they become empty.
    ///
    /// # Errors
    /// A missing object, a condition that does not hold, or an I/O error.
    pub fn remove(&self, object: ObjectRef<'_>, conditions: &Conditions) -> Result<(), BucketError> {
        let (bucket, name) = object;
        let _lock = self.lock();
        let existing = self.read_metadata(bucket, name)?;
        conditions.check_existing(object, existing.as_ref())?;
        let file = self.file(bucket, name);
        fs::remove_file(&file)?;
        self.remove_metadata(bucket, name);
        let root = self.bucket_folder(bucket);
        for folder in file.ancestors().skip(1).take_while(|folder| *folder != root) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Copies an object; `fields` replace the copied fields.
    ///
    /// # Errors
    /// A missing object, a condition that does not hold at the target, or an I/O error.
    pub fn copy_object(
        &self,
        from: ObjectRef<'_>,
        to: ObjectRef<'_>,
        fields: Option<Fields>,
        conditions: &Conditions,
    ) -> Result<ObjectMetadata, BucketError> {
        let opened = self.open(from.0, from.1)?;
        let (source, mut content) =
            opened.ok_or_else(|| BucketError::NoObject(from.0.to_owned(), from.1.to_owned()))?;
        let mut pending = self.create_pending()?;
        io::copy(&mut content, &mut pending)?;
        self.finish(pending, to, conditions, |metadata| {
            metadata.fields = fields.unwrap_or(source.fields);
            metadata.components = source.components;
            metadata.md5 = source.md5;
        })
    }

    /// Concatenates several objects of a bucket, in order.
    ///
    /// # Errors
    /// A source that is missing or does not meet its conditions, a condition that does not hold at the target,
    /// or an I/O error.
    pub fn compose(
        &self,
        sources: &[(String, Conditions)],
        to: ObjectRef<'_>,
        fields: Fields,
        conditions: &Conditions,
    ) -> Result<ObjectMetadata, BucketError> {
        let mut pending = self.create_pending()?;
        let mut components = 0;
        for (name, meant) in sources {
            let opened = self.open(to.0, name)?;
            meant.check_existing((to.0, name), opened.as_ref().map(|(metadata, _)| metadata))?;
            if let Some((source, mut content)) = opened {
                components += source.components.unwrap_or(1);
                io::copy(&mut content, &mut pending)?;
            }
        }
        self.finish(pending, to, conditions, |metadata| {
            metadata.fields = fields;
            metadata.components = Some(components);
            metadata.md5 = None;
        })
    }

    /// The current time in microseconds since 1970, or more: a generation is greater than all before it.
    pub(super) fn next_generation(&self, before: i64) -> i64 {
        let now = chrono::Utc::now().timestamp_micros();
        let later = |last: i64| now.max(last + 1).max(before + 1);
        let last = self
            .generation
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(later(last)));
        later(last.unwrap_or_else(|last| last))
    }

    /// Creates the folders of an object; an object whose file has the name of such a folder is moved into it.
    fn prepare_folders(&self, bucket: &str, object: &str) -> io::Result<()> {
        let root = self.bucket_folder(bucket);
        make_folder(&root)?;
        let path = name::to_path(object);
        let mut folder = root;
        for part in path.parent().unwrap_or(Path::new("")).components() {
            folder.push(part);
            if folder.is_file() {
                let aside = self
                    .folder
                    .join(".pending")
                    .join(uuid::Uuid::new_v4().to_string());
                fs::rename(&folder, &aside)?;
                make_folder(&folder)?;
                fs::rename(aside, folder.join(name::OBJECT_IN_FOLDER))?;
            }
        }
        match make_folder(&folder) {
            Err(error) if is_absent(&error) => Err(io::Error::other(error.to_string())),
            other => other,
        }
    }
}
