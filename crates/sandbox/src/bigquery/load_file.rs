//! The files of a load job, which are read piece by piece.

use super::ApiState;
use super::load_format::read_failed;
use axum::body::Bytes;
use flate2::bufread::MultiGzDecoder;
use googlesql::SqlError;
use googlesql::limits::read_at_most;
use pipelines::bucket::split_path;
use std::io::{self, BufRead, BufReader, Read};

/// How many bytes the files of a job may have together.
const MAX_FILES: usize = 100 << 20;

/// How many bytes a packed file may have when it is unpacked.
const MAX_UNPACKED: usize = 64 << 20;

/// How many bytes are read at once.
const PIECE: usize = 64 << 10;

/// Where a file is: in the request, or in a bucket.
pub(super) enum Place<'l> {
    Upload(&'l Bytes),
    /// Its `gs://` address.
    Object(String),
}

/// A file that is read, unpacked if it was packed. It ends in an error if it has too many bytes.
pub(super) struct LoadFile<'l> {
    content: Box<dyn BufRead + 'l>,
    /// All of it, if it is there anyway.
    held: Option<Bytes>,
    taken: usize,
    most: usize,
}

/// Where the files are.
pub(super) fn places<'l>(
    state: &ApiState,
    data: Option<&'l Bytes>,
    uris: &[String],
) -> Result<Vec<Place<'l>>, SqlError> {
    if let Some(data) = data {
        return Ok(vec![Place::Upload(data)]);
    }
    let mut places = Vec::new();
    for uri in uris {
        let found = matching_objects(state, uri)?;
        if found.is_empty() {
            return Err(SqlError::not_found(format!("Not found: URI {uri}")));
        }
        places.extend(found.into_iter().map(Place::Object));
    }
    Ok(places)
}

/// Gives each file to `each`, one after the other; together they have no more bytes than an upload may have.
/// Returns how many bytes they have.
pub(super) fn read<'l>(
    state: &ApiState,
    places: &[Place<'l>],
    mut each: impl FnMut(&mut LoadFile<'l>) -> Result<(), SqlError>,
) -> Result<usize, SqlError> {
    let mut bytes = 0;
    for place in places {
        let mut file = LoadFile::open(state, place, MAX_FILES.saturating_sub(bytes))?;
        each(&mut file)?;
        bytes = bytes.saturating_add(file.taken);
    }
    Ok(bytes)
}

impl<'l> LoadFile<'l> {
    fn open(state: &ApiState, place: &Place<'l>, room: usize) -> Result<Self, SqlError> {
        match place {
            Place::Upload(data) => {
                let mut file = Self::new(&data[..], room).map_err(|error| read_failed(&error))?;
                file.held = (!is_packed(data)).then(|| Bytes::clone(data));
                Ok(file)
            }
            Place::Object(uri) => {
                let failed = |error: &dyn std::fmt::Display| SqlError::bad_data(format!("{uri}: {error}"));
                let (bucket, name) = split_path(uri).map_err(SqlError::bad_data)?;
                let opened = state.buckets.open(bucket, name).map_err(|error| failed(&error))?;
                let Some((_, file)) = opened else {
                    return Err(SqlError::not_found(format!("Not found: URI {uri}")));
                };
                let length = file.metadata().map_err(|error| failed(&error))?.len();
                if usize::try_from(length).map_or(true, |length| length > room) {
                    return Err(failed(&format!(
                        "an object of {length} bytes is not supported by the sandbox, which reads {room}"
                    )));
                }
                Self::new(BufReader::with_capacity(PIECE, file), room).map_err(|error| read_failed(&error))
            }
        }
    }

    /// The whole file, if it has at most so many bytes, and how many of them were not there before.
    ///
    /// # Errors
    /// It has more, or cannot be read.
    pub fn whole(&mut self, most: usize) -> io::Result<(Bytes, usize)> {
        let too_large = || {
            io::Error::other(format!(
                "the file has more than {most} bytes, which the sandbox refuses"
            ))
        };
        if let Some(all) = self.held.clone() {
            if all.len() > most {
                return Err(too_large());
            }
            self.taken = all.len();
            return Ok((all, 0));
        }
        let all = read_at_most(self, most)?.ok_or_else(too_large)?;
        let read = all.len();
        Ok((Bytes::from(all), read))
    }

    /// Gzip is recognised by its first bytes, whatever the name of the file.
    fn new(mut content: impl BufRead + 'l, room: usize) -> io::Result<Self> {
        let is_packed = is_packed(content.fill_buf()?);
        Ok(if is_packed {
            let unpacked = BufReader::with_capacity(PIECE, MultiGzDecoder::new(content));
            Self {
                content: Box::new(unpacked),
                held: None,
                taken: 0,
                most: room.min(MAX_UNPACKED),
            }
        } else {
            Self {
                content: Box::new(content),
                held: None,
                taken: 0,
                most: room,
            }
        })
    }
}

/// Whether these bytes begin as gzip does.
fn is_packed(content: &[u8]) -> bool {
    content.starts_with(&[0x1f, 0x8b])
}

impl Read for LoadFile<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let found = self.fill_buf()?;
        let length = found.len().min(into.len());
        into[..length].copy_from_slice(&found[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for LoadFile<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let found = self.content.fill_buf()?;
        if self.taken == self.most && !found.is_empty() {
            return Err(io::Error::other(format!(
                "the file unpacks to more than {} bytes, which the sandbox refuses",
                self.most
            )));
        }
        let length = found.len().min(self.most - self.taken);
        Ok(&found[..length])
    }

    fn consume(&mut self, amount: usize) {
        self.taken += amount;
        self.content.consume(amount);
    }
}

/// The addresses of the objects that match a `gs://` address with at most one `*`.
fn matching_objects(state: &ApiState, uri: &str) -> Result<Vec<String>, SqlError> {
    state.buckets.locate(uri).map_err(SqlError::bad_data)?;
    let inside = uri.strip_prefix("gs://").unwrap_or(uri);
    let (bucket, name) = inside.split_once('/').unwrap_or((inside, ""));
    let (before, after) = name.split_once('*').unwrap_or((name, ""));
    let all = state.buckets.objects(bucket, before);
    let matches = |object: &String| {
        if name.contains('*') {
            object.len() >= before.len() + after.len() && object.ends_with(after)
        } else {
            object == name
        }
    };
    Ok(all
        .into_iter()
        .filter(matches)
        .map(|object| format!("gs://{bucket}/{object}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_packed_file_has_the_room_that_is_left() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&vec![b'a'; 200_000]).unwrap();
        let packed = encoder.finish().unwrap();
        let read = |room: usize| {
            let mut all = Vec::new();
            LoadFile::new(&packed[..], room)?.read_to_end(&mut all)
        };
        assert_eq!(read(200_000).unwrap(), 200_000);
        let error = read(199_999).unwrap_err().to_string();
        assert!(error.contains("unpacks to more than 199999 bytes"), "{error}");
    }
}
