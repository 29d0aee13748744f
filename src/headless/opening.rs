//! What a start does with runs of the journal, for its first line. It decides nothing: that is [`domain::settle`].

use domain::id::DagRunId;
use domain::settle::{Settlement, Unfinished};
use domain::time::Timestamp;
use serde_json::{Map, Value, json};

/// What a start does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Begins a run, or nothing.
    New,
    /// Carries on an unfinished run.
    CarryOn {
        /// The run.
        run: DagRunId,
        /// When it began.
        started: Timestamp,
        /// When it was written to for the last time.
        since: Timestamp,
    },
    /// Stops what lives of a run and waits for its end.
    Close(DagRunId),
    /// Tries tasks of an ended run again.
    Retry(DagRunId),
    /// Says something of tasks of an ended run.
    Mark(DagRunId),
    /// Watches a run that another process drives.
    Watch(DagRunId),
}

/// What a start does, and with which runs before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// What it is for.
    pub doing: Doing,
    /// Runs that are closed first.
    pub closes: Vec<DagRunId>,
    /// A pipeline by hand, or a chain of other rows, that is carried on to its end first.
    pub finishes: Option<DagRunId>,
}

impl From<Doing> for Opening {
    fn from(doing: Doing) -> Self {
        Self {
            doing,
            closes: Vec::new(),
            finishes: None,
        }
    }
}

impl Opening {
    /// A start of `downbeat run` that settles these runs.
    pub fn new(settlement: &Settlement, unfinished: &[Unfinished]) -> Self {
        let carried = settlement.carries_on.as_ref();
        let found = carried.and_then(|id| unfinished.iter().find(|one| one.run.id == *id));
        Self {
            doing: found.map_or(Doing::New, Doing::carry_on),
            closes: settlement.closes.clone(),
            finishes: settlement.finishes.clone(),
        }
    }

    /// What stands before the target in the first line; empty for a new run alone.
    pub(super) fn text(&self) -> String {
        let mut steps = Vec::new();
        if !self.closes.is_empty() {
            let closes: Vec<_> = self.closes.iter().map(DagRunId::as_str).collect();
            steps.push(format!("closes run {}", closes.join(", run ")));
        }
        if let Some(run) = &self.finishes {
            steps.push(format!("carries on run {run}, which has other rows, to its end"));
        }
        match &self.doing {
            Doing::New if steps.is_empty() => return String::new(),
            Doing::New => steps.push("begins a new run".into()),
            Doing::CarryOn { run, started, since } => steps.push(format!(
                "carries on run {run}, which began {} and was not watched since {}",
                started.stamp(),
                since.stamp()
            )),
            Doing::Close(run) => steps.push(format!("closes run {run}")),
            Doing::Retry(run) => steps.push(format!("tries run {run} again")),
            Doing::Mark(run) => steps.push(format!("marks tasks of run {run}")),
            Doing::Watch(run) => steps.push(format!("watches run {run}")),
        }
        format!("{}; ", steps.join(", then "))
    }

    /// The same as keys of the first line of JSON.
    pub(super) fn fields(&self) -> Map<String, Value> {
        let (word, run) = match &self.doing {
            Doing::New => ("new", None),
            Doing::CarryOn { run, .. } => ("carry_on", Some(run)),
            Doing::Close(run) => ("close", Some(run)),
            Doing::Retry(run) => ("retry", Some(run)),
            Doing::Mark(run) => ("mark", Some(run)),
            Doing::Watch(run) => ("watch", Some(run)),
        };
        let fields = json!({
            "doing": word, "run": run, "closes": self.closes, "finishes": self.finishes,
        });
        match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }
}

impl Doing {
    /// Carries on an unfinished run.
    pub fn carry_on(unfinished: &Unfinished) -> Self {
        Self::CarryOn {
            run: unfinished.run.id.clone(),
            started: unfinished.run.started,
            since: unfinished.since,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_says_what_becomes_of_former_runs() {
        let carry_on = Doing::CarryOn {
            run: "c".into(),
            started: Timestamp::from_seconds(60),
            since: Timestamp::from_seconds(90),
        };
        let carried = "carries on run c, which began 1970-01-01T00:01:00Z and was not watched since 1970-01-01T00:01:30Z; ";
        let closes: Vec<DagRunId> = vec!["a".into(), "b".into()];
        for (doing, closes, finishes, text) in [
            (Doing::New, vec![], None, String::new()),
            (carry_on.clone(), vec![], None, carried.to_owned()),
            (carry_on, closes.clone(), None, format!("closes run a, run b, then {carried}")),
            (
                Doing::New,
                closes,
                Some("h".into()),
                "closes run a, run b, then carries on run h, which has other rows, to its end, then begins a new run; "
                    .into(),
            ),
            (Doing::Retry("c".into()), vec![], None, "tries run c again; ".into()),
        ] {
            let opening = Opening {
                doing,
                closes,
                finishes,
            };
            assert_eq!(opening.text(), text);
        }
    }
}
