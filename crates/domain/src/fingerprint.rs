//! A fingerprint of a text that is the same in every version and on every machine. It keeps texts apart by chance, and
//! must never stand for a secret.

/// FNV-1a, with 64 bits.
pub fn fingerprint(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
