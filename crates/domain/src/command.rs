//! What a person can ask of a run that exists.

use crate::arguments::RuntimeArguments;
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
    /// Try one task again with these arguments, which the journal does not hold.
    GiveArguments {
        /// The task.
        task: TaskId,
        /// What was masked, with its values.
        arguments: RuntimeArguments,
    },
}
