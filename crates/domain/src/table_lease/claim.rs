//! A claim to a table, and how two labels hold it.
//!
//! `BigQuery` allows lower-case letters, digits, `_` and `-` in a label's value, and 63 characters.

use crate::fingerprint::fingerprint;
use crate::id::DagRunId;
use crate::id::TaskId;
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::fmt;

/// The label with the run that fills the table.
pub const RUN_LABEL: &str = "downbeat_run";

/// The label with the end of the lease, in seconds since 1970, and the holder: `1795973000_build-7-3f2a`.
pub const UNTIL_LABEL: &str = "downbeat_until";

/// What stands before the holder of a pipeline by hand, and then a fingerprint of the row that it loads: `hand_5f1c09ab_`.
const BY_HAND: &str = "hand_";

/// The longest value of a label.
const MAX_LENGTH: usize = 63;

/// The labels of a table.
pub type Labels = BTreeMap<String, String>;

/// Who fills a table, and until when nobody else may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The id of the DAG run.
    pub run: String,
    /// The process that drives it: its machine, and a part that no other process has.
    pub holder: String,
    /// The end, by the server's clock; whole seconds.
    pub until: Timestamp,
}

/// Labels of a lease that say nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its labels are {RUN_LABEL}={run} and {UNTIL_LABEL}={until}")]
pub struct Unreadable {
    run: String,
    until: String,
}

impl Claim {
    /// The claim in a table's labels; `None` if there is none.
    ///
    /// # Errors
    /// If one of the two labels is missing or is not in the form above.
    pub fn read(labels: &Labels) -> Result<Option<Self>, Unreadable> {
        let (run, until) = (labels.get(RUN_LABEL), labels.get(UNTIL_LABEL));
        if run.is_none() && until.is_none() {
            return Ok(None);
        }
        let claim = run.zip(until).and_then(|(run, until)| {
            let (seconds, holder) = until.split_once('_')?;
            let seconds = seconds.parse::<u32>().ok()?;
            Some(Self {
                run: run.clone(),
                holder: holder.to_owned(),
                until: Timestamp::from_seconds(i64::from(seconds)),
            })
        });
        claim
            .filter(|claim| !claim.run.is_empty())
            .map(Some)
            .ok_or_else(|| {
                let text = |label: Option<&String>| label.cloned().unwrap_or_else(|| "(missing)".into());
                Unreadable {
                    run: text(run),
                    until: text(until),
                }
            })
    }

    /// Whether it is the claim of this run.
    pub fn is_of(&self, run: &DagRunId) -> bool {
        self.run == label_text(run.as_str())
    }

    /// Whether the run is one pipeline by hand, which empties nothing.
    pub fn is_by_hand(&self) -> bool {
        self.holder.starts_with(BY_HAND)
    }

    /// Whether it is a pipeline by hand that loads this row.
    pub fn loads(&self, row: &TaskId) -> bool {
        let by_hand = self.holder.strip_prefix(BY_HAND);
        by_hand.is_some_and(|rest| {
            rest.split_once('_')
                .is_some_and(|(found, _)| found == row_text(Some(row)))
        })
    }

    /// The labels to set, so that [`Claim::read`] reads this claim again.
    pub fn labels(&self) -> BTreeMap<String, Option<String>> {
        let until = format!("{}_{}", self.until.seconds(), self.holder);
        let until = until.chars().take(MAX_LENGTH).collect();
        BTreeMap::from([
            (RUN_LABEL.to_owned(), Some(self.run.clone())),
            (UNTIL_LABEL.to_owned(), Some(until)),
        ])
    }

    /// What to set so that there is no claim.
    pub fn no_labels() -> BTreeMap<String, Option<String>> {
        [RUN_LABEL, UNTIL_LABEL]
            .map(|label| (label.to_owned(), None))
            .into()
    }
}

/// `run 0197… of build-7-3f2a, reserved until 2026-11-29 17:05:00 UTC`.
impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, holder) = match self.holder.strip_prefix(BY_HAND) {
            Some(rest) => (
                "run by hand",
                rest.split_once('_').map_or(rest, |(_, holder)| holder),
            ),
            None => ("run", self.holder.as_str()),
        };
        write!(
            f,
            "{kind} {} of {holder}, reserved until {}",
            self.run, self.until
        )
    }
}

/// The holder of a pipeline by hand, by the name of its process and the row that it loads.
pub(super) fn by_hand(holder: &str, row: Option<&TaskId>) -> String {
    label_text(&format!("{BY_HAND}{}_{holder}", row_text(row)))
}

/// Short enough for a label, and without an underscore.
fn row_text(row: Option<&TaskId>) -> String {
    row.map_or_else(
        || "none".to_owned(),
        |row| format!("{:08x}", fingerprint(row.as_str().bytes()) >> 32),
    )
}

/// A text as a label can hold it: other characters become `-`. Short enough to stand behind the seconds.
pub(super) fn label_text(text: &str) -> String {
    let letter = |c: char| match c.to_ascii_lowercase() {
        c @ ('a'..='z' | '0'..='9' | '_' | '-') => c,
        _ => '-',
    };
    text.chars().map(letter).take(MAX_LENGTH - 11).collect()
}
