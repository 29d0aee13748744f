//! Drawing tools that know nothing of runs and tasks.

pub mod canvas;
pub mod control;
pub mod list;
pub mod room;
pub mod scroll_bar;
pub mod text;
