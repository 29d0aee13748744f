//! Small drawing tools that know nothing of Downbeat.

pub mod list;
pub mod paint;
pub mod text;
