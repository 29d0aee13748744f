//! What takes a word behind its name: `pane logs`, `try 2`, `task ledger`. The table of them is all that another one needs,
//! beside what it does in `tui/update/palette.rs`.

use crate::tui::action::Action;
use crate::tui::context::Pane;
use crate::tui::look::ThemeChoice;
use crate::tui::model::Model;
use crate::tui::model::logs::stamp::StampMode;
use crate::tui::model::logs::view::LogFilter;
use domain::variable::VariableName;

/// Something to do with a word.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Its name.
    pub name: &'static str,
    /// What the word is.
    pub wants: &'static str,
    /// What it does.
    pub description: &'static str,
    /// Which one it is.
    pub kind: OrderKind,
}

/// What an order does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKind {
    /// Goes to a pane.
    Pane,
    /// Selects a task.
    Task,
    /// Shows the log of a try.
    Try,
    /// Selects a row of the configuration.
    Row,
    /// Selects a variable.
    Variable,
    /// Chooses the colours.
    Theme,
    /// Chooses the lowest level of the log.
    Level,
    /// Chooses the times of the log.
    Times,
    /// Chooses the rows around filtered lines of the log.
    Context,
    /// Goes to a profile.
    Profile,
}

/// All of them.
pub const ORDERS: &[Order] = &[
    order(OrderKind::Pane, "pane", "NAME", "Go to this pane."),
    order(OrderKind::Task, "task", "NAME", "Select this task."),
    order(
        OrderKind::Try,
        "try",
        "NUMBER",
        "Show the log of this try of the selected task.",
    ),
    order(
        OrderKind::Row,
        "row",
        "NAME",
        "Select this row of the configuration.",
    ),
    order(OrderKind::Variable, "variable", "NAME", "Select this variable."),
    order(OrderKind::Theme, "theme", "NAME", "Take these colours."),
    order(
        OrderKind::Level,
        "level",
        "NAME",
        "Show lines of the log of this level and above.",
    ),
    order(OrderKind::Times, "times", "NAME", "Show times of the log so."),
    order(
        OrderKind::Context,
        "context",
        "NUMBER",
        "Show so many rows around each filtered line of the log.",
    ),
    order(
        OrderKind::Profile,
        "profile",
        "NAME",
        "Go to this profile; asks first.",
    ),
];

const fn order(kind: OrderKind, name: &'static str, wants: &'static str, description: &'static str) -> Order {
    Order {
        name,
        wants,
        description,
        kind,
    }
}

impl Order {
    /// The order whose name and a space a text begins with, and what follows.
    pub fn begun(text: &str) -> Option<(&'static Self, &str)> {
        let (name, rest) = text.split_once(' ')?;
        let order = ORDERS.iter().find(|order| order.name == name)?;
        Some((order, rest.trim()))
    }

    /// The action whose condition is its own too.
    pub const fn action(&self) -> Option<Action> {
        match self.kind {
            OrderKind::Context => Some(Action::LogContext),
            OrderKind::Profile => Some(Action::Profiles),
            _ => None,
        }
    }

    /// The words that it can get now.
    pub fn words(&self, model: &Model) -> Vec<String> {
        match self.kind {
            OrderKind::Pane => Pane::ALL.iter().map(|pane| pane.title().to_lowercase()).collect(),
            OrderKind::Task => {
                let tasks = model.shown_run().into_iter().flat_map(|run| &run.tasks);
                tasks.map(|task| task.id.to_string()).collect()
            }
            OrderKind::Try => {
                let tries = model.selected_task().map_or(0, |task| task.tries.len());
                (1..=tries).map(|number| number.to_string()).collect()
            }
            OrderKind::Row => {
                let rows = model.configuration.rows().iter();
                rows.map(|row| row.name.title()).collect()
            }
            OrderKind::Variable => VariableName::ALL.iter().map(ToString::to_string).collect(),
            OrderKind::Theme => ThemeChoice::ALL.map(|choice| choice.word().to_owned()).into(),
            OrderKind::Level => LogFilter::LEVELS.map(LogFilter::level_word).into(),
            OrderKind::Times => StampMode::ALL.map(|mode| mode.word().to_owned()).into(),
            OrderKind::Context => LogFilter::CONTEXTS.map(|rows| rows.to_string()).into(),
            OrderKind::Profile => {
                let others = model.profiles.iter().map(|profile| profile.name.clone());
                others.filter(|name| *name != model.profile).collect()
            }
        }
    }
}
