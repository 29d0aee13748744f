//! The commands that wait for the engine, and the one that ends it, which does not wait for long.

use crate::engine::Command;
use crate::engine::tail::LONGEST_WAIT_FOR_LOGS;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How long commands may go on that came before the one that ends the engine.
const GRACE: Duration = Duration::from_millis(300);

/// Commands in the order in which they came.
pub(super) struct Inbox {
    received: mpsc::Receiver<Command>,
    waiting: VecDeque<Command>,
    closing: Option<Closing>,
}

/// The engine is to end.
#[derive(Clone, Copy)]
struct Closing {
    /// When commands are not executed any more.
    until: Instant,
    /// How long late log lines are waited for.
    patience: Duration,
}

impl Inbox {
    pub fn new(received: mpsc::Receiver<Command>) -> Self {
        Self {
            received,
            waiting: VecDeque::new(),
            closing: None,
        }
    }

    /// The next command; none once the engine is to end. Nothing is lost if this is dropped.
    pub async fn next(&mut self) -> Option<Command> {
        loop {
            if let Some(command) = self.waiting.pop_front() {
                return Some(command);
            }
            if self.closing.is_some() {
                return None;
            }
            self.receive().await;
        }
    }

    /// Returns when the engine has to end although a command is being executed. Nothing is lost if this is dropped.
    pub async fn is_overdue(&mut self) {
        let closing = loop {
            match self.closing {
                Some(closing) => break closing,
                None => self.receive().await,
            }
        };
        tokio::time::sleep_until(closing.until).await;
    }

    /// How long late log lines are waited for at the end.
    pub fn patience(&self) -> Duration {
        self.closing.map_or(Duration::ZERO, |closing| closing.patience)
    }

    async fn receive(&mut self) {
        let patience = match self.received.recv().await {
            None | Some(Command::Close) => Duration::ZERO,
            Some(Command::CloseWithLogs) => LONGEST_WAIT_FOR_LOGS,
            Some(command) => return self.waiting.push_back(command),
        };
        let until = Instant::now() + GRACE;
        self.closing = Some(Closing { until, patience });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    fn inbox(commands: &[Command]) -> (mpsc::Sender<Command>, Inbox) {
        let (send, received) = mpsc::channel(8);
        for command in commands {
            send.try_send(command.clone()).unwrap();
        }
        (send, Inbox::new(received))
    }

    #[tokio::test(start_paused = true)]
    async fn what_came_before_the_end_is_executed_first() {
        let (_send, mut inbox) = inbox(&[Command::Focus(None), Command::CloseWithLogs]);
        assert_eq!(inbox.next().await, Some(Command::Focus(None)));
        assert_eq!(inbox.next().await, None);
        assert_eq!(inbox.patience(), LONGEST_WAIT_FOR_LOGS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_that_takes_long_does_not_keep_the_engine_from_ending() {
        let (send, mut inbox) = inbox(&[Command::Focus(None)]);
        let began = Instant::now();
        let slow = async {
            tokio::select! {
                () = pending() => {}
                () = inbox.is_overdue() => {}
            }
        };
        let close = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            send.send(Command::Close).await.unwrap();
        };
        tokio::join!(slow, close);
        assert_eq!(began.elapsed(), Duration::from_secs(3) + GRACE);
        assert_eq!(
            inbox.next().await,
            Some(Command::Focus(None)),
            "it is kept in order"
        );
        assert_eq!(inbox.next().await, None);
    }
}
