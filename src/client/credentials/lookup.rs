//! Tokens of one choice of credentials: one look-up at a time, under a deadline, in a thread of its own. What is looked up
//! there is in `finder.rs`.

use super::finder::{Finder, Known, Pin, Question, lock};
use super::identity::Identity;
use super::outside::Outside;
use super::trouble::{FETCHING, failed};
use super::{Wanted, expected};
use crate::client::auth::{Grant, Secret};
use crate::client::error::ClientError;
use domain::failure::FailureKind;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::error::SendError;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// Longer than any source may take by itself.
const DEADLINE: Duration = Duration::from_secs(40);

/// Asks a thread of its own, so that whatever a source does holds up nothing but the tokens, and not the end of the
/// program.
pub(super) struct Lookup {
    wanted: Wanted,
    outside: Outside,
    known: Arc<Mutex<Known>>,
    thread: Mutex<Option<UnboundedSender<Question>>>,
}

impl Lookup {
    pub(super) fn new(wanted: Wanted, outside: Outside) -> Self {
        Self {
            wanted,
            outside,
            known: Arc::default(),
            thread: Mutex::default(),
        }
    }

    pub(super) fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    pub(super) fn outside(&self) -> &Outside {
        &self.outside
    }

    /// Whose they are, as far as that is known by now.
    pub(super) fn identity(&self) -> Identity {
        let known = lock(&self.known).identity.clone();
        known.unwrap_or_else(|| expected::identity(&self.wanted, &self.outside))
    }

    /// The account of the last token.
    pub(super) fn account(&self) -> Option<String> {
        lock(&self.known).identity.as_ref()?.account.clone()
    }

    /// From now on only tokens of this account are used; if none is named, of the next token's.
    pub(super) fn pin(&self, account: Option<String>) {
        lock(&self.known).pin = account.map_or(Pin::Next, Pin::Account);
    }

    pub(super) fn unpin(&self) {
        lock(&self.known).pin = Pin::Free;
    }

    pub(super) async fn token(&self) -> Result<Grant, ClientError> {
        self.ask(None).await
    }

    /// Another token than the rejected one, if there is one.
    pub(super) async fn renewed(&self, rejected: &Secret) -> Result<Grant, ClientError> {
        self.ask(Some(rejected.clone())).await
    }

    async fn ask(&self, rejected: Option<Secret>) -> Result<Grant, ClientError> {
        let (answer, answered) = oneshot::channel();
        self.send(Question { rejected, answer })
            .map_err(|error| failed(FailureKind::Unsent, FETCHING, &error.to_string()))?;
        match tokio::time::timeout(DEADLINE, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(failed(FailureKind::Unsent, FETCHING, "the look-up broke down")),
            Err(_) => {
                let why = format!("there was no token within {} s", DEADLINE.as_secs());
                let error = failed(FailureKind::Unsent, FETCHING, &why);
                Err(error.with_hint("Check the network and the proxy; docs/network.md tells how."))
            }
        }
    }

    /// Hands the question to the thread. One that broke down is replaced.
    fn send(&self, question: Question) -> io::Result<()> {
        let mut thread = lock(&self.thread);
        let question = match &*thread {
            Some(questions) => match questions.send(question) {
                Ok(()) => return Ok(()),
                Err(SendError(question)) => question,
            },
            None => question,
        };
        let (questions, asked) = unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let finder = Finder::new(self.wanted.clone(), self.outside.clone(), self.known.clone());
        std::thread::Builder::new()
            .name("tokens".into())
            .spawn(move || runtime.block_on(finder.answer_all(asked)))?;
        // The thread has only just begun to listen.
        let _ = questions.send(question);
        *thread = Some(questions);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_look_up_that_breaks_down_is_answered_and_the_next_one_begins_anew() {
        let lookup = Lookup::new(Wanted::default(), Outside::new(|_| None));
        // A thread that has ended: its channel is closed.
        let (gone, _) = unbounded_channel();
        *lock(&lookup.thread) = Some(gone);
        let (answer, answered) = oneshot::channel();
        drop(answered);
        let rejected = None;
        lookup.send(Question { rejected, answer }).unwrap();
        let thread = lock(&lookup.thread);
        assert!(thread.as_ref().is_some_and(|thread| !thread.is_closed()));
    }
}
