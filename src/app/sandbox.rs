//! The local Google that a start brings along. The only file that knows whether it is built in (feature `sandbox`).
//!
//! Both halves offer the same: `check`, `open`, `serve` and `Embedded`.

#[cfg(feature = "sandbox")]
mod built_in;
#[cfg(not(feature = "sandbox"))]
mod left_out;

#[cfg(feature = "sandbox")]
pub(super) use built_in::{Embedded, check, open, serve};
#[cfg(not(feature = "sandbox"))]
pub(super) use left_out::{Embedded, check, open, serve};
