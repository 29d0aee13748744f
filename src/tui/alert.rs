//! What is wrong for as long as it lasts, in rows below the header. Pure, like the layout, which asks how many rows it
//! needs.

use super::action::{Action, key};
use super::model::{Alert, Model};
use super::remedy;
use super::widget::text;

/// The share of the screen's rows that alerts may take at most: three of 24.
const SHARE: u16 = 8;

/// The alerts as they are drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRows {
    /// The text in rows that fit.
    pub rows: Vec<String>,
    /// How many rows did not fit: a key shows them.
    pub left_out: usize,
}

impl AlertRows {
    /// The alerts that are shown now.
    pub fn new(model: &Model) -> Self {
        let columns = usize::from(model.area.width).saturating_sub(2).max(1);
        let most = usize::from(model.area.height / SHARE).max(1);
        let texts = texts(model);
        let mut rows: Vec<_> = texts.iter().flat_map(|text| text::wrap(text, columns)).collect();
        let left_out = rows.len().saturating_sub(most);
        rows.truncate(most);
        Self { rows, left_out }
    }

    /// How many rows they take.
    pub fn height(&self) -> u16 {
        u16::try_from(self.rows.len()).unwrap_or(u16::MAX)
    }

    /// What says where the rest is; empty if there is none.
    pub fn rest(&self) -> String {
        match self.left_out {
            0 => String::new(),
            _ => format!("{} shows all ", key(Action::Notices)),
        }
    }
}

/// The alerts in whole sentences.
pub fn texts(model: &Model) -> Vec<String> {
    model.alerts().iter().map(text_of).collect()
}

fn text_of(alert: &Alert) -> String {
    match alert {
        Alert::Degraded {
            service,
            since,
            reason,
        } => {
            let reason = reason.text(remedy::text);
            format!(
                "{service} has not answered since {}; retrying: {reason}",
                since.clock()
            )
        }
        Alert::Trouble(failure) => failure.text(remedy::text),
        Alert::Emptied(restore) => format!(
            "{} was emptied; its rows come back with `{}`",
            restore.table.table,
            restore.command()
        ),
        Alert::Stopping {
            what,
            key: again,
            seconds,
        } => format!(
            "Stopping {what} in {seconds} s: {} keeps it, {} stops it at once.",
            key(Action::Back),
            key(*again)
        ),
        Alert::Leaving => format!(
            "Stopping the run, then leaving. {} leaves at once.",
            key(Action::Quit)
        ),
    }
}
