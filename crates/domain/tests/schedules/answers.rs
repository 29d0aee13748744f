//! Answers that are lost while the machine sleeps, and the words for a story.

use domain::event::RunEvent;
use domain::failure::Failure;
use domain::scheduler::{Answer, Effect};

/// The same answer, if its connection broke before it came.
pub fn lost(answer: Answer) -> Answer {
    let gone = || Failure::transient("the machine slept");
    let doubtful = || Failure::ambiguous("the machine slept");
    match answer {
        Answer::Preflight(_) => Answer::Preflight(Err(gone())),
        Answer::Truncated(_) => Answer::Truncated(Err(doubtful())),
        Answer::TruncateLookedAt(_) => Answer::TruncateLookedAt(Err(gone())),
        Answer::TruncateCancelled(_) => Answer::TruncateCancelled(Err(gone())),
        Answer::ConfigurationRead(_) => Answer::ConfigurationRead(Err(gone())),
        Answer::Started { task, token, .. } => Answer::Started {
            task,
            token,
            outcome: Err(doubtful()),
        },
        Answer::Listed(_) => Answer::Listed(Err(gone())),
        Answer::LookedAt { task, run_id, .. } => Answer::LookedAt {
            task,
            run_id,
            outcome: Err(gone()),
        },
        Answer::StopSent { task, run_id, .. } => Answer::StopSent {
            task,
            run_id,
            outcome: Err(gone()),
        },
        Answer::Counted(_) => Answer::Counted(Err(gone())),
        other => other,
    }
}

pub fn words(answer: &Answer) -> String {
    match answer {
        Answer::Listed(Ok(runs)) => {
            let runs: Vec<_> = runs
                .iter()
                .map(|run| format!("{} {}", run.id, run.state))
                .collect();
            format!("<- {}", runs.join(", "))
        }
        Answer::Counted(Ok(_)) => "<- counts".into(),
        Answer::ConfigurationRead(Ok((configuration, _))) => {
            format!("<- {} active", configuration.active().count())
        }
        other => format!("<- {}", shortened(&format!("{other:?}"))),
    }
}

pub fn effect_words(effect: &Effect) -> String {
    match effect {
        Effect::Start { token, .. } => format!("Start {token}"),
        other => shortened(&format!("{other:?}")),
    }
}

pub fn event_words(event: &RunEvent) -> String {
    format!("{} {}", event.at.clock(), shortened(&format!("{:?}", event.fact)))
}

fn shortened(text: &str) -> String {
    text.chars().take(260).collect()
}
