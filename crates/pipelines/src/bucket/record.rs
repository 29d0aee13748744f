//! What is known of an object beside its content, kept as JSON in `.metadata/BUCKET/SHA1.json`.
//!
//! A file that has no record, or that was changed past this module, gets one when it is first asked for:
//! its generation is the moment of its last change.

use super::hash::Sums;
use super::{Buckets, make_folder, replace};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sha1::{Digest, Sha1};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

/// What a client may set of an object, by the API's own names.
pub type Fields = Map<String, Json>;

/// An object's metadata. Times in microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its name in its bucket.
    pub name: String,
    /// Another one with every content.
    pub generation: i64,
    /// From 1, one more with every change of the fields.
    pub metageneration: i64,
    /// When this content came.
    pub created: i64,
    /// When the fields were changed last.
    pub updated: i64,
    /// In bytes.
    pub size: u64,
    /// In base64; what was composed has none.
    pub md5: Option<String>,
    /// In base64.
    pub crc32c: String,
    /// From how many objects it was composed.
    pub components: Option<i64>,
    /// What clients set.
    pub fields: Fields,
    /// The file's own moment, by which a change past this module is seen.
    stamp: i64,
}

impl Record {
    /// Of a file as it lies there.
    fn of_file(name: &str, file: &mut File) -> io::Result<Self> {
        let mut sums = Sums::default();
        let mut size = 0;
        let mut piece = vec![0; 64 << 10];
        loop {
            let length = file.read(&mut piece)?;
            if length == 0 {
                break;
            }
            sums.add(&piece[..length]);
            size += length as u64;
        }
        let stamp = stamp(&file.metadata()?);
        Ok(Self {
            name: name.to_owned(),
            generation: stamp / 1000,
            metageneration: 1,
            created: stamp / 1000,
            updated: stamp / 1000,
            size,
            md5: Some(sums.md5()),
            crc32c: sums.crc32c(),
            components: None,
            fields: Fields::new(),
            stamp,
        })
    }

    /// As it begins: this content, at this moment, which is its generation.
    pub(super) fn new(name: &str, generation: i64, size: u64, sums: &Sums, fields: Fields) -> Self {
        Self {
            name: name.to_owned(),
            generation,
            metageneration: 1,
            created: generation,
            updated: generation,
            size,
            md5: Some(sums.md5()),
            crc32c: sums.crc32c(),
            components: None,
            fields,
            stamp: 0,
        }
    }
}

/// Nanoseconds since 1970 of a file's last change.
fn stamp(metadata: &Metadata) -> i64 {
    let moment = metadata.modified().ok();
    let since = moment.and_then(|moment| moment.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

impl Buckets {
    fn record_file(&self, bucket: &str, name: &str) -> PathBuf {
        self.records(bucket)
            .join(format!("{:x}.json", Sha1::digest(name)))
    }

    /// The folder of a bucket's records.
    pub(super) fn records(&self, bucket: &str) -> PathBuf {
        self.folder.join(".metadata").join(bucket)
    }

    /// The record of an object that is there. The caller has the turn.
    pub(super) fn record(&self, bucket: &str, name: &str) -> io::Result<Option<Record>> {
        let path = self.file(bucket, name);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        let kept = fs::read(self.record_file(bucket, name)).ok();
        let kept = kept.and_then(|bytes| serde_json::from_slice::<Record>(&bytes).ok());
        if let Some(record) = kept
            .filter(|kept| kept.stamp == stamp(&metadata) && kept.size == metadata.len() && kept.name == name)
        {
            return Ok(Some(record));
        }
        let record = Record::of_file(name, &mut file)?;
        self.write_record(bucket, &record)?;
        Ok(Some(record))
    }

    /// Keeps the record of a file that is in its place.
    pub(super) fn keep(&self, bucket: &str, mut record: Record) -> io::Result<Record> {
        record.stamp = stamp(&fs::metadata(self.file(bucket, &record.name))?);
        self.write_record(bucket, &record)?;
        Ok(record)
    }

    fn write_record(&self, bucket: &str, record: &Record) -> io::Result<()> {
        make_folder(&self.records(bucket))?;
        replace(
            &self.record_file(bucket, &record.name),
            &serde_json::to_vec(record)?,
        )
    }

    pub(super) fn forget(&self, bucket: &str, name: &str) {
        // One that stays is of no file, and of no other one later: its moment differs.
        let _ = fs::remove_file(self.record_file(bucket, name));
    }
}

/// Whether there is no such file, in whatever way.
pub(super) fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, IsADirectory, NotADirectory, NotFound};
    matches!(
        error.kind(),
        NotFound | NotADirectory | IsADirectory | InvalidFilename
    )
}
