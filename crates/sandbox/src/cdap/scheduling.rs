//! The calls about schedules, and the runs that schedules start.
//!
//! `request.rs` reads what clients send, `calls.rs` and `lists.rs` answer, `fire_times.rs` says when the clock starts
//! runs, `firing.rs` starts them, `trigger_info.rs` is what such a run shows of its trigger, `persistence.rs` holds
//! the store, deployments and deletions. Texts that no recording has follow CDAP's source
//! (`ProgramScheduleHttpHandler`, `ProgramScheduleService`, `CoreSchedulerService`).

pub mod calls;
pub mod fire_times;
mod firing;
pub mod lists;
mod persistence;
mod request;
mod trigger_info;
