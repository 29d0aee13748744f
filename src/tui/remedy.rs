//! Remedies in sentences: what a key does is named by its key in the action table.

use super::action::{Action, key};
use domain::remedy::Remedy;

/// The remedies as sentences; empty if there are none.
pub fn text(remedies: &[Remedy]) -> String {
    let mut sentences = Vec::new();
    let mut actions = Vec::new();
    for remedy in remedies {
        match remedy {
            Remedy::Text(text) => sentences.push(text.clone()),
            Remedy::Retry(_) => actions.push(format!("{} starts it again", key(Action::Retry))),
            Remedy::GiveArguments { names, .. } => {
                let names = names.join(", ");
                actions.push(format!(
                    "{} asks for {names} and starts it again",
                    key(Action::Retry)
                ));
            }
            Remedy::GiveUp(_) => actions.push(format!("{} gives it up", key(Action::StopTask))),
            Remedy::StartRun | Remedy::StartFresh => {
                actions.push(format!("{} starts a new run", key(Action::Run)));
            }
            Remedy::AllowUnresolvedSink => actions.push(format!(
                "{} reads the pipeline again, {} shows the plan, where {} accepts it",
                key(Action::Reload),
                key(Action::Run),
                key(Action::Begin)
            )),
            // The terminal starts no pipeline by hand, and shows this in the history only.
            Remedy::RunBeside => sentences.push("A run by hand can be started with --beside.".into()),
            Remedy::WatchRun(_) | Remedy::ResumeRun(_) | Remedy::CloseRun(_) => {
                actions.push(format!("{} lists it", key(Action::History)));
            }
            // The screen asks when it is wanted.
            Remedy::AfterNewer => {}
            Remedy::StopRun => actions.push(format!("{} stops it", key(Action::StopRun))),
            Remedy::RestoreTable(restore) => sentences.push(restore.text()),
            Remedy::LookAtJob(job) => sentences.push(job.text()),
        }
    }
    if !actions.is_empty() {
        sentences.push(format!("{}.", actions.join(", ")));
    }
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::TaskId;

    #[test]
    fn each_action_is_named_by_its_key() {
        let task = || TaskId::from("a");
        let lost = [
            Remedy::from("It is still looked for."),
            Remedy::Retry(task()),
            Remedy::GiveUp(task()),
        ];
        assert_eq!(
            text(&lost),
            "It is still looked for. R starts it again, x gives it up."
        );
        assert_eq!(
            text(&[Remedy::StartRun, Remedy::StopRun]),
            "r starts a new run, X stops it."
        );
        assert_eq!(
            text(&["It may fill it.".into(), Remedy::AllowUnresolvedSink]),
            "It may fill it. ctrl-r reads the pipeline again, r shows the plan, where enter accepts it."
        );
        assert_eq!(text(&[]), "");
    }
}
