//! What a person can ask of a run that exists.

use crate::id::TaskId;

/// A command to a run, from the screen or a signal, through the engine, to the scheduler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunCommand {
    /// Stop every task.
    Stop,
    /// Stop one task; an unknown one is given up.
    StopTask(TaskId),
    /// Try one task again; an unknown one is started again.
    Retry(TaskId),
}
