//! What can be wrong with the settings, where, and what to do about it.

use std::fmt;
use std::path::PathBuf;

/// Why the settings cannot be read or written. The program ends with exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file's text is wrong; every fault on its own line.
    #[error("{}", lines(path, faults))]
    Text {
        /// The file.
        path: PathBuf,
        /// At least one, in the order of the text.
        faults: Vec<Fault>,
    },
    /// There is no such profile.
    #[error(
        "There is no profile '{name}'. Known profiles: {known}. Add [profile.{name}] to config.toml or choose one of these."
    )]
    UnknownProfile {
        /// The name that was given.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// There are profiles, and none is chosen.
    #[error(
        "config.toml has {known}, and none is chosen{}. Choose one with --profile NAME, or set default_profile \
         in config.toml; --profile sandbox uses the sandbox.",
        but_for(outside.as_deref())
    )]
    NoChoice {
        /// `the profiles prod, test`.
        known: String,
        /// What from outside the file says where to run.
        outside: Option<String>,
    },
    /// A value from outside the file is wrong.
    #[error("{name}: {message} It was given by {origin}.")]
    Value {
        /// The variable or endpoint.
        name: String,
        /// What is wrong with it.
        message: String,
        /// `--set`, `the environment variable DOWNBEAT_…`, …
        origin: String,
    },
    /// A file or folder of Downbeat cannot be used.
    #[error("Cannot {action} {}: {reason}. Check its permissions and the free space, or name another folder with --home DIR.", path.display())]
    File {
        /// `read`, `write`, `create`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error. The message has it, so it is no source: a chain of sources would tell it twice.
        reason: std::io::Error,
    },
    /// The system names no home folder.
    #[error(
        "This user has no home folder. Name a folder for Downbeat's files with --home DIR or DOWNBEAT_HOME."
    )]
    NoHome,
}

impl ConfigError {
    pub(super) fn file(action: &'static str, path: impl Into<PathBuf>, reason: std::io::Error) -> Self {
        Self::File {
            action,
            path: path.into(),
            reason,
        }
    }
}

/// One mistake in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong, and what is expected instead.
    pub message: String,
}

impl Fault {
    /// A mistake at a byte of the text.
    pub(super) fn at(text: &str, byte: usize, message: impl Into<String>) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

fn but_for(outside: Option<&str>) -> String {
    outside.map_or_else(String::new, |outside| {
        format!(", but {outside} is given (--profile environment takes everything from there)")
    })
}

fn lines(path: &std::path::Path, faults: &[Fault]) -> String {
    let lines: Vec<_> = faults
        .iter()
        .map(|fault| format!("{}:{fault}", path.display()))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_counted_in_lines_and_characters() {
        let text = "é = 1\nüü = 2";
        for (byte, line, column) in [(0, 1, 1), (2, 1, 2), (7, 2, 1), (11, 2, 3), (99, 2, 7)] {
            let fault = Fault::at(text, byte, "");
            assert_eq!((fault.line, fault.column), (line, column), "byte {byte}");
        }
    }

    #[test]
    fn a_chain_of_errors_tells_the_systems_words_once() {
        let error = ConfigError::file("create", "/a/logs", std::io::Error::other("no space"));
        let text = format!("{:#}", anyhow::Error::new(error));
        assert_eq!(text.matches("no space").count(), 1, "{text}");
    }
}
