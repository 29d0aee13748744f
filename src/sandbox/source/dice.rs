//! Numbers that look random and are the same for the same seed.

/// A `SplitMix64` generator.
pub(super) struct Dice(u64);

impl Dice {
    /// Seeded by the sandbox's seed, a name and a number, so that no row depends on another.
    pub(super) fn new(seed: u64, name: &str, number: i64) -> Self {
        // FNV-1a: std's hashers may change between releases.
        let hash = name
            .bytes()
            .chain(number.to_le_bytes())
            .fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        Self(hash)
    }

    /// The next number below `limit`, which must not be 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % limit.max(1)
    }

    /// One of several; `""` if there are none.
    pub(super) fn pick(&mut self, choices: &[&'static str]) -> &'static str {
        let place = usize::try_from(self.below(choices.len() as u64)).unwrap_or_default();
        choices.get(place).copied().unwrap_or_default()
    }

    /// Money from `low` to below `high`, with two decimals.
    pub(super) fn money(&mut self, low: u64, high: u64) -> String {
        let cents = low * 100 + self.below((high - low) * 100);
        format!("{}.{:02}", cents / 100, cents % 100)
    }
}
