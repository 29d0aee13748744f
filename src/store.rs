//! What outlives the process: the journal, the logs of the tries, and the lease on an output table.
//!
//! ```text
//! data dir/downbeat.db                 the journal: every fact of every run     store/journal.rs
//! data dir/logs/RUN/TASK/TRY.log       what a try's pipeline run logged         store/log.rs
//! data dir/leases/TABLE.lock           who may fill an output table now         store/lease.rs
//! ```
//!
//! Everything is readable by its owner only (`store/owner_only.rs`), and no secret-looking argument
//! reaches the disk (the domain's `event/redact.rs`). Nothing in here decides what happens to a run, and
//! nothing in here uses the network.

mod error;
mod journal;
mod lease;
mod log;
mod owner_only;

pub use error::StoreError;
pub use journal::{Journal, RunHistory};
pub use lease::Lease;
pub use log::{LogFolder, LogSlice, TryLog};
