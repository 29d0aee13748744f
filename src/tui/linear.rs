//! The linear mode, for screen readers and terminals that cannot show a screen: the same loop, keys and engine, but
//! lines are appended to what was printed, and nothing is ever drawn again.
//!
//! It must never print a control character but the end of a line. What is on a page is taken from the drawing of the
//! screen, so that every pane and window can be read here; `tui/linear/speech.rs` decides what of it is news.

mod page;
mod speech;

use super::look::Look;
use super::model::Model;
use super::mouse::Targets;
use super::panic_hook;
use super::symbol::Symbols;
use super::telling::Signs;
use super::terminal::TerminalSession;
use super::terminal_events::TerminalEvents;
use super::theme::{Ground, Palette, Theme};
use ratatui::crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use ratatui::layout::Size;
use speech::Speech;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// The page that panes and windows are laid out on: as many lines as somebody listens to at once.
const PAGE: Size = Size {
    width: 119,
    height: 28,
};

/// Whether keys come one by one; a static, because the panic hook reads it.
static IS_RAW: AtomicBool = AtomicBool::new(false);

/// A terminal to which lines are printed.
#[derive(Debug)]
pub struct Linear<W> {
    output: W,
    speech: Speech,
    events: Option<TerminalEvents>,
}

impl<W: Write> Linear<W> {
    /// A session on this output. Its terminal is left as it is.
    pub fn new(output: W) -> Self {
        Self {
            output,
            speech: Speech::default(),
            events: None,
        }
    }
}

impl Linear<io::Stdout> {
    /// Has the terminal hand over each key as it is pressed.
    pub fn enter() -> io::Result<Self> {
        panic_hook::install(|| IS_RAW.load(Ordering::SeqCst), restore);
        set_raw()?;
        Ok(Self::new(io::stdout()))
    }

    /// The events of its terminal. They stop while another program has it.
    pub fn events(&mut self) -> TerminalEvents {
        self.events.get_or_insert_default().clone()
    }
}

fn set_raw() -> io::Result<()> {
    enable_raw_mode()?;
    IS_RAW.store(true, Ordering::SeqCst);
    Ok(())
}

fn restore() {
    if IS_RAW.swap(false, Ordering::SeqCst) {
        disable_raw_mode().ok();
        panic_hook::tell();
    }
}

impl<W> Drop for Linear<W> {
    fn drop(&mut self) {
        restore();
    }
}

impl<W: Write> TerminalSession for Linear<W> {
    fn size(&mut self) -> io::Result<Size> {
        Ok(PAGE)
    }

    fn show(&mut self, model: &Model, _: &Look) -> io::Result<Targets> {
        for line in self.speech.lines(model, &LOOK) {
            let plain: String = line.chars().filter(|letter| !letter.is_control()).collect();
            // In raw mode the terminal does not go back to the first column by itself.
            write!(self.output, "{plain}\r\n")?;
        }
        self.output.flush()?;
        Ok(Targets::default())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.speech.read_page();
        Ok(())
    }

    fn heard(&mut self) {
        self.speech.heard();
    }

    fn control(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn signs(&mut self, _: &Signs) -> io::Result<()> {
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        restore();
        let stopped = std::process::Command::new("kill").args(["-TSTP", "0"]).status();
        set_raw()?;
        stopped.map(drop)
    }

    fn lend(&mut self) -> io::Result<()> {
        if let Some(events) = &self.events {
            events.stop();
        }
        restore();
        Ok(())
    }

    fn take_back(&mut self) -> io::Result<()> {
        set_raw()?;
        if let Some(events) = &self.events {
            events.go_on();
        }
        self.speech.read_page();
        Ok(())
    }
}

/// ASCII without colours: a bar or a corner is only noise to listen to.
const LOOK: Look = Look {
    theme: Theme {
        palette: Palette::None,
        ground: Ground::Dark,
        band: None,
    },
    symbols: Symbols::ASCII,
};
