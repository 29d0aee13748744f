//! Why a pipeline run failed, in one sentence, and whether another try can help.
//!
//! Judged by what a server reports (`nodes/state`, ERROR lines, `classify`); the texts are those of real
//! servers. A wrong guess costs one needless try, or one retry by hand, never data.

use crate::cause;
use crate::failure::{Failure, FailureKind};

/// What is known about a failed run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The innermost cause of a failed node: class name and message. The outer ones are noise.
    pub cause: Option<(String, String)>,
    /// The newest ERROR line that names the failure.
    pub error_line: Option<String>,
    /// From `classify` (6.11): the stage, empty if none is named, and the reason.
    pub classified: Option<(String, String)>,
}

/// The texts that show that only a change helps, and what to change.
const PERMANENT: [(&str, &str); 10] = [
    (
        "is not defined",
        "Give the argument in the row, in the form, or as a preference of the pipeline.",
    ),
    (
        "Unsupported macro function",
        "Correct the macro in the pipeline and deploy it again.",
    ),
    (
        "Plugin named",
        "Install the plugin on the instance, or deploy the pipeline with one that is there.",
    ),
    (
        "Unable to load JDBC Driver",
        "Install the JDBC driver on the instance.",
    ),
    (
        "doesn't exist",
        "Correct business_unit and data_source of the row, or create the table.",
    ),
    ("Not found:", "Check the names and the location."),
    ("No source_fields", "Fill source_fields of the row."),
    (
        "Output directory",
        "Clear the directory, or give the pipeline a fresh one for each try.",
    ),
    (
        "is not supported by the sandbox",
        "Take this pipeline to a real instance.",
    ),
    (
        "getSchema()\" is null",
        "Use Projection instead of Wrangler behind a source without a schema (CDAP 6.9 and 6.10).",
    ),
];

/// The texts that show that the identity may not do what the pipeline does.
const UNAUTHORISED: [&str; 5] = [
    "Access denied for user",
    "Access Denied",
    "403 Forbidden",
    "PERMISSION_DENIED",
    "does not have permission",
];

/// The texts of failed pipeline runs for which another try does not help, and what to change.
pub fn advice() -> impl Iterator<Item = (&'static str, &'static str)> {
    PERMANENT.into_iter()
}

/// Why the run failed, and whether another try can help.
pub fn judge(evidence: &Evidence) -> Failure {
    let Some(reason) = sentence(evidence) else {
        return Failure::transient("The run failed, and the server gave no reason.")
            .with_remedy("The server's own log may say more.");
    };
    if let Some(cause) = cause::named(None, &reason) {
        let remedy = cause.remedy(&reason).into_owned();
        return Failure::new(cause.kind, reason).with_remedy(remedy);
    }
    if UNAUTHORISED.iter().any(|text| reason.contains(text)) {
        return Failure::new(FailureKind::Unauthorised, reason)
            .with_remedy("Grant the pipeline's service account or database user what is missing.");
    }
    match PERMANENT.iter().find(|(text, _)| reason.contains(text)) {
        Some((_, remedy)) => Failure::permanent(reason).with_remedy(*remedy),
        None => Failure::transient(reason),
    }
}

fn sentence(evidence: &Evidence) -> Option<String> {
    let cause = evidence.cause.as_ref().map(|(class, message)| {
        let class = class.rsplit('.').next().unwrap_or(class);
        if message.trim().is_empty() {
            class.to_owned()
        } else {
            message.trim().to_owned()
        }
    });
    let logged = evidence.error_line.as_deref().and_then(root_message);
    // MapReduce and Spark wrap the cause; then the log line says more than the node.
    let vague = |text: &String| {
        text.contains("Job aborted") || text.contains("failed on YARN") || text.starts_with("MapReduce JobId")
    };
    let text = match (cause, logged) {
        (Some(cause), Some(logged)) if vague(&cause) => logged,
        (Some(cause), _) => cause,
        (None, Some(logged)) => logged,
        (None, None) => evidence.classified.as_ref().map(|(_, reason)| reason.clone())?,
    };
    let text = first_lines(&text);
    Some(match &evidence.classified {
        Some((stage, _)) if !stage.is_empty() && !text.contains(stage.as_str()) => format!("{stage}: {text}"),
        _ => text,
    })
}

/// `Spark program 'phase-1' failed with error: MESSAGE. Please check the system logs for more details.`, or
/// `Failed to execute pipeline stage 'x' with the error: MESSAGE. Please review your pipeline configuration …`.
fn root_message(line: &str) -> Option<String> {
    let (lead, rest) = line
        .split_once("failed with error: ")
        .or_else(|| line.split_once("with the error: "))?;
    let message = rest.split(" Please check the system logs").next().unwrap_or(rest);
    let message = message
        .split(" Please review your pipeline")
        .next()
        .unwrap_or(message);
    let message = message.trim_end_matches('.').trim().to_owned() + ".";
    let stage = lead
        .split_once("pipeline stage '")
        .and_then(|(_, rest)| rest.split('\'').next());
    Some(stage.map_or_else(|| message.clone(), |stage| format!("{stage}: {message}")))
}

/// One line: the first, joined with the one after a blank line, as MySQL writes its messages.
fn first_lines(text: &str) -> String {
    let mut joined = text
        .split('\n')
        .map(str::trim)
        .filter(|row| !row.is_empty())
        .take(2)
        .collect::<Vec<_>>()
        .join(" ");
    if joined.chars().count() > 400 {
        joined = joined.chars().take(399).chain(['…']).collect();
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caused(class: &str, message: &str) -> Evidence {
        Evidence {
            cause: Some((class.into(), message.into())),
            ..Evidence::default()
        }
    }

    #[test]
    fn only_what_can_get_better_is_retried() {
        for (class, message, kind) in [
            (
                "io.cdap.cdap.api.macro.InvalidMacroException",
                "Argument 'watermark_column' is not defined.",
                FailureKind::Permanent,
            ),
            (
                "java.sql.SQLException",
                "Table 'hr.nothing' doesn't exist",
                FailureKind::Permanent,
            ),
            (
                "java.sql.SQLException",
                "Access denied for user 'nobody'@'localhost' (using password: YES)",
                FailureKind::Unauthorised,
            ),
            (
                "com.mysql.cj.jdbc.exceptions.CommunicationsException",
                "Communications link failure\n\nThe last packet sent",
                FailureKind::Transient,
            ),
            (
                "java.net.UnknownHostException",
                "www.googleapis.com",
                FailureKind::Transient,
            ),
        ] {
            assert_eq!(judge(&caused(class, message)).kind, kind, "{message}");
        }
    }

    #[test]
    fn the_remedy_fits_a_cause_that_looks_like_a_missing_right() {
        for (message, kind, words) in [
            (
                "Access Denied: Project p: Billing has not been enabled for this project.",
                FailureKind::Permanent,
                "Enable billing",
            ),
            (
                "403 Forbidden: Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: a",
                FailureKind::Unauthorised,
                "perimeter",
            ),
            (
                "Insufficient 'CPUS' quota. Requested 24.0, available 12.0.",
                FailureKind::Transient,
                "quota in the region",
            ),
        ] {
            let failure = judge(&caused("java.io.IOException", message));
            assert_eq!(failure.kind, kind, "{message}");
            let said = format!("{:?}", failure.remedies);
            assert!(said.contains(words) && !said.contains("Grant"), "{said}");
        }
    }

    #[test]
    fn the_log_names_the_cause_of_a_wrapped_failure() {
        let mut evidence = caused("org.apache.spark.SparkException", "Job aborted.");
        evidence.error_line = Some("Spark program 'phase-2' failed with error: Stage 'Import To BigQuery' encountered : boom. Please check the system logs for more details.".into());
        assert_eq!(
            judge(&evidence).reason,
            "Stage 'Import To BigQuery' encountered : boom."
        );
        let mut evidence = caused(
            "java.lang.IllegalStateException",
            "MapReduce JobId job_local_0002 failed",
        );
        evidence.error_line = Some("Failed to execute pipeline stage 'src' with the error: lab: bad record '5'. Please review your pipeline configuration and check the system logs for more details.".into());
        assert_eq!(judge(&evidence).reason, "src: lab: bad record '5'.");
    }

    #[test]
    fn a_failure_without_a_trace_says_so() {
        assert_eq!(
            judge(&Evidence::default()).reason,
            "The run failed, and the server gave no reason."
        );
        assert_eq!(
            judge(&caused("java.lang.NullPointerException", "")).reason,
            "NullPointerException"
        );
    }
}
