//! Takes the terminal as Downbeat does, and panics: for the journey that shows that it is given back.

use downbeat::tui::terminal::{Stage, Tty};
use std::io;

#[expect(clippy::panic, reason = "that is what it is for")]
fn main() -> io::Result<()> {
    let mut stage = Tty::enter()?;
    stage.terminal().hide_cursor()?;
    panic!("an abrupt end");
}
