//! Executes a pipeline's own JSON stage by stage on embedded storage.
//!
//! It reads rows from a source, applies the transforms, writes files to a local bucket and loads tables of
//! `googlesql`. It speaks no HTTP as a server; that is the sandbox's part.

pub mod artifact;
pub mod bucket;
pub mod container;
pub mod event;
pub mod execution;
pub mod executor;
pub mod hash_order;
pub mod macros;
mod personality;
pub mod pipeline;
pub mod plugin;
pub mod source;

pub use personality::Personality;
