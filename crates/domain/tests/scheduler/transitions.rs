//! Which state of a task may follow which: the drawing at the top of the domain's `state.rs` as a function.

use domain::state::TaskState;

/// Whether the drawing has an arrow from `from` to `next`. Staying is not a transition.
pub fn is_legal(from: TaskState, next: TaskState) -> bool {
    use TaskState as S;
    match from {
        S::None => matches!(
            next,
            S::Scheduled | S::Queued | S::Running | S::UpstreamFailed | S::Skipped
        ),
        S::Scheduled => {
            matches!(
                next,
                S::Queued | S::Running | S::Skipped | S::UpstreamFailed | S::Stopped | S::Failed
            )
        }
        S::UpForRetry => matches!(
            next,
            S::Scheduled | S::Queued | S::Running | S::Skipped | S::Failed | S::Stopped | S::TimedOut
        ),
        S::Queued => !matches!(
            next,
            S::None | S::Queued | S::Success | S::UpstreamFailed | S::Skipped
        ),
        S::Running => !matches!(next, S::None | S::Running | S::UpstreamFailed | S::Skipped),
        S::Stopping => {
            next.is_end() && !matches!(next, S::UpstreamFailed | S::Skipped)
                || matches!(next, S::Unknown | S::UpForRetry)
        }
        S::Unknown => !matches!(next, S::None | S::Unknown | S::UpstreamFailed | S::Skipped),
        // A retry by hand: the task itself is scheduled anew, what waited on it is cleared.
        S::Failed | S::TimedOut | S::Stopped => matches!(next, S::Scheduled),
        S::UpstreamFailed | S::Skipped | S::Success => matches!(next, S::Scheduled | S::None),
    }
}

#[test]
fn an_end_state_is_left_only_by_a_retry() {
    for from in TaskState::ALL.iter().copied().filter(|s| s.is_end()) {
        for to in TaskState::ALL.iter().copied() {
            let allowed = matches!(to, TaskState::Scheduled | TaskState::None);
            assert!(!is_legal(from, to) || allowed, "{from:?} -> {to:?}");
        }
    }
}

#[test]
fn success_comes_only_from_something_that_ran() {
    for from in TaskState::ALL.iter().copied() {
        let ran = matches!(
            from,
            TaskState::Running | TaskState::Stopping | TaskState::Unknown
        );
        assert_eq!(is_legal(from, TaskState::Success), ran, "{from:?}");
    }
}

#[test]
fn every_state_but_the_first_can_be_reached() {
    for to in TaskState::ALL.iter().copied() {
        assert!(
            TaskState::ALL.iter().copied().any(|from| is_legal(from, to)),
            "{to:?}"
        );
    }
}
