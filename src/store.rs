//! What outlives the process: the journal, the logs of the tries, and the lease on an output table.
//!
//! ```text
//! data dir/downbeat.db                 the journal: every fact of every run     store/journal.rs
//! data dir/logs/RUN/TASK/TRY.log       the log of a try's pipeline run          store/log.rs
//! data dir/copied/TIME.txt             what the clipboard could not take           store/copied.rs
//! data dir/edits/PROFILE.json          presets, and edits that were not saved    store/edits.rs
//! data dir/notices.jsonl                what the terminal has said          store/notices.rs
//! state dir/release.json               what is known of newer versions     store/releases.rs
//! data dir/leases/TABLE.lock           the run that may fill an output table    store/lease.rs
//! data dir/leases/run+RUN.lock         the process that drives a run
//! ```
//!
//! Everything is readable by its owner only (`store/owner_only.rs`), and no secret-looking argument
//! reaches the disk ([`domain::event::RunEvent::redacted`]). Nothing in here decides what happens to a
//! run or calls a service.

mod copied;
mod edits;
mod error;
mod file_name;
mod journal;
mod lease;
mod log;
mod notices;
mod owner_only;
mod releases;

pub use copied::keep as keep_copied;
pub use edits::EditsFile;
pub use error::{StoreError, waiting};
pub use journal::{Exported, Journal};
pub use lease::Lease;
pub use log::{LogFolder, LogTail};
pub use notices::{NoticeFile, PastNotice};
pub use releases::ReleaseFile;
