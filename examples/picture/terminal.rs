//! A pseudo-terminal with a program in it: keys go in, and what is on the screen can be waited for.

use anyhow::{Context, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use vt100::{Parser, Screen};

/// How long something may take to come onto the screen.
const PATIENCE: Duration = Duration::from_secs(60);
/// A screen on which nothing moves for so long has been drawn to its end.
const QUIET: Duration = Duration::from_millis(150);

/// The terminal.
pub struct Terminal {
    parser: Parser,
    output: Receiver<Vec<u8>>,
    input: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    /// Closing it would hang up on the program.
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts a program on a screen of this size.
    pub fn open(command: CommandBuilder, columns: NonZeroU16, rows: NonZeroU16) -> anyhow::Result<Self> {
        let size = PtySize {
            rows: rows.get(),
            cols: columns.get(),
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size)?;
        let child = pair.slave.spawn_command(command)?;
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader()?;
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            parser: Parser::new(rows, columns, 0),
            output,
            input: pair.master.take_writer()?,
            child,
            _master: pair.master,
        })
    }

    /// What is on the screen.
    pub fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) -> anyhow::Result<()> {
        self.input.write_all(keys.as_bytes())?;
        self.input.flush()?;
        self.settle();
        Ok(())
    }

    /// Waits until the screen shows what is wanted.
    pub fn wait(&mut self, what: &str, is_there: impl Fn(&str) -> bool) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !is_there(&self.screen().contents()) {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(bytes) = self.output.recv_timeout(left) else {
                bail!(
                    "{what} did not come onto the screen:\n{}",
                    self.screen().contents()
                );
            };
            self.take(&bytes);
        }
        Ok(())
    }

    /// Takes what is still being drawn.
    fn settle(&mut self) {
        while let Ok(bytes) = self.output.recv_timeout(QUIET) {
            self.take(&bytes);
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        // Programs that ask where the cursor is wait for an answer.
        if bytes.windows(4).any(|window| window == b"\x1b[6n") {
            let (row, column) = self.screen().cursor_position();
            let _ = write!(self.input, "\x1b[{};{}R", row + 1, column + 1);
        }
    }

    /// Waits for the program's end.
    pub fn close(mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self
                .output
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    bail!("the program did not end:\n{}", self.screen().contents())
                }
            }
        }
        let status = self.child.wait().context("the program was not waited for")?;
        anyhow::ensure!(status.success(), "the program ended with {status:?}");
        Ok(())
    }
}

impl Drop for Terminal {
    /// A story that broke off leaves no program behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
