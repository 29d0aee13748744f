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
            Remedy::Retry(task) => format!(
                "To try it again once the run is over: `downbeat retry RUN {} --profile {profile}`, RUN being the \
                 run's id.",
                shell::word(task.as_str())
            ),
            Remedy::GiveArguments { task, names } => {
                let (names, task) = (names.join(", "), shell::word(task.as_str()));
                format!(
                    "Give {names} again once the run is over: `downbeat retry RUN {task} --profile {profile} \
                     --args @FILE`, RUN being the run's id, with {names} in FILE; or open the terminal (`downbeat \
                     --profile {profile}`) and give {names} there."
                )
            }
            Remedy::GiveUp(_) => "To give it up, interrupt the run, which stops everything.".into(),
            Remedy::StartRun => format!("To start a new run: `{run}`."),
            Remedy::AllowUnresolvedSink => {
                format!("If it does, accept that it cannot be seen: `{run} --allow-unresolved-sink`.")
            }
            Remedy::RunBeside => "If the two read different rows, add --beside.".into(),
            Remedy::WatchRun(run) => format!("To watch it: `downbeat attach {run}`."),
            Remedy::ResumeRun(run) => format!("To carry it on: `downbeat resume {run}`."),
            Remedy::CloseRun(run) => {
                format!("To close it, and stop what is still live: `downbeat resume {run} --stop`.")
            }
            Remedy::StartFresh => format!("To close it and start anew: `{run} --fresh`."),
            Remedy::AfterNewer => "To do it all the same, add --after-newer.".into(),
            Remedy::StopRun => "To stop the run, interrupt it.".into(),
            Remedy::RestoreTable(restore) => restore.text(),
            Remedy::LookAtJob(job) => job.text(),
        })
        .collect();
    sentences.join(" ")
}
