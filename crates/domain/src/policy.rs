//! How long to wait: between retries, polls, look-ups and refused starts.
//!
//! The pauses come from measurements (`runs` move on a 2 s grid, a young record is hidden for up to
//! 2.3 s) and from what servers ask for; jitter is drawn from a key, so that a replay waits the same.

use std::time::Duration;

/// A start's answer was lost: for so long the run is looked for before it counts as unknown.
/// A young record is invisible for 2 s at most when measured; a loaded server gets thirty times that.
pub const LOOK_UP_WINDOW: Duration = Duration::from_secs(60);

/// How far the server's clock may be behind ours.
pub const CLOCK_MARGIN: Duration = Duration::from_secs(300);

/// A run without progress for so long is reported as silent.
pub const SILENCE: Duration = Duration::from_secs(600);

/// A task whose stop is not confirmed for so long is given up: the server's own limit is 300 s, and it looks
/// every 300 s with 60 s of tolerance.
pub const STOP_GRACE: Duration = Duration::from_secs(900);

/// A stop is sent again after this time without an end.
pub const STOP_AGAIN: Duration = Duration::from_secs(60);

/// How long the job that empties the output table is waited for before it is cancelled. It is a matter of seconds, but
/// it may have to wait for its turn.
pub const TRUNCATE_LIMIT: Duration = Duration::from_secs(300);

/// After this time a notice says that the job has not emptied the table yet.
pub const TRUNCATE_IS_LATE: Duration = Duration::from_secs(60);

/// A step that comes so much later than it was asked for means that the machine slept, or the program stood still: nobody
/// watched. A pause that counts as unwatched although somebody watched does no harm.
pub const SLEPT: Duration = Duration::from_secs(20);

/// A time that nobody watched is said from this length on.
pub const GAP_TO_SAY: Duration = Duration::from_secs(60);

/// A step is taken at least this often while a run goes on, so that a machine that slept is noticed.
pub const PULSE: Duration = Duration::from_secs(60);

/// The run does not end earlier than this after a lost start was sent: it is looked for once more then.
pub const LATE_WINDOW: Duration = Duration::from_secs(120);

/// How far back the list reaches on which it is decided that a start never arrived: one of the two clocks may be
/// wrong by hours.
pub const DECIDING_MARGIN: Duration = Duration::from_secs(86_400);

/// How long the cluster of an ended run is watched, because late log lines may follow.
pub const CLUSTER_WATCH: Duration = Duration::from_secs(30);

/// The end of a run waits for the last counts of its pipelines until so many requests in a row have failed
/// (1 s, 2 s, 4 s … apart): the counts are shown, nothing depends on them.
pub const LAST_COUNT_TRIES: u32 = 5;

/// The pause between two lists of runs, `age` after the youngest start.
pub fn list_interval(age: Duration) -> Duration {
    Duration::from_millis(match age.as_secs() {
        0..90 => 1_000,
        90..600 => 4_000,
        _ => 10_000,
    })
}

/// The pause between two readings of the counts, `age` after the youngest start.
pub fn count_interval(age: Duration) -> Duration {
    list_interval(age) * 2
}

/// The pause after `failures` failures of one request in a row: 1, 2, 4 … 60 s.
pub fn backoff(failures: u32) -> Duration {
    Duration::from_secs((1_u64 << failures.saturating_sub(1).min(6)).min(60))
}

/// The pause after `failures` writes of the journal in a row have failed: 1, 2, 4 … 30 s.
pub fn write_pause(failures: u32) -> Duration {
    backoff(failures).min(Duration::from_secs(30))
}

/// The pause after flow control refused a start for the nth time (from 1): 5, 10, 20 … 300 s. Each
/// refused start leaves a REJECTED record and counts as launching for 2 s, so tries are spaced.
pub fn refusal_pause(refusals: u32) -> Duration {
    Duration::from_secs((5_u64 << refusals.saturating_sub(1).min(6)).min(300))
}

/// `span` lengthened by up to a fifth, by a share that `key` and `turn` fix.
pub fn jittered(span: Duration, key: &str, turn: u64) -> Duration {
    // FNV-1a: small, stable, and good enough to spread polls.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ turn;
    for byte in key.bytes().chain(turn.to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    span + span * u32::try_from(hash >> 33 & 0xff).unwrap_or(0) / (255 * 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_bounded() {
        assert_eq!([1, 2, 3, 7, 99].map(|n| backoff(n).as_secs()), [1, 2, 4, 60, 60]);
        assert_eq!(
            [1, 2, 3, 7, 99].map(|n| refusal_pause(n).as_secs()),
            [5, 10, 20, 300, 300]
        );
    }

    #[test]
    fn jitter_is_repeatable_and_small() {
        let second = Duration::from_secs(1);
        for turn in 0..500 {
            let span = jittered(second, "run", turn);
            assert_eq!(span, jittered(second, "run", turn));
            assert!((second..=second * 6 / 5).contains(&span), "{span:?}");
        }
        assert_ne!(jittered(second, "run", 1), jittered(second, "run", 2));
    }
}
