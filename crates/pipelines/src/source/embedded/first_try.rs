//! The failure that is built into the embedded source: reading one table fails, and the next try succeeds.
//!
//! A client that repeats `logical.start.time` is known by it, but most clients let the server fill it in, so each try of
//! theirs has another one. Therefore a failure stands for one success, of whoever asks next: nobody fails twice in a
//! row, and each new window fails again only after that.

use std::collections::VecDeque;

/// The table that fails.
const TABLE: &str = "`operations`.`ticket`";

/// How long a failure waits for its second try, in seconds. Airflow waits five minutes unless told otherwise.
const SECOND_TRY: i64 = 600;

/// How many windows are remembered: those of the runs that may still read.
const REMEMBERED: usize = 1_000;

/// Which reads have failed.
#[derive(Debug, Default)]
pub(super) struct FirstTry {
    /// The windows that have failed, or have got the success of a failure; none of them fails any more.
    windows: VecDeque<String>,
    /// When a read failed that has had no success yet; in seconds.
    owed: Option<i64>,
}

impl FirstTry {
    /// Whether this read fails. `window` is the same for all reads of a run.
    pub fn fails(&mut self, sql: &str, window: &str, now: i64) -> bool {
        if !sql.contains(TABLE) {
            return false;
        }
        let owed = self.owed.take();
        if self.windows.iter().any(|known| known == window) {
            return false;
        }
        if self.windows.len() == REMEMBERED {
            self.windows.pop_front();
        }
        self.windows.push_back(window.to_owned());
        let succeeds = owed.is_some_and(|since| now.saturating_sub(since) <= SECOND_TRY);
        if !succeeds {
            self.owed = Some(now);
        }
        !succeeds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_try_succeeds_whatever_window_it_names() {
        const TICKETS: &str = "SELECT * FROM `operations`.`ticket`";
        for (reads, what) in [
            (
                &[("a", 0, true), ("a", 1, false), ("b", 2, true), ("b", 3, false)][..],
                "a repeated window",
            ),
            (
                &[
                    ("a", 0, true),
                    ("b", 60, false),
                    ("c", 61, true),
                    ("d", 400, false),
                ],
                "a window of each try",
            ),
            (
                &[("a", 0, true), ("b", 1, false), ("b", 2, false), ("b", 3, false)],
                "several reads of a try",
            ),
            (
                &[("a", 0, true), ("a", 1, false), ("a", 2, false)],
                "several reads of a repeated window",
            ),
            (
                &[("a", 0, true), ("b", 601, true), ("c", 602, false)],
                "nobody tried again",
            ),
            (&[("a", 0, true), ("b", -5, false)], "a clock that was set back"),
        ] {
            let mut first = FirstTry::default();
            for (window, now, expected) in reads {
                assert_eq!(
                    first.fails(TICKETS, window, *now),
                    *expected,
                    "{what}: {window} at {now}"
                );
            }
            assert!(!first.fails("SELECT * FROM `hr`.`engineer`", "z", 9_999));
        }
    }

    #[test]
    fn a_thousand_windows_are_remembered() {
        let mut first = FirstTry::default();
        for window in 0..5_000 {
            first.fails(TABLE, &window.to_string(), 0);
        }
        assert_eq!(first.windows.len(), REMEMBERED);
    }
}
