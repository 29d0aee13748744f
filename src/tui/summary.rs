//! A run in words: how many tasks are in which state, and how it ended. The title of the window, notices, the shell and
//! the linear mode say the same.

use domain::run::Run;
use domain::state::TaskState;
use domain::time::human;

/// How many pipeline tasks are in which state, the most urgent first, so that a cut line still shows them.
pub fn by_urgency(run: &Run) -> Vec<(TaskState, usize)> {
    let mut counts: Vec<_> = run.counts().into_iter().collect();
    counts.sort_by_key(|(state, _)| urgency(*state));
    counts
}

/// The place of a state among the counts, from 0.
const fn urgency(state: TaskState) -> u8 {
    match state {
        TaskState::Failed => 0,
        TaskState::TimedOut => 1,
        TaskState::Unknown => 2,
        TaskState::Stopped => 3,
        TaskState::UpForRetry => 4,
        TaskState::Success => 5,
        TaskState::Running => 6,
        TaskState::Stopping => 7,
        TaskState::Queued => 8,
        TaskState::Scheduled => 9,
        TaskState::None => 10,
        TaskState::UpstreamFailed => 11,
        TaskState::Skipped => 12,
    }
}

/// `3 failed, 2 running`; nothing before there are pipelines.
pub fn counts(run: &Run) -> String {
    words(by_urgency(run))
}

/// The counts of what is not well.
pub fn bad(run: &Run) -> String {
    let is_bad = |state: TaskState| {
        matches!(
            state,
            TaskState::Failed | TaskState::TimedOut | TaskState::Unknown
        )
    };
    words(by_urgency(run).into_iter().filter(|(state, _)| is_bad(*state)))
}

fn words(counts: impl IntoIterator<Item = (TaskState, usize)>) -> String {
    let words = counts
        .into_iter()
        .map(|(state, number)| format!("{number} {}", state.as_str()));
    words.collect::<Vec<_>>().join(", ")
}

/// The rows that its pipelines have loaded, as far as that is known.
pub fn loaded(run: &Run) -> Option<u64> {
    let loaded = run
        .pipelines()
        .filter_map(|task| task.current()?.records_loaded());
    loaded.reduce(u64::saturating_add)
}

/// How it ended, in one sentence: `success in 4m 10s: 6 success, 12,345 rows loaded.`
pub fn ending(run: &Run) -> String {
    let elapsed = run.ended.map(|ended| human(run.elapsed(ended)));
    let elapsed = elapsed.map_or_else(String::new, |elapsed| format!(" in {elapsed}"));
    let rows = loaded(run).map(|rows| {
        let noun = if rows == 1 { "row" } else { "rows" };
        format!("{} {noun} loaded", super::widget::text::thousands(rows))
    });
    let counts = Some(counts(run)).filter(|counts| !counts.is_empty());
    let parts: Vec<_> = [counts, run.handled_words(), rows]
        .into_iter()
        .flatten()
        .collect();
    let parts = if parts.is_empty() {
        String::new()
    } else {
        format!(": {}", parts.join(", "))
    };
    format!("{}{elapsed}{parts}.", run.state.as_str())
}
