//! Which measured release of CDAP is imitated; what differs between them asks for it.

/// Which measured release the sandbox resembles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Personality {
    /// A fresh run cannot be seen at all for up to two seconds.
    V6_10,
    /// A fresh run is seen at once, with the system's arguments instead of the caller's.
    V6_11,
}

impl Personality {
    /// The release as `/v3/version` tells it.
    pub const fn release(self) -> &'static str {
        match self {
            Self::V6_10 => "6.10.0",
            Self::V6_11 => "6.11.0",
        }
    }
}
