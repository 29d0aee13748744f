//! A local Data Fusion, CDAP, BigQuery and source database behind the real REST APIs.
//!
//! Reached over HTTP only. It shares no wire type with `client/`, so that a wrong belief about the
//! real services cannot hide on both sides.

pub mod bucket;
pub mod execution;
pub mod executor;
mod macros;
pub mod observation;
mod pipeline;
pub mod plugin;
pub mod source;
pub mod value;
pub mod warehouse;
