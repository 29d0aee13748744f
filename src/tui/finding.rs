//! Findings on the screen.

use super::remedy;
use super::theme::Meaning;
use domain::finding::{Finding, Severity};

/// How a finding is coloured.
pub const fn meaning(severity: Severity) -> Meaning {
    match severity {
        Severity::Note => Meaning::Muted,
        Severity::Warning => Meaning::Warning,
        Severity::Error => Meaning::Danger,
    }
}

/// A finding with its severity in front.
pub fn text(finding: &Finding) -> String {
    format!("{}: {}", finding.severity.as_str(), finding.text(remedy::text))
}
