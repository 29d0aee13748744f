//! The chains of Java exceptions that a real server wraps around a failure of a Spark node (measured).

use crate::sandbox::observation::Failure;
use crate::sandbox::plugin::failure;

/// A failure while the node was prepared: the schema read, the look at the tables.
pub(super) fn prepared(cause: Failure) -> Failure {
    let message = "Exception raised from TxRunnable.run() io.cdap.cdap.internal.app.runtime.AbstractContext\
                   $$Lambda$538/0x00007ff62c716000@6eeddcfc";
    caused("org.apache.tephra.TransactionFailureException", message, cause)
}

/// A failure when the job was submitted.
pub(super) fn submitted(cause: Failure) -> Failure {
    let message = match &cause.message {
        Some(message) => format!("{}: {message}", cause.class_name),
        None => cause.class_name.clone(),
    };
    caused("java.util.concurrent.ExecutionException", &message, cause)
}

/// A failure while records moved or were committed.
pub(super) fn aborted(cause: Failure) -> Failure {
    submitted(caused("org.apache.spark.SparkException", "Job aborted.", cause))
}

/// The text of a stack trace without frames, cause by cause.
pub(super) fn trace(failure: &Failure) -> String {
    let mut text = String::new();
    let mut next = Some(failure);
    while let Some(failure) = next {
        if !text.is_empty() {
            text.push_str("Caused by: ");
        }
        text.push_str(&failure.class_name);
        if let Some(message) = &failure.message {
            text.push_str(": ");
            text.push_str(message);
        }
        text.push('\n');
        next = failure.cause.as_deref();
    }
    text
}

fn caused(class_name: &str, message: &str, cause: Failure) -> Failure {
    Failure {
        cause: Some(Box::new(cause)),
        ..failure(class_name, message)
    }
}
