//! How the program ends, as a number that a script can read. The help and `docs/headless.md` have the list from here.

use domain::outcome::Outcome;
use std::fmt::Write as _;
use std::process::ExitCode;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Success = 0,
    /// A task failed.
    TaskFailed = 1,
    /// The command line, the settings, a table or the identity are wrong.
    Refused = 2,
    /// A time limit was reached.
    TimedOut = 3,
    /// A service or the network failed.
    Unavailable = 4,
    /// Another run holds the output table.
    Held = 5,
    /// There was nothing to run.
    Empty = 6,
    /// Ctrl-C or a signal.
    Interrupted = 130,
}

impl Exit {
    /// Every way to end, in the order of the numbers.
    pub const ALL: [Self; 8] = [
        Self::Success,
        Self::TaskFailed,
        Self::Refused,
        Self::TimedOut,
        Self::Unavailable,
        Self::Held,
        Self::Empty,
        Self::Interrupted,
    ];

    /// How an outcome ends; a run without an active row is a success where that is allowed.
    pub fn new(outcome: Outcome, allow_empty: bool) -> Self {
        match outcome {
            Outcome::Empty if allow_empty => Self::Success,
            outcome => outcome.into(),
        }
    }

    /// The number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What the number says of `downbeat run`.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Success => "every pipeline of the run completed",
            Self::TaskFailed => "a task failed, or the run could not go on; the last lines say why",
            Self::Refused => {
                "the command line, settings, tables or identity are wrong; nothing was started or emptied"
            }
            Self::TimedOut => "dag_timeout_minutes or cdf_pipeline_timeout_seconds was over",
            Self::Unavailable => {
                "a service or the network failed before anything was started or emptied; worth trying again"
            }
            Self::Held => {
                "another run holds the output table or is unfinished; nothing was started or emptied"
            }
            Self::Empty => "no row of the configuration is active; with --allow-empty this is 0",
            Self::Interrupted => {
                "interrupted (Ctrl-C, SIGTERM, SIGHUP), or the terminal was left during a run"
            }
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::Success,
            Outcome::TaskFailed => Self::TaskFailed,
            Outcome::Refused => Self::Refused,
            Outcome::TimedOut => Self::TimedOut,
            Outcome::Unavailable => Self::Unavailable,
            Outcome::Held => Self::Held,
            Outcome::Empty => Self::Empty,
            Outcome::Interrupted => Self::Interrupted,
        }
    }
}

/// A help text, and below it how a command that drives a run can end.
pub(super) fn with_codes(help: &str) -> String {
    with(help, &Exit::ALL.map(|exit| (exit, exit.meaning())))
}

/// A help text, and below it how a command can end.
pub(super) fn with(help: &str, codes: &[(Exit, &str)]) -> String {
    let mut text = format!("{help}\n\nExit codes:");
    for (exit, meaning) in codes {
        // Writing to a text cannot fail.
        let _ = write!(text, "\n  {:<3}  {meaning}", exit.code());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_a_code_of_its_own() {
        let codes: Vec<_> = Outcome::ALL
            .iter()
            .map(|outcome| Exit::from(*outcome).code())
            .collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 130]);
        assert_eq!(codes, Exit::ALL.map(Exit::code));
    }

    #[test]
    fn the_page_has_the_same_list() {
        let page = include_str!("../../docs/headless.md");
        let rows = Exit::ALL.map(|exit| format!("| {} | {} |", exit.code(), exit.meaning()));
        let rows = rows.join("\n");
        assert!(page.contains(&rows), "docs/headless.md should have:\n{rows}");
    }
}
