//! Bodies that are packed with gzip, unpacked while they come: what they hold counts, not how they travel.

use flate2::write::MultiGzDecoder;
use std::io::{self, Write};

/// How many packed bytes are unpacked at once. They become a thousand times as many at the most.
const PIECE: usize = 4 << 10;

/// Unpacks one body.
pub(super) struct Unpacking(MultiGzDecoder<Vec<u8>>);

impl Unpacking {
    pub fn new() -> Self {
        Self(MultiGzDecoder::new(Vec::new()))
    }

    /// Unpacks the next bytes, and shows what they hold in pieces.
    pub fn add<E: From<io::Error>>(
        &mut self,
        packed: &[u8],
        mut show: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for piece in packed.chunks(PIECE) {
            self.0.write_all(piece)?;
            self.0.flush()?;
            show(&std::mem::take(self.0.get_mut()))?;
        }
        Ok(())
    }

    /// What is left at the end of the body.
    ///
    /// # Errors
    /// It ends too early.
    pub fn finish(&mut self) -> io::Result<Vec<u8>> {
        self.0.try_finish()?;
        Ok(std::mem::take(self.0.get_mut()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        let mut encoder = flate2::read::GzEncoder::new(text, flate2::Compression::best());
        encoder.read_to_end(&mut packed).unwrap();
        packed
    }

    /// What a body holds that comes in frames of this size, or how many bytes of it came before it was refused.
    fn unpacked(packed: &[u8], frame: usize, most: usize) -> Result<Vec<u8>, String> {
        let (mut unpacking, mut all) = (Unpacking::new(), Vec::new());
        for bytes in packed.chunks(frame) {
            let added = unpacking.add(bytes, |plain| {
                all.extend_from_slice(plain);
                if all.len() > most {
                    return Err(io::Error::other("too many"));
                }
                Ok(())
            });
            added.map_err(|error| format!("{error} at {}", all.len()))?;
        }
        all.extend(unpacking.finish().map_err(|error| error.to_string())?);
        Ok(all)
    }

    #[test]
    fn a_body_is_unpacked_in_frames_of_any_size() {
        let text: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let two = [packed(&text), packed(b"more")].concat();
        for frame in [1, 7, 100_000, 10_000_000] {
            let whole = [&text[..], b"more"].concat();
            assert!(
                unpacked(&two, frame, usize::MAX).is_ok_and(|all| all == whole),
                "{frame}"
            );
        }
        assert!(unpacked(&packed(&text)[..1_000], 100, usize::MAX).is_err());
        assert!(unpacked(b"{\"a\":1}", 100, usize::MAX).is_err());
    }

    #[test]
    fn what_grows_is_refused_before_it_has_grown() {
        let bomb = packed(&vec![b' '; 64 << 20]);
        let refused = unpacked(&bomb, usize::MAX, 1 << 20).unwrap_err();
        let held: usize = refused.strip_prefix("too many at ").unwrap().parse().unwrap();
        assert!(held < 6 << 20, "{held}");
    }
}
