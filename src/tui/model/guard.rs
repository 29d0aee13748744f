//! What stands between a key and something that cannot be undone: a name that is typed first, and the seconds in which a
//! stop can be taken back.

use super::editor::Editor;
use crate::engine::Command;
use crate::tui::action::name::Action;
use crate::tui::effect::Effect;
use domain::time::Timestamp;

/// A name that must be typed before these effects leave.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// The name.
    pub name: String,
    /// What the name is of, and what happens then.
    pub body: Vec<String>,
    /// The text field.
    pub editor: Editor,
    /// What waits for the name.
    pub held: Vec<Effect>,
    /// Whether the name was typed.
    pub is_confirmed: bool,
}

/// A stop that waits for some seconds, so that it can be taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct Grace {
    /// When it is sent.
    pub until: Timestamp,
    /// After so many ticks it is sent at the latest, whatever the clock says by then.
    pub ticks: u64,
    /// What is sent.
    pub command: Command,
    /// What it stops, in words.
    pub what: String,
    /// What sends it at once, once more.
    pub key: Action,
}
