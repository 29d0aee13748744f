//! Writing, changing and deleting objects: conditions are looked at and take effect in one turn.
//!
//! A content grows as a [`Draft`] beside the buckets and takes its place whole: readers see the old object
//! or the new one.

use super::hash::Sums;
use super::record::{Fields, Record, is_absent};
use super::{Buckets, make_folder, name};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// Bucket and name.
pub type Place<'a> = (&'a str, &'a str);

/// Why an object was not given, written or deleted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such object.
    #[error("No such object: {0}/{1}")]
    NoObject(String, String),
    /// It is not the generation that the caller meant.
    #[error("At least one of the pre-conditions you specified did not hold.")]
    Precondition,
    /// It still is the generation that the caller has.
    #[error("Not modified")]
    NotModified,
    /// The disk's.
    #[error("{0}")]
    Disk(#[from] io::Error),
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Disk(error) => error,
            Refusal::NoObject(..) => Self::new(io::ErrorKind::NotFound, refusal.to_string()),
            other => Self::other(other.to_string()),
        }
    }
}

/// What must hold of an object, or of its absence, for a call to take effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// The one that is meant: another one is not there.
    pub generation: Option<i64>,
    /// `ifGenerationMatch`; 0 is "not there".
    pub generation_match: Option<i64>,
    /// `ifGenerationNotMatch`.
    pub generation_not_match: Option<i64>,
    /// `ifMetagenerationMatch`.
    pub metageneration_match: Option<i64>,
    /// `ifMetagenerationNotMatch`.
    pub metageneration_not_match: Option<i64>,
}

impl Conditions {
    /// Whether they hold of what is there.
    pub fn check(&self, there: Option<&Record>) -> Result<(), Refusal> {
        let generation = there.map_or(0, |record| record.generation);
        holds(generation, self.generation_match, self.generation_not_match)?;
        self.check_metageneration(there.map_or(0, |record| record.metageneration))
    }

    /// Whether those on metagenerations hold.
    pub(super) fn check_metageneration(&self, metageneration: i64) -> Result<(), Refusal> {
        holds(
            metageneration,
            self.metageneration_match,
            self.metageneration_not_match,
        )
    }

    /// Whether they hold of an object that has to be there.
    pub fn check_there<'a>(
        &self,
        place: Place<'_>,
        there: Option<&'a Record>,
    ) -> Result<&'a Record, Refusal> {
        let meant = |record: &&Record| {
            self.generation
                .is_none_or(|generation| generation == record.generation)
        };
        let there = there.filter(meant);
        let record = there.ok_or_else(|| Refusal::NoObject(place.0.to_owned(), place.1.to_owned()))?;
        self.check(Some(record))?;
        Ok(record)
    }
}

fn holds(is: i64, matching: Option<i64>, not_matching: Option<i64>) -> Result<(), Refusal> {
    if matching.is_some_and(|wanted| wanted != is) {
        Err(Refusal::Precondition)
    } else if not_matching == Some(is) {
        Err(Refusal::NotModified)
    } else {
        Ok(())
    }
}

/// A content in the making; gone with a drop unless it was committed.
pub struct Draft {
    file: BufWriter<File>,
    path: PathBuf,
    sums: Sums,
    size: u64,
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Draft {
    /// How many bytes have come.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The MD5 of what has come, in base64.
    pub fn md5(&self) -> String {
        self.sums.md5()
    }

    /// The CRC32C of what has come, in base64.
    pub fn crc32c(&self) -> String {
        self.sums.crc32c()
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.file.write(bytes)?;
        self.sums.add(&bytes[..length]);
        self.size += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After a commit there is nothing at this path any more.
        let _ = fs::remove_file(&self.path);
    }
}

impl Buckets {
    /// Begins a content.
    ///
    /// # Errors
    /// The disk's.
    pub fn begin(&self) -> io::Result<Draft> {
        let folder = self.folder.join(".pending");
        make_folder(&folder)?;
        let path = folder.join(uuid::Uuid::new_v4().to_string());
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        Ok(Draft {
            file: BufWriter::with_capacity(64 << 10, file),
            path,
            sums: Sums::default(),
            size: 0,
        })
    }

    /// Puts a content in its place.
    ///
    /// # Errors
    /// A condition that does not hold, or the disk's.
    pub fn commit(
        &self,
        draft: Draft,
        place: Place<'_>,
        fields: Fields,
        conditions: &Conditions,
    ) -> Result<Record, Refusal> {
        self.settle(draft, place, conditions, |record| record.fields = fields)
    }

    fn settle(
        &self,
        mut draft: Draft,
        (bucket, name): Place<'_>,
        conditions: &Conditions,
        complete: impl FnOnce(&mut Record),
    ) -> Result<Record, Refusal> {
        draft.flush()?;
        let _turn = self.turn();
        let there = self.record(bucket, name)?;
        conditions.check(there.as_ref())?;
        let generation = self.next_generation(there.map_or(0, |record| record.generation));
        let mut record = Record::new(name, generation, draft.size, &draft.sums, Fields::new());
        complete(&mut record);
        self.make_way(bucket, name)?;
        fs::rename(&draft.path, self.file(bucket, name))?;
        Ok(self.keep(bucket, record)?)
    }

    /// Changes the fields of an object.
    ///
    /// # Errors
    /// No object, a condition that does not hold, or the disk's.
    pub fn edit(
        &self,
        place: Place<'_>,
        conditions: &Conditions,
        change: impl FnOnce(&mut Fields),
    ) -> Result<Record, Refusal> {
        let _turn = self.turn();
        let there = self.record(place.0, place.1)?;
        let mut record = conditions.check_there(place, there.as_ref())?.clone();
        change(&mut record.fields);
        record.metageneration += 1;
        record.updated = chrono::Utc::now().timestamp_micros();
        Ok(self.keep(place.0, record)?)
    }

    /// Deletes an object; folders that it leaves empty go with it.
    ///
    /// # Errors
    /// No object, a condition that does not hold, or the disk's.
    pub fn remove(&self, place: Place<'_>, conditions: &Conditions) -> Result<(), Refusal> {
        let (bucket, name) = place;
        let _turn = self.turn();
        let there = self.record(bucket, name)?;
        conditions.check_there(place, there.as_ref())?;
        let file = self.file(bucket, name);
        fs::remove_file(&file)?;
        self.forget(bucket, name);
        let root = self.folder.join(bucket);
        for folder in file.ancestors().skip(1).take_while(|folder| *folder != root) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Copies an object; `fields` replace the copied ones.
    ///
    /// # Errors
    /// No object, a condition that does not hold of the place that it comes to, or the disk's.
    pub fn duplicate(
        &self,
        from: Place<'_>,
        to: Place<'_>,
        fields: Option<Fields>,
        conditions: &Conditions,
    ) -> Result<Record, Refusal> {
        let opened = self.open(from.0, from.1)?;
        let (source, mut content) =
            opened.ok_or_else(|| Refusal::NoObject(from.0.to_owned(), from.1.to_owned()))?;
        let mut draft = self.begin()?;
        io::copy(&mut content, &mut draft)?;
        self.settle(draft, to, conditions, |record| {
            record.fields = fields.unwrap_or(source.fields);
            record.components = source.components;
            record.md5 = source.md5;
        })
    }

    /// Puts several objects of a bucket together, in order.
    ///
    /// # Errors
    /// A source that is not there or not as it was to be, a condition that does not hold of the place that
    /// it comes to, or the disk's.
    pub fn compose(
        &self,
        sources: &[(String, Conditions)],
        to: Place<'_>,
        fields: Fields,
        conditions: &Conditions,
    ) -> Result<Record, Refusal> {
        let mut draft = self.begin()?;
        let mut components = 0;
        for (name, meant) in sources {
            let opened = self.open(to.0, name)?;
            meant.check_there((to.0, name), opened.as_ref().map(|(record, _)| record))?;
            if let Some((source, mut content)) = opened {
                components += source.components.unwrap_or(1);
                io::copy(&mut content, &mut draft)?;
            }
        }
        self.settle(draft, to, conditions, |record| {
            record.fields = fields;
            record.components = Some(components);
            record.md5 = None;
        })
    }

    /// Microseconds since 1970, but always more than ever before.
    pub(super) fn next_generation(&self, before: i64) -> i64 {
        let now = chrono::Utc::now().timestamp_micros();
        let later = |last: i64| now.max(last + 1).max(before + 1);
        let last = self
            .generation
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(later(last)));
        later(last.unwrap_or_else(|last| last))
    }

    /// Makes the folders of an object, and lets objects that stand where a folder must be move into it.
    fn make_way(&self, bucket: &str, object: &str) -> io::Result<()> {
        let root = self.folder.join(bucket);
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
                fs::rename(aside, folder.join(name::SELF))?;
            }
        }
        match make_folder(&folder) {
            Err(error) if is_absent(&error) => Err(io::Error::other(error.to_string())),
            other => other,
        }
    }
}
