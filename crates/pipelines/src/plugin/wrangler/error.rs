//! The errors of directives: exceptions of the plugin, and what the sandbox does not support.

/// Why a directive failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DirectiveError {
    /// An exception, which is handled by `on-error`.
    Failed(String),
    /// The row becomes an error record with this message and code.
    ErrorRow(String, i64),
    /// An error record of `send-to-error-and-continue`.
    ReportedErrorRow(String, i64),
    /// Not supported by the sandbox: the run fails, whatever `on-error` says.
    Unsupported(String),
}

impl DirectiveError {
    /// The `DirectiveExecutionException` of a directive.
    pub fn execution(directive: &str, text: impl AsRef<str>) -> Self {
        Self::Failed(format!(
            "Error encountered while executing '{directive}' : {}",
            text.as_ref()
        ))
    }

    /// The `DirectiveParseException` of a directive.
    pub fn parse(directive: &str, text: impl AsRef<str>) -> Self {
        Self::Failed(format!(
            "Error encountered while parsing '{directive}' : {}",
            text.as_ref()
        ))
    }

    /// The `ErrorRowException` of a directive.
    pub fn error_row(directive: &str, text: impl AsRef<str>, code: i64) -> Self {
        Self::ErrorRow(
            format!("{} (ecode: {code}, directive: {directive})", text.as_ref()),
            code,
        )
    }

    /// A feature of a directive that the sandbox does not support.
    pub fn unsupported(directive: &str, what: impl AsRef<str>) -> Self {
        Self::Unsupported(format!(
            "{} of directive '{directive}' is not supported by the sandbox",
            what.as_ref()
        ))
    }

    /// Adds the name of the directive to the error of an expression.
    pub fn in_directive(self, directive: &str) -> Self {
        match self {
            Self::Failed(text) => Self::execution(directive, text),
            Self::Unsupported(what) => Self::unsupported(directive, what),
            other => other,
        }
    }
}
