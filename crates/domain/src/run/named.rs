//! The task that a person means on a command line.

use super::Run;
use crate::failure::Failure;
use crate::id::TaskId;
use crate::task::Task;

impl Run {
    /// The task with this name: whole (`start_pipeline_hr_engineer`), as lists show it (`hr_engineer`), or by its row
    /// (`hr/engineer`).
    ///
    /// # Errors
    /// There is none, with the names that there are.
    pub fn named_task(&self, text: &str) -> Result<&Task, Failure> {
        let row = self.request.variables.key_columns.parse_name(text);
        let row = row.ok().map(|row| row.task());
        let by_row = || self.task(row.as_ref()?);
        let by_short = || self.pipelines().find(|task| task.id.short() == text);
        let found = self.task(&TaskId::from(text)).or_else(by_short).or_else(by_row);
        found.ok_or_else(|| {
            let known: Vec<_> = self.tasks.iter().map(|task| task.id.as_str()).collect();
            let reason = format!("Run {} has no task {text}.", self.id);
            Failure::permanent(reason).with_remedy(format!("Its tasks are {}.", known.join(", ")))
        })
    }

    /// The tasks with these names.
    ///
    /// # Errors
    /// As [`Self::named_task`], for the first that there is not.
    pub fn named_tasks(&self, texts: &[String]) -> Result<Vec<TaskId>, Failure> {
        let named = texts.iter().map(|text| Ok(self.named_task(text)?.id.clone()));
        named.collect()
    }
}
