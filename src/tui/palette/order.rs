//! What takes a word behind its name: `pane logs`, `try 2`, `task ledger`. The table of them is all that another one needs,
//! beside what it does in `tui/update/palette.rs`.

use crate::tui::context::Pane;
use crate::tui::model::Model;
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
                rows.map(|row| format!("{} / {}", row.business_unit, row.data_source))
                    .collect()
            }
            OrderKind::Variable => VariableName::ALL.iter().map(ToString::to_string).collect(),
        }
    }
}
