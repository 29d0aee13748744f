//! The terminal: raw mode and the alternate screen are entered once, and left at the end, after an error
//! and in a panic.

use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{execute, queue};
use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// A terminal to draw on. Tests run the same loop on a terminal in memory.
pub trait TerminalSession {
    /// What the cells are written to.
    type Backend: Backend<Error = io::Error>;

    /// The terminal to draw on.
    fn terminal(&mut self) -> &mut Terminal<Self::Backend>;

    /// Called before and after each frame, so that the terminal shows it whole.
    fn frame(&mut self, edge: FrameEdge) -> io::Result<()>;

    /// Suspends the program; returns when it is resumed.
    fn suspend(&mut self) -> io::Result<()>;
}

/// A side of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameEdge {
    /// Its first byte follows.
    Begin,
    /// Its last byte is written.
    End,
}

/// Whether the alternate screen is entered; a static, because the panic hook reads it.
static IS_ENTERED: AtomicBool = AtomicBool::new(false);

/// The real terminal on standard output.
#[derive(Debug)]
pub struct Tty {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

impl Tty {
    /// Enters raw mode and the alternate screen.
    pub fn enter() -> io::Result<Self> {
        install_panic_hook();
        enter_screen()?;
        let output = BufWriter::with_capacity(64 << 10, io::stdout());
        match Terminal::new(CrosstermBackend::new(output)) {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        restore();
    }
}

impl TerminalSession for Tty {
    type Backend = CrosstermBackend<BufWriter<Stdout>>;

    fn terminal(&mut self) -> &mut Terminal<Self::Backend> {
        &mut self.terminal
    }

    fn frame(&mut self, edge: FrameEdge) -> io::Result<()> {
        match edge {
            FrameEdge::Begin => queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate),
            FrameEdge::End => execute!(self.terminal.backend_mut(), EndSynchronizedUpdate),
        }
    }

    fn suspend(&mut self) -> io::Result<()> {
        restore();
        // A signal to the whole process group, as the terminal would send it; this call returns when the
        // group is resumed.
        let stopped = std::process::Command::new("kill").args(["-TSTP", "0"]).status();
        enter_screen()?;
        self.terminal.clear()?;
        stopped.map(drop)
    }
}

fn enter_screen() -> io::Result<()> {
    enable_raw_mode()?;
    IS_ENTERED.store(true, Ordering::SeqCst);
    let entered = execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste);
    if entered.is_err() {
        restore();
    }
    entered
}

/// Restores the terminal, once. Errors are ignored: it may be closed.
fn restore() {
    if IS_ENTERED.swap(false, Ordering::SeqCst) {
        let mut output = io::stdout();
        execute!(
            output,
            EndSynchronizedUpdate,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            Show
        )
        .and_then(|()| output.flush())
        .ok();
        disable_raw_mode().ok();
    }
}

/// Restores the terminal before a panic's message is written, which would be lost on the alternate screen.
fn install_panic_hook() {
    static IS_SET: AtomicBool = AtomicBool::new(false);
    if !IS_SET.swap(true, Ordering::SeqCst) {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            before(panic);
        }));
    }
}
