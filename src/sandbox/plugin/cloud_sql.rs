//! `CloudSQLMySQL`: an import query on the source database.

use super::{Batch, Task, failure};
use crate::sandbox::observation::{Failure, Level};

const LOGGER: &str = "io.cdap.plugin.db.source.AbstractDBSource";

pub(super) fn read(task: &Task<'_>) -> Result<Batch, Failure> {
    let splits = task.property("numSplits", "1");
    if splits != "1" {
        return Err(task.unsupported("numSplits", &splits));
    }
    let query = task.property("importQuery", "").replace("$CONDITIONS", "1 = 1");
    let (user, password) = (task.property("user", ""), task.property("password", ""));
    let (columns, rows) = task
        .stores
        .source
        .read(&query, &user, &password, task.window)
        .map_err(|refusal| failure(refusal.class_name, refusal.message))?;
    task.say(
        Level::Info,
        LOGGER,
        format!("Read {} rows of {}", rows.len(), task.property("database", "?")),
    );
    Ok(Batch { columns, rows })
}
