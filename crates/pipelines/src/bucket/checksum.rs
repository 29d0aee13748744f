//! The two checksums that Cloud Storage keeps of an object, both in base64: MD5, and CRC32C in big-endian order.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

/// Both checksums of the bytes so far.
#[derive(Clone, Default)]
pub(super) struct Checksums {
    md5: Md5,
    crc32c: u32,
}

impl Checksums {
    pub fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.crc32c = crc32c::crc32c_append(self.crc32c, bytes);
    }

    pub fn md5(&self) -> String {
        STANDARD.encode(self.md5.clone().finalize())
    }

    pub fn crc32c(&self) -> String {
        STANDARD.encode(self.crc32c.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_the_published_ones() {
        // The check value of CRC-32C is e3069283; an empty object has these two at Google.
        for (content, crc32c, md5) in [
            ("123456789", "4waSgw==", "JfnnlDI7RTiF9RgfG2JNCw=="),
            ("", "AAAAAA==", "1B2M2Y8AsgTpgAmY7PhCfg=="),
        ] {
            let mut checksums = Checksums::default();
            for byte in content.bytes() {
                checksums.update(&[byte]);
            }
            assert_eq!(
                (checksums.crc32c().as_str(), checksums.md5().as_str()),
                (crc32c, md5)
            );
        }
    }
}
