//! Where a key is pressed: in one of the four panes, or in what lies over them.

/// One of the four panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pane {
    /// The variables as a form.
    Variables,
    /// The rows of the configuration table.
    Configuration,
    /// The tasks of the run.
    Grid,
    /// The log of the selected task.
    Logs,
}

impl Pane {
    /// Every pane, in the order of the numbers.
    pub const ALL: [Self; 4] = [Self::Variables, Self::Configuration, Self::Grid, Self::Logs];

    /// Its heading on the screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Variables => "Variables",
            Self::Configuration => "Configuration",
            Self::Grid => "Tasks",
            Self::Logs => "Logs",
        }
    }

    /// The key that goes to it, from 1.
    pub const fn number(self) -> usize {
        self as usize + 1
    }

    /// The pane `step` places further; after the last comes the first.
    #[must_use]
    pub const fn stepped(self, step: usize) -> Self {
        Self::ALL[(self as usize + step) % Self::ALL.len()]
    }
}

/// Where a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// In the form of the variables.
    Variables,
    /// In the configuration.
    Configuration,
    /// In the list of tasks.
    Grid,
    /// In the log.
    Logs,
    /// In the form of a row's arguments.
    Arguments,
    /// In the list of presets.
    Presets,
    /// In the list of former runs.
    History,
    /// In the failures by reason.
    Failures,
    /// In the time axis of the tasks.
    Timeline,
    /// In the plan of a run.
    Plan,
    /// In the help, the notices or a comparison.
    Pager,
    /// In the help.
    Help,
    /// At a question.
    Dialog,
    /// In a text field.
    Field,
    /// In the text field in the row of the footer.
    Prompt,
}

impl Context {
    /// Every context.
    pub const ALL: [Self; 15] = [
        Self::Variables,
        Self::Configuration,
        Self::Grid,
        Self::Logs,
        Self::Arguments,
        Self::Presets,
        Self::History,
        Self::Failures,
        Self::Timeline,
        Self::Plan,
        Self::Pager,
        Self::Help,
        Self::Dialog,
        Self::Field,
        Self::Prompt,
    ];
}

impl Context {
    /// Whether letters are text there.
    pub const fn is_typed_into(self) -> bool {
        matches!(self, Self::Field | Self::Prompt)
    }

    /// Where that is, in a sentence.
    pub const fn place(self) -> &'static str {
        match self {
            Self::Variables => "in the variables",
            Self::Configuration => "in the configuration",
            Self::Grid => "in the tasks",
            Self::Logs => "in the log",
            Self::Arguments => "in the arguments of a row",
            Self::Presets => "in the list of presets",
            Self::History => "in the list of former runs",
            Self::Failures => "in the failures by reason",
            Self::Timeline => "in the time axis",
            Self::Plan => "in the plan",
            Self::Pager => "in the notices and other texts",
            Self::Help => "in the help",
            Self::Dialog => "at a question",
            Self::Field => "in a text field",
            Self::Prompt => "in the line at the bottom",
        }
    }
}

impl From<Pane> for Context {
    fn from(pane: Pane) -> Self {
        match pane {
            Pane::Variables => Self::Variables,
            Pane::Configuration => Self::Configuration,
            Pane::Grid => Self::Grid,
            Pane::Logs => Self::Logs,
        }
    }
}
