//! Tokens from `gcp_auth`: one look-up at a time, under a deadline, with errors that say what to do.
//!
//! `gcp_auth` cannot drop a token that a server has rejected, so the whole provider is made anew. What its errors mean is
//! in `google/failure.rs`.

mod failure;

use super::Secret;
use crate::client::error::ClientError;
use domain::failure::FailureKind;
use failure::{failed, from_gcp_auth, is_down, is_refusal, too_late};
use gcp_auth::TokenProvider;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::error::SendError;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// One scope for all three services.
const SCOPES: &[&str] = &["https://www.googleapis.com/auth/cloud-platform"];

/// What is done, in the words of an error.
const FETCHING: &str = "fetching a token";

/// `gcp_auth` itself waits for ever on a network that drops packets.
const DEADLINE: Duration = Duration::from_secs(25);

/// Asks a thread of its own, because `gcp_auth` blocks its thread while it runs gcloud: one that hangs must hold up
/// nothing but the tokens, and not the end of the program.
#[derive(Default)]
pub(super) struct Google(Mutex<Option<UnboundedSender<Question>>>);

/// A token is wanted.
struct Question {
    /// The token that a server has rejected.
    rejected: Option<Secret>,
    answer: oneshot::Sender<Result<Secret, ClientError>>,
}

impl Google {
    pub(super) async fn token(&self) -> Result<Secret, ClientError> {
        self.ask(None).await
    }

    /// A token other than the rejected one, if another task has not fetched it in the meantime.
    pub(super) async fn renewed(&self, rejected: &Secret) -> Result<Secret, ClientError> {
        self.ask(Some(rejected.clone())).await
    }

    async fn ask(&self, rejected: Option<Secret>) -> Result<Secret, ClientError> {
        let (answer, answered) = oneshot::channel();
        self.send(Question { rejected, answer })
            .map_err(|error| failed(FailureKind::Unsent, FETCHING, &error.to_string()))?;
        match tokio::time::timeout(DEADLINE, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(failed(FailureKind::Unsent, FETCHING, "the look-up broke down")),
            Err(_) => Err(too_late(FETCHING)),
        }
    }

    /// Hands the question to the thread. One that broke down is replaced.
    fn send(&self, question: Question) -> io::Result<()> {
        let mut thread = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let question = match &*thread {
            Some(questions) => match questions.send(question) {
                Ok(()) => return Ok(()),
                Err(SendError(question)) => question,
            },
            None => question,
        };
        Self::begin(&mut thread, question)
    }

    fn begin(thread: &mut Option<UnboundedSender<Question>>, question: Question) -> io::Result<()> {
        let (questions, asked) = unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        std::thread::Builder::new()
            .name("tokens".into())
            .spawn(move || runtime.block_on(Found::default().answer_all(asked)))?;
        // The thread has only just begun to listen.
        let _ = questions.send(question);
        *thread = Some(questions);
        Ok(())
    }
}

/// The provider, once it is found. One question is answered at a time, so that many tasks with an expired token
/// fetch one new token and not one each.
#[derive(Default)]
struct Found(Option<Arc<dyn TokenProvider>>);

impl Found {
    async fn answer_all(mut self, mut asked: UnboundedReceiver<Question>) {
        while let Some(question) = asked.recv().await {
            // After a look-up that took long there may be many that nobody waits for any more.
            if question.answer.is_closed() {
                continue;
            }
            let outcome = match &question.rejected {
                Some(rejected) => self.renewed(rejected).await,
                None => self.token().await,
            };
            let _ = question.answer.send(outcome);
        }
    }

    async fn renewed(&mut self, rejected: &Secret) -> Result<Secret, ClientError> {
        if self.0.is_some() {
            let current = self.token().await?;
            if current != *rejected {
                return Ok(current);
            }
        }
        self.0 = None;
        self.token().await
    }

    async fn token(&mut self) -> Result<Secret, ClientError> {
        let found = if let Some(provider) = &self.0 {
            provider.clone()
        } else {
            let provider = with_deadline("finding an identity", gcp_auth::provider()).await?;
            self.0.insert(provider).clone()
        };
        let token = with_deadline(FETCHING, found.token(SCOPES)).await?;
        Ok(Secret::new(token.as_str()))
    }
}

async fn with_deadline<T>(
    operation: &str,
    work: impl Future<Output = Result<T, gcp_auth::Error>>,
) -> Result<T, ClientError> {
    match tokio::time::timeout(DEADLINE, work).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            let is_down = is_refusal(&error) && is_down(&super::identity::token_server()).await;
            Err(from_gcp_auth(operation, &error, is_down))
        }
        Err(_) => Err(too_late(operation)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gcp_auth::Error;

    struct Counted(std::sync::atomic::AtomicU32);

    #[async_trait::async_trait]
    impl TokenProvider for Counted {
        async fn token(&self, _: &[&str]) -> Result<Arc<gcp_auth::Token>, Error> {
            let number = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let token = serde_json::json!({"access_token": format!("t{number}"), "expires_in": 3600});
            Ok(Arc::new(serde_json::from_value(token).unwrap()))
        }

        async fn project_id(&self) -> Result<Arc<str>, Error> {
            Err(Error::Str("none"))
        }
    }

    #[tokio::test]
    async fn a_token_that_was_replaced_already_is_not_replaced_again() {
        let provider: Arc<dyn TokenProvider> = Arc::new(Counted(std::sync::atomic::AtomicU32::new(7)));
        let mut found = Found(Some(provider));
        let token = found.renewed(&Secret::new("t6")).await.unwrap();
        assert_eq!(token.expose(), "t7");
    }

    #[tokio::test]
    async fn a_look_up_that_breaks_down_is_answered_and_the_next_one_begins_anew() {
        let google = Google::default();
        // A thread that has ended: its channel is closed.
        let (gone, _) = unbounded_channel();
        *google.0.lock().unwrap() = Some(gone);
        let (answer, answered) = oneshot::channel();
        drop(answered);
        let rejected = None;
        google.send(Question { rejected, answer }).unwrap();
        assert!(
            google
                .0
                .lock()
                .unwrap()
                .as_ref()
                .is_some_and(|thread| !thread.is_closed())
        );
    }
}
