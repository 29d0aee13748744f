//! The built program in a pseudo-terminal: keys go in as text, a screen comes out.
//!
//! Nothing here sleeps for a time; it waits for what the screen shows, and says what it showed instead
//! when the deadline passes.

use super::home::{Home, PROGRAM, patience};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Set for each program that is started here. The program warns of names that begin like its own.
pub const ON_A_TERMINAL: &str = "TEST_ON_A_TERMINAL";

/// A program on its terminal.
pub struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    bytes: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    /// All that came out since the start.
    seen: Vec<u8>,
}

impl Session {
    /// The terminal mode of a home with these arguments, on a screen of this size.
    pub fn start(home: &Home, arguments: &[&str], columns: u16, rows: u16) -> Self {
        let folder = home.path();
        let mut all = vec!["--home", folder.to_str().unwrap()];
        all.extend(arguments);
        Self::spawn(Path::new(PROGRAM), home, &all, columns, rows)
    }

    /// Any program in the environment of a home, on a screen of this size.
    pub fn spawn(program: &Path, home: &Home, arguments: &[&str], columns: u16, rows: u16) -> Self {
        Self::spawn_on(Some("xterm-256color"), program, home, arguments, (columns, rows))
    }

    /// The built program on a terminal with this `TERM`, or with none.
    pub fn start_on(term: Option<&str>, home: &Home, arguments: &[&str]) -> Self {
        let folder = home.path();
        let mut all = vec!["--home", folder.to_str().unwrap()];
        all.extend(arguments);
        Self::spawn_on(term, Path::new(PROGRAM), home, &all, (120, 40))
    }

    fn spawn_on(
        term: Option<&str>,
        program: &Path,
        home: &Home,
        arguments: &[&str],
        (columns, rows): (u16, u16),
    ) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for (name, value) in home.environment() {
            command.env(name, value);
        }
        if let Some(term) = term {
            command.env("TERM", term);
        }
        command.env(ON_A_TERMINAL, "yes");
        command.cwd(home.path());
        let child = pair.slave.spawn_command(command).unwrap();
        // The end of the program must be the end of its output.
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let (send, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 16 << 10];
            // A terminal whose program has gone gives an error instead of an end.
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                if send.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            keys: pair.master.take_writer().unwrap(),
            master: pair.master,
            bytes,
            parser: vt100::Parser::new(whole(rows), whole(columns), 0),
            seen: Vec::new(),
        }
    }

    /// Types, one text after the other: each is a key (`<enter>`, `<esc>`, `<down>`) or letters.
    pub fn keys(&mut self, keys: &[&str]) {
        for key in keys {
            let bytes = match *key {
                "<enter>" => "\r",
                "<esc>" => "\x1b",
                "<tab>" => "\t",
                "<up>" => "\x1b[A",
                "<down>" => "\x1b[B",
                "<backspace>" => "\x7f",
                letters => letters,
            };
            self.keys.write_all(bytes.as_bytes()).unwrap();
            self.keys.flush().unwrap();
        }
    }

    /// The screen, colours and all.
    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Reads until nothing more is drawn for a moment.
    pub fn settle(&mut self) {
        const QUIET: Duration = Duration::from_millis(150);
        while let Ok(bytes) = self.bytes.recv_timeout(QUIET) {
            self.feed(&bytes);
        }
    }

    /// Takes in what is drawn in this time; false once the program has ended.
    pub fn read_for(&mut self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.feed(&bytes),
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    /// How many bytes have come out since the start.
    pub fn bytes_seen(&self) -> usize {
        self.seen.len()
    }

    /// Waits until anything at all comes out.
    pub fn wait_for_bytes(&mut self) {
        let bytes = self.bytes.recv_timeout(patience()).unwrap();
        self.feed(&bytes);
    }

    /// All that came out since the start, the sequences among it.
    pub fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }

    /// The screen as text, line by line.
    pub fn text(&self) -> String {
        self.screen().contents()
    }

    /// The number of the program's process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Changes the size of the terminal.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        // What was drawn for the size before belongs to it.
        while let Ok(bytes) = self.bytes.try_recv() {
            self.feed(&bytes);
        }
        self.master.resize(size(columns, rows)).unwrap();
        self.parser.screen_mut().set_size(whole(rows), whole(columns));
    }

    /// Waits until the screen shows this text.
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(&format!("'{text}'"), |screen| screen.contains(text));
    }

    /// Waits until this text is gone.
    pub fn wait_gone(&mut self, text: &str) {
        self.wait_until(&format!("'{text}' to go"), |screen| !screen.contains(text));
    }

    /// One step out, which this text leaves with. A key that followed at once would be pressed together with alt.
    pub fn leave(&mut self, text: &str) {
        self.keys(&["<esc>"]);
        self.wait_gone(text);
    }

    /// Waits until the screen is as wanted.
    pub fn wait_until(&mut self, what: &str, is_there: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + patience();
        while !is_there(&self.text()) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.feed(&bytes),
                Err(RecvTimeoutError::Timeout) => panic!("waited in vain for {what} on:\n{}", self.text()),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("it ended before {what} was on:\n{}", self.text())
                }
            }
        }
    }

    /// Presses a key, and again as long as it is too early for it, until the screen shows this text.
    pub fn press_until(&mut self, key: &str, text: &str) {
        let deadline = Instant::now() + patience();
        while !self.text().contains(text) {
            assert!(
                Instant::now() < deadline,
                "{key} does not lead to '{text}' on:\n{}",
                self.text()
            );
            self.keys(&[key]);
            let moment = Instant::now() + Duration::from_millis(500);
            while let Ok(bytes) = self
                .bytes
                .recv_timeout(moment.saturating_duration_since(Instant::now()))
            {
                self.feed(&bytes);
                if self.text().contains(text) {
                    break;
                }
            }
        }
    }

    /// Waits for the end of the program and gives its exit code. Asserts that the terminal was given
    /// back as it was.
    pub fn end(self) -> u32 {
        self.end_saying().0
    }

    /// The same, with what the shell shows then.
    pub fn end_saying(mut self) -> (u32, String) {
        let code = self.wait_for_end();
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen was not left");
        assert!(!screen.hide_cursor(), "the cursor stays hidden");
        assert!(!screen.bracketed_paste(), "bracketed paste stays on");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        // That it was taken at all is what makes these assertions worth something.
        assert!(contains(&self.seen, b"\x1b[?1049h") && contains(&self.seen, b"\x1b[?2004h"));
        (code, self.text())
    }

    /// Whether these bytes came out since the start.
    pub fn saw(&self, text: &str) -> bool {
        contains(&self.seen, text.as_bytes())
    }

    /// Waits for the end of the program; its exit code, what the shell shows then, and every byte that came out.
    pub fn end_with_bytes(mut self) -> (u32, String, String) {
        let code = self.wait_for_end();
        let bytes = String::from_utf8_lossy(&self.seen).into_owned();
        (code, self.text(), bytes)
    }

    /// Waits for the end of a program that draws nothing; its exit code, and every byte of it as text.
    pub fn end_of_lines(mut self) -> (u32, String) {
        let code = self.wait_for_end();
        (code, String::from_utf8_lossy(&self.seen).into_owned())
    }

    fn wait_for_end(&mut self) -> u32 {
        let deadline = Instant::now() + patience();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.feed(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end:\n{}", self.text()),
            }
        }
        self.code(deadline)
    }

    /// Kills the program as a power cut would.
    pub fn kill(mut self) {
        super::home::signal(self.pid(), "KILL");
        self.code(Instant::now() + patience());
    }

    fn code(&mut self, deadline: Instant) -> u32 {
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(Instant::now() < deadline, "the program does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        self.seen.extend_from_slice(bytes);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // After a failed assertion nothing may be left behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn whole(cells: u16) -> NonZero<u16> {
    NonZero::new(cells).unwrap()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
