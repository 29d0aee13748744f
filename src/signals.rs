//! The signals that end the program, for the terminal, for a run without it and for the sandbox. They change
//! nothing themselves.
//!
//! A hangup counts as a request to end, unless whoever started the program had it ignored (`nohup`).

use std::io;
use std::task::{Context, Poll};
use tokio::signal::unix::{self, SignalKind, signal};

/// What a signal of the operating system asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The same as ctrl-c.
    Interrupt,
    /// End now: the terminal may be gone already.
    Terminate,
}

/// The signals, as they come.
#[derive(Debug)]
pub struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    /// None where hangups are ignored.
    hangup: Option<unix::Signal>,
}

impl Signals {
    /// Listens from now on; once in a process, because listening ends the ignoring.
    ///
    /// # Errors
    /// The system refuses.
    pub fn listen() -> io::Result<Self> {
        let hangup = SignalKind::hangup();
        Ok(Self {
            hangup: (!is_ignored(hangup)).then(|| signal(hangup)).transpose()?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The next one. Nothing is lost if this is dropped.
    pub async fn next(&mut self) -> Signal {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// The next one, for a stream.
    pub fn poll(&mut self, context: &mut Context<'_>) -> Poll<Signal> {
        let ends = [Some(&mut self.terminate), self.hangup.as_mut()];
        for end in ends.into_iter().flatten() {
            if end.poll_recv(context).is_ready() {
                return Poll::Ready(Signal::Terminate);
            }
        }
        self.interrupt.poll_recv(context).map(|_| Signal::Interrupt)
    }
}

/// Whether this process ignores a signal. Where the system does not say so in a file, it does not.
fn is_ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignores(&status, kind.as_raw_value())
}

/// Reads the mask of ignored signals, whose lowest bit is signal 1, from Linux's status of a process.
fn ignores(status: &str, number: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let bit = u32::try_from(number - 1)
        .ok()
        .and_then(|bit| 1_u64.checked_shl(bit));
    mask.zip(bit).is_some_and(|(mask, bit)| mask & bit != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_signal_is_read_from_the_status() {
        let status = "Name:\tdownbeat\nSigBlk:\t0000000000000001\nSigIgn:\t0000000000001002\n";
        assert!(!ignores(status, 1));
        assert!(ignores(status, 2) && ignores(status, 13));
        assert!(ignores("SigIgn:\t0000000000000001\n", 1));
        for strange in ["", "SigIgn:\n", "SigIgn:\tzz\n"] {
            assert!(!ignores(strange, 1), "{strange}");
        }
        assert!(!ignores(status, 0) && !ignores(status, 200));
    }
}
