//! What becomes of one start request, as a scenario says it.

use serde::Deserialize;

/// How the server treats one start request.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Life {
    /// `started`, `refused`, `busy`, `unsent`, `lost` (it runs, the answer does not come), `void` (neither), `replayed`
    /// (a proxy names a run of other people).
    pub answer: String,
    /// Seconds until the request arrives.
    pub late: u64,
    /// Seconds until RUNNING, and from there to the end.
    pub pending: u64,
    pub running: u64,
    /// The end state.
    pub end: String,
    /// What the server says of a failure.
    pub cause: String,
    /// Whether that can get better.
    pub lasting: bool,
    /// Whether it is for want of a right.
    pub unauthorised: bool,
    /// Seconds in which the record is invisible or hides its arguments.
    pub hidden: u64,
    /// Whether a stop has no effect.
    pub deaf: bool,
}

impl Default for Life {
    fn default() -> Self {
        Self {
            answer: "started".into(),
            late: 0,
            pending: 4,
            running: 20,
            end: "COMPLETED".into(),
            cause: "boom".into(),
            lasting: false,
            unauthorised: false,
            hidden: 0,
            deaf: false,
        }
    }
}
