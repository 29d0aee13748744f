//! `downbeat mark`: says of tasks of an ended run that a person dealt with them, or that nobody did after all.

use super::refuse_if_read_only;
use super::resume::Found;
use crate::cli::{Choice, Exit, MarkOptions};
use crate::engine;
use crate::headless::Doing;
use domain::handling::Handling;

pub(super) async fn mark(choice: &Choice, options: &MarkOptions) -> anyhow::Result<Exit> {
    let found = Found::named(choice, &options.run, options.output).await?;
    let run = &found.one.run;
    let console = found.open(options.output, Doing::Mark(run.id.clone()));
    refuse_if_read_only(&found.startup.settings, "said of its tasks")?;
    let tasks = run.named_tasks(&options.tasks);
    let checked = tasks.and_then(|tasks| run.check_mark(&tasks).map(|()| tasks));
    let tasks = match checked {
        Ok(tasks) => tasks,
        Err(failure) => return Ok(console.refuse(&failure)),
    };
    let handling = if options.not_handled {
        Handling::TakenBack
    } else {
        Handling::done(options.note.as_deref().unwrap_or_default())
    };
    if run.mark(&tasks, &handling).is_empty() {
        return Ok(console.nothing("It was said of these tasks already."));
    }
    let (data, secrets) = (found.startup.home.data_dir(), &found.startup.secrets);
    let marked = engine::mark(&found.journal, data, secrets, (&run.id, &tasks, &handling)).await;
    Ok(match marked {
        Ok(events) => console.marked(run.clone(), &events),
        Err(failure) => console.refuse(&failure),
    })
}
