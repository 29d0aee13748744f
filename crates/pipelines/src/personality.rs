//! The release of CDAP that is imitated.

/// A measured release of CDAP. Code that depends on the release checks this value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Personality {
    /// 6.10.0: a new run is not listed for up to two seconds.
    V6_10,
    /// 6.11.0: a new run is listed at once, with the system's arguments instead of the caller's.
    V6_11,
}

impl Personality {
    /// The version that `/v3/version` returns.
    pub const fn release(self) -> &'static str {
        match self {
            Self::V6_10 => "6.10.0",
            Self::V6_11 => "6.11.0",
        }
    }
}
