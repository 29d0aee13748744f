//! The pure core: what a run is and how it advances.
//!
//! Nothing in here may touch the network, a file, the terminal, the environment or a clock; time
//! comes in as a [`time::Timestamp`]. Start reading at `domain/run.rs`.

pub mod id;
pub mod pipeline;
pub mod time;
