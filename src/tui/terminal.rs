//! The terminal: raw mode and the alternate screen are entered once, and left at the end, after an error
//! and in a panic that ends the program.

use super::look::Look;
use super::model::Model;
use super::mouse::Targets;
use super::panic_hook;
use super::telling::{self, Signs};
use super::terminal_events::TerminalEvents;
use super::view::view;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
};
use ratatui::crossterm::style::Print;
use ratatui::crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{execute, queue};
use ratatui::layout::Size;
use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// A terminal to show the model on. Tests run the same loop on a terminal in memory.
pub trait TerminalSession {
    /// Columns and rows.
    fn size(&mut self) -> io::Result<Size>;

    /// Shows the model. Returns what it shows where.
    fn show(&mut self, model: &Model, look: &Look) -> io::Result<Targets>;

    /// Forgets what is shown, so that all of it is shown again.
    fn clear(&mut self) -> io::Result<()>;

    /// A key was pressed: what it changes is shown next.
    fn heard(&mut self) {}

    /// Sends a sequence that draws nothing.
    fn control(&mut self, sequence: &str) -> io::Result<()>;

    /// Shows the signs outside of the screen: the title of the window, the progress in the taskbar.
    fn signs(&mut self, signs: &Signs) -> io::Result<()>;

    /// Suspends the program; returns when it is resumed.
    fn suspend(&mut self) -> io::Result<()>;

    /// Gives the terminal to another program, with its keys.
    fn lend(&mut self) -> io::Result<()>;

    /// Takes it back, and forgets what was shown.
    fn take_back(&mut self) -> io::Result<()>;
}

/// Whether the alternate screen is entered; a static, because the panic hook reads it.
static IS_ENTERED: AtomicBool = AtomicBool::new(false);
/// Whether the title of the window was changed.
static HAS_TITLE: AtomicBool = AtomicBool::new(false);
/// Whether the taskbar shows a progress.
static HAS_PROGRESS: AtomicBool = AtomicBool::new(false);

/// The real terminal on standard output.
#[derive(Debug)]
pub struct Tty {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    events: TerminalEvents,
}

impl Tty {
    /// Enters raw mode and the alternate screen.
    pub fn enter() -> io::Result<Self> {
        panic_hook::install(|| IS_ENTERED.load(Ordering::SeqCst), restore);
        enter_screen()?;
        match unknown() {
            Ok(terminal) => Ok(Self {
                terminal,
                events: TerminalEvents::new(),
            }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }
}

impl Tty {
    /// Its events. They stop while another program has the terminal.
    pub fn events(&self) -> TerminalEvents {
        self.events.clone()
    }
}

/// A terminal of which nothing is known, so that all of it is drawn.
fn unknown() -> io::Result<Terminal<CrosstermBackend<BufWriter<Stdout>>>> {
    let output = BufWriter::with_capacity(64 << 10, io::stdout());
    Terminal::new(CrosstermBackend::new(output))
}

impl Drop for Tty {
    fn drop(&mut self) {
        restore();
    }
}

impl TerminalSession for Tty {
    fn size(&mut self) -> io::Result<Size> {
        self.terminal.size()
    }

    fn show(&mut self, model: &Model, look: &Look) -> io::Result<Targets> {
        let mut targets = Targets::default();
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal
            .draw(|frame| targets = view(model, look, frame.buffer_mut()))?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        Ok(targets)
    }

    /// Ratatui's own way asks the terminal where its cursor is, and one that does not answer in time would end the program.
    fn clear(&mut self) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), Clear(ClearType::All))?;
        self.terminal = unknown()?;
        Ok(())
    }

    fn control(&mut self, sequence: &str) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), Print(sequence))
    }

    fn signs(&mut self, signs: &Signs) -> io::Result<()> {
        if let Some(title) = &signs.title {
            if !HAS_TITLE.swap(true, Ordering::SeqCst) {
                self.control(telling::KEEP_TITLE)?;
            }
            self.control(&telling::title(title))?;
        }
        if let Some(progress) = signs.progress {
            HAS_PROGRESS.store(true, Ordering::SeqCst);
            self.control(&progress.sequence())?;
        }
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        restore();
        // A signal to the whole process group, as the terminal would send it; this call returns when the
        // group is resumed.
        let stopped = std::process::Command::new("kill").args(["-TSTP", "0"]).status();
        enter_screen()?;
        self.clear()?;
        stopped.map(drop)
    }

    fn lend(&mut self) -> io::Result<()> {
        self.events.stop();
        restore();
        Ok(())
    }

    fn take_back(&mut self) -> io::Result<()> {
        enter_screen()?;
        self.events.go_on();
        self.clear()
    }
}

fn enter_screen() -> io::Result<()> {
    enable_raw_mode()?;
    IS_ENTERED.store(true, Ordering::SeqCst);
    let entered = execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableFocusChange
    );
    if entered.is_err() {
        restore();
    }
    entered
}

/// Buttons, the wheel, and moves with a pressed button, in columns of any number. Moves without a button are not asked
/// for: they would wake the program all the time, for nothing.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";

/// Takes the mouse from the terminal, or gives it back.
pub const fn mouse(is_ours: bool) -> &'static str {
    if is_ours { MOUSE_ON } else { MOUSE_OFF }
}

/// Restores the terminal, once. Errors are ignored: it may be closed.
fn restore() {
    if IS_ENTERED.swap(false, Ordering::SeqCst) {
        let mut output = io::stdout();
        if HAS_PROGRESS.swap(false, Ordering::SeqCst) {
            execute!(output, Print(telling::Progress::None.sequence())).ok();
        }
        if HAS_TITLE.swap(false, Ordering::SeqCst) {
            execute!(output, Print(telling::RESTORE_TITLE)).ok();
        }
        execute!(
            output,
            EndSynchronizedUpdate,
            DisableFocusChange,
            Print(MOUSE_OFF),
            DisableBracketedPaste,
            LeaveAlternateScreen,
            Show
        )
        .and_then(|()| output.flush())
        .ok();
        disable_raw_mode().ok();
        panic_hook::tell();
    }
}
