//! The buckets themselves: listing, creating, updating and removing them.

use super::Fields;
use super::{BucketError, Buckets, Conditions, make_folder, replace};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::PathBuf;

/// The metadata of a bucket. Times are in microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// The name, without `gs://`.
    pub name: String,
    /// When it was created.
    pub created: i64,
    /// When its fields were last changed.
    pub updated: i64,
    /// 1 at first, one more with every change.
    pub metageneration: i64,
    /// The fields that clients have set, by the API's names.
    pub fields: Fields,
}

impl Buckets {
    /// Whether a bucket exists.
    pub fn has(&self, bucket: &str) -> bool {
        self.bucket_folder(bucket).is_dir()
    }

    /// The names of all buckets, sorted.
    pub fn bucket_names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| self.has(name))
            .collect();
        names.sort();
        names
    }

    /// Creates a bucket.
    ///
    /// # Errors
    /// `AlreadyExists`, or another I/O error.
    pub fn create_bucket(&self, name: &str, fields: Fields) -> io::Result<Bucket> {
        let _lock = self.lock();
        if self.has(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        make_folder(&self.bucket_folder(name))?;
        self.register_bucket(name, fields)
    }

    /// The metadata of a bucket, if it exists.
    ///
    /// # Errors
    /// An I/O error.
    pub fn bucket(&self, name: &str) -> io::Result<Option<Bucket>> {
        let _lock = self.lock();
        self.read_bucket(name)
    }

    fn read_bucket(&self, name: &str) -> io::Result<Option<Bucket>> {
        if !self.has(name) {
            return Ok(None);
        }
        let saved = fs::read(self.bucket_file(name)).ok();
        match saved.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            Some(bucket) => Ok(Some(bucket)),
            None => self.register_bucket(name, Fields::new()).map(Some),
        }
    }

    /// Changes the fields of a bucket; returns `None` if there is no such bucket.
    ///
    /// # Errors
    /// A condition that does not hold, or an I/O error.
    pub fn update_bucket(
        &self,
        name: &str,
        conditions: &Conditions,
        change: impl FnOnce(&mut Fields),
    ) -> Result<Option<Bucket>, BucketError> {
        let _lock = self.lock();
        let Some(mut bucket) = self.read_bucket(name)? else {
            return Ok(None);
        };
        bucket.check(conditions)?;
        change(&mut bucket.fields);
        bucket.metageneration += 1;
        bucket.updated = chrono::Utc::now().timestamp_micros();
        self.write_bucket(&bucket)?;
        Ok(Some(bucket))
    }

    /// Removes an empty bucket.
    ///
    /// # Errors
    /// `DirectoryNotEmpty`, `NotFound`, a condition that does not hold, or another I/O error.
    pub fn remove_bucket(&self, name: &str, conditions: &Conditions) -> Result<(), BucketError> {
        let _lock = self.lock();
        let bucket = self
            .read_bucket(name)?
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        bucket.check(conditions)?;
        if !self.objects(name, "").is_empty() {
            return Err(io::Error::from(io::ErrorKind::DirectoryNotEmpty).into());
        }
        fs::remove_dir_all(self.bucket_folder(name))?;
        // Metadata that is left behind does no harm.
        let _ = fs::remove_dir_all(self.metadata_folder(name));
        Ok(())
    }

    fn bucket_file(&self, name: &str) -> PathBuf {
        self.metadata_folder(name).join("bucket.json")
    }

    fn register_bucket(&self, name: &str, fields: Fields) -> io::Result<Bucket> {
        let now = chrono::Utc::now().timestamp_micros();
        let bucket = Bucket {
            name: name.to_owned(),
            created: now,
            updated: now,
            metageneration: 1,
            fields,
        };
        self.write_bucket(&bucket)?;
        Ok(bucket)
    }

    fn write_bucket(&self, bucket: &Bucket) -> io::Result<()> {
        make_folder(&self.metadata_folder(&bucket.name))?;
        replace(&self.bucket_file(&bucket.name), &serde_json::to_vec(bucket)?)
    }
}

impl Bucket {
    /// Checks the conditions on the metageneration.
    pub fn check(&self, conditions: &Conditions) -> Result<(), BucketError> {
        conditions.check_metageneration(self.metageneration)
    }
}
