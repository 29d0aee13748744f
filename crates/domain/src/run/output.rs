//! What became of the output table: whether its rows can be brought back, and what may still be tried.

use super::Run;
use crate::event::Fact;
use crate::id::TaskId;
use crate::state::{RunState, TaskState};
use crate::task::{Task, TaskKind};
use crate::truncate::Emptied;
use crate::warehouse::TableRestore;

impl Run {
    /// What became known of the job that empties the output table.
    pub(super) fn apply_to_output(&mut self, fact: &Fact) {
        match fact {
            Fact::TruncateSeen { progress, .. } => self.truncate_progress = Some(*progress),
            Fact::OutputEmptied { started, rows, .. } => {
                let (started, rows) = (*started, *rows);
                self.emptied = Some(Emptied { started, rows });
            }
            _ => {}
        }
    }

    /// Whether the run may have emptied the output table, or may have loaded rows into it: it sent something that
    /// does one of the two.
    pub fn has_changed_output(&self) -> bool {
        let has_started = |task: &Task| task.tries.iter().any(|one| one.token.is_some());
        self.truncate_job.is_some() || self.pipelines().any(has_started)
    }

    /// How the rows come back that this run removed from the output table. Nothing if it removed none, or if BigQuery's
    /// time of that is not known.
    pub fn restore(&self) -> Option<TableRestore> {
        let emptied = self.emptied.filter(|emptied| emptied.rows != Some(0))?;
        let table = self.request.variables.output_table();
        Some(TableRestore::before(table, emptied.started?))
    }

    /// The same for a run that is over without having filled the table again.
    pub fn needed_restore(&self) -> Option<TableRestore> {
        match self.state {
            RunState::Failed | RunState::TimedOut | RunState::Stopped => self.restore(),
            RunState::Running | RunState::Stopping | RunState::Success | RunState::Empty => None,
        }
    }

    /// What such a run says last: what was emptied and when, and how the rows come back.
    pub fn lost_rows(&self) -> Option<String> {
        self.needed_restore().map(|restore| self.removed(&restore))
    }

    /// The same for a run that nobody drives to its end.
    pub fn removed_rows(&self) -> Option<String> {
        self.restore().map(|restore| self.removed(&restore))
    }

    fn removed(&self, restore: &TableRestore) -> String {
        let emptied = self.emptied.unwrap_or_default();
        let rows = match emptied.rows {
            Some(1) => " (1 row)".into(),
            Some(rows) => format!(" ({rows} rows)"),
            None => String::new(),
        };
        let moment = emptied.started.unwrap_or_default().to_rfc3339();
        let (table, advice) = (&restore.table, restore.text());
        format!("{table} was emptied at {moment}{rows}. {advice}")
    }

    /// Why this task cannot be tried again, as far as the output table is concerned: one job empties it in a run, ever.
    pub fn retry_refusal(&self, id: &TaskId) -> Option<&'static str> {
        if self.state == RunState::Empty {
            return Some("No row was active when the run began: only a new run looks again.");
        }
        self.truncate_job.as_ref()?;
        let truncate = self.single(TaskKind::TruncateTable)?;
        match truncate.state {
            TaskState::Failed | TaskState::TimedOut | TaskState::Stopped => Some(
                "The job that empties the table has ended without emptying it, and a run sends one such job only: \
                 start a new run.",
            ),
            TaskState::Unknown if truncate.id != *id => Some(
                "It is not known whether truncate_table has emptied the table: try that one again first.",
            ),
            _ => None,
        }
    }

    /// The task that empties the output table, while its job's end is awaited.
    pub(crate) fn open_truncate(&self) -> Option<&Task> {
        let awaited = |task: &&Task| {
            !task.given_up
                && matches!(
                    task.state,
                    TaskState::Running | TaskState::Stopping | TaskState::Unknown
                )
        };
        self.single(TaskKind::TruncateTable).filter(awaited)
    }
}
