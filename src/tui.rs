//! The screen: an Elm-style loop. `Msg → update → Effect`, and `view` draws the model.
//!
//! ```text
//!  keys, size ─┐                        ┌─→ engine (Command)
//!  engine ─────┼─→ Msg ─→ update(Model) ┼─→ Effect ─→ shell: files, profile, terminal
//!  files ──────┘              │         └─→ ...answers come back as Msg
//!                             └─→ view(Model) ─→ frame, only when something changed
//! ```
//!
//! Start with `tui/model.rs`, then `tui/update.rs` and `tui/view.rs`; the loop is `tui/shell.rs`. Nothing
//! here knows a client or the store: what it needs of them comes in `Setup`.

pub mod action;
pub mod alert;
pub mod clipboard;
pub mod context;
pub mod details;
pub mod effect;
pub mod eta;
pub mod filter;
pub mod finding;
pub mod fuzzy;
pub mod gantt;
pub mod ground;
pub mod json_text;
pub mod key;
pub mod layout;
pub mod linear;
pub mod link;
pub mod log_file;
pub mod log_reader;
pub mod look;
pub mod model;
pub mod mouse;
pub mod msg;
pub mod new_file;
pub mod notice;
pub mod pager;
pub mod palette;
pub mod panic_hook;
pub mod plan;
pub mod preferences;
pub mod remedy;
pub mod setup;
pub mod shell;
pub mod stages;
pub mod summary;
pub mod symbol;
pub mod telling;
pub mod terminal;
pub mod terminal_events;
pub mod theme;
pub mod update;
pub mod view;
pub mod viewer;
pub mod widget;

pub use setup::Setup;

use crate::engine::Engine;
use crate::signals::{Signal, Signals};
use domain::run::Run;
use futures_util::stream;
use linear::Linear;
use shell::Shell;
use std::io::{self, IsTerminal};
use terminal::Tty;

/// How the screen was left.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// By a key; no run was live.
    Left,
    /// For the profile of this name; no run was live.
    SwitchTo(String),
    /// By a signal, or because the terminal was gone; no run was live.
    Ended,
    /// By a key or a signal, after a run that emptied its table and was not green.
    LostRows {
        /// The run. It ended while the screen was open.
        run: Box<Run>,
        /// Whether it was a signal.
        by_signal: bool,
    },
    /// By a key or a signal, after a run that has ended while the screen was open.
    RunEnded {
        /// The run.
        run: Box<Run>,
        /// Whether it was a signal.
        by_signal: bool,
    },
    /// This run is not over; the next start offers to resume it.
    LeftRunning(Box<Run>),
}

/// Why the screen cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// Standard input or output is not a terminal.
    #[error(
        "Standard input or output is not a terminal. `downbeat run` and `downbeat runs` work without one."
    )]
    NoTerminal,
    /// The terminal cannot show a screen.
    #[error("This terminal ({0}) cannot show a screen. `downbeat run` and `downbeat runs` print lines.")]
    Incapable(String),
    /// The terminal cannot be written to, or its keys cannot be read.
    #[error("The terminal cannot be used: {0}.")]
    Terminal(#[from] io::Error),
}

/// Whether there is a terminal, and one that can show a screen.
///
/// # Errors
/// What is missing, and what works without it.
pub fn check_terminal() -> Result<(), TuiError> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(TuiError::NoTerminal);
    }
    match std::env::var("TERM").as_deref() {
        Ok("") | Err(_) => Err(TuiError::Incapable("TERM is not set".into())),
        Ok(_) => Ok(()),
    }
}

/// Shows the screen, or prints lines where that is chosen, until the user leaves. The terminal is restored in every case.
///
/// # Errors
/// There is no terminal, or it was closed.
pub async fn run(setup: Setup, engine: Engine) -> Result<Outcome, TuiError> {
    check_terminal()?;
    // The theme decides about colours, and knows NO_COLOR; the library would leave out what it is asked to draw.
    crossterm::style::force_color_output(true);
    let signals = Box::pin(signals()?);
    if setup.preferences.is_linear {
        let mut session = Linear::enter()?;
        let events = session.events();
        return Box::pin(Shell::new(session, setup, engine).run(events, signals)).await;
    }
    let session = Tty::enter()?;
    let events = session.events();
    // Boxed, because the model in it is large.
    Box::pin(Shell::new(session, setup, engine).run(events, signals)).await
}

/// The signals that end the program, as they come. After a hangup crossterm would spin on the dead terminal: the
/// screen leaves at once.
fn signals() -> io::Result<impl stream::Stream<Item = Signal>> {
    let mut signals = Signals::listen()?;
    Ok(stream::poll_fn(move |context| signals.poll(context).map(Some)))
}
