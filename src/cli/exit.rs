//! How the program ends, as a number that a script can read.

use std::process::ExitCode;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Success = 0,
    /// A task failed.
    TaskFailed = 1,
    /// The command line or the settings are wrong.
    Usage = 2,
    /// A time limit was reached.
    TimedOut = 3,
    /// Ctrl-C or a signal.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
