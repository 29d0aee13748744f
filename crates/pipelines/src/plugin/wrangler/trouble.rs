//! What can go wrong with a record: what the plugin raises, and what only the sandbox cannot do.

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// An exception; `on-error` says what becomes of the record or the run.
    Failed(String),
    /// The record is an error with this text and code.
    Record(String, i64),
    /// The same, told by `send-to-error-and-continue`.
    Reported(String, i64),
    /// Beyond the sandbox: the run ends, whatever `on-error` says.
    Unsupported(String),
}

impl Trouble {
    /// `DirectiveExecutionException` of a directive.
    pub fn executing(directive: &str, text: impl AsRef<str>) -> Self {
        Self::Failed(format!(
            "Error encountered while executing '{directive}' : {}",
            text.as_ref()
        ))
    }

    /// `DirectiveParseException` of a directive.
    pub fn parsing(directive: &str, text: impl AsRef<str>) -> Self {
        Self::Failed(format!(
            "Error encountered while parsing '{directive}' : {}",
            text.as_ref()
        ))
    }

    /// `ErrorRowException` of a directive.
    pub fn record(directive: &str, text: impl AsRef<str>, code: i64) -> Self {
        Self::Record(
            format!("{} (ecode: {code}, directive: {directive})", text.as_ref()),
            code,
        )
    }

    /// Something of a directive that the sandbox does not do.
    pub fn unsupported(directive: &str, what: impl AsRef<str>) -> Self {
        Self::Unsupported(format!(
            "{} of directive '{directive}' is not supported by the sandbox",
            what.as_ref()
        ))
    }

    /// An expression's own trouble, told by the directive it stands in.
    pub fn within(self, directive: &str) -> Self {
        match self {
            Self::Failed(text) => Self::executing(directive, text),
            Self::Unsupported(what) => Self::unsupported(directive, what),
            other => other,
        }
    }
}
