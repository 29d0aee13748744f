//! Whether a process watches a run that has no end yet.
//!
//! A run whose process was killed keeps its last state in the journal. That state is not shown as the present one: what
//! is known is when it was seen last, and what was live then.

use crate::run::Run;
use crate::time::Timestamp;

/// Who watches a run without an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// This process drives it, in words: `process 4711`.
    By(String),
    /// No process of this machine does.
    NotSince {
        /// The moment of its last fact.
        since: Timestamp,
        /// How many of its pipeline runs were live then.
        live: usize,
    },
}

impl Watched {
    /// The word for a run that nobody watches, in the place of its state.
    pub const UNWATCHED: &'static str = "unwatched";

    /// Who watches the run; `driver` is the process that drives it, in words. Nothing for a run that is over.
    pub fn new(run: &Run, driver: Option<String>) -> Option<Self> {
        if run.state.is_end() {
            return None;
        }
        let unwatched = Self::NotSince {
            since: run.last_event,
            live: run.live_pipelines(),
        };
        Some(driver.map_or(unwatched, Self::By))
    }

    /// When it was seen last, if nobody watches it.
    pub const fn unwatched_since(&self) -> Option<Timestamp> {
        match self {
            Self::By(_) => None,
            Self::NotSince { since, .. } => Some(*since),
        }
    }

    /// As a part of a sentence.
    pub fn text(&self) -> String {
        match self {
            Self::By(_) => self.beside_state(),
            Self::NotSince { .. } => format!("not watched {}", self.beside_state()),
        }
    }

    /// The same beside the word for the state of the run.
    pub fn beside_state(&self) -> String {
        match self {
            Self::By(process) => format!("{process} drives it"),
            Self::NotSince { since, live } => {
                let live = match live {
                    0 => "none".to_owned(),
                    live => live.to_string(),
                };
                format!("since {since}, {live} live when last seen")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::RuntimeArguments;
    use crate::event::{Discovery, Fact, RunEvent};
    use crate::plan::PlannedPipeline;
    use crate::request::{RunRequest, Scope};
    use crate::state::RunState;
    use crate::variable::Variables;
    use std::time::Duration;

    /// A run with two pipelines, the first one started.
    fn run() -> Run {
        let planned = |task: &str| PlannedPipeline {
            task: task.into(),
            priority: 1,
            timeout: Duration::from_secs(60),
            allowed_tries: 3,
            arguments: RuntimeArguments::default(),
        };
        let request = RunRequest::new("p", Variables::default(), Scope::Chain);
        let facts = [
            Fact::RunStarted {
                run: "r".into(),
                request: Box::new(request),
            },
            Fact::PipelinesPlanned {
                pipelines: vec![planned("a"), planned("b")],
            },
            Fact::StartIntended {
                task: "a".into(),
                number: 1,
                token: "t".into(),
            },
            Fact::PipelineStarted {
                task: "a".into(),
                run_id: "p1".into(),
                found: Discovery::Answered,
            },
        ];
        let events = facts.map(|fact| RunEvent {
            at: Timestamp::from_seconds(10),
            fact,
        });
        Run::replay(&events).unwrap()
    }

    #[test]
    fn a_run_without_an_end_is_watched_or_was_last_seen() {
        let (mut run, last) = (run(), Timestamp::from_seconds(10));
        let unwatched = Watched::new(&run, None).unwrap();
        assert_eq!(
            unwatched.text(),
            "not watched since 1970-01-01 00:00:10 UTC, 1 live when last seen"
        );
        assert_eq!(unwatched.unwatched_since(), Some(last));
        let driven = Watched::new(&run, Some("process 4711".into())).unwrap();
        assert_eq!(
            (driven.text(), driven.unwatched_since()),
            ("process 4711 drives it".into(), None)
        );
        run.state = RunState::Stopped;
        assert_eq!(Watched::new(&run, None), None);
    }

    #[test]
    fn a_try_that_is_over_is_not_live() {
        let mut run = run();
        run.apply(&RunEvent {
            at: Timestamp::from_seconds(11),
            fact: Fact::TaskSucceeded { task: "a".into() },
        });
        let unwatched = Watched::new(&run, None).unwrap();
        assert!(unwatched.text().ends_with("none live when last seen"));
    }
}
