//! Avro object container files: a header with the schema, then blocks of records, each packed by itself.
//!
//! ```text
//! Obj 1 │ avro.schema, avro.codec │ mark ║ count │ length │ records │ mark ║ count │ …
//! ```
//!
//! Written here and not by a library: BigQuery's and CDAP's own types (`sqlType`, `datetime`) have to stay
//! in the schema, and a record's bytes become a row at once. The form is that of the
//! [specification](https://avro.apache.org/docs/1.11.1/specification/).

mod datum;
pub mod schema;

use super::{Content, Packing, cell};
use datum::{Cursor, Writer, bytes, long};
use flate2::Crc;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use googlesql::value::{Column, Value};
use serde_json::Value as Json;
use std::io::Read;

/// What Avro says of a file that is none.
pub const NO_AVRO: &str = "Not an Avro data file.";

const MAGIC: &[u8; 4] = b"Obj\x01";

/// How many bytes of records a block has, before it is packed: as Avro's own writer.
const BLOCK: usize = 64_000;

/// What a block may become when it is unpacked.
const LIMIT: u64 = 1 << 30;

/// What a file says of itself before its blocks.
struct Header<'b> {
    schema: Json,
    codec: String,
    /// Stands behind every block.
    mark: &'b [u8],
}

impl<'b> Header<'b> {
    fn read(cursor: &mut Cursor<'b>) -> Result<Self, String> {
        if cursor.take(4) != Ok(MAGIC) {
            return Err(NO_AVRO.into());
        }
        let (mut schema, mut codec) = (Json::Null, "null".to_owned());
        for (key, value) in cursor.metadata()? {
            match &*key {
                "avro.schema" => schema = serde_json::from_slice(value).map_err(|error| error.to_string())?,
                "avro.codec" => codec = String::from_utf8_lossy(value).into_owned(),
                _ => {}
            }
        }
        let mark = cursor.take(16)?;
        Ok(Self { schema, codec, mark })
    }
}

/// The schema of a file.
///
/// # Errors
/// [`NO_AVRO`], and a header that is damaged.
pub fn schema_of(content: &[u8]) -> Result<Json, String> {
    Ok(Header::read(&mut Cursor(content))?.schema)
}

/// The columns of a file, by their meaning.
pub fn columns(content: &[u8]) -> Result<Vec<Column>, String> {
    let fields = schema::fields(&schema_of(content)?, true)?;
    Ok(fields.into_iter().map(|(column, _)| column).collect())
}

/// The columns and rows of a file.
pub fn read(content: &[u8], logical: bool) -> Result<Content, String> {
    let mut cursor = Cursor(content);
    let Header { schema, codec, mark } = Header::read(&mut cursor)?;
    let fields = schema::fields(&schema, logical)?;
    let mut rows = Vec::new();
    while !cursor.0.is_empty() {
        let count = cursor.long()?;
        let packed = cursor.bytes()?;
        let block = unpacked(&codec, packed)?;
        let mut records = Cursor(&block);
        for _ in 0..count {
            // Records of no bytes could be told by the million.
            if records.0.is_empty() {
                return Err("a block ends too early".into());
            }
            rows.push(records.record(&fields)?);
        }
        if cursor.take(16)? != mark {
            return Err("Invalid sync!".into());
        }
    }
    Ok((fields.into_iter().map(|(column, _)| column).collect(), rows))
}

fn unpacked(codec: &str, packed: &[u8]) -> Result<Vec<u8>, String> {
    let broken = |error: &dyn std::fmt::Display| format!("a block cannot be unpacked: {error}");
    match codec {
        "null" => Ok(packed.to_vec()),
        "deflate" => {
            let mut plain = Vec::new();
            let mut limited = DeflateDecoder::new(packed).take(LIMIT);
            limited.read_to_end(&mut plain).map_err(|error| broken(&error))?;
            Ok(plain)
        }
        "snappy" => {
            // Its checksum stands behind it.
            let end = packed.len().checked_sub(4).ok_or("a block is too short")?;
            let length = snap::raw::decompress_len(&packed[..end]).map_err(|error| broken(&error))?;
            if u64::try_from(length).unwrap_or(u64::MAX) > LIMIT {
                return Err("a block is too long".into());
            }
            let plain = snap::raw::Decoder::new().decompress_vec(&packed[..end]);
            let plain = plain.map_err(|error| broken(&error))?;
            if checksum(&plain) != packed[end..] {
                return Err("a block's checksum is wrong".into());
            }
            Ok(plain)
        }
        other => Err(format!("the codec {other} is not supported by the sandbox")),
    }
}

fn checksum(plain: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(plain);
    crc.sum().to_be_bytes()
}

/// A file of these rows.
pub fn write(
    columns: &[Column],
    rows: &[Vec<Value>],
    packing: Packing,
    logical: bool,
) -> Result<Vec<u8>, String> {
    let scale = cell::scale_of(rows);
    let schema = schema::schema(columns, scale, logical).to_string();
    let codec = match packing {
        Packing::None => "null",
        Packing::Deflate => "deflate",
        Packing::Snappy => "snappy",
    };
    let mut out = MAGIC.to_vec();
    long(2, &mut out);
    for (key, value) in [("avro.schema", schema.as_str()), ("avro.codec", codec)] {
        bytes(key.as_bytes(), &mut out);
        bytes(value.as_bytes(), &mut out);
    }
    long(0, &mut out);
    let mark = uuid::Uuid::new_v4();
    out.extend(mark.as_bytes());
    let writer = Writer { scale, logical };
    let (mut block, mut count) = (Vec::new(), 0_i64);
    for (place, row) in rows.iter().enumerate() {
        writer.record(columns, row, &mut block)?;
        count += 1;
        if block.len() >= BLOCK || place + 1 == rows.len() {
            long(count, &mut out);
            bytes(&packed(packing, &block)?, &mut out);
            out.extend(mark.as_bytes());
            block.clear();
            count = 0;
        }
    }
    Ok(out)
}

fn packed(packing: Packing, plain: &[u8]) -> Result<Vec<u8>, String> {
    match packing {
        Packing::None => Ok(plain.to_vec()),
        Packing::Deflate => {
            let mut packed = Vec::new();
            let mut encoder = DeflateEncoder::new(plain, flate2::Compression::default());
            encoder
                .read_to_end(&mut packed)
                .map_err(|error| error.to_string())?;
            Ok(packed)
        }
        Packing::Snappy => {
            let packed = snap::raw::Encoder::new().compress_vec(plain);
            let mut packed = packed.map_err(|error| error.to_string())?;
            packed.extend(checksum(plain));
            Ok(packed)
        }
    }
}
