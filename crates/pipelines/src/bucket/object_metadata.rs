//! The metadata of an object, kept as JSON in `.metadata/BUCKET/SHA1.json`.
//!
//! A file without metadata, or one that was changed by another program, gets new metadata when it is first
//! read; the generation is then the time of its last change.

use super::checksum::Checksums;
use super::{Buckets, make_folder, name, replace};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sha1::{Digest, Sha1};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

/// The fields of a bucket or an object that a client may set, by the API's names.
pub type Fields = Map<String, Json>;

/// The metadata of an object. Times are in microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectMetadata {
    /// The name in its bucket.
    pub name: String,
    /// Grows with every new content.
    pub generation: i64,
    /// 1 at first, one more with every change of the fields.
    pub metageneration: i64,
    /// When this content was written.
    pub created: i64,
    /// When the fields were last changed.
    pub updated: i64,
    /// The length of the content in bytes.
    pub size: u64,
    /// The MD5 in base64; a composed object has none.
    pub md5: Option<String>,
    /// The CRC32C in base64.
    pub crc32c: String,
    /// The number of objects that it was composed of.
    pub components: Option<i64>,
    /// The fields that clients have set.
    pub fields: Fields,
    /// When the file was last changed, in nanoseconds: shows a change by another program.
    #[serde(rename = "stamp")]
    modified: i64,
}

impl ObjectMetadata {
    /// The metadata of a file that another program has written.
    fn from_file(name: &str, file: &mut File) -> io::Result<Self> {
        let mut checksums = Checksums::default();
        let mut size = 0;
        let mut piece = vec![0; 64 << 10];
        loop {
            let length = file.read(&mut piece)?;
            if length == 0 {
                break;
            }
            checksums.update(&piece[..length]);
            size += length as u64;
        }
        let modified = modified(&file.metadata()?);
        Ok(Self {
            name: name.to_owned(),
            generation: modified / 1000,
            metageneration: 1,
            created: modified / 1000,
            updated: modified / 1000,
            size,
            md5: Some(checksums.md5()),
            crc32c: checksums.crc32c(),
            components: None,
            fields: Fields::new(),
            modified,
        })
    }

    /// The metadata of new content; the generation is also its time.
    pub(super) fn new(name: &str, generation: i64, size: u64, checksums: &Checksums, fields: Fields) -> Self {
        Self {
            name: name.to_owned(),
            generation,
            metageneration: 1,
            created: generation,
            updated: generation,
            size,
            md5: Some(checksums.md5()),
            crc32c: checksums.crc32c(),
            components: None,
            fields,
            modified: 0,
        }
    }
}

/// When a file was last changed, in nanoseconds since 1970.
fn modified(file_metadata: &Metadata) -> i64 {
    let moment = file_metadata.modified().ok();
    let since = moment.and_then(|moment| moment.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

impl Buckets {
    fn metadata_file(&self, bucket: &str, name: &str) -> PathBuf {
        self.metadata_folder(bucket)
            .join(format!("{:x}.json", Sha1::digest(name)))
    }

    /// The folder of a bucket's metadata.
    pub(super) fn metadata_folder(&self, bucket: &str) -> PathBuf {
        self.folder.join(".file_metadata").join(name::folder_name(bucket))
    }

    /// The metadata of an object, if it exists. The caller holds the lock.
    pub(super) fn read_metadata(&self, bucket: &str, name: &str) -> io::Result<Option<ObjectMetadata>> {
        let path = self.file(bucket, name);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let file_metadata = file.metadata()?;
        let saved = fs::read(self.metadata_file(bucket, name)).ok();
        let saved = saved.and_then(|bytes| serde_json::from_slice::<ObjectMetadata>(&bytes).ok());
        if let Some(metadata) = saved.filter(|saved| {
            saved.modified == modified(&file_metadata)
                && saved.size == file_metadata.len()
                && saved.name == name
        }) {
            return Ok(Some(metadata));
        }
        let metadata = ObjectMetadata::from_file(name, &mut file)?;
        self.write_metadata(bucket, &metadata)?;
        Ok(Some(metadata))
    }

    /// Saves the metadata of a file that is in its place.
    pub(super) fn save_metadata(
        &self,
        bucket: &str,
        mut metadata: ObjectMetadata,
    ) -> io::Result<ObjectMetadata> {
        metadata.modified = modified(&fs::metadata(self.file(bucket, &metadata.name))?);
        self.write_metadata(bucket, &metadata)?;
        Ok(metadata)
    }

    fn write_metadata(&self, bucket: &str, metadata: &ObjectMetadata) -> io::Result<()> {
        make_folder(&self.metadata_folder(bucket))?;
        replace(
            &self.metadata_file(bucket, &metadata.name),
            &serde_json::to_vec(metadata)?,
        )
    }

    pub(super) fn remove_metadata(&self, bucket: &str, name: &str) {
        // Metadata that is left behind does no harm: a later file of this name has another time.
        let _ = fs::remove_file(self.metadata_file(bucket, name));
    }
}

/// Whether the error means that there is no such file.
pub(super) fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, IsADirectory, NotADirectory, NotFound};
    matches!(
        error.kind(),
        NotFound | NotADirectory | IsADirectory | InvalidFilename
    )
}
