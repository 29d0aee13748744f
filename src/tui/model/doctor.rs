//! What a run needs of the project, as the engine has seen it last.

use domain::doctor::{Report, Standing};
use domain::time::Timestamp;
use domain::variable::Variables;

/// The checks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Doctor {
    /// What was seen; nothing before the first answer.
    pub seen: Option<Seen>,
    /// Whether an answer is awaited.
    pub is_asking: bool,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// When it came.
    pub at: Timestamp,
    /// The variables that it is about, which may have changed since.
    pub of: Variables,
    /// The checks.
    pub report: Report,
}

impl Doctor {
    /// The commands of all remedies for a shell, each below what it is for.
    pub fn commands(&self) -> String {
        let checks = self.seen.iter().flat_map(|seen| &seen.report.checks);
        let points = checks.flat_map(|examined| &examined.points);
        let mut lines = Vec::new();
        for point in points.filter(|point| point.standing != Standing::Ok) {
            if !point.commands.is_empty() {
                lines.push(format!("# {}", point.text));
                lines.extend(point.commands.iter().cloned());
            }
        }
        lines.join("\n")
    }
}
