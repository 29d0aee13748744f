//! Remedies in the words of a log: what can be done is a command for a shell, or a plain sentence where
//! there is no command. No key is named here: a log has none.

use domain::remedy::Remedy;
use domain::shell;

/// The remedies as sentences; empty if there are none. Commands name the profile, so that a pasted one
/// cannot reach another environment.
pub(super) fn text(remedies: &[Remedy], profile: &str) -> String {
    let profile = shell::word(profile);
    let run = format!("downbeat run --profile {profile}");
    let sentences: Vec<_> = remedies
        .iter()
        .map(|remedy| match remedy {
            Remedy::Text(text) => text.clone(),
            Remedy::Retry(_) => format!("To run it alone: `{run} --args NAME=VALUE,...`."),
            Remedy::GiveArguments { names, .. } => {
                let names = names.join(", ");
                format!(
                    "Open the terminal (`downbeat --profile {profile}`), resume this run and give {names} there; \
                     or run this pipeline alone, which empties nothing: `{run} --args @FILE`, with {names} and \
                     its other arguments in FILE."
                )
            }
            Remedy::GiveUp(_) => "To give it up, interrupt the run, which stops all of it.".into(),
            Remedy::StartRun => format!("To start a new run: `{run}`."),
            Remedy::AllowUnresolvedSink => {
                format!("If it does, accept that it cannot be seen: `{run} --allow-unresolved-sink`.")
            }
            Remedy::RunBeside => "If the two read different rows, add --beside.".into(),
            Remedy::StopRun => "To stop the run, interrupt it.".into(),
            Remedy::RestoreTable(restore) => restore.text(),
            Remedy::LookAtJob(job) => job.text(),
        })
        .collect();
    sentences.join(" ")
}
