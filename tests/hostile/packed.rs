//! Small bytes that unpack to many.

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, FlushCompress};
use std::io::Write;

/// How much one part unpacks to.
const PART: usize = 4 << 20;

/// DEFLATE of a text, again and again, `bytes` in all. Only a part is packed, because packing takes long; it ends at a byte.
pub fn deflate(text: &str, bytes: usize) -> Vec<u8> {
    let mut compress = flate2::Compress::new(Compression::best(), false);
    let part = text.repeat(PART / text.len());
    let mut packed = Vec::with_capacity(1 << 20);
    compress
        .compress_vec(part.as_bytes(), &mut packed, FlushCompress::Full)
        .unwrap();
    let mut all = packed.repeat(bytes / part.len());
    // The last block, which is empty.
    all.extend(
        DeflateEncoder::new(Vec::new(), Compression::best())
            .finish()
            .unwrap(),
    );
    all
}

/// Gzip of the same. The checksum at the end is wrong: nobody may get there.
pub fn gzip(text: &str, bytes: usize) -> Vec<u8> {
    let head = GzEncoder::new(Vec::new(), Compression::best()).finish().unwrap();
    [&head[..10], &deflate(text, bytes), &[0; 8]].concat()
}

/// These bytes as gzip.
pub fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A jar (a ZIP file) of packed entries: name, DEFLATE, and the size that it says of itself.
pub fn jar(entries: &[(String, Vec<u8>, u32)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, packed, size) in entries {
        let at = u32::try_from(out.len()).unwrap();
        let mut common = Vec::new();
        // Version 2.0, no flags, DEFLATE, no time, no checksum.
        common.extend([20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        common.extend(u32::try_from(packed.len()).unwrap().to_le_bytes());
        common.extend(size.to_le_bytes());
        common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(packed);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (at, count) = (out.len(), u16::try_from(entries.len()).unwrap());
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    out.extend(u32::try_from(at).unwrap().to_le_bytes());
    out.extend([0, 0]);
    out
}

/// DEFLATE of these bytes.
pub fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
