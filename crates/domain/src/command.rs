//! What a person can ask of a run that exists.

use crate::arguments::RuntimeArguments;
use crate::handling::Handling;
use crate::id::TaskId;

/// A command to a run, from the screen or a signal, through the engine, to the scheduler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunCommand {
    /// Stop every task.
    Stop,
    /// Stop one task; an unknown one is given up.
    StopTask(TaskId),
    /// Try one task again; an unknown one is started again.
    Retry {
        /// The task.
        task: TaskId,
        /// All arguments of its next tries; `None`: as before. A value that is a mask stays as it is.
        arguments: Option<RuntimeArguments>,
    },
    /// Try every task again that is over, did not succeed, may be tried again, and was not dealt with by a person.
    RetryAll,
    /// Say of tasks that they were dealt with outside, or that they were not after all. Starts and stops nothing.
    Mark {
        /// The tasks; those that it does not fit are left alone.
        tasks: Vec<TaskId>,
        /// What is said.
        handling: Handling,
    },
    /// Try one task again with these arguments, which the journal does not hold.
    GiveArguments {
        /// The task.
        task: TaskId,
        /// What was masked, with its values.
        arguments: RuntimeArguments,
    },
    /// Several in one step: the run cannot end between them.
    Several(Vec<Self>),
}

impl RunCommand {
    /// These commands as one.
    #[must_use]
    pub fn together(mut commands: Vec<Self>) -> Option<Self> {
        match commands.len() {
            0 | 1 => commands.pop(),
            _ => Some(Self::Several(commands)),
        }
    }

    /// The commands that it is made of: itself, unless it is several.
    pub fn parts(&self) -> &[Self] {
        match self {
            Self::Several(commands) => commands,
            one => std::slice::from_ref(one),
        }
    }
}
