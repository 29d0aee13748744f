//! Avro object container files: a header with the schema, then blocks of records, each compressed by itself.
//!
//! ```text
//! Obj 1 │ avro.schema, avro.codec │ sync ║ count │ length │ records │ sync ║ count │ …
//! ```
//!
//! This is not a library's work because BigQuery's and CDAP's own types (`sqlType`, `datetime`) must stay in
//! the schema, and because a record's bytes become a row directly. It follows the
//! [specification](https://avro.apache.org/docs/1.11.1/specification/).

mod datum;
pub mod schema;

use super::{Codec, Content, cell};
use crate::memory::Memory;
use datum::{Cursor, Writer};
pub(super) use datum::{bytes, long};
use flate2::Crc;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use googlesql::limits::{MAX_VALUE_BYTES, read_at_most};
use googlesql::value::{Column, Row};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::io::{Read, Write};

/// The error of Avro's reader for a file of another format.
pub const NOT_AVRO: &str = "Not an Avro data file.";

const MAGIC: &[u8; 4] = b"Obj\x01";

/// The size of a block before compression, as in Avro's own writer.
const BLOCK_SIZE: usize = 64_000;

/// The most bytes of a block after decompression. Writers begin another one after some dozen kilobytes.
const MAX_BLOCK: usize = 4 * MAX_VALUE_BYTES;

/// The most bytes of a schema.
const MAX_SCHEMA: usize = 1 << 20;

/// The header of a file.
struct Header<'b> {
    schema: Json,
    codec: String,
    /// Follows every block.
    sync_marker: &'b [u8],
}

impl<'b> Header<'b> {
    fn read(cursor: &mut Cursor<'b>) -> Result<Self, String> {
        if cursor.take(4) != Ok(MAGIC) {
            return Err(NOT_AVRO.into());
        }
        let (mut schema, mut codec) = (Json::Null, "null".to_owned());
        for (key, value) in cursor.metadata()? {
            match &*key {
                "avro.schema" if value.len() > MAX_SCHEMA => {
                    return Err(format!(
                        "a schema of more than {MAX_SCHEMA} bytes is not supported by the sandbox"
                    ));
                }
                "avro.schema" => schema = serde_json::from_slice(value).map_err(|error| error.to_string())?,
                "avro.codec" => codec = String::from_utf8_lossy(value).into_owned(),
                _ => {}
            }
        }
        let sync_marker = cursor.take(16)?;
        Ok(Self {
            schema,
            codec,
            sync_marker,
        })
    }
}

/// The schema of a file.
///
/// # Errors
/// [`NOT_AVRO`], or a damaged header.
pub fn file_schema(content: &[u8]) -> Result<Json, String> {
    Ok(Header::read(&mut Cursor(content))?.schema)
}

/// The columns of a file, with logical types.
pub fn columns(content: &[u8]) -> Result<Vec<Column>, String> {
    let fields = schema::fields(&file_schema(content)?, true)?;
    Ok(fields.into_iter().map(|(column, _)| column).collect())
}

/// The columns and rows of a file. The rows are taken from `memory`.
pub fn read(content: &[u8], logical: bool, memory: &mut Memory) -> Result<Content, String> {
    let mut cursor = Cursor(content);
    let Header {
        schema,
        codec,
        sync_marker,
    } = Header::read(&mut cursor)?;
    let fields = schema::fields(&schema, logical)?;
    let mut rows = Vec::new();
    while !cursor.0.is_empty() {
        let count = usize::try_from(cursor.long()?).map_err(|_| "a block's count is negative")?;
        let packed = cursor.bytes()?;
        let block = decompress(&codec, packed)?;
        // Records without bytes could be claimed by the million.
        if count > block.len() {
            return Err("a block ends too early".into());
        }
        memory.hold(block.len())?;
        let mut records = Cursor(&block);
        for _ in 0..count {
            let before = memory.taken();
            let row = records.record(&fields, memory)?;
            memory.finish_row(before, &row)?;
            rows.push(row);
        }
        memory.let_go(block.len());
        if cursor.take(16)? != sync_marker {
            return Err("Invalid sync!".into());
        }
    }
    Ok((fields.into_iter().map(|(column, _)| column).collect(), rows))
}

fn decompress<'b>(codec: &str, packed: &'b [u8]) -> Result<Cow<'b, [u8]>, String> {
    let broken = |error: &dyn std::fmt::Display| format!("a block cannot be unpacked: {error}");
    match codec {
        "null" => Ok(Cow::Borrowed(packed)),
        "deflate" => {
            let plain =
                read_at_most(DeflateDecoder::new(packed), MAX_BLOCK).map_err(|error| broken(&error))?;
            let plain = plain.ok_or("a block is too long")?;
            Ok(Cow::Owned(plain))
        }
        "snappy" => {
            // A checksum of four bytes follows the data.
            let end = packed.len().checked_sub(4).ok_or("a block is too short")?;
            let length = snap::raw::decompress_len(&packed[..end]).map_err(|error| broken(&error))?;
            if length > MAX_BLOCK {
                return Err("a block is too long".into());
            }
            let plain = snap::raw::Decoder::new().decompress_vec(&packed[..end]);
            let plain = plain.map_err(|error| broken(&error))?;
            if checksum(&plain) != packed[end..] {
                return Err("a block's checksum is wrong".into());
            }
            Ok(Cow::Owned(plain))
        }
        other => Err(format!("the codec {other} is not supported by the sandbox")),
    }
}

fn checksum(plain: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(plain);
    crc.sum().to_be_bytes()
}

/// Writes a file of these rows, one block after the other.
pub fn write(
    file: &mut dyn Write,
    (columns, rows): (&[Column], &[Row]),
    codec: Codec,
    logical: bool,
) -> Result<(), String> {
    let mut flush = |out: &mut Vec<u8>| {
        let written = file.write_all(out).map_err(|error| error.to_string());
        out.clear();
        written
    };
    let scale = cell::scale_of(rows);
    let schema = schema::schema(columns, scale, logical).to_string();
    let codec_name = match codec {
        Codec::None => "null",
        Codec::Deflate => "deflate",
        Codec::Snappy => "snappy",
    };
    let mut out = MAGIC.to_vec();
    long(2, &mut out);
    for (key, value) in [("avro.schema", schema.as_str()), ("avro.codec", codec_name)] {
        bytes(key.as_bytes(), &mut out);
        bytes(value.as_bytes(), &mut out);
    }
    long(0, &mut out);
    let sync_marker = uuid::Uuid::new_v4();
    out.extend(sync_marker.as_bytes());
    let writer = Writer { scale, logical };
    let (mut block, mut count) = (Vec::new(), 0_i64);
    for (place, row) in rows.iter().enumerate() {
        writer.record(columns, row, &mut block)?;
        count += 1;
        if block.len() >= BLOCK_SIZE || place + 1 == rows.len() {
            long(count, &mut out);
            bytes(&compress(codec, &block)?, &mut out);
            out.extend(sync_marker.as_bytes());
            flush(&mut out)?;
            block.clear();
            count = 0;
        }
    }
    flush(&mut out)
}

fn compress(codec: Codec, plain: &[u8]) -> Result<Vec<u8>, String> {
    match codec {
        Codec::None => Ok(plain.to_vec()),
        Codec::Deflate => {
            let mut packed = Vec::new();
            let mut encoder = DeflateEncoder::new(plain, flate2::Compression::default());
            encoder
                .read_to_end(&mut packed)
                .map_err(|error| error.to_string())?;
            Ok(packed)
        }
        Codec::Snappy => {
            let packed = snap::raw::Encoder::new().compress_vec(plain);
            let mut packed = packed.map_err(|error| error.to_string())?;
            packed.extend(checksum(plain));
            Ok(packed)
        }
    }
}
