//! Something worth knowing before or during a run, with what to do about it.

use crate::failure::{Failure, FailureKind};
use crate::remedy::{self, Remedy};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// What was found, about what, and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The variable, row or thing it is about.
    pub about: String,
    /// What is the matter, in one sentence.
    pub message: String,
    /// What it means for the next start, if it is an error. Written only where it is not `permanent`, which
    /// older journals leave out.
    #[serde(default = "permanent", skip_serializing_if = "is_permanent")]
    pub kind: FailureKind,
    /// What it is recognised by, where something depends on it: the sentence is for people. Most have none, and one
    /// that a newer Downbeat has added is left out.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "known_code"
    )]
    pub code: Option<FindingCode>,
    /// What to do, texts first; empty if there is nothing to do.
    #[serde(flatten, with = "remedy::written")]
    pub remedies: Vec<Remedy>,
}

/// A finding that something depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingCode {
    /// The run goes on without a lease of its own on its output table: the table's labels cannot be written, or a pipeline by
    /// hand goes on under the lease of another one.
    Unreserved,
    /// No row of the configuration is active: a run would do nothing.
    NothingActive,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Probably not what is wanted; a run may begin.
    Warning,
    /// No run may begin.
    Error,
}

impl Severity {
    /// The word for it, the same on the screen, in a log and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Finding {
    /// No run may begin because of this.
    pub fn error(about: impl Into<String>, message: impl Into<String>, remedy: impl Into<Remedy>) -> Self {
        Self {
            severity: Severity::Error,
            about: about.into(),
            message: message.into(),
            kind: FailureKind::Permanent,
            code: None,
            remedies: vec![remedy.into()],
        }
    }

    /// Probably not what is wanted.
    pub fn warning(about: impl Into<String>, message: impl Into<String>, remedy: impl Into<Remedy>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(about, message, remedy)
        }
    }

    /// A failure that stops nothing.
    pub fn from_failure(about: impl Into<String>, failure: Failure) -> Self {
        Self {
            severity: Severity::Warning,
            about: about.into(),
            message: failure.reason,
            kind: failure.kind,
            code: None,
            remedies: failure.remedies,
        }
    }

    /// The same with another severity.
    #[must_use]
    pub fn with_severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    /// The same finding, where its cause may pass by itself.
    #[must_use]
    pub fn with_kind(mut self, kind: FailureKind) -> Self {
        self.kind = kind;
        self
    }

    /// The same finding, to be recognised by this.
    #[must_use]
    pub fn with_code(mut self, code: FindingCode) -> Self {
        self.code = Some(code);
        self
    }

    /// What was found and what to do, in the words of the screen or of a log.
    pub fn text(&self, words: impl FnOnce(&[Remedy]) -> String) -> String {
        remedy::sentences(&self.message, &words(&self.remedies))
    }
}

/// How many places a refusal names; the findings themselves name all.
const NAMED: usize = 5;

/// Why the run must not begin, as the failure of its `start`: the error itself, or how many there are and
/// where. `None` without an error among the findings.
pub fn refusal(findings: &[Finding]) -> Option<Failure> {
    let errors: Vec<_> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .collect();
    if let [only] = errors.as_slice() {
        return Some(Failure::from((*only).clone()));
    }
    let mut places: Vec<&str> = Vec::new();
    for error in &errors {
        if !places.contains(&error.about.as_str()) {
            places.push(&error.about);
        }
    }
    let rest = format!("{} more", places.len().saturating_sub(NAMED));
    if places.len() > NAMED {
        places.truncate(NAMED);
        places.push(&rest);
    }
    let reason = format!("{} errors were found, in {}.", errors.len(), listed(&places));
    let kind = error_kind(findings)?;
    Some(Failure::new(kind, reason).with_remedy("Correct all of them, then start again."))
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// No run may begin, for the reason that was found.
impl From<Finding> for Failure {
    fn from(finding: Finding) -> Self {
        Self::new(finding.kind, finding.message).with_remedies(finding.remedies)
    }
}

/// The kind of all errors together: what stays until somebody acts comes before what passes by itself.
pub fn error_kind(findings: &[Finding]) -> Option<FailureKind> {
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.kind).min_by_key(|kind| match kind {
        FailureKind::Permanent => 0,
        FailureKind::Unauthorised | FailureKind::Unidentified => 1,
        FailureKind::Held => 2,
        FailureKind::Ambiguous => 3,
        FailureKind::Transient => 4,
        FailureKind::Busy => 5,
        FailureKind::Unsent => 6,
    })
}

fn known_code<'de, D: Deserializer<'de>>(from: D) -> Result<Option<FindingCode>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(from)?).ok())
}

const fn permanent() -> FailureKind {
    FailureKind::Permanent
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a field by reference"
)]
const fn is_permanent(kind: &FailureKind) -> bool {
    matches!(kind, FailureKind::Permanent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_again_and_an_unknown_one_is_left_out() {
        let finding = Finding::warning("a", "a is odd.", "Look at it.");
        let coded = finding.clone().with_code(FindingCode::Unreserved);
        for finding in [&finding, &coded] {
            let text = serde_json::to_string(finding).unwrap();
            assert_eq!(
                serde_json::from_str::<Finding>(&text).unwrap(),
                *finding,
                "{text}"
            );
        }
        let newer = serde_json::to_string(&coded)
            .unwrap()
            .replace("unreserved", "newer");
        assert_eq!(serde_json::from_str::<Finding>(&newer).unwrap(), finding);
    }

    #[test]
    fn a_refusal_says_how_many_errors_there_are_and_where() {
        let error = |about: &str| Finding::error(about, format!("{about} is wrong."), "Correct it.");
        let warning = Finding::warning("a", "a is odd.", "Look at it.");
        assert_eq!(refusal(std::slice::from_ref(&warning)), None);
        let one = [warning.clone(), error("hr.a-b")];
        assert_eq!(refusal(&one), Some(Failure::from(error("hr.a-b"))));
        let four = ["hr.a-b", "hr.c.d", "hr.c.d", "x.payroll"].map(error);
        let reason = refusal(&four).map(|failure| failure.reason);
        assert_eq!(
            reason.as_deref(),
            Some("4 errors were found, in hr.a-b, hr.c.d and x.payroll.")
        );
        let many: Vec<_> = (0..100).map(|number| error(&number.to_string())).collect();
        let reason = refusal(&many).map(|failure| failure.reason);
        assert_eq!(
            reason.as_deref(),
            Some("100 errors were found, in 0, 1, 2, 3, 4 and 95 more.")
        );
    }
}
