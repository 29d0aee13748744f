//! The two checksums that Cloud Storage keeps of an object, both in base64: MD5, and CRC32C in big-endian order.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

/// CRC-32C (Castagnoli), reflected.
const POLYNOMIAL: u32 = 0x82f6_3b78;

const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut at = 0_u32;
    while at < 256 {
        let mut sum = at;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 {
                (sum >> 1) ^ POLYNOMIAL
            } else {
                sum >> 1
            };
            bit += 1;
        }
        table[at as usize] = sum;
        at += 1;
    }
    table
}

/// Both checksums of what has come so far.
#[derive(Clone)]
pub(super) struct Checksums {
    md5: Md5,
    crc: u32,
}

impl Default for Checksums {
    fn default() -> Self {
        Self {
            md5: Md5::new(),
            crc: !0,
        }
    }
}

impl Checksums {
    pub fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        for byte in bytes {
            let low = self.crc.to_le_bytes()[0];
            self.crc = TABLE[usize::from(low ^ byte)] ^ (self.crc >> 8);
        }
    }

    pub fn md5(&self) -> String {
        STANDARD.encode(self.md5.clone().finalize())
    }

    pub fn crc32c(&self) -> String {
        STANDARD.encode((!self.crc).to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_the_published_ones() {
        // The check value of CRC-32C is e3069283; an empty object has these two at Google.
        for (content, crc, md5) in [
            ("123456789", "4waSgw==", "JfnnlDI7RTiF9RgfG2JNCw=="),
            ("", "AAAAAA==", "1B2M2Y8AsgTpgAmY7PhCfg=="),
        ] {
            let mut checksums = Checksums::default();
            for byte in content.bytes() {
                checksums.update(&[byte]);
            }
            assert_eq!(
                (checksums.crc32c().as_str(), checksums.md5().as_str()),
                (crc, md5)
            );
        }
    }
}
