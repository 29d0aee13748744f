//! The buckets themselves: which there are, what is known of each, making and removing them.

use super::record::Fields;
use super::{Buckets, Conditions, Refusal, make_folder, replace};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::PathBuf;

/// What is known of a bucket. Times in microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: i64,
    /// When its fields were changed last.
    pub updated: i64,
    /// From 1, one more with every change.
    pub metageneration: i64,
    /// What clients set, by the API's own names.
    pub fields: Fields,
}

impl Buckets {
    /// Whether a bucket is there.
    pub fn has(&self, bucket: &str) -> bool {
        !bucket.is_empty() && !bucket.starts_with('.') && self.folder.join(bucket).is_dir()
    }

    /// The names of all buckets, in order.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| self.has(name))
            .collect();
        names.sort();
        names
    }

    /// Makes a bucket.
    ///
    /// # Errors
    /// `AlreadyExists`, or the disk's.
    pub fn create_bucket(&self, name: &str, fields: Fields) -> io::Result<Bucket> {
        let _turn = self.turn();
        if self.has(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        make_folder(&self.folder.join(name))?;
        self.first_look(name, fields)
    }

    /// What is known of a bucket, if it is there.
    ///
    /// # Errors
    /// The disk's.
    pub fn bucket(&self, name: &str) -> io::Result<Option<Bucket>> {
        let _turn = self.turn();
        self.known(name)
    }

    fn known(&self, name: &str) -> io::Result<Option<Bucket>> {
        if !self.has(name) {
            return Ok(None);
        }
        let kept = fs::read(self.bucket_file(name)).ok();
        match kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            Some(bucket) => Ok(Some(bucket)),
            None => self.first_look(name, Fields::new()).map(Some),
        }
    }

    /// Changes the fields of a bucket that is there.
    ///
    /// # Errors
    /// A condition that does not hold, or the disk's.
    pub fn edit_bucket(
        &self,
        name: &str,
        conditions: &Conditions,
        change: impl FnOnce(&mut Fields),
    ) -> Result<Option<Bucket>, Refusal> {
        let _turn = self.turn();
        let Some(mut bucket) = self.known(name)? else {
            return Ok(None);
        };
        bucket.check(conditions)?;
        change(&mut bucket.fields);
        bucket.metageneration += 1;
        bucket.updated = chrono::Utc::now().timestamp_micros();
        self.write_bucket(&bucket)?;
        Ok(Some(bucket))
    }

    /// Removes a bucket that holds no object.
    ///
    /// # Errors
    /// `DirectoryNotEmpty`, `NotFound`, a condition that does not hold, or the disk's.
    pub fn remove_bucket(&self, name: &str, conditions: &Conditions) -> Result<(), Refusal> {
        let _turn = self.turn();
        let bucket = self
            .known(name)?
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        bucket.check(conditions)?;
        if !self.objects(name, "").is_empty() {
            return Err(io::Error::from(io::ErrorKind::DirectoryNotEmpty).into());
        }
        fs::remove_dir_all(self.folder.join(name))?;
        // Records of no object are of no use, and of no harm.
        let _ = fs::remove_dir_all(self.records(name));
        Ok(())
    }

    fn bucket_file(&self, name: &str) -> PathBuf {
        self.records(name).join("bucket.json")
    }

    fn first_look(&self, name: &str, fields: Fields) -> io::Result<Bucket> {
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
        make_folder(&self.records(&bucket.name))?;
        replace(&self.bucket_file(&bucket.name), &serde_json::to_vec(bucket)?)
    }
}

impl Bucket {
    /// Whether the conditions on metagenerations hold.
    pub fn check(&self, conditions: &Conditions) -> Result<(), Refusal> {
        conditions.check_metageneration(self.metageneration)
    }
}
